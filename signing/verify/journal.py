"""The facts against what binds them: the customer's signature, the events after it, the signed file."""

import re
from collections.abc import Iterator, Sequence

from cryptography import x509

from signing.evidence import SIGNED, CertificateUsed, ChainedEvent, CodeSent, Evidence, certificate_used, signing_sha256
from signing.verify.report import SignatureReport

Checks = Iterator[tuple[str, bool, str, str]]
"""Code, whether it passed, French and English words."""

SEALED, RAISED = "order.sealed", "signature.level"
"""Kinds of the events that name the sealed form, as it was first and with what was added later."""

SEALED_FORM = "sealed_form"

DIGEST = "SHA-256"
"""Of files, consents and events, which the facts name beside the algorithms of the signatures."""

_NAMED = re.compile(r"(?<!\w)journal ([0-9a-f]{64})(?!\w)")

_KINDS = {"customer_signature": "approval", "seller_seal": "certification", "document": "document_time_stamp"}


def journal_checks(evidence: Evidence, signatures: Sequence[SignatureReport]) -> Checks:
    """Whether the journal is the one that the customer signed, and the facts are those that it binds."""
    signed = [event for event in evidence.events if event.kind == SIGNED]
    customers = [one for one in signatures if one.kind == "approval"]
    named = [_NAMED.findall(one.reason or "") for one in customers]
    yield (
        "evidence.chain:signed",
        len(signed) == 1 and bool(named) and all(found == [signed[0].hash] for found in named),
        "La signature du client nomme l'empreinte du journal, et elle s'y retrouve.",
        "The customer's signature names the journal's hash, which is found in it.",
    )
    yield (
        "evidence.chain:bound",
        len(signed) == 1 and signed[0].data.get("facts_at_signing_sha256") == signing_sha256(evidence.facts),
        "Les faits sont ceux que la signature du client a liés.",
        "The facts are those that the customer's signature has bound.",
    )
    yield (
        "evidence.chain:codes",
        all(_is_told(code, evidence) for code in evidence.facts.ceremony.codes),
        "L'envoi et la remise des codes sont ceux que le journal rapporte.",
        "Sending and delivery of the codes are those that the journal tells.",
    )
    yield (
        "evidence.chain:sealed",
        _is_sealing_told(evidence),
        "Le scellement est celui que le journal rapporte.",
        "The sealing is the one that the journal tells.",
    )


def file_checks(evidence: Evidence, signatures: Sequence[SignatureReport]) -> Checks:
    """Whether what the facts say of certificates and time-stamps is what these themselves say."""
    yield (
        "evidence.signer:certificates",
        all(_says_itself(used) for used in evidence.facts.certificates),
        "Les certificats joints sont ceux que le dossier décrit.",
        "The certificates enclosed are those that the evidence describes.",
    )
    stamps = [one.time_stamp for one in signatures if one.time_stamp is not None]
    used = {one.algorithm for one in signatures if one.kind != "document_time_stamp"}
    found = {DIGEST, *(one.algorithm for one in signatures), *(stamp.algorithm for stamp in stamps)}
    yield (
        "evidence.signer:algorithms",
        used <= {*evidence.facts.algorithms} <= found,
        "Les algorithmes décrits sont ceux du document.",
        "The algorithms described are those of the document.",
    )
    tokens = {
        (one.kind, one.time_stamp.at, one.time_stamp.authority, one.time_stamp.policy, one.time_stamp.serial)
        for one in signatures
        if one.time_stamp is not None
    }
    yield (
        "evidence.time:stamps",
        all(
            (_KINDS[stamp.covers], stamp.at, stamp.authority, stamp.policy, stamp.serial) in tokens
            for stamp in evidence.facts.time_stamps
        ),
        "Les horodatages décrits sont dans le document.",
        "The time-stamps described are in the document.",
    )


def _is_told(code: CodeSent, evidence: Evidence) -> bool:
    """Whether provider, reference, segments and delivery of a code are those of the events about it."""
    about = {"ceremony": evidence.facts.ceremony.id, "sequence": code.sequence}
    told = [event for event in evidence.events if about.items() <= event.data.items()]
    sent = [event for event in told if event.kind == "code.sent"]
    if not sent:  # refused, or the program died while the provider was asked
        refused = any(event.kind == "code.not_sent" for event in told)
        return (code.provider, code.provider_id, code.segments, code.delivery) == (
            "",
            None,
            None,
            "refused" if refused else "sending",
        )
    reports = [event.data.get("status") for event in _reports(evidence, code)]
    said = {
        "channel": code.channel,
        "to": evidence.facts.signatory.mobile.masked,
        "provider": code.provider,
        "provider_id": code.provider_id,
        "segments": code.segments,
    }
    return (
        len(sent) == 1
        and said.items() <= sent[0].data.items()
        and [sent[0].data.get("delivery"), *reports][-1] == code.delivery
    )


def _reports(evidence: Evidence, code: CodeSent) -> list[ChainedEvent]:
    """What the provider said afterwards, the newest last."""
    about = {"sequence": code.sequence, "provider_id": code.provider_id}
    return [event for event in evidence.events if event.kind == "code.delivery" and about.items() <= event.data.items()]


def _is_sealing_told(evidence: Evidence) -> bool:
    """Whether the sealing was told once; a form sealed without time-stamp was replaced by one that has it, told too."""
    sealed = [event for event in evidence.events if event.kind == SEALED]
    raised = [event for event in evidence.events if event.kind == RAISED and event.data.get("document") == SEALED_FORM]
    told = {*(event.data.get("sealed_sha256") for event in sealed), *(event.data.get("sha256") for event in raised)}
    files = [document.sha256 for document in evidence.facts.documents if document.role == "sealed"]
    return [event.at for event in sealed] == [evidence.facts.order.sealed_at] and told.issuperset(files)


def _says_itself(used: CertificateUsed) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(used.pem.encode())
        return certificate_used(used.role, certificate) == used
    except ValueError:
        return False
