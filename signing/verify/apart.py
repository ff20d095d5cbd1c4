"""The verifier in processes of its own: a hostile file may cost seconds and memory there, and nothing here.

Each process takes one file at a time, at low priority, within bounds of memory; one that takes too long, or dies, is
replaced by the next who asks. They start when the first file comes and stay, because starting takes a second.
"""

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing.errors import SigningError
from signing.verify import Report, verify

SECONDS = 20.0
"""For one file with its evidence, on a machine that does other things: an ordinary one takes about one."""

START_SECONDS = 60.0
"""For a process to be ready."""

MEMORY = 2 * 2**30
"""Bytes of address space of one process; an ordinary file needs a tenth."""

AT_ONCE = 2
"""Files judged at a time."""

WAITING = 4
"""Those who may wait for a place; each holds a thread of the server."""

NICE = 10
"""Below everything else on the machine."""


class JudgesBusy(SigningError):
    """Too many files are being judged: worth another try in some seconds."""

    code = "signing.judges_busy"


class JudgingTooHeavy(SigningError):
    """The file takes too much time or memory."""

    code = "signing.judging_too_heavy"


class Judges:
    """The processes of one program. Safe to share between threads.

    Args:
        seconds: for one file.
        at_once: how many are judged at a time.
        waiting: how many more may wait.
    """

    def __init__(self, *, seconds: float = SECONDS, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._seconds = seconds
        self._room = threading.BoundedSemaphore(at_once + waiting)
        self._places = threading.BoundedSemaphore(at_once)
        self._idle: list[_Judge] = []

    def verify(
        self,
        pdf: bytes,
        *,
        trust: Sequence[x509.Certificate],
        now: datetime,
        stamp_trust: Sequence[x509.Certificate] = (),
        evidence: bytes | None = None,
        crls: Sequence[bytes] = (),
    ) -> Report:
        """As `signing.verify.verify`.

        Raises:
            JudgesBusy: at once, where too many wait already.
            JudgingTooHeavy: after the seconds that one file may take, or when the process dies of it.
        """
        if not self._room.acquire(blocking=False):
            raise JudgesBusy
        try:
            with self._places:
                judge = self._idle.pop() if self._idle else _Judge()
                report = judge.ask((pdf, _der(trust), _der(stamp_trust), evidence, now, tuple(crls)), self._seconds)
                self._idle.append(judge)
                return report
        finally:
            self._room.release()

    def close(self) -> None:
        """End the processes that are idle; the next file starts another."""
        while self._idle:
            self._idle.pop().end()


class _Judge:
    """One process and the way to it; it has ended where `ask` raises."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._way, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name="seing-verifier", daemon=True)
        self._process.start()
        theirs.close()
        self._hear(START_SECONDS)

    def ask(self, file: tuple[Any, ...], seconds: float) -> Report:
        try:
            self._way.send(file)
        except OSError:
            self.end()
            raise JudgingTooHeavy from None
        report = self._hear(seconds)
        assert isinstance(report, Report)  # noqa: S101  # it answers nothing else
        return report

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._way.close()

    def _hear(self, seconds: float) -> Any:
        with suppress(EOFError, OSError):
            if self._way.poll(seconds):
                return self._way.recv()
        self.end()
        raise JudgingTooHeavy


def _der(certificates: Sequence[x509.Certificate]) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in certificates]


def _serve(way: Connection) -> None:
    """Judge what comes until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the program, which ends this process itself
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    way.send(True)
    with suppress(EOFError, OSError):
        while True:
            pdf, roots, units, evidence, now, crls = way.recv()
            trust, stamp_trust = ([x509.load_der_x509_certificate(one) for one in given] for given in (roots, units))
            way.send(verify(pdf, trust=trust, stamp_trust=stamp_trust, evidence=evidence, now=now, crls=crls))
