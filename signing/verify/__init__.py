"""The verifier: what a signed PDF, alone or with its evidence file, proves and does not prove."""

import asyncio
import hashlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509

from signing.verify.carrier import evidence_json
from signing.verify.file import FileVerdict, judge_file
from signing.verify.findings import finding
from signing.verify.proof import judge_evidence
from signing.verify.report import (
    Check,
    EvidenceReport,
    Finding,
    Indication,
    Report,
    SignatureReport,
    TimeStampReport,
    worst,
)
from signing.verify.sentences import sentences
from signing.verify.story import story
from signing.verify.trust import Trust

__all__ = [
    "Check",
    "EvidenceReport",
    "Finding",
    "Indication",
    "Report",
    "SignatureReport",
    "TimeStampReport",
    "disagreements",
    "story",
    "verify",
]

# pyHanko logs, with stack traces, what a hostile file makes it meet: the report says it, and logs are not for that.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def verify(
    pdf: bytes,
    *,
    trust: Sequence[x509.Certificate],
    stamp_trust: Sequence[x509.Certificate] = (),
    evidence: bytes | None = None,
    now: datetime | None = None,
    crls: Sequence[bytes] = (),
    pending: Collection[str] = (),
) -> Report:
    """The verdict on a PDF, and on its evidence file where given. Never raises for what the files hold.

    Runs an event loop of its own: call it from a thread that has none.

    Args:
        pdf: the file, as received.
        trust: the authorities to believe, roots as a rule.
        stamp_trust: more of them, which are believed for time-stamps and for nothing else.
        evidence: the evidence file, as the sealed PDF that carries it, or as JSON, which alone never passes.
        now: the time of verification; by default that of the clock.
        crls: revocation lists (DER) known beside those in the file.
        pending: names of signature fields that may still be empty, e.g. `client` on a form that is only certified.
    """
    return asyncio.run(_verify(pdf, Trust.of(trust, stamp_trust, crls), evidence, now or datetime.now(UTC), pending))


def disagreements(
    evidence: bytes,
    pdf: bytes,
    report: Report,
    *,
    trust: Sequence[x509.Certificate],
    stamp_trust: Sequence[x509.Certificate] = (),
    now: datetime,
) -> tuple[Finding, ...]:
    """What is wrong with an evidence file (JSON), beside a signed PDF and the verdict on it; nothing where they agree.

    For who is about to seal the file: its seal is not asked for. Runs an event loop of its own, as `verify`.
    """
    believed = Trust.of(trust, stamp_trust, ())
    return asyncio.run(judge_evidence(evidence, pdf, report.signatures, believed, now, now)).findings


async def _verify(pdf: bytes, trust: Trust, evidence: bytes | None, now: datetime, pending: Collection[str]) -> Report:
    verdict = await judge_file(pdf, trust, now, pending)
    if evidence is None:
        return _report(pdf, verdict, now)
    seal = None
    json_bytes: bytes | None = evidence
    if evidence.startswith(b"%PDF-"):
        seal = _report(evidence, await judge_file(evidence, trust, now, ()), now)
        json_bytes = evidence_json(evidence)
    # What its seal covers existed when the seal was time-stamped: the token inside is judged at that time.
    known_at = min((one.validated_at for one in seal.signatures), default=now) if seal and seal.passed else now
    proof = await judge_evidence(json_bytes, pdf, verdict.signatures, trust, now, known_at)
    carrier = _seal_findings(seal, verdict.signatures) if seal else [finding("evidence.unsealed")]
    findings = (*proof.findings, *carrier)
    # What a false file tells is its author's, and would be read under the seller's name.
    false = any(found.indication is Indication.FAILED for found in findings)
    proof = replace(proof, seal=seal, findings=findings, story=() if false else proof.story)
    return _report(pdf, verdict, now, proof)


def _report(pdf: bytes, verdict: FileVerdict, now: datetime, evidence: EvidenceReport | None = None) -> Report:
    reasons = [*verdict.findings]
    for signature in verdict.signatures:
        reasons += signature.findings
    if evidence is not None:
        reasons += evidence.findings
    gravest = worst(reasons)
    fr, en = sentences(verdict.signatures, gravest, evidence)
    return Report(
        sha256=hashlib.sha256(pdf).hexdigest(),
        size=len(pdf),
        verified_at=now,
        indication=gravest.indication if gravest else Indication.PASSED,
        sub_indication=gravest.sub_indication if gravest else None,
        sentence=fr,
        sentence_en=en,
        signatures=verdict.signatures,
        findings=tuple(dict.fromkeys(reasons)),
        evidence=evidence,
    )


def _seal_findings(seal: Report, order: Sequence[SignatureReport]) -> list[Finding]:
    """What is wrong with the carrier: its own verdict, as grave as it is, or a seal that is not the order's seller's.

    Any certificate under a trusted root could seal a PDF, a customer's too: the subject must be the seller's, which
    stays the same when the seal's key is renewed.
    """
    known = finding("evidence.seal")
    if not seal.passed:
        return [Finding(known.code, seal.indication, seal.sub_indication or known.sub_indication, known.fr, known.en)]
    sellers = {one.subject for one in order if one.kind == "certification"}
    sealed_by = {one.subject for one in seal.signatures if one.kind == "certification"}
    return [] if sealed_by and sealed_by == sellers else [known]
