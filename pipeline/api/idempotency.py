"""`Idempotency-Key`: a request that comes twice is done once, whatever happened to its first answer.

What a request did and the mark that says so are one transaction: every work that commits on behalf of a keyed request
also writes into the key's row that it did, and which rows it made. A process that dies before the answer is stored
therefore leaves either nothing (the next try starts afresh) or an exact note (the next try answers from it).
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import delete, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pipeline.api.errors import InProgress
from pipeline.bootstrap import Services
from pipeline.errors import IdempotencyConflict
from storage.models import BankAnswer, Base, Collection, IdempotencyKey, Order, Proposal
from storage.work import Work, WorkFactory

LIFE: Final = timedelta(hours=24)
"""How long an answer is given again."""

LEASE: Final = timedelta(seconds=90)
"""How long a request may run before another with its key takes over; none takes a tenth of it."""

REMEMBERED: Final = (Proposal, Order, Collection, BankAnswer)
"""Rows whose ids are noted: from them alone an answer can be written again."""


@dataclass(frozen=True)
class Stored:
    """An answer given before."""

    status: int
    location: str | None
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class _Note:
    """What the row of an unfinished request says."""

    token: str
    until: str
    committed: bool = False
    made: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, body: bytes | None) -> "_Note":
        return cls(**json.loads(body or b"{}"))

    def write(self) -> bytes:
        return json.dumps(asdict(self)).encode()


class Attempt:
    """One run of one request. Without a key it remembers nothing and `already` is never true."""

    def __init__(
        self, services: Services | None = None, pk: tuple[str, str] = ("", ""), note: _Note | None = None
    ) -> None:
        self._services, self._pk = services, pk
        self._note = note or _Note("", "")

    @property
    def already(self) -> bool:
        """Whether an earlier run did what is asked and died before it could say so."""
        return self._note.committed

    def made(self, model: type[Base]) -> list[str]:
        """The ids of the rows of this model that an earlier run made."""
        return self._note.made.get(model.__name__, [])

    def watched(self) -> Services:
        """The services with every commit marked."""
        assert self._services is not None  # noqa: S101  # asked of keyed requests only
        return replace(self._services, works=_Watched(self._services.works, self._mark))

    def _mark(self, session: Session, made: dict[str, list[str]]) -> None:
        row = self._own(session)
        if row is None:
            raise InProgress(1)
        note = _Note.read(row.body)
        ids = {name: [*note.made.get(name, []), *made.get(name, [])] for name in {*note.made, *made}}
        row.body = replace(note, committed=True, made=ids).write()

    def finish(self, answer: Stored) -> None:
        """Keep the answer, sealed: it may hold a signing link."""
        assert self._services is not None  # noqa: S101  # as above
        tree = {"location": answer.location, "body": answer.body.decode()}
        sealed = self._services.vault.seal(json.dumps(tree), **_place(self._pk))
        with self._services.works() as work:
            row = self._own(work.session)
            if row is not None:
                row.status, row.body = answer.status, sealed

    def give_up(self) -> None:
        """The request was refused: the key is free again, or the next run goes on where this one stopped."""
        assert self._services is not None  # noqa: S101  # as above
        with self._services.works() as work:
            row = self._own(work.session)
            if row is None:
                return
            note = _Note.read(row.body)
            if note.committed:
                row.body = replace(note, until=self._services.clock().isoformat()).write()
            else:
                work.session.delete(row)

    def _own(self, session: Session) -> IdempotencyKey | None:
        """The key's row, locked, unless another run has taken it over."""
        row = session.get(IdempotencyKey, self._pk, with_for_update=True, populate_existing=True)
        mine = row is not None and row.status is None and _Note.read(row.body).token == self._note.token
        return row if mine else None


def begin(services: Services, key_id: str, key: str, request_sha256: str) -> Attempt | Stored:
    """Start a keyed request, or give the answer that it had.

    Raises:
        IdempotencyConflict: the key came with another request.
        InProgress: the same request is still running.
    """
    now, pk = services.clock(), (key_id, key)
    fresh = _Note(secrets.token_hex(8), (now + LEASE).isoformat())
    with services.works() as work:
        work.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= now - LIFE))
        row = work.session.get(IdempotencyKey, pk, with_for_update=True)
        if row is None:
            _insert(work, pk, request_sha256, fresh, now)
            return Attempt(services, pk, fresh)
        if row.request_sha256 != request_sha256:
            raise IdempotencyConflict
        if row.status is not None:
            return _stored(services, pk, row.status, row.body or b"")
        before = _Note.read(row.body)
        left = (datetime.fromisoformat(before.until) - now).total_seconds()
        if left > 0:
            raise InProgress(ceil(left))
        note = replace(before, token=fresh.token, until=fresh.until)
        row.body = note.write()
        return Attempt(services, pk, note)


def _insert(work: Work, pk: tuple[str, str], request_sha256: str, note: _Note, now: datetime) -> None:
    row = IdempotencyKey(api_key_id=pk[0], key=pk[1], request_sha256=request_sha256, body=note.write(), created_at=now)
    work.add(row)
    try:
        work.session.flush()
    except IntegrityError:  # the same key arrived in the same moment
        raise InProgress(1) from None


def _stored(services: Services, pk: tuple[str, str], status: int, body: bytes) -> Stored:
    tree = json.loads(services.vault.open(body, **_place(pk)))
    return Stored(status, tree["location"], tree["body"].encode())


def _place(pk: tuple[str, str]) -> dict[str, str]:
    return {"table": "idempotency_keys", "column": "body", "row_id": f"{pk[0]}:{pk[1]}"}


class _Watched(WorkFactory):
    """A factory whose writing works mark the key in their own transaction."""

    def __init__(self, inner: WorkFactory, mark: Callable[[Session, dict[str, list[str]]], None]) -> None:
        super().__init__(inner.engine)
        self._inner, self._mark = inner, mark

    def __call__(self, *, read_only: bool = False) -> Work:
        """A new transaction of the factory that is watched."""
        work = self._inner(read_only=read_only)
        if not read_only:
            made: dict[str, list[str]] = {}

            def note(session: Session, _context: Any) -> None:
                for row in session.new:
                    if isinstance(row, REMEMBERED):
                        made.setdefault(type(row).__name__, []).append(row.id)

            def mark(session: Session) -> None:
                session.flush()
                self._mark(session, made)

            event.listen(work.session, "after_flush", note)
            event.listen(work.session, "before_commit", mark)
        return work

    def on_staged(self, callback: Callable[[], None]) -> None:
        """Pass on to the factory that is watched."""
        self._inner.on_staged(callback)
