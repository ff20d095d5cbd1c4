"""Column types that mean the same on SQLite and on PostgreSQL: UTC instants and exact decimals."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Numeric, String
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine

EQUALITY = {operators.eq, operators.ne, operators.in_op, operators.not_in_op, operators.is_, operators.is_not}
"""What SQL may ask of an amount: text and NUMERIC answer alike."""


class Instant(TypeDecorator[datetime]):
    """A moment, kept to the microsecond in UTC. A naive datetime is refused (`ValueError`): it is no moment."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; SQLite keeps no zone, so there the UTC wall clock is stored."""
        if value is None:
            return None
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError("an instant needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """Euros with two decimals, exactly: NUMERIC(14, 2) on PostgreSQL, text on SQLite, whose numbers are floats.

    A float, a third decimal or more than twelve digits before the point is refused (`ValueError`) instead of rounded.
    Sums and orderings of amounts are made in Python: as text, "100.00" comes before "99.00", so SQL is not asked
    (`TypeError`).
    """

    impl = Numeric(14, 2)
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[Decimal]):
        """Equality alone."""

        def operate(self, op: operators.OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            """Refuse whatever would be wrong on one of the two databases."""
            if op not in EQUALITY:
                raise TypeError("amounts are added, compared and sorted in Python")
            return super().operate(op, *other, **kwargs)

    @property
    def comparator_factory(self) -> type[Comparator]:  # type: ignore[override]  # SQLAlchemy reads it from the instance
        """Put in front of SQLAlchemy's own."""
        return self.Comparator

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Decimal] | TypeEngine[str]:
        """Text on SQLite, NUMERIC elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String())
        return dialect.type_descriptor(Numeric(14, 2))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        """Bring to two decimals without rounding."""
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError("an amount is a finite Decimal")
        cents = value.quantize(Decimal("0.01")) if abs(value) < Decimal(10) ** 12 else None
        if cents is None or cents != value:
            raise ValueError("an amount has at most two decimals and twelve digits before them")
        cents = abs(cents) if cents == 0 else cents  # no "-0.00"
        return str(cents) if dialect.name == "sqlite" else cents

    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Give back a Decimal with two decimals."""
        return None if value is None else Decimal(value)
