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


class KeyFileError(SigningError):
    """A key file that cannot be used: the base of what `load_identity` raises. `file` is its name without folder."""

    code = "signing.key_file"

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file = file


class KeyFileMissing(KeyFileError):
    """There is no such file, or it may not be read."""

    code = "signing.key_file_missing"


class KeyFileUnreadable(KeyFileError):
    """The file is not PKCS#12, or holds no private key with its certificate."""

    code = "signing.key_file_unreadable"


class WrongPassphrase(KeyFileError):
    """The passphrase does not open the file."""

    code = "signing.wrong_passphrase"


class CertificateExpired(KeyFileError):
    """The certificate, or one of its chain, is no longer valid."""

    code = "signing.certificate_expired"


class CertificateRevoked(KeyFileError):
    """The authority that issued the certificate took it back: nothing is signed with its key any more."""

    code = "signing.certificate_revoked"


class CertificateNotYetValid(KeyFileError):
    """The certificate, or one of its chain, is not valid yet."""

    code = "signing.certificate_not_yet_valid"


class KeyTooWeak(KeyFileError):
    """An RSA key under 3000 bits or a curve that ETSI TS 119 312 does not list."""

    code = "signing.key_too_weak"


class WrongKeyUsage(KeyFileError):
    """The certificate does not allow what the key is wanted for."""

    code = "signing.wrong_key_usage"


class KeyMismatch(KeyFileError):
    """The key behind the address is not that of the certificate given for it."""

    code = "signing.key_mismatch"


class KeyUnavailable(SigningError):
    """The security module or key service does not answer, or refuses to sign now: worth another try later."""

    code = "signing.key_unavailable"


class KeysExist(SigningError):
    """The folder already holds something; keys are never overwritten."""

    code = "signing.keys_exist"


class OneShotSpent(SigningError):
    """A one-shot key was asked for a second signature."""

    code = "signing.one_shot_spent"


class TimestampError(SigningError):
    """No usable time-stamp was obtained."""

    code = "signing.timestamp"


class TimestampUnavailable(TimestampError):
    """The time-stamping server did not answer, or cannot serve now: worth another try later."""

    code = "signing.timestamp_unavailable"


class TimestampRefused(TimestampError):
    """The server refused the request, or its answer fails a check: another try gives the same."""

    code = "signing.timestamp_refused"


class UnusablePdf(SigningError):
    """Bytes that are not a PDF, or one that cannot take this signature (field missing or already filled)."""

    code = "signing.unusable_pdf"


class SealNotConfirmed(SigningError):
    """What was just signed does not verify when read back; it must not leave the process."""

    code = "signing.seal_not_confirmed"


class RevocationUnavailable(SigningError):
    """A revocation list cannot be had now: worth another try later."""

    code = "signing.revocation_unavailable"


class ValidationInfoIncomplete(SigningError):
    """Certificates or revocation lists are missing for long-term validation."""

    code = "signing.validation_info_incomplete"
