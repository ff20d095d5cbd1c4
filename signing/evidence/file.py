"""The evidence file: canonical JSON (RFC 8785) of the facts, the chained events and the time-stamp over the chain.

The last event says the SHA-256 of the facts, so that the head of the chain, and with it the time-stamp, covers
everything in the file: changing one fact breaks the chain as changing one event does.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal, NoReturn

import rfc8785
from pydantic import AwareDatetime, PlainSerializer, TypeAdapter, ValidationError

from signing.errors import EvidenceLeak, EvidenceMalformed
from signing.evidence.chain import ChainedEvent, instant, plain, verify_chain
from signing.evidence.facts import STRICT, EvidenceFacts, Sha256, SignedOrder, SigningFacts
from signing.evidence.masking import leaks

SCHEMA: Literal["seing.evidence/1"] = "seing.evidence/1"
"""Raised when the meaning of a field changes; a reader refuses what it does not know."""

CLOSED = "evidence.closed"
"""Kind of the last event, whose data are `closing_data(facts)`."""

SIGNED = "order.signed"
"""Kind of the event whose hash the customer's signature names, and whose data hold `signing_data(facts)`."""

MAX_BYTES = 16 * 2**20
"""A file of several hundred events weighs some hundred kilobytes; more than this is not one of ours."""


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """An event as the file holds it."""

    __pydantic_config__ = STRICT
    sequence: int
    at: Annotated[AwareDatetime, PlainSerializer(instant, when_used="json")]
    kind: str
    actor: str
    ip: str | None
    user_agent: str | None
    data: dict[str, Any]
    previous_hash: Sha256
    hash: Sha256


@dataclass(frozen=True, kw_only=True)
class _File:
    """The file, field by field."""

    __pydantic_config__ = STRICT
    schema: Literal["seing.evidence/1"]
    facts: EvidenceFacts
    events: tuple[_Entry, ...]
    chain_head: Sha256
    time_stamp: str | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """An evidence file that was read: well-formed, not yet believed. `time_stamp` is the token in base64."""

    facts: EvidenceFacts
    events: tuple[ChainedEvent, ...]
    chain_head: str
    time_stamp: str | None


_FILE = TypeAdapter(_File)
_FACTS = TypeAdapter(EvidenceFacts)
_SIGNING = TypeAdapter(SigningFacts)
_SAID_BY_PROVIDER = {"ceremony": {"codes": {"__all__": {"provider", "provider_id", "delivery", "segments"}}}}
"""Of a code: known once the provider has answered, which the fastest customer does not wait for. Events tell them."""


def facts_sha256(facts: EvidenceFacts) -> str:
    """SHA-256 of the facts in canonical JSON, as 64 hexadecimal digits.

    Raises:
        EvidenceMalformed: a value cannot be written.
    """
    return hashlib.sha256(_dump(_FACTS, facts)).hexdigest()


def closing_data(facts: EvidenceFacts) -> dict[str, str]:
    """What the last event of the chain says: append it with kind `CLOSED`, then time-stamp its hash."""
    return {"facts_sha256": facts_sha256(facts), "schema": SCHEMA}


def signing_sha256(facts: SigningFacts) -> str:
    """SHA-256 of the canonical JSON of what is known at signing, as 64 hexadecimal digits: the same before and after.

    It is taken over the facts without what the sealing adds: `order.sealed_at`, documents other than those shown,
    `level`, `algorithms`, `certificates`, `time_stamps`, `software`; and without what providers say of the codes.

    Raises:
        EvidenceMalformed: a value cannot be written.
    """
    return hashlib.sha256(_dump(_SIGNING, _at_signing(facts), exclude=_SAID_BY_PROVIDER)).hexdigest()


def signing_data(facts: SigningFacts) -> dict[str, str]:
    """What the event `SIGNED` says of the facts, so that the signature that names the event binds them."""
    return {"facts_at_signing_sha256": signing_sha256(facts)}


def _at_signing(facts: SigningFacts) -> SigningFacts:
    known = {each.name: getattr(facts, each.name) for each in fields(SigningFacts)}
    order = SignedOrder(**{each.name: getattr(facts.order, each.name) for each in fields(SignedOrder)})
    shown = tuple(document for document in facts.documents if document.role == "shown")
    return SigningFacts(**(known | {"order": order, "documents": shown}))


def build_evidence(facts: EvidenceFacts, events: Sequence[ChainedEvent], time_stamp: bytes | None) -> bytes:
    """The evidence file as canonical JSON: same input, same bytes.

    Args:
        facts: what is known beside the events.
        events: the order's whole chain so far; the last is of kind `CLOSED` with `closing_data(facts)`.
        time_stamp: RFC 3161 token (DER) whose message imprint is the hash of the last event, that is the SHA-256 of
            its canonical form; None where no time-stamp server answered, which the file then says.

    Raises:
        EvidenceMalformed: the chain is broken or not closed over these facts, or a value is not of its kind.
        EvidenceLeak: a full mobile number or IBAN was found, which `masked` had to hide before.
    """
    if not events or (broken := verify_chain(events)) is not None:
        raise EvidenceMalformed(f"the chain of events is broken at {broken if events else 1}")
    if events[-1].kind != CLOSED or plain(events[-1].data) != closing_data(facts):
        raise EvidenceMalformed("the last event does not close the chain over these facts")
    file = _File(
        schema=SCHEMA,
        facts=facts,
        events=tuple(_Entry(**(vars(event) | {"data": plain(event.data)})) for event in events),
        chain_head=events[-1].hash,
        time_stamp=None if time_stamp is None else base64.b64encode(time_stamp).decode("ascii"),
    )
    written = _dump(_FILE, file)
    for path in leaks(json.loads(written), "$"):
        raise EvidenceLeak(path)
    read_evidence(written)  # What is written can be read: types are checked there, once for both ways.
    return written


def read_evidence(data: bytes) -> Evidence:
    """Read an evidence file strictly: its very bytes are the canonical form of what is returned.

    Whether the chain holds and the time-stamp is right is for `signing.verify` to say.

    Raises:
        EvidenceMalformed: too large, not JSON, unknown schema, missing or unknown field, wrong type, consent words that
            do not give their hash, or any spelling other than the canonical one.
    """
    if len(data) > MAX_BYTES:
        raise EvidenceMalformed("larger than any evidence file")
    try:
        said = json.loads(data.decode("utf-8"), parse_float=_no_float, parse_constant=_no_float)
        file = _FILE.validate_json(data)
        canonical = rfc8785.dumps(said)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"])
        raise EvidenceMalformed(f"not an evidence file: unexpected or missing value at {where or 'the top'}") from None
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise EvidenceMalformed("not an evidence file: not JSON in canonical form") from error
    if canonical != data or _dump(_FILE, file) != data:
        raise EvidenceMalformed("not an evidence file: a value is not in its canonical form")
    for consent in file.facts.consents:
        if hashlib.sha256(consent.text.encode()).hexdigest() != consent.sha256:
            raise EvidenceMalformed(f"the words of consent {consent.kind!r} do not give their SHA-256")
    events = tuple(ChainedEvent(**asdict(entry)) for entry in file.events)
    return Evidence(facts=file.facts, events=events, chain_head=file.chain_head, time_stamp=file.time_stamp)


def time_stamp_bytes(evidence: Evidence) -> bytes | None:
    """The RFC 3161 token over the chain's head in DER, or None where the file has none.

    Raises:
        EvidenceMalformed: the text is not base64.
    """
    if evidence.time_stamp is None:
        return None
    try:
        return base64.b64decode(evidence.time_stamp, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceMalformed("the time-stamp is not base64") from error


def _dump(adapter: TypeAdapter[Any], value: object, *, exclude: Mapping[str, Any] | None = None) -> bytes:
    try:
        return rfc8785.dumps(adapter.dump_python(value, mode="json", warnings="error", exclude=exclude))
    except (ValueError, UnicodeEncodeError, rfc8785.CanonicalizationError) as error:
        # Pydantic's own message repeats the value, which may be personal: the cause is not chained.
        raise EvidenceMalformed(f"the facts cannot be written as canonical JSON ({type(error).__name__})") from None


def _no_float(_text: str) -> NoReturn:
    raise EvidenceMalformed("not an evidence file: amounts are text, and there is no other fraction")
