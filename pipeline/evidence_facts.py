"""Gathering what the evidence file says beside the events: what was known at signing, and what the sealing added."""

from typing import Literal

from pipeline.bootstrap import Services
from pipeline.frozen import Frozen
from pipeline.orders import signed_ceremony_id
from pipeline.steps.ceremony.facts import document, facts_at_signing
from signing import evidence as ev
from signing.embedded import embedded_certificates
from signing.evidence import EvidenceFacts, certificate_used
from signing.fields import CLIENT, SELLER
from signing.verify import Report
from storage.models import ArchiveEntry, Ceremony, Order
from storage.work import Work

DIGEST = "SHA-256"
"""Of every file, consent and event."""


def gather(
    services: Services, work: Work, order: Order, frozen: Frozen, sealed: bytes, report: Report, *, version: str
) -> EvidenceFacts:
    """Everything known of one signing, the order's row held locked. Masked where it is personal.

    `sealed` is the signed form and `report` the verdict on it: the archive is asked before, never under the lock.
    """
    ceremony = work.get(Ceremony, signed_ceremony_id(work, order.id))
    signed = facts_at_signing(work, order, frozen, ceremony)
    entries = {entry.kind: entry for entry in work.find(ArchiveEntry, order_id=order.id)}
    assert order.sealed_at  # noqa: S101  # a sealed order has it
    known = vars(signed) | {
        "order": ev.Order(**vars(signed.order), sealed_at=order.sealed_at),
        "documents": (*signed.documents, document(entries["sealed_form"], "sealed", frozen)),
    }
    return EvidenceFacts(
        **known,
        level=_level(report),
        algorithms=(*report.algorithms, DIGEST),
        certificates=tuple(_certificates(services, sealed)),
        time_stamps=tuple(_stamps(report)),
        software=ev.Software(name="Seing", version=version),
    )


def _level(report: Report) -> Literal["B-B", "B-T", "B-LT", "B-LTA"]:
    levels: dict[str, Literal["B-B", "B-T", "B-LT", "B-LTA"]] = {"B-T": "B-T", "B-LT": "B-LT", "B-LTA": "B-LTA"}
    return levels.get(report.level or "", "B-B")


def _certificates(services: Services, sealed: bytes) -> list[ev.CertificateUsed]:
    found = embedded_certificates(sealed)
    keys = services.keys
    issuers = {item.serial_number: item for item in (keys.issuer.certificate, *keys.seal.chain, *keys.issuer.chain)}
    all_roots = (*keys.roots, *keys.stamp_roots)
    roots = {item.serial_number for item in all_roots}
    return [
        certificate_used("seal", found.signers[SELLER]),
        certificate_used("customer", found.signers[CLIENT]),
        *(certificate_used("issuing", item) for serial, item in issuers.items() if serial not in roots),
        *(certificate_used("root", item) for item in all_roots),
        *(certificate_used("time_stamping", item) for item in found.time_stamping),
    ]


def _stamps(report: Report) -> list[ev.TimeStampUsed]:
    covers: dict[str, Literal["customer_signature", "seller_seal"]] = {
        "approval": "customer_signature",
        "certification": "seller_seal",
    }
    return [
        ev.TimeStampUsed(
            covers=covers.get(item.kind, "document"),
            at=item.time_stamp.at,
            authority=item.time_stamp.authority,
            policy=item.time_stamp.policy,
            serial=item.time_stamp.serial,
            digest_algorithm=item.time_stamp.digest,
        )
        for item in report.signatures
        if item.time_stamp
    ]
