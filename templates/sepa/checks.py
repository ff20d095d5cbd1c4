"""What a bank would refuse, or what would debit somebody wrongly. No message tells a name or an account."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Final

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from templates.sepa.collection import Collection, Debit, PostalAddress
from templates.sepa.mandate import MandateError, check_creditor_id, check_umr, is_identifier
from templates.sepa.target import next_target_day
from templates.sepa.text import epc_text

_MOST: Final = Decimal("999999999.99")
# Where a debtor needs no address: EU and EEA (Reg. 2015/847). Elsewhere in the zone it is compulsory.
_EEA: Final = re.compile("AT|B[EG]|C[YZ]|D[EK]|E[ES]|F[IR]|GR|H[RU]|I[EST]|L[ITUV]|MT|N[LO]|P[LT]|RO|S[EIK]")


def problems_of(collection: Collection) -> Iterator[str]:
    """Every reason for which a collection must not leave; a debit is named by its EndToEndId."""
    creditor = collection.creditor
    if not collection.debits:
        yield "aucun prélèvement à présenter"
    if collection.created_at.tzinfo is None:
        yield "l'instant de création doit porter son fuseau horaire"
    if not is_identifier(collection.identifier) or len(collection.identifier) > 30:
        yield "l'identifiant du message a 30 caractères au plus, du jeu de l'EPC"
    try:
        check_creditor_id(creditor.creditor_id)
    except MandateError as error:
        yield str(error)
    yield from (f"créancier : {problem}" for problem in _account_problems(creditor.iban, creditor.bic))
    yield from (f"créancier : {problem}" for problem in _name_problems(creditor.name, creditor.address))
    for name, count in Counter(debit.end_to_end_id for debit in collection.debits).items():
        if count > 1:
            yield f"{name} : présenté {count} fois"
    for debit in collection.debits:
        for problem in _debit_problems(debit, collection.created_at.date()):
            yield f"{debit.end_to_end_id} : {problem}"
    yield from _mandate_problems(collection.debits)


def _debit_problems(debit: Debit, today: dt.date) -> Iterator[str]:
    if not is_identifier(debit.end_to_end_id):
        yield "l'identifiant de bout en bout a 1 à 35 caractères du jeu de l'EPC"
    cents = debit.amount.is_finite() and debit.amount == round(debit.amount, 2)
    if not cents or not 0 < debit.amount <= _MOST:
        yield "un prélèvement est un montant positif, au centime"
    try:
        check_umr(debit.umr)
    except MandateError as error:
        yield str(error)
    if debit.signed_on > debit.due_on:
        yield "le mandat est signé après l'échéance"
    if next_target_day(debit.due_on) <= today:
        yield "une remise parvient à la banque au moins un jour avant l'échéance"
    if not epc_text(debit.remittance, 140):
        yield "le libellé manque"
    yield from _account_problems(debit.iban, debit.bic)
    yield from _name_problems(debit.holder, debit.address)
    if debit.address is None and not _EEA.match(debit.iban):
        yield "un compte hors de l'Espace économique européen demande l'adresse du débiteur"


def _account_problems(iban: str, bic: str) -> Iterator[str]:
    try:
        account = IBAN(iban, validate_bban=True)
    except SchwiftyException:
        yield "l'IBAN n'est pas valable"
    else:
        if not account.in_sepa_zone:
            yield "l'IBAN n'est pas dans la zone SEPA"
        if str(account) != iban:
            yield "l'IBAN s'écrit sans espaces, en capitales"
    if bic:
        try:
            BIC(bic)
        except SchwiftyException:
            yield "le BIC n'est pas valable"


def _name_problems(name: str, address: PostalAddress | None) -> Iterator[str]:
    if not epc_text(name, 70):
        yield "le nom manque"
    if address is not None:
        parts = (address.street, address.postal_code, address.city)
        if not all(epc_text(part, 35) for part in parts) or not re.fullmatch("[A-Z]{2}", address.country):
            yield "une adresse est structurée : voie, code postal, ville et pays (EPC153-22)"


def _mandate_problems(debits: tuple[Debit, ...]) -> Iterator[str]:
    for umr, group in groupby(sorted(debits, key=lambda debit: debit.umr), key=lambda debit: debit.umr):
        same = list(group)
        if len({(debit.scheme, debit.signed_on, debit.iban) for debit in same}) > 1:
            yield f"{umr} : un mandat a un seul compte, un seul schéma et une seule date de signature"
        if len(same) > 1 and any(debit.sequence == "OOFF" for debit in same):
            yield f"{umr} : un mandat ponctuel ne sert qu'une fois"
