"""What signing refuses, each with a stable code. Facts are attributes; sentences are found elsewhere by code."""


class SigningError(Exception):
    """Base of everything that `signing` raises on purpose."""

    code = "signing.error"


class EvidenceMalformed(SigningError):
    """An evidence file that is not what `build_evidence` writes, or facts from which none can be written."""

    code = "signing.evidence_malformed"


class EvidenceLeak(SigningError):
    """The facts hold a full mobile number or IBAN at `path`, which an evidence file never carries."""

    code = "signing.evidence_leak"

    def __init__(self, path: str) -> None:
        super().__init__(f"a full telephone number or IBAN at {path}")
        self.path = path
