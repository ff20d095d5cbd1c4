"""What every model shares: identifiers, types by annotation, and constraint names that migrations can rely on.

Models are plain rows with typed, keyword-only constructors. There are no relationships: a step asks for what it needs.
Foreign keys are checked at commit, so that rows may be added in any order.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, CheckConstraint, ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass

from storage.types import Instant, Money


def new_id() -> str:
    """A fresh identifier: 32 hexadecimal digits (random UUID)."""
    return uuid4().hex


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, repr=False, eq=False):
    """A row. Its repr names the class alone, so that no log shows a value."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # read by SQLAlchemy from the class
        datetime: Instant,
        Decimal: Money,
        dict[str, Any]: JSON(none_as_null=True),
        list[dict[str, Any]]: JSON(none_as_null=True),
    }


def one_of(column: str, *values: str) -> CheckConstraint:
    """A CHECK that the column holds one of these words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def refers(target: str) -> ForeignKey:
    """A foreign key to `table.column`, checked at commit."""
    return ForeignKey(target, deferrable=True, initially="DEFERRED")
