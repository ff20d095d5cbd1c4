"""What a bank answers to a collection: pain.002 (rejected before settlement) and camt.054 (returned after it).

All else in these messages (balances, charges, other payments) is passed over. The versions of `messages.VERSIONS` name
what is used here alike.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from templates.sepa.messages import AnswerError, read_message

_CODE: Final = re.compile(r"[A-Z0-9]{1,35}")
_REJECTED: Final = "RJCT"

Kind = Literal["pain.002", "camt.054"]


@dataclass(frozen=True, slots=True)
class AnswerEntry:
    """One debit that came back. `code` is the bank's reason (AC04...), "" where it gave none.

    Where the bank rejects a whole file or group, `end_to_end_id` is "" and `message_id`, with `payment_id` for a group,
    names what it rejects. `amounts` are all sums that the entry states: with charges there are several.
    """

    end_to_end_id: str
    code: str
    message_id: str = ""
    payment_id: str = ""
    amounts: tuple[Decimal, ...] = field(default=())
    day: dt.date | None = None
    """On which the bank booked the return, where it says so."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One file: its kind, the name that the bank gave it, and what came back, in the order of the file."""

    kind: Kind
    message_id: str
    entries: tuple[AnswerEntry, ...]


def read_answer(data: bytes) -> Answer:
    """The rejects of a pain.002, or the returns of a camt.054; what was accepted or credited is passed over.

    Raises:
        AnswerError: no message that we know, one that is not as its definition says, or with sums that are no euros.
    """
    kind, document = read_message(data)
    if kind == "pain.002":
        body = document.cstmr_pmt_sts_rpt
        return Answer("pain.002", body.grp_hdr.msg_id, tuple(_rejects(body)))
    body = document.bk_to_cstmr_dbt_cdt_ntfctn
    return Answer("camt.054", body.grp_hdr.msg_id, tuple(_returns(body)))


def _rejects(body: Any) -> Iterator[AnswerEntry]:
    original, groups = body.orgnl_grp_inf_and_sts, body.orgnl_pmt_inf_and_sts
    message_id = original.orgnl_msg_id
    if _status(original.grp_sts) == _REJECTED and not any(group.tx_inf_and_sts for group in groups):
        yield AnswerEntry("", _reason(original.sts_rsn_inf), message_id)
        return
    for group in groups:
        if _status(group.pmt_inf_sts) == _REJECTED and not group.tx_inf_and_sts:
            yield AnswerEntry("", _reason(group.sts_rsn_inf), message_id, group.orgnl_pmt_inf_id)
        for each in group.tx_inf_and_sts:
            if _status(each.tx_sts) == _REJECTED:
                known = each.orgnl_tx_ref
                sums = (
                    known.amt.instd_amt if known and known.amt else None,
                    known.intr_bk_sttlm_amt if known else None,
                )
                yield AnswerEntry(
                    each.orgnl_end_to_end_id or "", _reason(each.sts_rsn_inf), message_id, amounts=_euros(sums)
                )


def _returns(body: Any) -> Iterator[AnswerEntry]:
    for booked in (entry for notice in body.ntfctn for entry in notice.ntry):
        for each in (transaction for details in booked.ntry_dtls for transaction in details.tx_dtls):
            if each.rtr_inf:
                stated = each.amt_dtls
                parts = (stated.instd_amt, stated.tx_amt) if stated else ()
                sums = (getattr(each, "amt", None), *(part.amt for part in parts if part))
                yield AnswerEntry(
                    (each.refs.end_to_end_id if each.refs else "") or "",
                    _reason([each.rtr_inf]),
                    amounts=_euros(sums),
                    day=_day(booked.bookg_dt),
                )


def _status(value: Any) -> str:
    """A status: an enumeration in the older messages, a text in the newer ones."""
    return str(getattr(value, "value", value))


def _reason(given: Iterable[Any]) -> str:
    """The first reason; a code that is none is left out."""
    for each in given:
        code = _status(each.rsn.cd or each.rsn.prtry or "") if each.rsn else ""
        if _CODE.fullmatch(code):
            return code
    return ""


def _euros(sums: Iterable[Any]) -> tuple[Decimal, ...]:
    stated = [each for each in sums if each is not None]
    if any(each.ccy != "EUR" for each in stated):
        raise AnswerError("un montant en euros est attendu")
    return tuple(each.value for each in stated)


def _day(booked: Any) -> dt.date | None:
    """A booking day; a date with its hour counts by its date."""
    given = (booked.dt or booked.dt_tm) if booked else None
    return dt.date(given.year, given.month, given.day) if given else None
