"""The evidence file against itself and against the order that it tells of."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise

from signing.certificates import fit
from signing.code import CODE_LIFE, MAX_WRONG
from signing.errors import EvidenceMalformed
from signing.evidence import CLOSED, Document, Evidence, closing_data, read_evidence, time_stamp_bytes, verify_chain
from signing.verify.findings import finding
from signing.verify.journal import Checks, file_checks, journal_checks
from signing.verify.report import Check, EvidenceReport, Finding, SignatureReport, TimeStampReport
from signing.verify.stamps import CLOCK_TOLERANCE, judge_stamp, token_of
from signing.verify.story import story
from signing.verify.trust import Trust

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


async def judge_evidence(
    data: bytes | None,
    pdf: bytes,
    signatures: Sequence[SignatureReport],
    trust: Trust,
    now: datetime,
    known_at: datetime,
) -> EvidenceReport:
    """Compare the evidence (JSON bytes; None if the carrier held none) with the order's PDF and its signatures.

    `known_at` is the instant at which the evidence is proved to have existed: `now` without better proof.
    """
    try:
        evidence = read_evidence(data or b"")
        token = time_stamp_bytes(evidence)
    except EvidenceMalformed:
        return EvidenceReport(
            order_number=None,
            events=0,
            chain_head=None,
            time_stamp=None,
            checks=(),
            findings=(finding("evidence.unreadable"),),
            story=(),
        )
    checks = [
        Check(code=code, passed=passed, fr=fr, en=en)
        for code, passed, fr, en in (
            *_own_checks(evidence),
            *_document_checks(evidence, pdf, signatures),
            *_signer_checks(evidence, signatures),
            *_time_checks(evidence, signatures),
            *journal_checks(evidence, signatures),
            *file_checks(evidence, signatures),
        )
    ]
    codes = dict.fromkeys(check.code.partition(":")[0] for check in checks if not check.passed)
    findings = [finding(code) for code in codes]
    stamp, stamp_findings = await _stamp(evidence, token, trust, known_at, now)
    return EvidenceReport(
        order_number=evidence.facts.order.number,
        events=len(evidence.events),
        chain_head=evidence.chain_head,
        time_stamp=stamp,
        checks=tuple(checks),
        findings=(*findings, *stamp_findings),
        story=tuple(story(evidence)),
    )


def _own_checks(evidence: Evidence) -> Checks:
    facts, events = evidence.facts, evidence.events
    yield (
        "evidence.chain:links",
        bool(events) and verify_chain(events) is None and events[-1].hash == evidence.chain_head,
        "Chaque événement est lié au précédent par son empreinte.",
        "Each event is linked to the one before by its hash.",
    )
    yield (
        "evidence.chain:facts",
        bool(events) and events[-1].kind == CLOSED and events[-1].data == closing_data(facts),
        "Le dernier événement porte l'empreinte des faits.",
        "The last event holds the hash of the facts.",
    )
    yield (
        "evidence.consent:given",
        bool(facts.consents)
        and all(consent.given for consent in facts.consents if consent.kind == "order")
        and any(consent.kind == "order" for consent in facts.consents),
        "Le client a accepté la commande.",
        "The customer accepted the order.",
    )
    ceremony = facts.ceremony
    used = [code for code in ceremony.codes if code.outcome == "used"]
    yield (
        "evidence.consent:code",
        len(used) == 1
        and used[0].sent_at <= ceremony.code_accepted_at <= min(used[0].expires_at, used[0].sent_at + CODE_LIFE)
        and ceremony.wrong_tries < MAX_WRONG,
        "Le code accepté était le seul en cours de validité, et les essais étaient dans la limite.",
        "The accepted code was live, the only one used, and tries were within the limit.",
    )


def _document_checks(evidence: Evidence, pdf: bytes, signatures: Sequence[SignatureReport]) -> Checks:
    facts = evidence.facts
    shown, sealed = _documents(facts.documents, "shown"), _documents(facts.documents, "sealed")
    yield (
        "evidence.document:sealed",
        any(_is_prefix(document, pdf) for document in sealed),
        "Le fichier est celui qui a été scellé.",
        "The file is the one that was sealed.",
    )
    certified = next((one.revision_sha256 for one in signatures if one.kind == "certification"), None)
    yield (
        "evidence.document:shown",
        any(document.sha256 == certified for document in shown),
        "Le formulaire certifié contenu dans le fichier est celui qui a été montré au client.",
        "The certified form inside the file is the one that the customer was shown.",
    )
    yield (
        "evidence.document:bound",
        certified == facts.ceremony.bound_document_sha256 and facts.ceremony.bound_amount == facts.order.total_incl_vat,
        "Le code était lié à ce formulaire et à ce montant.",
        "The code was bound to this form and to this amount.",
    )


def _signer_checks(evidence: Evidence, signatures: Sequence[SignatureReport]) -> Checks:
    facts = evidence.facts
    for role, kind, fr, en in (
        ("seal", "certification", "Le cachet est celui du dossier.", "The seal is the one in the evidence."),
        ("customer", "approval", "Le certificat du client est celui du dossier.", "The customer's certificate agrees."),
    ):
        told = {used.sha256 for used in facts.certificates if used.role == role}
        found = {one.certificate_sha256 for one in signatures if one.kind == kind}
        yield (f"evidence.signer:{role}", bool(found) and found == told, fr, en)
    customers = [one for one in signatures if one.kind == "approval"]
    yield (
        "evidence.signer:name",
        bool(customers) and customers[-1].signer == fit(facts.signatory.name),
        "Le certificat du client porte le nom du signataire.",
        "The customer's certificate names the signatory.",
    )
    level = customers[-1].level if customers else None
    yield (
        "evidence.level:kept",
        level in LEVELS and LEVELS.index(level) >= LEVELS.index(facts.level),
        "Le niveau de la signature est au moins celui du jour de la clôture.",
        "The signature's level is at least that of the day of closing.",
    )


def _time_checks(evidence: Evidence, signatures: Sequence[SignatureReport]) -> Checks:
    order, ceremony = evidence.facts.order, evidence.facts.ceremony
    yield (
        "evidence.time:events",
        all(first.at <= second.at + CLOCK_TOLERANCE for first, second in pairwise(evidence.events)),
        "Les événements se suivent dans le temps.",
        "Events follow one another in time.",
    )
    yield (
        "evidence.time:ceremony",
        order.prepared_at <= ceremony.opened_at <= ceremony.code_accepted_at <= order.sealed_at
        and order.signed_at == ceremony.code_accepted_at
        and all(ceremony.opened_at <= code.sent_at <= ceremony.code_accepted_at for code in ceremony.codes),
        "Préparation, ouverture, codes, acceptation et scellement se suivent.",
        "Preparation, opening, codes, acceptance and sealing follow one another.",
    )
    stamps = [one.time_stamp for one in signatures if one.kind == "approval" and one.time_stamp is not None]
    yield (
        "evidence.time:signature",
        all(order.signed_at - CLOCK_TOLERANCE <= stamp.at for stamp in stamps),
        "L'horodatage de la signature n'est pas antérieur à l'accord du client.",
        "The signature's time-stamp is not earlier than the customer's consent.",
    )


async def _stamp(
    evidence: Evidence, token: bytes | None, trust: Trust, known_at: datetime, now: datetime
) -> tuple[TimeStampReport | None, tuple[Finding, ...]]:
    """The time-stamp over the head of the chain, which must not be older than the last event."""
    if token is None:
        return None, (finding("evidence.no_time_stamp"),)
    try:
        stamp = await judge_stamp(token_of(token), _head_digest(evidence), trust, known_at, now)
    except Exception:  # noqa: BLE001  # a malformed token fails anywhere in CMS code
        return None, (finding("time_stamp.unreadable"),)
    findings = stamp.findings
    if evidence.events and stamp.at < evidence.events[-1].at - CLOCK_TOLERANCE:
        findings = (*findings, finding("time_stamp.order"))
    return stamp, findings


def _head_digest(evidence: Evidence) -> Callable[[str], bytes]:
    """The head itself under SHA-256; nothing that a token with another algorithm could match."""
    return lambda algorithm: bytes.fromhex(evidence.chain_head) if algorithm == "sha256" else b""


def _documents(documents: Sequence[Document], role: str) -> list[Document]:
    return [document for document in documents if document.role == role]


def _is_prefix(document: Document, pdf: bytes) -> bool:
    """Whether the file is this document, or this document with archival data added behind it."""
    return 0 < document.size <= len(pdf) and hashlib.sha256(pdf[: document.size]).hexdigest() == document.sha256
