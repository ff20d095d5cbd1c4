"""The proof: facts and events closed over by hash, time-stamped, inside a sealed PDF, both archived.

The chain is closed by an event that says the hash of the facts. Should the process die before the file is recorded, or
a service be silent, the next run gathers the facts afresh: where they are the same the closing stands, else the chain
is closed again. The file always ends with a closing over its facts.
"""

import hashlib

from pipeline import __version__, documents
from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.events import record, trail
from pipeline.evidence_facts import gather
from pipeline.orders import archived, frozen_of, keep, lock_order, named, retain_until
from pipeline.origin import SYSTEM
from pipeline.preservation import best_level, note_level
from pipeline.retry import Later
from signing.errors import KeyUnavailable, TimestampError
from signing.evidence import CLOSED, ChainedEvent, EvidenceFacts, build_evidence, closing_data
from signing.seal import seal_document
from signing.verify import Report, disagreements, verify
from storage.errors import ArchiveUnavailable
from storage.models import Order
from storage.work import Work
from templates.documents import evidence as template


def evidence(services: Services, order_id: str) -> None:
    """Close the evidence file of a sealed order, once. Raises `Later` while a service does not answer."""
    with services.works(read_only=True) as work:
        order = work.session.get(Order, order_id)
    if order is None:
        raise NotFound
    if order.sealed_sha256 is None or order.evidence_sha256:
        return
    frozen = frozen_of(services, order)
    try:
        sealed = archived(services, order.sealed_sha256)
        report = verify(sealed, trust=services.keys.roots, stamp_trust=services.keys.stamp_roots, now=services.clock())
        if not report.passed:  # never seen: sealing reads back what it made; a human must look
            raise RuntimeError(f"the sealed form does not verify: {report.sub_indication}")
        with services.works() as work:
            order = lock_order(work, order_id)
            facts = gather(services, work, order, frozen, sealed, report, version=__version__)
            events = _closed(services, work, order_id, facts)
        stamp = services.keys.timestamper.timestamp(bytes.fromhex(events[-1].hash))
        written = build_evidence(facts, events, stamp)
        _confirm(services, sealed, report, written)
        plain = template.render(template.from_json(written, documents.look(frozen)))
        pdf = seal_document(
            plain,
            services.keys.seal,
            when=services.clock(),
            reason=f"Dossier de preuve : {named(order)}",
            location=frozen.seller.address.city,
            timestamper=services.keys.timestamper,
        )
        reached = best_level(services, pdf)
        pdf = reached.pdf
        until = retain_until(services, services.today())
        services.archive.put(written, area="signed", retain_until=until, media_type="application/json")
        services.archive.put(pdf, area="signed", retain_until=until, media_type="application/pdf")
    except (TimestampError, KeyUnavailable, ArchiveUnavailable) as error:
        raise Later(error.code) from error
    with services.works() as work:
        order = lock_order(work, order_id)
        if order.evidence_sha256:
            return
        order.evidence_json_sha256 = hashlib.sha256(written).hexdigest()
        order.evidence_sha256 = hashlib.sha256(pdf).hexdigest()
        keep(services, work, order, "evidence_json", "preuve.json", written, "application/json", "signed")
        keep(services, work, order, "evidence", "preuve.pdf", pdf, "application/pdf", "signed")
        data = {"json_sha256": order.evidence_json_sha256, "pdf_sha256": order.evidence_sha256}
        record(work, order_id, "evidence.archived", SYSTEM, services.clock(), data)
        note_level(services, work, order_id, "evidence", reached)
        work.stage("archive", key=f"archive:{order_id}", args={"order_id": order_id}, order_id=order_id)
    services.nudge()


def _confirm(services: Services, sealed: bytes, report: Report, written: bytes) -> None:
    """What an outsider would say of form and evidence: a proof that does not hold is an error today, not in court."""
    found = disagreements(
        written, sealed, report, trust=services.keys.roots, stamp_trust=services.keys.stamp_roots, now=services.clock()
    )
    if found:
        codes = ", ".join(sorted({each.code for each in found}))
        raise RuntimeError(f"the evidence does not agree with the sealed form: {codes}")


def _closed(services: Services, work: Work, order_id: str, facts: EvidenceFacts) -> tuple[ChainedEvent, ...]:
    """The trail up to its last closing, which is over these facts."""
    said = closing_data(facts)
    closings = [event for event in trail(work, order_id) if event.kind == CLOSED]
    if not closings or closings[-1].data != said:
        record(work, order_id, CLOSED, SYSTEM, services.clock(), said)
        return trail(work, order_id)
    return trail(work, order_id)[: closings[-1].sequence]
