"""When a job that did not succeed comes again."""

from datetime import timedelta

MAX_ATTEMPTS = 8
"""Attempts after which a job whose failure nobody foresaw waits for a human (about 20 minutes)."""

LONGEST_WAIT = timedelta(minutes=5)
"""A service that was down is asked again at least this often, without an upper age."""


class Later(Exception):  # it says what happens, not what went wrong
    """A step cannot be done yet (a service is down, an earlier step is not finished): try again, for ever.

    `reason` is shown to the back office: it holds no personal data.
    """

    def __init__(self, reason: str, wait: timedelta | None = None) -> None:
        """`wait` is the least time before the next attempt; by default it grows with the time waited."""
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


def wait_for_service(waited: timedelta) -> timedelta:
    """How long to wait for a service that has kept a job waiting so long: as long again, 1 s to five minutes."""
    return min(max(waited, timedelta(seconds=1)), LONGEST_WAIT)


def wait_before(attempt: int) -> timedelta:
    """How long to wait after the n-th attempt (1, 2, ...): 1, 2, 4 ... seconds, five minutes at most."""
    return min(timedelta(seconds=2 ** min(attempt - 1, 16)), LONGEST_WAIT)
