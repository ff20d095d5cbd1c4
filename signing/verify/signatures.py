"""One signature of a PDF: is it whole, whose is it, when was it made, what came after."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pyhanko.sign.validation.generic_cms import extract_tst_data_iter, get_signing_cert_attr, message_imprint_checker
from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_signature, async_validate_pdf_timestamp

from signing.certificates import Purpose, allows
from signing.pki import is_development
from signing.verify.changes import POLICY, changes_after, kind_of, locks, permitted
from signing.verify.findings import chain_finding, finding
from signing.verify.report import Finding, SignatureReport, TimeStampReport
from signing.verify.stamps import SAFE_DIGESTS, algorithm_of, anchor_of, chain_problem, judge_stamp, name_of
from signing.verify.structure import byte_range_end, is_padded_der
from signing.verify.trust import Trust, is_short_term, to_cryptography
from signing.verify.updates import has_strays


@dataclass(frozen=True)
class Scene:
    """What the signatures of one file are judged with; `known_at` moves back from signature to signature."""

    pdf: bytes
    reader: Any
    trust: Trust
    """With the validation data of the whole file."""
    certification: Any
    now: datetime
    known_at: datetime


@dataclass(frozen=True)
class Judged:
    """A report, the instant before which everything older is now proved to exist, and what the levels need."""

    report: SignatureReport
    known_at: datetime
    signature: Any
    certificates: tuple[Any, ...] = ()
    stamp_certificates: tuple[Any, ...] = ()


async def judge(scene: Scene, signature: Any) -> Judged:
    """The verdict on one filled field, level aside.

    Raises:
        whatever pyHanko meets in a malformed signature.
    """
    kind = kind_of(signature, scene.certification)
    end = byte_range_end(scene.pdf, signature)
    findings = _form_findings(scene, signature, kind, end)
    stamp, stamp_certificates = None, ()
    if kind == "document_time_stamp":
        stamp = await judge_stamp(
            signature.signed_data, signature.compute_digest, scene.trust, scene.known_at, scene.now
        )
    elif (token := _token(signature)) is not None:
        imprint = message_imprint_checker(signature.signer_info)
        stamp = await judge_stamp(token, imprint, scene.trust, scene.known_at, scene.now)
        stamp_certificates = _certificates(token)
    known_at = min(stamp.at, scene.known_at) if stamp is not None and stamp.valid else scene.known_at
    judged_at = scene.known_at if kind == "document_time_stamp" else known_at
    status, cms_findings = await _cms(scene, signature, kind, judged_at)
    findings += cms_findings
    if stamp is not None:
        findings += [problem for problem in stamp.findings if problem not in findings]
    after = changes_after(signature)
    if not permitted(kind, signature, after) or (kind == "certification" and status.docmdp_ok is False):
        findings.append(finding("signature.changed"))
    if not _may_sign(kind, signature.signer_cert):
        findings.append(chain_finding("CHAIN_CONSTRAINTS_FAILURE", failed=False, who=name_of(signature.signer_cert)))
    certificates = _certificates(signature.signed_data)
    trust = scene.trust.for_stamps() if kind == "document_time_stamp" else scene.trust
    known = await trust.revocation_known(signature.signer_cert, certificates, judged_at)
    certificate = to_cryptography(signature.signer_cert)
    untrusted = any(problem.code.startswith("certificate.") for problem in findings)
    length = end or 0
    report = SignatureReport(
        field=str(signature.field_name),
        kind=kind,
        signer=name_of(signature.signer_cert),
        subject=certificate.subject.rfc4514_string(),
        certificate_sha256=hashlib.sha256(signature.signer_cert.dump()).hexdigest(),
        claimed_at=_claimed(signature),
        time_stamp=stamp,
        validated_at=judged_at,
        level=None,
        trusted_by=None if untrusted else anchor_of(status),
        revocation="not_needed" if is_short_term(signature.signer_cert) else "checked" if known else "unknown",
        development=is_development(certificate),
        algorithm=algorithm_of(signature.signer_cert, str(signature.md_algorithm)),
        reason=_text(signature.sig_object.get("/Reason")),
        changes_after=after,
        permissions_respected=permitted(kind, signature, after),
        locks=locks(signature),
        revision_end=length,
        revision_sha256=hashlib.sha256(scene.pdf[:length]).hexdigest(),
        findings=tuple(dict.fromkeys(findings)),
    )
    return Judged(report, known_at, signature, certificates, stamp_certificates)


def _may_sign(kind: str, certificate: Any) -> bool:
    """Whether the certificate is for this kind of signature; the units of time-stamps are judged with these.

    A certification is a seal's: a customer's one-shot certificate bears any name that was typed, the seller's too.
    """
    if kind == "document_time_stamp":
        return True
    allowed = allows(to_cryptography(certificate), Purpose.SEAL)
    return allowed and not (kind == "certification" and is_short_term(certificate))


async def _cms(scene: Scene, signature: Any, kind: str, moment: datetime) -> tuple[Any, list[Finding]]:
    """PyHanko's status and the findings in it; the file's changes are computed on the way."""
    if kind == "document_time_stamp":
        return await async_validate_pdf_timestamp(signature, scene.trust.for_stamps().context(moment), POLICY), []
    stamps = scene.trust.for_stamps().context(scene.known_at)
    status = await async_validate_pdf_signature(signature, scene.trust.context(moment), stamps, diff_policy=POLICY)
    findings = []
    if not status.valid:
        findings.append(finding("signature.crypto"))
    if not status.intact:
        findings.append(finding("signature.hash"))
    problem = chain_problem(status, scene.trust, moment)
    if status.valid and status.intact and problem is not None:
        if problem.sub_indication in {"EXPIRED", "NOT_YET_VALID"} and moment == scene.now:
            # Without any proof of existence one cannot tell on which side of the validity it was made (5.2.6.4).
            problem = chain_finding("OUT_OF_BOUNDS_NO_POE", failed=False, who=name_of(signature.signer_cert))
        findings.append(problem)
    return status, findings


def _form_findings(scene: Scene, signature: Any, kind: str, end: int | None) -> list[Finding]:
    """What is wrong with the shape of a signature, whatever its value."""
    findings = []
    if end is None:
        findings.append(finding("signature.byte_range"))
    elif has_strays(scene.pdf, scene.reader, signature, end):
        findings.append(finding("file.unsigned_changes"))
    expected = {"/ETSI.RFC3161"} if kind == "document_time_stamp" else {"/ETSI.CAdES.detached", "/adbe.pkcs7.detached"}
    if (
        str(signature.sig_object.get("/SubFilter")) not in expected
        or len(signature.signed_data["signer_infos"]) != 1
        or not is_padded_der(bytes(signature.pkcs7_content))
    ):
        findings.append(finding("signature.unreadable"))
    if not {str(signature.md_algorithm), str(signature.external_md_algorithm)} <= SAFE_DIGESTS:
        findings.append(finding("signature.algorithm"))
    return findings


def baseline(signature: Any) -> bool:
    """Whether a signature has what B-B asks and not what it forbids (EN 319 142-1, 6.3, table 1)."""
    names = [attribute["type"].native for attribute in signature.signer_info["signed_attrs"]]
    return (
        str(signature.sig_object.get("/SubFilter")) == "/ETSI.CAdES.detached"
        and get_signing_cert_attr(signature.signer_info["signed_attrs"]) is not None
        and "signing_certificate_v2" in names
        and "signing_time" not in names
        and "/Cert" not in signature.sig_object
        and _claimed(signature) is not None
    )


def with_level(judged: Judged, level: str | None) -> SignatureReport:
    """The report with its PAdES level."""
    return replace(judged.report, level=level)


def _token(signature: Any) -> Any:
    """The signed data of the first signature-time-stamp, None without one."""
    if not signature.signer_info["unsigned_attrs"]:
        return None
    return next(iter(extract_tst_data_iter(signature.signer_info, signed=False)), None)


def _certificates(signed_data: Any) -> tuple[Any, ...]:
    """X.509 certificates of a CMS, as asn1crypto objects."""
    return tuple(choice.chosen for choice in signed_data["certificates"] if choice.name == "certificate")


def _claimed(signature: Any) -> datetime | None:
    """What the signer says of the time; None if nothing, or nothing readable."""
    try:
        claimed: datetime = signature.self_reported_timestamp
        return claimed.astimezone(UTC) if claimed.tzinfo else claimed.replace(tzinfo=UTC)
    except (ValueError, OverflowError, AttributeError):
        return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def stamp_of(report: SignatureReport) -> TimeStampReport | None:
    """The valid time-stamp of a signature, None without one."""
    return report.time_stamp if report.time_stamp is not None and report.time_stamp.valid else None
