"""The one-time code: made, bound to what is signed, compared, and how often it may be sent or tried.

Everything here is a pure function of its arguments: the caller keeps the hashes, the counts and the clock.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

CODE_DIGITS = 6
"""NIST SP 800-63B-4, 3.1.3.2: at least six decimal digits from an approved generator."""

CODE_LIFE = timedelta(minutes=5)
"""Half of what NIST SP 800-63B-4, 3.1.3.2, allows: a customer with the telephone in hand needs one minute."""

RESEND_AFTER = timedelta(seconds=30)
"""A text message needs some seconds; a second one sent earlier only makes the customer type the older code."""

SENDS_WINDOW = timedelta(minutes=10)
MAX_SENDS = 3
"""Sends to one number within `SENDS_WINDOW`."""

DAY = timedelta(hours=24)
MAX_SENDS_A_DAY = 5
"""Sends to one number within any 24 hours, over all orders: a number must not be flooded."""

MAX_WRONG = 5
"""Wrong tries of one ceremony over all its codes: a new code resets nothing (NIST SP 800-63B-4, 3.1.3.2)."""

MAX_WRONG_OF_ORDER = 10
"""Wrong tries of one order over all its ceremonies: however often it is begun again, 10 in 10^6 is 1 in 100,000."""

MIN_PEPPER_BYTES = 32
"""A code has 10^6 values only: without a full-length key outside the database its hash would be no secret."""

_PURPOSE = b"seing one-time code v1"


class SendRefusal(StrEnum):
    """Why a code may not be sent now."""

    TOO_SOON = "too_soon"
    TOO_MANY_RECENTLY = "too_many_recently"
    TOO_MANY_TODAY = "too_many_today"
    TOO_MANY_FROM_ADDRESS = "too_many_from_address"
    TOO_MANY_BY_REP = "too_many_by_rep"
    TOO_MANY_WRONG_BY_REP = "too_many_wrong_by_rep"


@dataclass(frozen=True)
class Limit:
    """At most `count` within any `window`; `reason` is what a refusal says."""

    count: int
    window: timedelta
    reason: SendRefusal


SPACING = Limit(1, RESEND_AFTER, SendRefusal.TOO_SOON)
"""Between two codes that the customer asks for."""

NUMBER_LIMITS = (
    Limit(MAX_SENDS, SENDS_WINDOW, SendRefusal.TOO_MANY_RECENTLY),
    Limit(MAX_SENDS_A_DAY, DAY, SendRefusal.TOO_MANY_TODAY),
)
"""Codes to one number, over all orders and both channels."""

ADDRESS_LIMITS = (
    Limit(20, SENDS_WINDOW, SendRefusal.TOO_MANY_FROM_ADDRESS),
    Limit(200, DAY, SendRefusal.TOO_MANY_FROM_ADDRESS),
)
"""Codes asked for from one address: an agency, or a mobile operator's shared address, signs many orders a day."""

REP_LIMITS = (
    Limit(15, SENDS_WINDOW, SendRefusal.TOO_MANY_BY_REP),
    Limit(80, DAY, SendRefusal.TOO_MANY_BY_REP),
)
"""Codes for the orders of one rep: twenty signings a day with four codes each are more than anyone manages."""

REP_WRONG_LIMITS = (Limit(20, DAY, SendRefusal.TOO_MANY_WRONG_BY_REP),)
"""Wrong codes over all orders of one rep: four locked signings in a day are no accident."""


@dataclass(frozen=True)
class SendDecision:
    """Whether a code may be sent now; otherwise why not, and the whole seconds after which it may."""

    allowed: bool
    wait_seconds: int = 0
    reason: SendRefusal | None = None


def new_code() -> str:
    """Six decimal digits, every value equally likely, from the operating system's generator."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def hash_code(
    pepper: bytes, *, ceremony_id: str, sequence: int, document_sha256: str, amount: Decimal, code: str
) -> str:
    """What the database keeps of a code: a keyed hash bound to the ceremony, the document and the amount.

    Every field is preceded by its length, so that no two different sets of fields give the same message
    (dynamic linking as in Delegated Regulation (EU) 2018/389, article 5).

    Args:
        pepper: the server's key, at least 32 bytes, kept outside the database.
        ceremony_id: the ceremony for which the code was made.
        sequence: rank of the code within its ceremony, from 1.
        document_sha256: SHA-256 (64 hexadecimal digits) of the form that the customer was shown.
        amount: total including VAT in euros, to the cent; 10, 10.0 and 10.00 are the same amount.
        code: the six digits.

    Returns:
        HMAC-SHA256 as 64 hexadecimal digits.

    Raises:
        ValueError: the pepper is too short, or a bound value is not of its kind. No value is repeated in the message.
    """
    if len(pepper) < MIN_PEPPER_BYTES:
        raise ValueError(f"the pepper must be at least {MIN_PEPPER_BYTES} bytes long")
    if not ceremony_id or sequence < 1:
        raise ValueError("a code is bound to a ceremony and to its rank in it")
    fields = (
        _PURPOSE,
        ceremony_id.encode(),
        str(sequence).encode(),
        _digest(document_sha256),
        _cents(amount),
        code.encode(),
    )
    message = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return hmac.new(pepper, message, hashlib.sha256).hexdigest()


def code_matches(
    expected: str,
    pepper: bytes,
    *,
    ceremony_id: str,
    sequence: int,
    document_sha256: str,
    amount: Decimal,
    code: str,
) -> bool:
    """Whether what was typed is the code behind `expected`, for this very document and amount.

    Compared in constant time. Blanks within what was typed are ignored, as telephones show codes in groups; anything
    else that is not six ASCII digits does not match.

    Raises:
        ValueError: as `hash_code`.
    """
    typed = "".join(code.split())
    if not (len(typed) == CODE_DIGITS and typed.isascii() and typed.isdigit()):
        # Hashed all the same: the answer takes as long for a malformed code as for a wrong one.
        typed = "malformed"
    found = hash_code(
        pepper,
        ceremony_id=ceremony_id,
        sequence=sequence,
        document_sha256=document_sha256,
        amount=amount,
        code=typed,
    )
    return hmac.compare_digest(found.encode(), expected.encode())


def may_send(sent_at: Sequence[datetime], now: datetime) -> SendDecision:
    """Whether a code may be sent to a number that received codes at these instants (any order, aware datetimes).

    When several limits are reached the longest wait is told, so that waiting it out is enough.
    """
    return within((SPACING, *NUMBER_LIMITS), sent_at, now)


def within(limits: Sequence[Limit], happened_at: Sequence[datetime], now: datetime) -> SendDecision:
    """Whether one more may happen now under every one of the limits, after what happened at these instants."""
    times = sorted(happened_at)
    waits = [(_seconds_until(times, limit.count, limit.window, now), limit.reason) for limit in limits]
    wait, reason = max(waits, key=lambda found: found[0])
    return SendDecision(allowed=False, wait_seconds=wait, reason=reason) if wait else SendDecision(allowed=True)


def longest(decisions: Sequence[SendDecision]) -> SendDecision:
    """Of several decisions the one that makes wait longest."""
    return max(decisions, key=lambda decision: decision.wait_seconds)


def may_open(wrong_tries_of_order: int) -> bool:
    """Whether an order with so many wrong tries, over all its ceremonies, may be opened to signature once more."""
    return wrong_tries_of_order < MAX_WRONG_OF_ORDER


def tries_left(wrong_tries: int, wrong_tries_of_order: int) -> int:
    """How many wrong codes the ceremony still takes: the nearer of its own limit and of that of its order."""
    return max(0, min(MAX_WRONG - wrong_tries, MAX_WRONG_OF_ORDER - wrong_tries_of_order))


def is_live(sent_at: datetime, now: datetime) -> bool:
    """Whether a code sent at `sent_at` may still be typed; a code from the future never is."""
    return sent_at <= now < sent_at + CODE_LIFE


def _seconds_until(times: list[datetime], count: int, window: timedelta, now: datetime) -> int:
    """Whole seconds, rounded up, until fewer than `count` of the sorted `times` lie within `window`; 0 if so now."""
    if len(times) < count:
        return 0
    free_at = times[-count] + window
    return max(0, -((now - free_at) // timedelta(seconds=1)))


def _digest(document_sha256: str) -> bytes:
    """The 32 bytes of a SHA-256; upper and lower case name the same document."""
    try:
        digest = bytes.fromhex(document_sha256)
    except ValueError:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise ValueError("the document is named by the 64 hexadecimal digits of its SHA-256")
    return digest


def _cents(amount: Decimal) -> bytes:
    """The amount in cents, one spelling per amount."""
    if not amount.is_finite() or amount != amount.quantize(Decimal("0.01")):
        raise ValueError("an amount is finite and has no fraction of a cent")
    return str(int(amount * 100)).encode()
