"""The verdict on one PDF by itself: structure, then every signature from the newest back, then the levels."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pyhanko.sign.ades.report import AdESIndeterminate

from signing.verify import structure
from signing.verify.findings import finding
from signing.verify.levels import reports_with_levels
from signing.verify.report import Finding, SignatureReport
from signing.verify.signatures import Judged, Scene, judge
from signing.verify.trust import Trust


@dataclass(frozen=True)
class FileVerdict:
    """Findings of the file, and the reports of its signatures in signing order."""

    findings: tuple[Finding, ...]
    signatures: tuple[SignatureReport, ...] = ()


async def judge_file(pdf: bytes, trust: Trust, now: datetime, pending: Collection[str]) -> FileVerdict:
    """Judge a PDF; never raises for what it holds."""
    problem = structure.byte_problem(pdf)
    if problem is not None:
        return FileVerdict((finding(problem),))
    try:
        reader = structure.open_pdf(pdf)
        if reader.encrypted:
            return FileVerdict((finding("file.encrypted"),))
        signatures, empty = structure.signature_fields(reader)
        certification = structure.certification_reference(reader)
    except Exception:  # noqa: BLE001  # a hostile file may fail anywhere in the parser: the verdict says so
        return FileVerdict((finding("file.unreadable"),))
    if not signatures:
        return FileVerdict((finding("file.no_signature"),))
    findings = [finding("file.field_empty")] if set(empty) - set(pending) else []
    findings += _certification_findings(signatures, certification)
    findings += [finding("file.portfolio")] if structure.is_portfolio(reader) else []
    try:
        whole = trust.with_all(reader)
    except Exception:  # noqa: BLE001  # as above
        whole = trust
        findings.append(finding("file.validation_data"))
    scene = Scene(pdf=pdf, reader=reader, trust=whole, certification=certification, now=now, known_at=now)
    return await _judge_signatures(scene, trust, signatures, findings)


async def _judge_signatures(scene: Scene, trust: Trust, signatures: list[Any], findings: list[Finding]) -> FileVerdict:
    judged: list[Judged] = []
    for signature in reversed(signatures):
        try:
            one = await judge(scene, signature)
        except Exception as error:  # noqa: BLE001  # a malformed signature fails anywhere in CMS or PDF code
            findings.append(finding(_refusal(error)))
            continue
        judged.insert(0, one)
        scene = Scene(**(vars(scene) | {"known_at": one.known_at}))
    anchors = replace(trust, certificates=(), crls=(), ocsps=())
    try:
        reports = await reports_with_levels(scene, anchors, judged)
    except Exception:  # noqa: BLE001  # as above
        findings.append(finding("file.validation_data"))
        reports = [one.report for one in judged]
    return FileVerdict(tuple(dict.fromkeys(findings)), tuple(reports))


def _refusal(error: Exception) -> str:
    """Code for a signature that could not be judged: without its certificate, or malformed."""
    reason = getattr(error, "ades_subindication", None)
    missing = reason is AdESIndeterminate.NO_SIGNING_CERTIFICATE_FOUND
    return "signature.certificate" if missing else "signature.unreadable"


def _certification_findings(signatures: list[Any], certification: Any) -> list[Finding]:
    """One certification, and it comes first (ISO 32000-2, 12.8.2.2); each value belongs to one field."""
    references = list(structure.signature_references(signatures))
    findings = []
    if certification is None:
        findings.append(finding("file.not_certified"))
    elif references[0] != certification:
        findings.append(finding("file.second_certification"))
    if None in references or len(set(references)) != len(references):
        findings.append(finding("signature.unreadable"))
    return findings
