"""Lists, newest first, read on from a cursor: a page stays right while new rows arrive."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

from fastapi import Query
from sqlalchemy import Select, and_, or_

from pipeline.api.errors import RequestInvalid
from pipeline.api.schemas.common import Page
from pipeline.proposal import Problem
from storage.work import Work

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
Filter = Annotated[str | None, Query(max_length=80)]

DEFAULT_LIMIT: Final = 50

Item = TypeVar("Item")


def read_page(
    work: Work,
    query: Select[*tuple[Any, ...]],
    order: tuple[Any, Any],
    cursor: str | None,
    limit: int,
    make: Callable[[Any], Item],
) -> Page[Item]:
    """One page of a query.

    Args:
        work: where to read.
        query: what to list, unordered.
        order: the columns of the instant and of the id that order it.
        cursor: where the page before ended.
        limit: how many rows at most.
        make: from a row of the result to an item.

    Raises:
        RequestInvalid: the cursor is not one of ours.
    """
    at, key = order
    if cursor:
        since, last = _read(cursor)
        query = query.where(or_(at < since, and_(at == since, key < last)))
    rows = list(work.session.execute(query.order_by(at.desc(), key.desc()).limit(limit + 1)))
    shown = rows[:limit]
    end = _write(getattr(shown[-1][0], at.key), getattr(shown[-1][0], key.key)) if len(rows) > limit else None
    return Page(items=tuple(make(row) for row in shown), next=end)


def _write(at: datetime, key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), key]).encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, str]:
    try:
        at, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return datetime.fromisoformat(at).astimezone(UTC), str(key)
    except (binascii.Error, ValueError, TypeError):
        raise RequestInvalid([Problem("cursor", "curseur inconnu", "unknown cursor")]) from None
