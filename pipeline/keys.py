"""Every key of the product, loaded once and kept warm; new ones are taken up while the process runs.

Roll-over: put the new file in the place of the old one. Each process sees it within seconds, seals a blank page with
the new keys, and goes on with the old ones where that fails. Whatever was signed before stays trusted: a set of keys
that would drop a trusted root is refused.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from sqlalchemy.exc import SQLAlchemyError

from pipeline.clock import Clock
from pipeline.errors import Misconfigured
from signing.errors import CertificateExpired, CertificateRevoked, SigningError
from signing.identity import Identity
from signing.timestamp import Timestamper
from storage.models import RevokedCertificate

log = logging.getLogger("seing.keys")

LOOK_EVERY = 5.0
"""Seconds between two looks at the files."""

Version = tuple[tuple[int, int, int] | None, ...]
"""Of the watched files: modification time (ns), size and inode of each; None for one that is not there."""


@dataclass(frozen=True)
class KeySet:
    """Keys that belong together."""

    seal: Identity
    issuer: Identity
    timestamper: Timestamper
    roots: tuple[x509.Certificate, ...]
    ends: datetime
    """When the first of their certificates expires."""
    identities: tuple[Identity, ...] = field(default=())
    """Those among them that are ours: seal, authority, time-stamping unit where it is local."""
    stamp_roots: tuple[x509.Certificate, ...] = ()
    """More roots, trusted for time-stamps alone."""


class Keys:
    """The set in force. Safe to share between threads.

    Args:
        load: makes a set from the settings; raises `Misconfigured` or `SigningError`.
        files: whose change announces new keys.
        check: tries a new set before it serves; raises what `load` raises.
        revoked: what is written of a key among these whose certificate was taken back.
        clock: aware instants.
    """

    def __init__(
        self,
        load: Callable[[], KeySet],
        files: Sequence[Path],
        check: Callable[[KeySet], object],
        revoked: Callable[[Sequence[Identity]], RevokedCertificate | None],
        clock: Clock,
    ) -> None:
        self._load, self._files, self._check, self._clock = load, tuple(files), check, clock
        self._revoked_among = revoked
        self._revoked: RevokedCertificate | None = None
        self._lock = threading.Lock()
        self._version = self._look()
        self._set = load()
        self._next_look = time.monotonic()

    @property
    def seal(self) -> Identity:
        """The seller's."""
        return self.current().seal

    @property
    def issuer(self) -> Identity:
        """Authority of the one-shot certificates."""
        return self.current().issuer

    @property
    def authority(self) -> Identity:
        """The issuer as it publishes its list: that goes on when nothing is signed any more."""
        if time.monotonic() >= self._next_look:
            self.refresh()
        return self._set.issuer

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Every key of ours that is in use."""
        return self._set.identities

    @property
    def timestamper(self) -> Timestamper:
        """The time-stamping unit, local or remote."""
        return self.current().timestamper

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """What verification trusts."""
        return self._set.roots

    @property
    def stamp_roots(self) -> tuple[x509.Certificate, ...]:
        """What it trusts beside them for time-stamps alone."""
        return self._set.stamp_roots

    @property
    def ends(self) -> datetime:
        """When the first certificate in use expires."""
        return self._set.ends

    def current(self) -> KeySet:
        """The keys to sign with.

        Raises:
            CertificateExpired: their time is over; nothing is signed any more.
            CertificateRevoked: one of them was taken back, seen within seconds by every process.
        """
        if time.monotonic() >= self._next_look:
            self.refresh()
        if self._revoked is not None:
            raise _revoked(self._revoked)
        if self._clock() > self._set.ends:
            raise CertificateExpired("keys", f"a certificate expired on {self._set.ends:%Y-%m-%d}")
        return self._set

    def refresh(self) -> None:
        """Look at the files now, and take up what changed."""
        with self._lock:
            self._next_look = time.monotonic() + LOOK_EVERY
            self._take_up()
            with suppress(SQLAlchemyError):  # while the database is silent nothing can be signed anyway
                self._revoked = self._revoked_among(self._set.identities)

    def _take_up(self) -> None:
        version = self._look()
        if version == self._version:
            return
        self._version = version  # a set that is refused is looked at again when a file changes again
        try:
            fresh = self._load()
            self._require_roots(fresh)
            self._require_unrevoked(fresh)
            self._check(fresh)
        except (Misconfigured, SigningError) as error:
            log.error("new keys refused", extra={"reason": str(error)})  # noqa: TRY400  # the reason says all
            return
        self._set = fresh
        log.warning("new keys in force", extra={"until": f"{fresh.ends:%Y-%m-%d}"})

    def _require_roots(self, fresh: KeySet) -> None:
        if not set(self._set.roots) <= set(fresh.roots):
            raise Misconfigured("SEING_TRUST_ROOTS", "omet la racine de clés antérieures.", "Ajoutez son certificat.")
        if not set(self._set.stamp_roots) <= {*fresh.roots, *fresh.stamp_roots}:
            raise Misconfigured("SEING_TSA_ROOTS", "omet la racine d'une unité antérieure.", "Ajoutez son certificat.")

    def _require_unrevoked(self, fresh: KeySet) -> None:
        with suppress(SQLAlchemyError):  # as in `refresh`
            row = self._revoked_among(fresh.identities)
            if row is not None:
                raise _revoked(row)

    def _look(self) -> Version:
        return tuple(_state(file) for file in self._files)


def _revoked(row: RevokedCertificate) -> CertificateRevoked:
    return CertificateRevoked("keys", f"certificate {row.serial} was revoked on {row.revoked_at:%Y-%m-%d}")


def _state(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
