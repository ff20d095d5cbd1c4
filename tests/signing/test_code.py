"""The one-time code: bound to what is signed, limited, and out of reach of guessing."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import code

PEPPER = b"p" * 32
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BOUND = {"ceremony_id": "c" * 32, "sequence": 1, "document_sha256": "ab" * 32, "amount": Decimal("6056.76")}


def test_code_is_six_digits():
    """Every code is six ASCII digits, leading zeros kept."""
    assert all(len(made) == 6 and made.isascii() and made.isdigit() for made in (code.new_code() for _ in range(2000)))


def test_codes_are_spread_evenly():
    """Over 20,000 codes each leading digit comes up about one time in ten (6 sigma)."""
    counts = Counter(code.new_code()[0] for _ in range(20_000))
    assert set(counts) == set("0123456789")
    assert all(abs(count - 2000) < 6 * (20_000 * 0.1 * 0.9) ** 0.5 for count in counts.values())


def test_right_code_matches():
    """The code that was sent is accepted, also when typed in groups as telephones show it."""
    kept = code.hash_code(PEPPER, **BOUND, code="012345")
    assert code.code_matches(kept, PEPPER, **BOUND, code="012345")
    assert code.code_matches(kept, PEPPER, **BOUND, code=" 012\u202f345 ")


@pytest.mark.parametrize("typed", ["012346", "12345", "0123450", "", "malformed", "٠١٢٣٤٥", "01234\x00", "0" * 10_000])
def test_other_codes_do_not_match(typed):
    """Anything else is refused without an error."""
    kept = code.hash_code(PEPPER, **BOUND, code="012345")
    assert not code.code_matches(kept, PEPPER, **BOUND, code=typed)


@pytest.mark.parametrize(
    "changed",
    [
        {"ceremony_id": "d" * 32},
        {"sequence": 2},
        {"document_sha256": "ac" * 32},
        {"amount": Decimal("6056.77")},
        {"amount": Decimal("-6056.76")},
    ],
)
def test_code_dies_with_what_it_was_bound_to(changed):
    """The right digits are refused for another ceremony, rank, document or amount."""
    kept = code.hash_code(PEPPER, **BOUND, code="012345")
    assert not code.code_matches(kept, PEPPER, **(BOUND | changed), code="012345")


def test_another_pepper_does_not_match():
    """The database alone, without the server's key, says nothing about the code."""
    kept = code.hash_code(PEPPER, **BOUND, code="012345")
    assert not code.code_matches(kept, b"q" * 32, **BOUND, code="012345")


def test_equal_amounts_are_one_amount():
    """10, 10.0 and 1E+1 euros bind alike; the case of the document's hash does not count."""
    spelt = [BOUND | {"amount": amount} for amount in (Decimal(10), Decimal("10.0"), Decimal("1E+1"))]
    spelt.append(spelt[0] | {"document_sha256": "AB" * 32})
    assert 1 == len({code.hash_code(PEPPER, **bound, code="012345") for bound in spelt})


@given(st.lists(st.tuples(st.text(min_size=1), st.integers(1, 10**9)), min_size=2, max_size=2, unique=True))
def test_binding_is_unambiguous(pair):
    """No two different (ceremony, rank) give the same hash, wherever a digit is moved from one field to the other."""
    first, second = (
        code.hash_code(PEPPER, **(BOUND | {"ceremony_id": ceremony, "sequence": rank}), code="012345")
        for ceremony, rank in pair
    )
    assert first != second


@pytest.mark.parametrize(
    "wrong",
    [
        {"ceremony_id": ""},
        {"sequence": 0},
        {"document_sha256": "ab"},
        {"document_sha256": "xy" * 32},
        {"amount": Decimal("1.005")},
        {"amount": Decimal("NaN")},
        {"amount": Decimal("Infinity")},
    ],
)
def test_what_cannot_be_bound_is_refused(wrong):
    """A missing or malformed fact stops the code, and the message does not carry the digits."""
    with pytest.raises(ValueError, match=r"^[^0-9]*(64)?[^0-9]*(256)?$") as raised:
        code.hash_code(PEPPER, **(BOUND | wrong), code="987123")
    assert "987123" not in str(raised.value)


def test_short_pepper_is_refused():
    """A key of fewer than 32 bytes cannot protect a value out of a million."""
    with pytest.raises(ValueError, match="pepper"):
        code.hash_code(b"short", **BOUND, code="012345")


def test_first_code_goes_out_at_once():
    """Nobody waits for a first code."""
    assert code.may_send([], NOW) == code.SendDecision(allowed=True, wait_seconds=0, reason=None)


@pytest.mark.parametrize(
    ("ago_seconds", "wait", "reason"),
    [
        ([0], 30, "too_soon"),
        ([29.5], 1, "too_soon"),
        ([30], 0, None),
        ([60, 120], 0, None),
        ([60, 120, 200], 400, "too_many_recently"),
        ([10, 120, 599.9], 20, "too_soon"),
        ([60, 120, 600], 0, None),
        ([3600, 7200, 10800, 14400, 18000], 68400, "too_many_today"),
        ([3600, 7200, 10800, 14400, 86400], 0, None),
        ([60, 120, 200, 14400, 18000], 68400, "too_many_today"),
    ],
)
def test_sends_are_limited(ago_seconds, wait, reason):
    """30 s between two sends, 3 in 10 minutes, 5 in 24 hours: the longest wait is told, in whole seconds."""
    decision = code.may_send([NOW - timedelta(seconds=ago) for ago in ago_seconds], NOW)
    assert (decision.allowed, decision.wait_seconds, decision.reason) == (reason is None, wait, reason)


@given(st.lists(st.integers(0, 100_000), max_size=12))
def test_waiting_as_told_is_enough(ago_seconds):
    """After the wait that was told, and not a second before, the next code may go."""
    sent = [NOW - timedelta(seconds=ago) for ago in ago_seconds]
    wait = code.may_send(sent, NOW).wait_seconds
    assert code.may_send(sent, NOW + timedelta(seconds=wait)).allowed
    assert wait == 0 or not code.may_send(sent, NOW + timedelta(seconds=wait - 1)).allowed


def test_code_lives_five_minutes():
    """A code is refused from the end of its fifth minute, and before it was sent."""
    assert code.is_live(NOW, NOW)
    assert code.is_live(NOW, NOW + timedelta(minutes=5) - timedelta(microseconds=1))
    assert not code.is_live(NOW, NOW + timedelta(minutes=5))
    assert not code.is_live(NOW, NOW - timedelta(seconds=1))


def test_guessing_a_ceremony_is_hopeless():
    """Whatever codes are sent in between, an attacker has at most one chance in 100,000 over a ceremony's whole life.

    The tries are counted over all codes. Each code is drawn afresh, so that each try wins with 1 in 10^6 at most: the
    best that five tries can do is five different guesses at one code, 5 in 10^6.
    """
    tries = len(list(itertools.takewhile(lambda wrong: code.tries_left(wrong, wrong) > 0, itertools.count())))
    assert tries == 5
    best = Fraction(tries, 10**code.CODE_DIGITS)  # all at one code; over several codes: 1 - (1 - 10^-6)^n, less
    spread = 1 - (1 - Fraction(1, 10**code.CODE_DIGITS)) ** tries
    assert spread <= best == Fraction(1, 200_000) <= Fraction(1, 100_000)


def test_guessing_simulated():
    """20,000 ceremonies attacked with all their tries through the public functions: no guess succeeds more than chance.

    Codes are compared by value as `code_matches` would; with 10^5 guesses 0.1 success is expected, 5 has p < 10^-7.
    """
    won = 0
    for _ in range(20_000):
        secret = code.new_code()
        wrong = 0
        while code.tries_left(wrong, wrong):
            if code.new_code() == secret:
                won += 1
                break
            wrong += 1
    assert won < 5


@pytest.mark.parametrize(
    ("ceremony", "order", "left"),
    [(0, 0, 5), (4, 4, 1), (5, 5, 0), (0, 5, 5), (0, 8, 2), (2, 9, 1), (0, 10, 0), (3, 12, 0)],
)
def test_tries_end_with_the_ceremony_or_the_order(ceremony, order, left):
    """Five for a ceremony, ten for its order over all ceremonies: whichever is nearer."""
    assert code.tries_left(ceremony, order) == left
    assert code.may_open(order) == (order < 10)


def test_the_longest_wait_is_told():
    """Of several limits that are reached, waiting for the last is enough; with none, one may go on."""
    waits = [
        code.SendDecision(allowed=False, wait_seconds=each, reason=code.SendRefusal.TOO_SOON) for each in (3, 40, 7)
    ]
    assert code.longest([*waits, code.SendDecision(allowed=True)]).wait_seconds == 40
    assert code.longest([code.SendDecision(allowed=True)]).allowed
