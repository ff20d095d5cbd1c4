"""The revocation list of our issuing authority: one for all processes, made in the database.

A list is used again for an hour, or until a certificate is revoked: the next one who asks makes the next. Number, list
and row are one transaction, so that numbers have no gap and whoever asks two processes never sees an older list after a
newer one (RFC 5280, 5.2.3). The key signs inside it: an hour's list costs a few milliseconds, and nobody but those who
want the same list waits for a key service.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from sqlalchemy import func, select

from pipeline.clock import Clock
from signing.certificates import fingerprint
from signing.identity import Identity
from signing.pki import Revoked, make_crl
from signing.revocation import FRESH
from storage.models import RevocationList, RevokedCertificate
from storage.work import Work, WorkFactory

LAST = ":last"
"""Ends the name under which the last list of an authority is kept."""

LIFE = timedelta(days=7)
"""From a list to the latest date of the next (`nextUpdate`)."""


def published(works: WorkFactory, clock: Clock, issuer: Identity) -> bytes:
    """The list (DER) of an authority of ours: at most an hour old, and naming all that is revoked.

    Raises:
        KeyUnavailable: its key does not sign now.
    """
    name, now = fingerprint(issuer.certificate), clock()
    with works(read_only=True) as work:
        kept = _fresh(work, name, now)
    if kept is not None:
        return kept
    with works() as work:
        work.hold(_series(name))
        now = clock()  # a list that was made while this one waited is not from the future
        kept = _fresh(work, name, now)
        if kept is not None:  # another process was faster
            return kept
        return _make(work, issuer, name, now, now + LIFE)


def close(works: WorkFactory, clock: Clock, issuer: Identity) -> bytes:
    """The last list (DER) of an authority that is about to be replaced; it holds as long as its certificate.

    Later renewals of what it issued need a list, when its key is gone. Kept beside the list that goes on meanwhile.

    Raises:
        KeyUnavailable: its key does not sign now.
    """
    name, now = fingerprint(issuer.certificate), clock()
    with works() as work:
        work.hold(_series(name))
        return _make(work, issuer, name + LAST, now, issuer.certificate.not_valid_after_utc)


def last_lists(works: WorkFactory) -> list[bytes]:
    """Those of the authorities that were closed."""
    with works(read_only=True) as work:
        return [row.crl for row in work.find(RevocationList, RevocationList.issuer.endswith(LAST))]


def revoked_among(works: WorkFactory, identities: Iterable[Identity]) -> RevokedCertificate | None:
    """What is written of the first of these keys whose certificate was taken back."""
    with works(read_only=True) as work:
        for identity in identities:
            own, issuer = identity.certificate, (*identity.chain, identity.certificate)[0]
            row = work.first(RevokedCertificate, issuer=fingerprint(issuer), serial=f"{own.serial_number:x}")
            if row is not None:
                return row
    return None


def _fresh(work: Work, name: str, now: datetime) -> bytes | None:
    kept = work.session.get(RevocationList, name)
    if kept is None or not kept.made_at <= now < kept.made_at + FRESH:
        return None
    count = select(func.count()).select_from(RevokedCertificate).where(RevokedCertificate.issuer == name)
    return kept.crl if work.session.scalar(count) == kept.entries else None


def _make(work: Work, issuer: Identity, row_name: str, now: datetime, until: datetime) -> bytes:
    """The next list, kept under a name; the series is held."""
    name = fingerprint(issuer.certificate)
    rows = work.find(RevokedCertificate, issuer=name, order_by=RevokedCertificate.revoked_at)
    revoked = [Revoked(int(row.serial, 16), row.revoked_at, x509.ReasonFlags(row.reason)) for row in rows]
    number = work.next_number(_series(name))
    crl = make_crl(issuer, number=number, now=now, next_update=until, revoked=revoked)
    row = work.session.get(RevocationList, row_name)
    if row is None:
        work.add(RevocationList(issuer=row_name, number=number, made_at=now, entries=len(rows), crl=crl))
    else:
        row.number, row.made_at, row.entries, row.crl = number, now, len(rows), crl
    return crl


def _series(name: str) -> str:
    return f"crl:{name[:16]}"
