"""Revocation lists of preservation: our own authority's, others' from files or from where they are published."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import httpx
from cryptography import x509

from signing.certificates import chain_of, common_name, is_list_of, is_short_term, list_addresses
from signing.errors import RevocationUnavailable
from signing.identity import Identity
from signing.longterm import Proofs

FRESH = timedelta(hours=1)
"""How long a list is used again before another is fetched."""

SILENCE = timedelta(minutes=1)
"""How long an address that did not answer is not asked again: orders do not queue behind its time-out."""

MAX_BYTES = 20 * 2**20
"""Of a list that is fetched."""


class _Kept(NamedTuple):
    """A list, or the failure to get one, until it is asked again."""

    crl: bytes | None
    until: datetime


class RevocationLists:
    """Where preservation gets its revocation lists; keeps what it got. Safe to share between threads.

    Args:
        issuers: authorities whose keys are ours, at present.
        known: certificates to complete chains with, roots included.
        files: lists (DER) given by hand, such as that of a root that is kept off-line.
        own: the newest list (DER) of one of them; raises `KeyUnavailable`.
        clock: aware instants.
        fetch: the bytes at an address; raises `RevocationUnavailable`.
    """

    def __init__(
        self,
        *,
        issuers: Callable[[], Sequence[Identity]],
        known: Callable[[], Sequence[x509.Certificate]],
        files: Callable[[], Sequence[bytes]],
        own: Callable[[Identity], bytes],
        clock: Callable[[], datetime],
        fetch: Callable[[str], bytes],
    ) -> None:
        self.own = own
        self._issuers, self._known, self._files = issuers, known, files
        self._clock, self._fetch = clock, fetch
        self._kept: dict[str, _Kept] = {}

    def proofs(self, embedded: Sequence[x509.Certificate]) -> Proofs:
        """Issuers and fresh lists for these certificates.

        Of a certificate that has expired no list is sought: what was kept while it was valid must do.

        Raises:
            RevocationUnavailable: a list cannot be had now.
            KeyUnavailable: the key of an authority of ours does not sign now.
        """
        now = self._clock()
        known = [*embedded, *self._known()]
        certificates: dict[x509.Certificate, None] = {}
        crls: dict[bytes, None] = {}
        for certificate in embedded:
            chain = (certificate, *chain_of(certificate, known))
            certificates.update(dict.fromkeys(chain[1:]))
            for link, issuer in pairwise(chain):
                if not is_short_term(link) and link.not_valid_after_utc > now:
                    crls[self._list(link, issuer, now)] = None
        return Proofs(tuple(certificates), tuple(crls))

    def _list(self, link: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bytes:
        for identity in self._issuers():
            if identity.certificate == issuer:
                return self.own(identity)
        for crl in self._files():
            if _serves(crl, issuer, now):
                return crl
        for address in list_addresses(link):
            found = self._fetched(address, now)
            if found is not None and _serves(found, issuer, now):
                return found
        raise RevocationUnavailable(f"no revocation list of {common_name(issuer)}")

    def _fetched(self, address: str, now: datetime) -> bytes | None:
        kept = self._kept.get(address)
        if kept is None or kept.until <= now:
            try:
                kept = _Kept(self._fetch(address), now + FRESH)
            except RevocationUnavailable:
                kept = _Kept(None, now + SILENCE)
            self._kept[address] = kept
        return kept.crl


def http_fetch(timeout: float, transport: httpx.BaseTransport | None = None) -> Callable[[str], bytes]:
    """Fetches lists over HTTP; `timeout` in seconds. Addresses come from certificates that lead to trusted roots."""
    client = httpx.Client(timeout=timeout, transport=transport, follow_redirects=False)

    def fetch(address: str) -> bytes:
        try:
            with client.stream("GET", address) as response:
                if response.status_code != httpx.codes.OK:
                    raise RevocationUnavailable(f"the revocation list's server answered HTTP {response.status_code}")
                body = b""
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > MAX_BYTES:
                        raise RevocationUnavailable("the revocation list is too long")
        except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as error:
            kind = type(error).__name__
            raise RevocationUnavailable(f"the revocation list's server cannot be reached: {kind}") from None
        return body

    return fetch


def _serves(crl: bytes, issuer: x509.Certificate, now: datetime) -> bool:
    """Whether these bytes are a list of that authority, and not out of date."""
    try:
        loaded = x509.load_der_x509_crl(crl)
    except ValueError:
        return False
    return is_list_of(loaded, issuer) and (loaded.next_update_utc is None or loaded.next_update_utc > now)
