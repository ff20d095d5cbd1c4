"""Key rotation: every encrypted field sealed again under the active key, in small transactions, wherever it stopped.

The key that seals from now on stands first in SEING_VAULT_KEYS; once this has run to its end, the others may go.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from pipeline.bootstrap import Services
from storage.models import Base

BATCH = 200
"""Rows of one transaction: other work goes on in between."""

SUFFIX = "_enc"
"""How the names of encrypted columns end."""


@dataclass(frozen=True)
class Rotation:
    """How many fields were sealed again, and how many were under the active key already."""

    sealed: int
    fresh: int


def encrypted_columns() -> Iterator[tuple[type[Base], str]]:
    """Every encrypted column of every table, with its model."""
    for mapper in sorted(Base.registry.mappers, key=lambda each: each.class_.__name__):
        for column in mapper.columns:
            if column.key.endswith(SUFFIX):
                yield mapper.class_, column.key


def rotate_vault(services: Services, *, batch: int = BATCH, told: Callable[[str, int], None] | None = None) -> Rotation:
    """Seal again what is not under the active key; interrupted, it goes on where it was, because that is then fresh.

    Args:
        services: the vault with the new key first and every older one behind it.
        batch: rows of one transaction.
        told: called after each batch with the table and column, and how many rows were looked at so far.

    Raises:
        UnknownKey: a field is under a key that the vault does not hold; what was done stays done.
    """
    sealed = fresh = 0
    for model, column in encrypted_columns():
        after, seen = "", 0
        while True:
            changed, same, after = _batch(services, model, column, after, batch)
            sealed, fresh, seen = sealed + changed, fresh + same, seen + changed + same
            if told and changed + same:
                told(f"{model.__tablename__}.{column}", seen)
            if not after:
                break
    return Rotation(sealed, fresh)


def _batch(services: Services, model: Any, column: str, after: str, size: int) -> tuple[int, int, str]:
    """One transaction; the last id looked at, "" at the end of the table. Rows without the field are passed over."""
    vault, changed, same = services.vault, 0, 0
    with services.works() as work:
        field = getattr(model, column)
        query = select(model.id, field).where(model.id > after, field.is_not(None)).order_by(model.id).limit(size)
        rows = work.session.execute(query).all()
        for row_id, value in rows:
            if vault.key_id(value) == vault.active:
                same += 1
                continue
            row = work.lock(model, row_id)
            again = vault.rotate(getattr(row, column), table=model.__tablename__, column=column, row_id=row_id)
            setattr(row, column, again)
            changed += 1
    return changed, same, rows[-1][0] if len(rows) == size else ""
