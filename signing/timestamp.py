"""Time-stamps: a unit of our own, or somebody's over HTTP (RFC 3161)."""

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import httpx
from cryptography import x509

from signing import tsp
from signing.cms import ID_TST_INFO
from signing.errors import TimestampError, TimestampRefused, TimestampUnavailable
from signing.identity import Identity

log = logging.getLogger("seing.timestamp")

MAX_REPLY = 65_536
"""Bytes of a reply; real ones hold two to six thousand."""

NONCE_BITS = 64
SERIAL_BITS = 120
"""Random, so that no serial number comes twice even after a crash (RFC 3161, 2.4.2); the limit is 160 bits."""

LOCAL_POLICY = "2.25.48229831715332656337914853457131303643"
"""What a local unit promises: the machine's clock, nothing more. Under 2.25, as `pki.DEVELOPMENT_POLICY`."""


class Timestamper(Protocol):
    """Whoever proves that a digest existed at an instant."""

    @property
    def token_size(self) -> int:
        """Upper bound of a token in bytes: the room that a PDF keeps free for it."""

    def timestamp(self, digest: bytes) -> bytes:
        """Time-stamp token (ContentInfo, DER) over a SHA-256 of 32 bytes.

        Raises:
            TimestampUnavailable: no answer now.
            TimestampRefused: an answer that cannot be used.
        """


class LocalTimestamper:
    """A time-stamping unit in this process: what it stamps is as true as the clock that it is given.

    Args:
        identity: loaded for `Purpose.TIMESTAMP`.
        clock: aware instants.
        policy_oid: the policy that it states in each token.
    """

    def __init__(self, identity: Identity, *, clock: Callable[[], datetime], policy_oid: str = LOCAL_POLICY) -> None:
        self._identity = identity
        self._policy = policy_oid
        self._clock = clock
        self.token_size = identity.cms.size + 512 + len(identity.certificate.subject.public_bytes())

    def timestamp(self, digest: bytes) -> bytes:
        """See `Timestamper.timestamp`."""
        return self._token(tsp.imprint("sha256", digest), nonce=None, with_certificates=True)

    def reply(self, request: bytes) -> bytes:
        """TimeStampResp (DER) to a TimeStampReq (DER), for whoever serves the unit (`application/timestamp-reply`).

        Nothing is raised for a request that cannot be served: the reply says why (RFC 3161, 2.4.2).
        """
        try:
            wanted = tsp.read_request(request)
        except ValueError as error:
            return tsp.rejected(str(error))
        if wanted.policy not in {None, self._policy}:
            return tsp.rejected("unaccepted_policy")
        return tsp.granted(self._token(wanted.imprint, nonce=wanted.nonce, with_certificates=wanted.certificates))

    def _token(self, imprint: bytes, *, nonce: int | None, with_certificates: bool) -> bytes:
        info = tsp.tst_info(
            policy=self._policy,
            imprint=imprint,
            serial=1 << SERIAL_BITS | secrets.randbits(SERIAL_BITS),
            at=self._clock(),
            nonce=nonce,
            unit=self._identity.certificate.subject,
        )
        return self._identity.cms.sign_content(info, ID_TST_INFO, with_certificates=with_certificates)


class HttpTimestamper:
    """A time-stamping unit reached over HTTP (RFC 3161, 3.4); every token is checked before it is used.

    Args:
        url: of the unit, http or https.
        trust: roots that its certificate must lead to.
        clock: aware instants; a token's time must lie within `skew` of it.
        timeout: seconds for each of connecting, sending and waiting, and for the whole answer however it trickles.
        policy_oid: asked for and required; None takes what comes.
        fallback_url: asked when the first does not answer, refuses, or answers what cannot be used; same checks.
        auth: name and password (HTTP Basic).
        token_size: room for a token, in bytes.
        transport: how requests travel; the network when None.
    """

    def __init__(
        self,
        url: str,
        *,
        trust: Sequence[x509.Certificate],
        clock: Callable[[], datetime],
        timeout: float = 10.0,
        policy_oid: str | None = None,
        fallback_url: str | None = None,
        auth: tuple[str, str] | None = None,
        skew: timedelta = timedelta(minutes=5),
        token_size: int = 12_288,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._urls = (url, *([fallback_url] if fallback_url else []))
        self._trust = tuple(trust)
        self._clock = clock
        self._policy = policy_oid
        self._skew = skew
        self.token_size = token_size
        self._timeout = timeout
        # Made once: reading the system's authorities takes longer than most answers. It connects when first used.
        self._client = httpx.Client(timeout=timeout, auth=auth, transport=transport)

    def close(self) -> None:
        """Give its connections back."""
        self._client.close()

    def timestamp(self, digest: bytes) -> bytes:
        """See `Timestamper.timestamp`."""
        problems: list[TimestampError] = []
        for url in self._urls:
            try:
                return self._ask(url, digest)
            except TimestampError as problem:
                problems.append(problem)
                log.warning("a time-stamping unit gave nothing usable", extra={"reason": problem.code})
        # Who is told that a unit was silent tries again; only where all refuse is that in vain.
        raise next((each for each in problems if isinstance(each, TimestampUnavailable)), problems[-1])

    def _ask(self, url: str, digest: bytes) -> bytes:
        nonce = 1 << NONCE_BITS - 1 | secrets.randbits(NONCE_BITS - 1)
        reply = self._post(url, tsp.request(digest, nonce=nonce, policy=self._policy))
        expected = tsp.Expected(digest, nonce, self._policy, self._trust, self._clock(), self._skew)
        token = tsp.read_token(tsp.token_of(reply), expected).der
        if len(token) > self.token_size:
            raise TimestampRefused(f"the token holds {len(token)} bytes, more than the {self.token_size} kept free")
        return token

    def _post(self, url: str, request: bytes) -> bytes:
        """The reply's body. Addresses and passwords stay out of messages."""
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        ends = time.monotonic() + self._timeout
        try:
            with self._client.stream("POST", url, content=request, headers=headers) as response:
                status = response.status_code
                body = b""
                for piece in response.iter_bytes():
                    body += piece
                    if time.monotonic() > ends:
                        raise TimestampUnavailable("the time-stamping unit takes too long")
                    if len(body) > MAX_REPLY:
                        raise TimestampRefused("the reply is too long for a time-stamp")
        except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as error:
            raise TimestampUnavailable(f"the time-stamping unit cannot be reached: {type(error).__name__}") from None
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in {408, 429}:
            raise TimestampUnavailable(f"the time-stamping unit answered HTTP {status}")
        if status != httpx.codes.OK:
            raise TimestampRefused(f"the time-stamping unit answered HTTP {status}")
        return body
