"""The unit of work: one transaction, its rows, the jobs that it makes necessary, and the numbers that it takes.

    with works() as work:
        order = work.lock(Order, order_id)
        order.state = "signed"
        work.stage("seal_order", key=f"seal:{order.id}", args=[order.id], order_id=order.id)

Leaving the block commits; an exception rolls back and goes on. Nothing is visible to others in between.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import ColumnElement, Engine, Table, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.database import reader
from storage.errors import NotFound
from storage.models import Base, Job, new_id
from storage.models import Sequence as Numbering

log = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Base)
Key = str | int | tuple[str | int, ...]
Callback = Callable[[], None]


HOLD = 0x5E17
"""First half of our advisory locks on PostgreSQL: no other program of the database uses it."""


def _number(name: str) -> int:
    """A name as the second half of an advisory lock: 32 bits, signed. Two names on one number only wait more."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big", signed=True)


def _now() -> datetime:
    return datetime.now(UTC)


class Work:
    """One transaction. Open it with `WorkFactory`; use it from one thread."""

    def __init__(
        self, session: Session, *, read_only: bool, clock: Callable[[], datetime], on_staged: Sequence[Callback]
    ) -> None:
        self.session = session
        self._read_only = read_only
        self._clock = clock
        self._on_staged = on_staged
        self._staged = False
        self._after_commit: list[Callback] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and not self._read_only:
                self.session.commit()
        finally:
            self.session.close()  # rolls back whatever was not committed
        if kind is None and not self._read_only:
            self._tell()

    def add(self, row: Row) -> Row:
        """Insert this row at the next flush, and give it back."""
        self.session.add(row)
        return row

    def get(self, model: type[Row], key: Key) -> Row:
        """The row under its primary key (a tuple where it has several columns). Raises `NotFound`."""
        row = self.session.get(model, key)
        if row is None:
            raise NotFound(model.__name__, key)
        return row

    def lock(self, model: type[Row], key: Key) -> Row:
        """The row as it is now, kept from every other writer until the end of this work. Raises `NotFound`.

        SELECT FOR UPDATE on PostgreSQL; on SQLite a writing work holds the whole database already.
        """
        if self._read_only:
            raise RuntimeError("a read-only work locks nothing")
        self.session.flush()  # what is pending on the row would be lost by reading it afresh
        row = self.session.get(model, key, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound(model.__name__, key)
        return row

    def find(
        self,
        model: type[Row],
        *where: ColumnElement[bool],
        order_by: Any = None,
        limit: int | None = None,
        **equals: Any,
    ) -> list[Row]:
        """All rows that meet the conditions, such as `find(Track, Track.state != "done", order_id=...)`."""
        query = select(model).where(*where).filter_by(**equals).limit(limit)
        if order_by is not None:
            query = query.order_by(*(order_by if isinstance(order_by, tuple | list) else (order_by,)))
        return list(self.session.scalars(query))

    def first(self, model: type[Row], *where: ColumnElement[bool], order_by: Any = None, **equals: Any) -> Row | None:
        """The first of `find`, or None."""
        rows = self.find(model, *where, order_by=order_by, limit=1, **equals)
        return rows[0] if rows else None

    def stage(
        self,
        actor: str,
        *,
        key: str,
        args: Sequence[Any] | Mapping[str, Any] = (),
        order_id: str | None = None,
        send_after: datetime | None = None,
        due_at: datetime | None = None,
    ) -> bool:
        """Write down that `actor` must run with `args` (JSON values), once per `key` for ever.

        True where this call staged it, False where the key was there already (staged, running or done long ago).
        Safe when two transactions stage the same key at once: the second waits for the first.
        """
        fresh = self._insert(
            Job.__table__,
            {
                "id": new_id(),
                "key": key,
                "actor": actor,
                "args": dict(args) if isinstance(args, Mapping) else list(args),
                "order_id": order_id,
                "state": "staged",
                "attempts": 0,
                "staged_at": self._clock(),
                "send_after": send_after,
                "due_at": due_at,
            },
        )
        self._staged = self._staged or fresh
        return fresh

    def next_number(self, name: str) -> int:
        """The next number of this name: 1, 2, 3... without a gap, even after roll-backs and among many processes.

        The counter's row stays locked until this work ends, so take the number late.
        """
        self.session.flush()
        insert = self._dialect().insert(Numbering).values(name=name, value=1)
        raised = insert.on_conflict_do_update(index_elements=["name"], set_={"value": Numbering.value + 1})
        return int(self.session.execute(raised.returning(Numbering.value)).scalar_one())

    def hold(self, *names: str) -> None:
        """Keep every other work that holds one of these names waiting until this one ends.

        For counting rows before adding one, where no row stands for the name. Taken in one order, so that two works
        with several names in common never wait for each other: call it once, and lock no row after it that a work
        without the names would lock first. An advisory lock on PostgreSQL; on SQLite a writing work is alone already.
        """
        if self._read_only:
            raise RuntimeError("a read-only work holds nothing")
        self.session.flush()
        if self._dialect() is sqlite:
            self.session.execute(text("SELECT 1"))  # the work begins here at the latest: BEGIN IMMEDIATE
            return
        for number in sorted({_number(name) for name in names}):
            self.session.execute(select(func.pg_advisory_xact_lock(HOLD, number)))

    def after_commit(self, callback: Callback) -> None:
        """Call this once the work is committed, never if it is rolled back."""
        self._after_commit.append(callback)

    def _insert(self, table: Any, values: Mapping[str, Any]) -> bool:
        assert isinstance(table, Table)  # noqa: S101  # narrows the declarative type
        insert = self._dialect().insert(table).values(**values).on_conflict_do_nothing(index_elements=["key"])
        return self.session.execute(insert.returning(table.c.id)).first() is not None

    def _dialect(self) -> Any:
        return sqlite if self.session.get_bind().dialect.name == "sqlite" else postgresql

    def _tell(self) -> None:
        for callback in [*self._after_commit, *(self._on_staged if self._staged else ())]:
            try:
                callback()
            except Exception:  # the transaction stands: a listener that fails must not look like a failed commit
                log.exception("after_commit.failed")


class WorkFactory:
    """Opens units of work on one engine; share it between threads.

    `clock` gives the instant at which a job is staged (UTC, aware).
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = _now) -> None:
        self.engine = engine
        self._reader = reader(engine)
        self._clock = clock
        self._on_staged: list[Callback] = []

    def __call__(self, *, read_only: bool = False) -> Work:
        """A new transaction; with `read_only` the database refuses every write in it."""
        session = Session(self._reader if read_only else self.engine, expire_on_commit=False)
        return Work(session, read_only=read_only, clock=self._clock, on_staged=self._on_staged)

    def on_staged(self, callback: Callback) -> None:
        """Call this after every commit that staged a job: it wakes the relay up."""
        self._on_staged.append(callback)
