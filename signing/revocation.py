"""What preservation knows of revocation: our own authority's list, others' lists and answers (CRL, OCSP)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple, Protocol

import httpx
from cryptography import x509

from signing import ocsp
from signing.certificates import chain_of, common_name, is_list_of, is_short_term, list_addresses
from signing.errors import RevocationUnavailable
from signing.identity import Identity
from signing.longterm import Proofs

FRESH = timedelta(hours=1)
"""How long a list or an answer is used again before another is fetched; an answer that ends sooner, until then."""

SILENCE = timedelta(minutes=1)
"""How long an address that did not answer is not asked again: orders do not queue behind its time-out."""

MAX_BYTES = 20 * 2**20
"""Of a list, or an answer, that is fetched."""


class _Kept(NamedTuple):
    """What was fetched, or the failure to get it, until it is asked again."""

    found: bytes | None
    until: datetime


class Fetch(Protocol):
    """Gets the bytes at an address, those of the answer where a request is given."""

    def __call__(self, address: str, request: bytes | None = None) -> bytes:
        """Raises `RevocationUnavailable`."""


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
        fetch: Fetch,
    ) -> None:
        self.own = own
        self._issuers, self._known, self._files = issuers, known, files
        self._clock, self._fetch = clock, fetch
        self._kept: dict[tuple[str, bytes | None], _Kept] = {}

    def proofs(self, embedded: Sequence[x509.Certificate]) -> Proofs:
        """Issuers, and a fresh list or answer on each of their certificates.

        Of a certificate that has expired nothing is sought: what was kept while it was valid must do.

        Raises:
            RevocationUnavailable: neither list nor answer can be had now.
            KeyUnavailable: the key of an authority of ours does not sign now.
        """
        now = self._clock()
        known = [*embedded, *self._known()]
        certificates: dict[x509.Certificate, None] = {}
        crls: dict[bytes, None] = {}
        ocsps: dict[bytes, None] = {}
        for certificate in embedded:
            chain = (certificate, *chain_of(certificate, known))
            certificates.update(dict.fromkeys(chain[1:]))
            for link, issuer in pairwise(chain):
                if not is_short_term(link) and link.not_valid_after_utc > now:
                    found = self._proofs_of(link, issuer, now)
                    crls.update(dict.fromkeys(found.crls))
                    ocsps.update(dict.fromkeys(found.ocsps))
        return Proofs(tuple(certificates), tuple(crls), tuple(ocsps))

    def _proofs_of(self, link: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Proofs:
        """Lists at hand first, then an answer, which is short, then a list that is published."""
        at_hand = self._at_hand(issuer, now)
        if at_hand is not None:
            return Proofs((), (at_hand,))
        for address in ocsp.responders(link):
            answered = self._answered(address, link, issuer, now)
            if answered is not None:
                return answered
        return Proofs((), (self._published(link, issuer, now),))

    def _at_hand(self, issuer: x509.Certificate, now: datetime) -> bytes | None:
        for identity in self._issuers():
            if identity.certificate == issuer:
                return self.own(identity)
        return next((crl for crl in self._files() if _serves(crl, issuer, now)), None)

    def _published(self, link: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bytes:
        for address in list_addresses(link):
            found = self._fetched(address, now)
            if found is not None and _serves(found, issuer, now):
                return found
        raise RevocationUnavailable(f"no revocation list of {common_name(issuer)}, no answer on {common_name(link)}")

    def _answered(self, address: str, link: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Proofs | None:
        """The answer on a certificate, with the list on its responder where that is to be asked too."""
        request = ocsp.question(link, issuer)
        known = self._kept.get((address, request))
        answer = self._fetched(address, now, request)
        if answer is None:
            return None
        responder, until = ocsp.responder_of(answer, issuer), ocsp.holds_until(answer, link, issuer, now)
        if responder is None or until is None or not _is_valid(responder, now):
            self._kept[address, request] = _Kept(None, now + SILENCE)
            return None
        if self._kept[address, request] is not known:
            self._kept[address, request] = _Kept(answer, min(until, now + FRESH))
        if responder == issuer or ocsp.is_exempt(responder):
            return Proofs((), (), (answer,))
        try:
            return Proofs((), (self._at_hand(issuer, now) or self._published(responder, issuer, now),), (answer,))
        except RevocationUnavailable:
            return None

    def _fetched(self, address: str, now: datetime, request: bytes | None = None) -> bytes | None:
        kept = self._kept.get((address, request))
        if kept is None or kept.until <= now:
            try:
                kept = _Kept(self._fetch(address, request), now + FRESH)
            except RevocationUnavailable:
                kept = _Kept(None, now + SILENCE)
            self._kept[address, request] = kept
        return kept.found


def http_fetch(timeout: float, transport: httpx.BaseTransport | None = None) -> Fetch:
    """Fetches over HTTP; `timeout` in seconds. Addresses come from certificates that lead to trusted roots."""
    client = httpx.Client(timeout=timeout, transport=transport, follow_redirects=False)

    def fetch(address: str, request: bytes | None = None) -> bytes:
        method = "GET" if request is None else "POST"
        headers = {} if request is None else {"content-type": "application/ocsp-request"}
        try:
            with client.stream(method, address, content=request, headers=headers) as response:
                if response.status_code != httpx.codes.OK:
                    raise RevocationUnavailable(f"the source of revocation answered HTTP {response.status_code}")
                body = b""
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > MAX_BYTES:
                        raise RevocationUnavailable("the source of revocation answers at too great length")
        except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as error:
            kind = type(error).__name__
            raise RevocationUnavailable(f"the source of revocation cannot be reached: {kind}") from None
        return body

    return fetch


def _serves(crl: bytes, issuer: x509.Certificate, now: datetime) -> bool:
    """Whether these bytes are a list of that authority, and not out of date."""
    try:
        loaded = x509.load_der_x509_crl(crl)
    except ValueError:
        return False
    return is_list_of(loaded, issuer) and (loaded.next_update_utc is None or loaded.next_update_utc > now)


def _is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc
