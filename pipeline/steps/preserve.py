"""Keeping a signed document verifiable: raised to PAdES B-LTA after an outage, renewed before its time-stamp runs out.

The new file begins with all bytes of the one before, and is archived beside it: what the order, the evidence and the
customer's copy name stays what it is. One exception: a form sealed without any time-stamp, which nothing names yet. Its
raised form takes its place, and only then do evidence, copy, invoice and mandate follow.
"""

from cryptography import x509

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.orders import keep, lock_order
from pipeline.preservation import RAISED, Reached, best_level, newest, note_level, raised
from pipeline.retry import Later
from pipeline.steps.seal import sign, stage_followers
from signing.embedded import embedded_certificates
from signing.errors import KeyUnavailable, RevocationUnavailable, TimestampError, TimestampUnavailable
from signing.fields import CLIENT
from signing.longterm import add_document_timestamp, has_proof_of_time
from signing.verify import verify
from storage.errors import ArchiveUnavailable
from storage.models import ArchiveEntry, Order

UNSTAMPED = "sealed_form_b_b"
"""The kind under which a form without time-stamp is kept once its raised form has taken its place."""


def preserve(services: Services, order_id: str, document: str, sha256: str) -> None:
    """Raise or renew this document, unless that was done. Raises `Later` while a service does not answer."""
    with services.works(read_only=True) as work:
        order, entry = work.session.get(Order, order_id), newest(work, order_id, document)
    if order is None or entry is None:
        raise NotFound
    if entry.sha256 != sha256:
        return
    try:
        pdf = services.archive.get(sha256, area="signed")
        bare = document == "sealed_form" and not has_proof_of_time(pdf)
        reached = _with_time(services, order, pdf) if bare else raised(services, pdf)
        _confirm(services, reached)
        services.archive.put(reached.pdf, area="signed", retain_until=entry.retain_until, media_type="application/pdf")
    except (TimestampError, RevocationUnavailable, KeyUnavailable, ArchiveUnavailable) as error:
        raise Later(error.code) from error
    _note(services, order_id, document, sha256, reached, bare=bare)
    services.nudge()


def _with_time(services: Services, order: Order, pdf: bytes) -> Reached:
    """A form that nothing dates yet: time-stamped as a whole, or signed again where its certificate has ended."""
    certificate: x509.Certificate = embedded_certificates(pdf).signers[CLIENT]
    if certificate.not_valid_after_utc > services.clock():
        return best_level(services, add_document_timestamp(pdf, services.keys.timestamper, thorough=False))
    again = sign(services, order).reached
    if again.level == "B-B":
        raise Later(TimestampUnavailable.code)
    return again


def _confirm(services: Services, reached: Reached) -> None:
    """A level that was not reached is an error, not a silence."""
    report = verify(reached.pdf, trust=services.keys.roots, stamp_trust=services.keys.stamp_roots, now=services.clock())
    if not report.passed or report.level != reached.level:
        found = f"{report.indication} {report.sub_indication or ''} {report.level}"
        raise RuntimeError(f"level {reached.level} was not reached: {found}")


def _note(services: Services, order_id: str, document: str, sha256: str, reached: Reached, *, bare: bool) -> None:
    with services.works() as work:
        order = lock_order(work, order_id)
        entry = newest(work, order_id, document)
        if entry is None or entry.sha256 != sha256:  # another worker was first
            return
        kind = document if bare else document + RAISED
        if bare:
            entry.kind = UNSTAMPED
        kept: ArchiveEntry = keep(services, work, order, kind, entry.name, reached.pdf, entry.media_type, "signed")
        kept.retain_until = entry.retain_until
        note_level(services, work, order_id, document, reached)
        if bare:
            order.sealed_sha256 = kept.sha256
            stage_followers(work, order)
