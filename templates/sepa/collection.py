"""What a collection is made of."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from templates.errors import TemplateError

Scheme = Literal["CORE", "B2B"]
Sequence = Literal["FRST", "RCUR", "OOFF", "FNAL"]


class CollectionError(TemplateError):
    """A collection that must not leave: `problems` has every reason, by EndToEndId."""

    code = "collection.wrong"

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep the reasons."""
        super().__init__(" ; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A structured address: `number` as in « 12 bis », apart from the street."""

    street: str
    postal_code: str
    city: str
    number: str = ""
    country: str = "FR"


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who collects, under which identifier, into which account."""

    name: str
    creditor_id: str
    address: PostalAddress
    iban: str = field(repr=False)
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Debit:
    """One debit. `due_on` is the day announced; the bank is asked for it, or for the next TARGET day."""

    end_to_end_id: str
    amount: Decimal
    due_on: dt.date
    umr: str
    signed_on: dt.date
    holder: str = field(repr=False)
    iban: str = field(repr=False)
    remittance: str = field(repr=False)
    bic: str = ""
    sequence: Sequence = "RCUR"
    scheme: Scheme = "CORE"
    address: PostalAddress | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Collection:
    """All debits of one file. `created_at` is aware; `message_id` is worked out from the debits when not given."""

    creditor: Creditor
    debits: tuple[Debit, ...]
    created_at: dt.datetime
    message_id: str = ""

    @property
    def identifier(self) -> str:
        """MsgId: the same debits are recognised by the bank as the same file, in whatever order they come."""
        return self.message_id or make_message_id(self.debits)

    @property
    def total(self) -> Decimal:
        """Sum of the debits."""
        return sum((debit.amount for debit in self.debits), Decimal("0.00"))


def make_message_id(debits: Iterable[Debit]) -> str:
    """A name for a file, from the names, days and amounts of its debits."""
    facts = sorted(f"{debit.end_to_end_id}|{debit.due_on}|{debit.amount:.2f}" for debit in debits)
    return f"SDD-{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:24].upper()}"
