"""What a bank answers to a collection: pain.002 (rejected before settlement) and camt.054 (returned after it).

No schema of these messages is in a package that we use, so they are read strictly by hand: the namespace names a
version that we know, nothing is outside it, what identifies the file is there, and a file with a DTD is refused. All
else in them (balances, charges, other payments) is passed over. Versions: 2009 (pain.002.001.03, camt.054.001.02) and
those of the 2019 messages (pain.002.001.10, camt.054.001.08), whose paths used here are the same.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from lxml import etree

from templates.errors import TemplateError

MOST_BYTES: Final = 20_000_000
"""A larger file is refused before it is read."""

_KNOWN: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(pain\.002\.001\.(?:03|10)|camt\.054\.001\.(?:02|08))")
_CODE: Final = re.compile(r"[A-Z0-9]{1,35}")

Kind = Literal["pain.002", "camt.054"]


class AnswerError(TemplateError):
    """A file that is no answer of a bank; the message names places, never values."""

    code = "bank_answer.unreadable"


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
        AnswerError: not XML, not one of these messages, of a version that we do not know, or without its names.
    """
    root = _parse(data)
    match = _KNOWN.fullmatch(etree.QName(root).namespace or "")
    if match is None or etree.QName(root).localname != "Document":
        raise AnswerError("ni pain.002 ni camt.054 d'une version connue")
    reader = _Reader(etree.QName(root).namespace or "")
    reader.check_namespace(root)
    if match[1].startswith("pain.002"):
        body = reader.one(root, "CstmrPmtStsRpt")
        kind: Kind = "pain.002"
        entries = tuple(_rejects(reader, body))
    else:
        body = reader.one(root, "BkToCstmrDbtCdtNtfctn")
        kind = "camt.054"
        entries = tuple(_returns(reader, body))
    reader.one(body, "GrpHdr/CreDtTm")
    return Answer(kind, reader.needed(body, "GrpHdr/MsgId"), entries)


class _Reader:
    """Paths of one namespace."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def path(self, names: str) -> str:
        return "/".join(f"{{{self.namespace}}}{name}" for name in names.split("/"))

    def all(self, node: etree._Element, names: str) -> list[etree._Element]:
        return node.findall(self.path(names))

    def one(self, node: etree._Element, names: str) -> etree._Element:
        found = self.all(node, names)
        if len(found) != 1:
            raise AnswerError(f"{names} : un seul est attendu")
        return found[0]

    def text(self, node: etree._Element, names: str) -> str:
        found = node.find(self.path(names))
        return (found.text or "").strip() if found is not None else ""

    def needed(self, node: etree._Element, names: str) -> str:
        text = self.text(node, names)
        if not text or len(text) > 35:
            raise AnswerError(f"{names} : manque, ou plus de 35 caractères")
        return text

    def check_namespace(self, root: etree._Element) -> None:
        """Everything in the message's own namespace, but what a bank adds where the message invites it to."""
        envelope = self.path("SplmtryData")
        for node in root.iter():
            if not isinstance(node.tag, str) or etree.QName(node).namespace == self.namespace:
                continue
            if not any(above.tag == envelope for above in node.iterancestors()):
                raise AnswerError("un élément d'un autre espace de noms")


def _rejects(reader: _Reader, body: etree._Element) -> Iterator[AnswerEntry]:
    original = reader.one(body, "OrgnlGrpInfAndSts")
    message_id = reader.needed(original, "OrgnlMsgId")
    groups = reader.all(body, "OrgnlPmtInfAndSts")
    if reader.text(original, "GrpSts") == "RJCT" and not any(reader.all(each, "TxInfAndSts") for each in groups):
        yield AnswerEntry("", _reason(reader, original, "StsRsnInf/Rsn"), message_id)
        return
    for group in groups:
        transactions = reader.all(group, "TxInfAndSts")
        if reader.text(group, "PmtInfSts") == "RJCT" and not transactions:
            payment_id = reader.needed(group, "OrgnlPmtInfId")
            yield AnswerEntry("", _reason(reader, group, "StsRsnInf/Rsn"), message_id, payment_id)
        for each in transactions:
            if reader.text(each, "TxSts") == "RJCT":
                yield AnswerEntry(
                    reader.text(each, "OrgnlEndToEndId")[:35],
                    _reason(reader, each, "StsRsnInf/Rsn"),
                    message_id,
                    amounts=_amounts(reader, each, "OrgnlTxRef/Amt/InstdAmt", "OrgnlTxRef/IntrBkSttlmAmt"),
                )


def _returns(reader: _Reader, body: etree._Element) -> Iterator[AnswerEntry]:
    for booked in reader.all(body, "Ntfctn/Ntry"):
        day = _day(reader, booked)
        for each in reader.all(booked, "NtryDtls/TxDtls"):
            if reader.all(each, "RtrInf"):
                yield AnswerEntry(
                    reader.text(each, "Refs/EndToEndId")[:35],
                    _reason(reader, each, "RtrInf/Rsn"),
                    amounts=_amounts(reader, each, "Amt", "AmtDtls/InstdAmt/Amt", "AmtDtls/TxAmt/Amt"),
                    day=day,
                )


def _day(reader: _Reader, booked: etree._Element) -> dt.date | None:
    """The booking day of an entry; a date with its hour counts by its date."""
    text = reader.text(booked, "BookgDt/Dt") or reader.text(booked, "BookgDt/DtTm")[:10]
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise AnswerError("Ntry/BookgDt : date illisible") from None


def _reason(reader: _Reader, node: etree._Element, names: str) -> str:
    code = reader.text(node, f"{names}/Cd") or reader.text(node, f"{names}/Prtry")
    return code if _CODE.fullmatch(code) else ""


def _amounts(reader: _Reader, node: etree._Element, *paths: str) -> tuple[Decimal, ...]:
    found = []
    for path in paths:
        for amount in reader.all(node, path):
            try:
                value = Decimal((amount.text or "").strip())
            except InvalidOperation:
                raise AnswerError(f"{path} : montant illisible") from None
            if amount.get("Ccy") != "EUR" or not value.is_finite():
                raise AnswerError(f"{path} : un montant en euros est attendu")
            found.append(value)
    return tuple(found)


def _parse(data: bytes) -> etree._Element:
    if len(data) > MOST_BYTES:
        raise AnswerError("fichier trop volumineux")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root: etree._Element = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise AnswerError("ce fichier n'est pas du XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise AnswerError("une DTD n'a rien à faire dans un message bancaire")
    return root
