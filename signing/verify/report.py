"""What the verifier says, as plain values: per signature, overall, and as one sentence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Indication(StrEnum):
    """Main status of ETSI EN 319 102-1, 5.1.3."""

    PASSED = "TOTAL-PASSED"
    INDETERMINATE = "INDETERMINATE"
    FAILED = "TOTAL-FAILED"


_SEVERITY = {Indication.PASSED: 0, Indication.INDETERMINATE: 1, Indication.FAILED: 2}


@dataclass(frozen=True)
class Finding:
    """Something that keeps a verdict from passing.

    `sub_indication` is one of ETSI EN 319 102-1, table 5; `code` is stable; `fr` and `en` are for people.
    """

    code: str
    indication: Indication
    sub_indication: str
    fr: str
    en: str


def worst(findings: Iterable[Finding]) -> Finding | None:
    """The gravest finding, the first of its kind; None without findings."""
    return max(findings, key=lambda finding: _SEVERITY[finding.indication], default=None)


@dataclass(frozen=True, kw_only=True)
class TimeStampReport:
    """A time-stamp token: when, by whom, trusted by whom (None: by nobody we know).

    `digest` is that of the imprint; `algorithm` names key and digest of the unit's signature.
    """

    at: datetime
    authority: str
    policy: str
    serial: str
    digest: str
    algorithm: str
    trusted_by: str | None
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether it may be relied upon."""
        return not self.findings


@dataclass(frozen=True, kw_only=True)
class SignatureReport:
    """One filled signature field, in the order of signing.

    `kind`: `certification`, `approval` or `document_time_stamp`. `changes_after`: `none`, `maintenance` (validation
    data and document time-stamps), `signatures` (further signatures as well) or `forbidden`. `validated_at` is the
    instant for which the certificates were judged: the earliest that a time-stamp proves. `revision_end` is the
    length of the file when this signature was made, whose SHA-256 is `revision_sha256`.
    """

    field: str
    kind: str
    signer: str
    subject: str
    certificate_sha256: str
    claimed_at: datetime | None
    time_stamp: TimeStampReport | None
    validated_at: datetime
    level: str | None
    trusted_by: str | None
    revocation: str
    development: bool
    algorithm: str
    reason: str | None
    changes_after: str
    permissions_respected: bool
    locks: bool
    revision_end: int
    revision_sha256: str
    findings: tuple[Finding, ...]

    @property
    def indication(self) -> Indication:
        """Verdict on this signature alone."""
        finding = worst(self.findings)
        return finding.indication if finding else Indication.PASSED


@dataclass(frozen=True, kw_only=True)
class Check:
    """One comparison of the evidence with the file or with itself."""

    code: str
    passed: bool
    fr: str
    en: str


@dataclass(frozen=True, kw_only=True)
class EvidenceReport:
    """The evidence file compared with the order; `seal` is the verdict on the PDF that carried it, if one did.

    A file that failed tells no `story`.
    """

    order_number: str | None
    events: int
    chain_head: str | None
    time_stamp: TimeStampReport | None
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    story: tuple[str, ...]
    seal: "Report | None" = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole verdict on one file, and on its evidence where it was given."""

    sha256: str
    size: int
    verified_at: datetime
    indication: Indication
    sub_indication: str | None
    sentence: str
    sentence_en: str
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Finding, ...]
    """All findings: of the file, of its signatures and of its evidence."""
    evidence: EvidenceReport | None = None

    @property
    def passed(self) -> bool:
        """Whether everything was verified and found good."""
        return self.indication is Indication.PASSED

    @property
    def level(self) -> str | None:
        """PAdES level of the last signature that is not a document time-stamp."""
        levels = [signature.level for signature in self.signatures if signature.kind != "document_time_stamp"]
        return levels[-1] if levels else None

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Of every signature and time-stamp in the file, each named once, in the order of signing."""
        stamps = [one.time_stamp.algorithm for one in self.signatures if one.time_stamp]
        return tuple(dict.fromkeys([*(one.algorithm for one in self.signatures), *stamps]))

    def signature(self, field: str) -> SignatureReport | None:
        """The report of one field, None where it is not signed."""
        return next((signature for signature in self.signatures if signature.field == field), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; instants as `2026-11-23T10:00:00Z`. Holds no secret."""
        plain = _plain(self)
        return {"passed": self.passed, "level": self.level, **plain}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, StrEnum) else value
