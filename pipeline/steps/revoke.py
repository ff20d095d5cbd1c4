"""Taking back a certificate that our issuing authority gave: a customer's, or that of a seal or time-stamping unit."""

import logging
from dataclasses import dataclass

from cryptography import x509
from sqlalchemy import select

from pipeline.bootstrap import Services
from pipeline.errors import CertificateInUse, CertificateUnknown
from pipeline.events import record
from pipeline.orders import lock_order
from pipeline.origin import Origin
from signing.certificates import fingerprint, issued_by
from signing.embedded import embedded_certificates
from signing.fields import CLIENT
from signing.identity import Identity
from storage.models import Event, Order, RevokedCertificate
from storage.work import Work

log = logging.getLogger("seing.keys")


@dataclass(frozen=True)
class Target:
    """A certificate to be taken back: its serial number (hexadecimal, no leading zeros), or the certificate itself."""

    serial: str
    certificate: x509.Certificate | None = None

    @classmethod
    def of(cls, certificate: x509.Certificate) -> "Target":
        """A certificate as a file gave it."""
        return cls(f"{certificate.serial_number:x}", certificate)


def revoke(
    services: Services, target: Target, reason: str, origin: Origin, *, in_use: bool = False
) -> RevokedCertificate:
    """Take a certificate of our issuing authority back, and publish the list that says so; twice changes nothing.

    Args:
        services: of the installation.
        target: known by the keys in use, by the trail of an order, or given whole.
        reason: one of the words of RFC 5280, 5.3.1.
        origin: who does it.
        in_use: whether a key that seals or time-stamps now may be taken back; nothing is signed from then on.

    Raises:
        CertificateUnknown: our authority did not issue it, as far as can be known.
        CertificateInUse: it is that of a key in use, and `in_use` does not say that this is meant.
        ArchiveUnavailable: the order that it signed cannot be read; nothing is revoked.
        KeyUnavailable: the certificate is revoked; the list cannot be signed now and comes by itself.
    """
    issuer = services.keys.authority
    serial = target.serial
    own = (each.certificate for each in services.keys.identities if issued_by(each.certificate, issuer.certificate))
    used = {f"{certificate.serial_number:x}" for certificate in own}
    if serial in used and not in_use:
        raise CertificateInUse
    order_id = _order_of(services, serial, issuer)
    given = target.certificate is not None and issued_by(target.certificate, issuer.certificate)
    if serial not in used and order_id is None and not given:
        raise CertificateUnknown
    with services.works() as work:
        row = work.first(RevokedCertificate, issuer=fingerprint(issuer.certificate), serial=serial)
        if row is None:
            row = _write(services, work, issuer, serial, reason, origin, order_id)
    services.revocation.own(issuer)
    return row


def revocations(services: Services) -> list[RevokedCertificate]:
    """Every certificate taken back, the newest first."""
    with services.works(read_only=True) as work:
        return work.find(RevokedCertificate, order_by=RevokedCertificate.revoked_at.desc())


def _write(
    services: Services,
    work: Work,
    issuer: Identity,
    serial: str,
    reason: str,
    origin: Origin,
    order_id: str | None,
) -> RevokedCertificate:
    if order_id is not None:
        lock_order(work, order_id)
    at = services.clock()
    row = work.add(
        RevokedCertificate(
            issuer=fingerprint(issuer.certificate),
            serial=serial,
            reason=reason,
            # A list says whole seconds (RFC 5280, 5.1.2.6).
            revoked_at=at.replace(microsecond=0),
            actor=origin.actor,
            order_id=order_id,
        )
    )
    data = {"certificate_serial": serial, "reason": reason}
    if order_id is not None:
        record(work, order_id, "certificate.revoked", origin, at, data)
    work.after_commit(lambda: log.warning("certificate revoked", extra={**data, "actor": origin.actor}))
    return row


def _order_of(services: Services, serial: str, issuer: Identity) -> str | None:
    """The order that was signed with this one-shot certificate, if it is this authority that gave it."""
    said = Event.data["certificate_serial"].as_string() == serial
    with services.works(read_only=True) as work:
        order_id = work.session.scalar(select(Event.order_id).where(Event.kind == "order.sealed", said).limit(1))
        order = work.session.get(Order, order_id) if order_id else None
    if order is None or order.sealed_sha256 is None:
        return None
    certificate = embedded_certificates(services.archive.get(order.sealed_sha256, area="signed")).signers[CLIENT]
    return order.id if issued_by(certificate, issuer.certificate) else None
