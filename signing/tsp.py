"""Time-stamp protocol messages (RFC 3161, RFC 5816): requests and replies, written and read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms as asn1_cms
from asn1crypto import tsp as asn1_tsp
from asn1crypto.core import Any, SequenceOf
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, validate_sig_integrity

from signing import der
from signing.certificates import chain_of, is_time_stamping, strong_enough
from signing.errors import TimestampRefused, TimestampUnavailable

DIGESTS = {
    "sha256": ("2.16.840.1.101.3.4.2.1", 32),
    "sha384": ("2.16.840.1.101.3.4.2.2", 48),
    "sha512": ("2.16.840.1.101.3.4.2.3", 64),
}
"""Imprints that a unit takes: object identifier and size in bytes. SHA-1 is refused."""

REFUSALS = {"bad_alg": 0, "bad_request": 2, "bad_data_format": 5, "unaccepted_policy": 15, "unaccepted_extensions": 16}
"""PKIFailureInfo bits (RFC 3161, 2.4.2) that a unit answers with."""

PASSING = {"time_not_available", "system_failure"}
"""PKIFailureInfo that says: later, perhaps."""


@dataclass(frozen=True)
class Request:
    """A time-stamp request as a unit reads it; `imprint` is ready to be repeated (DER)."""

    imprint: bytes
    policy: str | None
    nonce: int | None
    certificates: bool


@dataclass(frozen=True)
class Token:
    """A time-stamp token as received, checked by `read_token`."""

    der: bytes
    gen_time: datetime
    policy: str
    serial: int
    signer: x509.Certificate
    certificates: tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class Expected:
    """What a token must agree with.

    Attributes:
        digest: SHA-256 that was sent.
        nonce: that was sent.
        policy: object identifier; None takes any.
        trust: roots, one of which the unit's chain must reach.
        now: our clock.
        skew: how far the token's time may lie from it.
    """

    digest: bytes
    nonce: int | None
    policy: str | None
    trust: Sequence[x509.Certificate]
    now: datetime
    skew: timedelta


def digest_of(algorithm: str, content: bytes) -> bytes:
    """The digest of `content`.

    Raises:
        ValueError: an algorithm out of `DIGESTS`, such as SHA-1.
    """
    if algorithm not in DIGESTS:
        raise ValueError("a digest algorithm that is no longer taken")
    return hashlib.new(algorithm, content).digest()


def imprint(algorithm: str, digest: bytes) -> bytes:
    """MessageImprint (DER)."""
    return der.sequence(der.algorithm(DIGESTS[algorithm][0]), der.octet_string(digest))


def request(digest: bytes, *, nonce: int, policy: str | None) -> bytes:
    """TimeStampReq (DER) for a SHA-256, asking for the unit's certificate."""
    wanted = der.oid(policy) if policy else b""
    return der.sequence(der.integer(1), imprint("sha256", digest), wanted, der.integer(nonce), der.tlv(1, b"\xff"))


def tst_info(*, policy: str, imprint: bytes, serial: int, at: datetime, nonce: int | None, unit: x509.Name) -> bytes:
    """TSTInfo (DER): accurate to one second, ordering not promised (EN 319 422, 5.2)."""
    return der.sequence(
        der.integer(1),
        der.oid(policy),
        imprint,
        der.integer(serial),
        der.generalized_time(at),
        der.sequence(der.integer(1)),
        der.integer(nonce) if nonce is not None else b"",
        der.explicit(0, der.explicit(4, unit.public_bytes())),
    )


def read_request(encoded: bytes) -> Request:
    """A TimeStampReq (DER), checked as RFC 3161, 2.4.1 and 2.4.2, ask of a unit.

    Raises:
        ValueError: its message is the key of `REFUSALS` to answer with.
    """
    try:
        wanted = asn1_tsp.TimeStampReq.load(encoded, strict=True)
        facts = wanted.native
        asked = facts["message_imprint"]
        algorithm, digest = asked["hash_algorithm"]["algorithm"], asked["hashed_message"]
    except (ValueError, TypeError, KeyError):
        raise ValueError("bad_data_format") from None
    if facts["version"] != "v1":
        raise ValueError("bad_request")
    if algorithm not in DIGESTS:
        raise ValueError("bad_alg")
    if len(digest) != DIGESTS[algorithm][1]:
        raise ValueError("bad_data_format")
    if facts["extensions"]:
        raise ValueError("unaccepted_extensions")
    return Request(imprint(algorithm, digest), facts["req_policy"], facts["nonce"], bool(facts["cert_req"]))


def granted(token: bytes) -> bytes:
    """TimeStampResp (DER) that carries a token."""
    return der.sequence(der.sequence(der.integer(0)), token)


def rejected(reason: str) -> bytes:
    """TimeStampResp (DER) without token; `reason` is a key of `REFUSALS`."""
    bit = REFUSALS[reason]
    size = bit // 8 + 1
    bits = (0x80 >> bit % 8).to_bytes(1, "big").rjust(size, b"\0")
    failure = der.tlv(der.BIT_STRING, bytes((7 - bit % 8,)), bits)
    text = der.sequence(der.tlv(der.UTF8_STRING, reason.encode()))
    return der.sequence(der.sequence(der.integer(2), text, failure))


def token_of(reply: bytes) -> bytes:
    """The token (DER) of a TimeStampResp.

    Raises:
        TimestampUnavailable: the unit says that it cannot serve now.
        TimestampRefused: it refuses, or the reply is not one.
    """
    try:
        # Part by part: asn1crypto's TimeStampResp cannot be read without token, which is how a refusal comes.
        parts = SequenceOf.load(reply, strict=True, spec=Any)
        info = asn1_tsp.PKIStatusInfo.load(parts[0].dump(), strict=True)
        status, failures = info["status"].native, info["fail_info"].native or set()
        encoded: bytes = parts[1].dump() if len(parts) > 1 else b""
    except (ValueError, TypeError, KeyError, IndexError):
        raise TimestampRefused("the reply is not a time-stamp response") from None
    if status in {"granted", "granted_with_mods"} and encoded:
        return encoded
    reasons = ", ".join(sorted(failures)) or "no reason given"
    error = TimestampUnavailable if failures & PASSING else TimestampRefused
    raise error(f"the time-stamping unit answered {status}: {reasons}")


def read_token(encoded: bytes, expected: Expected) -> Token:
    """The token, after every check that RFC 3161, 2.4.2 and 2.3, ask of who receives it.

    Raises:
        TimestampRefused: one of them fails; the message says which.
    """
    try:
        content = asn1_cms.ContentInfo.load(encoded, strict=True)
        signed_data = content["content"]
        info = signed_data["encap_content_info"]["content"].parsed
        facts = info.native
    except (ValueError, TypeError, KeyError, AttributeError):
        raise TimestampRefused("the token cannot be read") from None
    claimed = facts["message_imprint"]
    gen_time: datetime = facts["gen_time"]
    problems = {
        "it is for another document": (claimed["hash_algorithm"]["algorithm"], claimed["hashed_message"])
        != ("sha256", expected.digest),
        "the nonce is not ours": facts["nonce"] != expected.nonce,
        "the policy is not the one agreed": expected.policy is not None and facts["policy"] != expected.policy,
        "its time is not ours": abs(gen_time - expected.now) > expected.skew,
    }
    for problem, found in problems.items():
        if found:
            raise TimestampRefused(f"the token is refused: {problem}")
    signer, certificates = _signer(signed_data, bytes(signed_data["encap_content_info"]["content"]))
    if not is_time_stamping(signer) or not strong_enough(signer):
        raise TimestampRefused("the token is refused: its certificate is not one of a time-stamping unit")
    if not _trusted(signer, certificates, expected.trust, gen_time):
        raise TimestampRefused("the token is refused: its certificate leads to no authority that we trust")
    return Token(encoded, gen_time, facts["policy"], facts["serial_number"], signer, certificates)


def _signer(signed_data: asn1_cms.SignedData, content: bytes) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """The certificate whose key signed the token, and all that it carries."""
    try:
        signer_info = extract_signer_info(signed_data)
        found = extract_certs_for_validation(signed_data)
        digest = digest_of(signer_info["digest_algorithm"]["algorithm"].native, content)
        # The version is not covered by the signature (RFC 5652, 5.3).
        good = signer_info["version"].native in {"v1", "v3"} and all(
            validate_sig_integrity(signer_info, found.signer_cert, "tst_info", digest)
        )
        every = (found.signer_cert, *found.other_certs)
        loaded = tuple(x509.load_der_x509_certificate(certificate.dump()) for certificate in every)
    except (SignatureValidationError, InvalidSignature, ValueError, TypeError, KeyError, AttributeError):
        raise TimestampRefused("the token is refused: its signature cannot be read") from None
    if not good:
        raise TimestampRefused("the token is refused: its signature does not verify")
    return loaded[0], loaded


def _trusted(
    signer: x509.Certificate, others: Sequence[x509.Certificate], trust: Sequence[x509.Certificate], at: datetime
) -> bool:
    chain = (signer, *chain_of(signer, [*others, *trust]))
    roots = {root.public_bytes(Encoding.DER) for root in trust}
    in_time = all(link.not_valid_before_utc <= at <= link.not_valid_after_utc for link in chain)
    return in_time and any(link.public_bytes(Encoding.DER) in roots for link in chain)
