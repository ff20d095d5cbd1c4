"""Time-stamp tokens (RFC 3161): over a signature, over a document, over the head of an evidence chain."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import cms
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus

from signing.certificates import Purpose, allows
from signing.verify.findings import chain_finding, finding
from signing.verify.report import Finding, TimeStampReport
from signing.verify.trust import Trust, to_cryptography

SAFE_DIGESTS = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
"""ETSI TS 119 312 V1.5.1; SHA-1 and MD5 are refused whatever the date."""

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far two machines' clocks may differ before times contradict one another."""


async def judge_stamp(
    signed_data: Any, imprint: Callable[[str], bytes], trust: Trust, known_at: datetime, now: datetime
) -> TimeStampReport:
    """The report of one token.

    Args:
        signed_data: its CMS signed data (asn1crypto).
        imprint: gives, for the name of a digest algorithm, the digest that the token should hold.
        trust: whom to believe; its anchors for time-stamps count here.
        known_at: the instant at which the token is proved to have existed, for which its certificate is judged.
        now: the time of verification.

    Raises:
        whatever pyHanko meets in a malformed token.
    """
    trust = trust.for_stamps()
    info = signed_data["encap_content_info"]["content"].parsed
    moment = info["gen_time"].native
    digests = {
        info["message_imprint"]["hash_algorithm"]["algorithm"].native,
        signed_data["signer_infos"][0]["digest_algorithm"]["algorithm"].native,
    }
    findings: list[Finding] = []
    trusted_by = None
    if not digests <= SAFE_DIGESTS:
        findings.append(finding("time_stamp.algorithm"))
    status = TimestampSignatureStatus(**await validate_tst_signed_data(signed_data, trust.context(known_at), imprint))
    authority = name_of(status.signing_cert)
    if not status.valid:
        findings.append(finding("time_stamp.crypto"))
    elif not status.intact:
        findings.append(finding("time_stamp.other"))
    elif (problem := chain_problem(status, trust, known_at)) is not None:
        findings.append(problem)
    elif not allows(to_cryptography(status.signing_cert), Purpose.TIMESTAMP):
        findings.append(chain_finding("CHAIN_CONSTRAINTS_FAILURE", failed=False, who=authority))
    elif moment < status.signing_cert.not_valid_before:
        findings.append(chain_finding("NOT_YET_VALID", failed=True, who=authority))
    else:
        trusted_by = anchor_of(status)
    if moment > min(known_at, now) + CLOCK_TOLERANCE:
        findings.append(finding("time_stamp.order"))
    return TimeStampReport(
        at=moment,
        authority=authority,
        policy=info["policy"].dotted,
        serial=f"{info['serial_number'].native:x}",
        digest=info["message_imprint"]["hash_algorithm"]["algorithm"].native,
        algorithm=algorithm_of(
            status.signing_cert, signed_data["signer_infos"][0]["digest_algorithm"]["algorithm"].native
        ),
        trusted_by=trusted_by,
        findings=tuple(findings),
    )


def chain_problem(status: Any, trust: Trust, moment: datetime) -> Finding | None:
    """What is wrong with the certificates behind a pyHanko status at `moment`; None if nothing."""
    problem, path = status.trust_problem_indic, status.validation_path
    if problem is None and path is None:
        problem = AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND
    known = {None, AdESIndeterminate.CERTIFICATE_CHAIN_GENERAL_FAILURE}
    name = trust.problem_in(path, moment) if path is not None and problem in known else None
    if name is None and problem is None:
        return None
    name = name or problem.standard_name
    return chain_finding(name, failed=name in {"REVOKED", "NOT_YET_VALID"}, who=name_of(status.signing_cert))


def token_of(der: bytes) -> Any:
    """The signed data of a token given as ContentInfo (DER).

    Raises:
        ValueError: it is none.
    """
    content = cms.ContentInfo.load(der, strict=True)
    if content["content_type"].native != "signed_data":
        raise ValueError("not a time-stamp token")
    return content["content"]


def name_of(certificate: Any) -> str:
    """The certificate's common name, else its whole subject."""
    names = certificate.subject.native
    return str(names.get("common_name") or certificate.subject.human_friendly)


def anchor_of(status: Any) -> str | None:
    """The name of the trust anchor at the head of a status's chain."""
    path = status.validation_path
    return None if path is None else next((name_of(link) for link in path.iter_certs(include_root=True)), None)


_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def algorithm_of(certificate: Any, digest: str) -> str:
    """Names of a signer's key and digest, e.g. `RSA-3072 SHA-256` or `ECDSA P-256 SHA-256`, for people."""
    key = certificate.public_key
    kind = f"RSA-{key.bit_size}" if key.algorithm == "rsa" else str(key.algorithm).upper()
    if key.algorithm == "ec":
        kind = f"ECDSA {_CURVES.get(key.curve[1], key.curve[1])}"
    return f"{kind} {digest.upper().replace('SHA', 'SHA-')}"
