"""The register of mandates: searched by whoever answers a customer or a bank, exported for a spreadsheet; masked."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_, select

from pipeline.bootstrap import Services
from pipeline.clock import paris_day
from pipeline.steps.mandate_life import NAMES, OPEN, last_day
from storage.models import Instalment, Mandate, Order

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet would run as a formula."""


@dataclass(frozen=True)
class MandateRow:
    """One mandate; of its account only the last four characters. `lapses_on` where it is active."""

    id: str
    umr: str
    creditor_id: str
    order_id: str
    number: str
    epj: str
    holder: str
    iban_last4: str
    scheme: str
    sequence_type: str
    state: str
    signed_at: datetime
    last_debit_on: date | None
    lapses_on: date | None
    ended_at: datetime | None
    reason: str
    amendment_requested: bool
    open_count: int
    open_total: Decimal


def register(
    services: Services, query: str = "", state: str = "", *, limit: int | None = None, offset: int = 0
) -> list[MandateRow]:
    """Mandates, the newest first, of a state where one is given, that `query` finds.

    It finds a part of the holder, the reference, the order's number or the account number; four characters also the
    last four of an IBAN, and a whole IBAN the mandates of that very account, by its keyed hash.
    """
    statement = select(Mandate, Order.number).join(Order, Order.id == Mandate.order_id)
    statement = statement.where(*_conditions(services, query, state))
    statement = statement.order_by(Mandate.signed_at.desc(), Mandate.umr).limit(limit).offset(offset or None)
    with services.works(read_only=True) as work:
        rows = work.session.execute(statement).all()
        owed: dict[str, list[Decimal]] = {}
        for item in work.find(
            Instalment, Instalment.state.in_(OPEN), Instalment.mandate_id.in_([row.id for row, _ in rows])
        ):
            owed.setdefault(item.mandate_id or "", []).append(item.amount)
    return [_row(mandate, number, owed.get(mandate.id, [])) for mandate, number in rows]


def register_count(services: Services, query: str = "", state: str = "") -> int:
    """How many mandates `register` finds."""
    statement = select(func.count()).select_from(Mandate).join(Order, Order.id == Mandate.order_id)
    with services.works(read_only=True) as work:
        return work.session.scalar(statement.where(*_conditions(services, query, state))) or 0


def _conditions(services: Services, query: str, state: str) -> list[ColumnElement[bool]]:
    query = query.strip()
    found: list[ColumnElement[bool]] = [Mandate.state == state] if state else []
    if query:
        compact = query.replace(" ", "").upper()
        texts = (Mandate.holder, Mandate.umr, Order.number, Mandate.epj)
        found.append(
            or_(
                *(column.icontains(query, autoescape=True) for column in texts),
                Mandate.iban_hash == services.vault.fingerprint(compact, "iban"),
                Mandate.iban_last4 == compact,
            )
        )
    return found


def register_csv(rows: Iterable[MandateRow]) -> bytes:
    """The rows for a French spreadsheet: semicolons, decimal commas, UTF-8 with its mark."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        (
            *("RUM", "ICS", "Titulaire", "EPJ", "Compte", "Schéma", "Type", "État", "Signé le", "Commande"),
            *("Dernier prélèvement", "Caduc après le", "Fin", "Motif", "Échéances à prélever", "Montant à prélever"),
        )
    )
    for row in rows:
        writer.writerow(
            cell(value)
            for value in (
                *(row.umr, row.creditor_id, row.holder, row.epj, f"•••• {row.iban_last4}", row.scheme),
                *(row.sequence_type, NAMES[row.state], paris_day(row.signed_at), row.number, row.last_debit_on),
                *(row.lapses_on, paris_day(row.ended_at) if row.ended_at else None, row.reason, row.open_count),
                f"{row.open_total:.2f}".replace(".", ","),
            )
        )
    return out.getvalue().encode("utf-8-sig")


def _row(mandate: Mandate, number: str, owed: list[Decimal]) -> MandateRow:
    return MandateRow(
        id=mandate.id,
        umr=mandate.umr,
        creditor_id=mandate.creditor_id,
        order_id=mandate.order_id,
        number=number,
        epj=mandate.epj,
        holder=mandate.holder,
        iban_last4=mandate.iban_last4,
        scheme=mandate.scheme,
        sequence_type=mandate.sequence_type,
        state=mandate.state,
        signed_at=mandate.signed_at,
        last_debit_on=mandate.last_debit_on,
        lapses_on=last_day(mandate) if mandate.state == "active" else None,
        ended_at=mandate.ended_at,
        reason=mandate.reason or "",
        amendment_requested=mandate.amend_requested_at is not None,
        open_count=len(owed),
        open_total=sum(owed, Decimal("0.00")),
    )


def cell(value: object) -> str:
    """A value as a spreadsheet takes it; what a spreadsheet would run is quoted."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, date) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
