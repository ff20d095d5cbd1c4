"""Our own checks, to the cent: where the published rules tolerate an euro (BR-CO-17) or are silent (BR-CO-25)."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from stdnum.fr import siren, siret, tva

from templates.errors import TemplateError
from templates.facturx.data import Address, DirectDebit, InvoiceData, InvoiceLine, Party, Vat
from templates.facturx.settle import line_net, totals_of
from templates.sepa import MandateError, check_creditor_id, check_umr

_NUMBER: Final = re.compile(r"[A-Za-z0-9+_/-]{1,35}", re.ASCII)  # BR-FR-01, BR-FR-02
_ENDPOINT: Final = re.compile(r"[A-Za-z0-9._-]{1,125}", re.ASCII)  # BR-FR-23, BR-FR-25
_XML_REFUSES: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# BR-FR-16, in hundredths of a per cent.
_RATES: Final = frozenset(
    Decimal(rate) / 100 for rate in (0, 90, 105, 175, 210, 550, 700, 850, 920, 960, 1000, 1300, 1960, 2000, 2060)
)
_CORSICA: Final = frozenset({"20"})
_ANTILLES_REUNION: Final = frozenset({"971", "972", "974"})
# Rates that exist in some departments only (CGI 294 to 297).
_LOCAL_RATES: Final = {
    Decimal("0.9"): _CORSICA,
    Decimal(13): _CORSICA,
    Decimal("1.05"): _ANTILLES_REUNION,
    Decimal("1.75"): _ANTILLES_REUNION,
    Decimal("8.5"): _ANTILLES_REUNION,
}


class InvoiceError(TemplateError):
    """An invoice that must not be issued: `problems` has every reason."""

    code = "invoice.wrong"

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keep the reasons."""
        super().__init__(" ; ".join(problems))
        self.problems = problems


def check_exactly(data: InvoiceData) -> None:
    """Refuse an invoice of which one figure, date or identifier does not hold.

    Raises:
        InvoiceError: with every reason, each naming its business term (BT) or rule.
    """
    problems = tuple(problem for check in _CHECKS for problem in check(data))
    if problems:
        raise InvoiceError(problems)


def _texts(data: InvoiceData) -> Iterator[str]:
    for path, text in _strings(data, ""):
        if _XML_REFUSES.search(text):
            yield f"{path} : un caractère de commande ne peut pas figurer sur une facture"


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _strings(item, f"{path}[{index}]")
    elif dataclasses.is_dataclass(value):
        for item in dataclasses.fields(value):
            yield from _strings(getattr(value, item.name), f"{path}.{item.name}".lstrip("."))


def _header(data: InvoiceData) -> Iterator[str]:
    if not _NUMBER.fullmatch(data.number):
        yield "BT-1 : 35 caractères au plus, chiffres, lettres et + - _ / (BR-FR-01, BR-FR-02)"
    dates = [data.issued_on, data.payment_date, *(data.period or ())]
    if any(day is not None and not 2000 <= day.year <= 2099 for day in dates):
        yield "BT-2, BT-9, BG-14 : année hors de 2000 à 2099 (BR-FR-03)"
    mentions = {"PMT": data.mentions.recovery, "PMD": data.mentions.penalty, "AAB": data.mentions.discount}
    for name, mention in mentions.items():
        if not mention.strip():
            yield f"BT-22 : la mention {name} est obligatoire (BR-FR-05)"


def _preceding(data: InvoiceData) -> Iterator[str]:
    if data.kind == "invoice":
        if data.corrects is not None:
            yield "BT-25 : une facture ne corrige pas une autre facture, un avoir le fait"
    elif data.corrects is None:
        if not data.credited_contract or data.period is None:
            yield "BT-25, BT-12 : un avoir cite une facture, ou une commande et sa période (BR-FR-CO-03, 05)"
    else:
        if not _NUMBER.fullmatch(data.corrects.number):
            yield "BT-25 : 35 caractères au plus, chiffres, lettres et + - _ / (BR-FR-01, BR-FR-02)"
        if data.corrects.issued_on > data.issued_on:
            yield "BT-26 : la facture corrigée est postérieure à l'avoir"


def _parties(data: InvoiceData) -> Iterator[str]:
    yield from _party(data.seller, "vendeur", ("BT-27", "BT-30", "BT-29", "BT-31", "BT-34"))
    yield from _party(data.buyer, "client", ("BT-44", "BT-47", "BT-46", "BT-48", "BT-49"))
    if not data.seller.vat_number:
        yield "BT-31 (vendeur) : le numéro de TVA est obligatoire (BR-S-02)"
    if not data.buyer.endpoint.startswith(data.buyer.siren):
        yield "BT-49 (client) : l'adresse électronique commence par le SIREN (BR-FR-21)"
    if data.delivery is not None:
        yield from _address(data.delivery.address, "livraison")


def _party(party: Party, who: str, terms: tuple[str, ...]) -> Iterator[str]:
    name, legal, place, vat, endpoint = terms
    if not party.name.strip():
        yield f"{name} ({who}) : le nom manque"
    if not siren.is_valid(party.siren) or party.siren != siren.compact(party.siren):
        yield f"{legal} ({who}) : le SIREN n'est pas valable (BR-FR-10, BR-FR-11)"
    if party.siret and (not siret.is_valid(party.siret) or not party.siret.startswith(party.siren)):
        yield f"{place} ({who}) : le SIRET n'est pas valable ou n'est pas celui du SIREN (BR-FR-09)"
    if party.vat_number.startswith("FR") and not tva.is_valid(party.vat_number):
        yield f"{vat} ({who}) : le numéro de TVA n'est pas valable"
    if not _ENDPOINT.fullmatch(party.endpoint):
        yield f"{endpoint} ({who}) : adresse électronique absente ou mal formée (BR-FR-12, 13, 23, 25)"
    yield from _address(party.address, who)


def _address(address: Address, who: str) -> Iterator[str]:
    if not (address.line1.strip() and address.postal_code.strip() and address.city.strip()):
        yield f"adresse ({who}) : voie, code postal et ville sont obligatoires"
    if not re.fullmatch(r"[A-Z]{2}", address.country):
        yield f"adresse ({who}) : pays en deux lettres (BR-09, BR-11)"


def _lines(data: InvoiceData) -> Iterator[str]:
    if not data.lines:
        yield "BG-25 : une facture a une ligne au moins (BR-16)"
    places = {data.seller.address.department, data.buyer.address.department}
    if data.delivery is not None:
        places.add(data.delivery.address.department)
    for number, line in enumerate(data.lines, start=1):
        for problem in (*_line(line), *_vat(line.vat, places)):
            yield f"ligne {number}, {problem}"


def _line(line: InvoiceLine) -> Iterator[str]:
    if not line.label.strip():
        yield "BT-153 : le libellé manque (BR-25)"
    if not _fits(line.quantity, 4):
        yield "BT-129 : quantité à 4 décimales au plus (BR-FR-DEC-02)"
    if not _fits(line.unit_price, 6):
        yield "BT-146 : prix à 6 décimales au plus (BR-FR-DEC-03)"
    if not 0 <= line.discount_percent <= 100:
        yield "BT-138 : remise de 0 à 100 %"
    elif line.net != line_net(line.quantity, line.unit_price, line.discount_percent) or not _fits(line.net, 2):
        due = line_net(line.quantity, line.unit_price, line.discount_percent)
        yield f"BT-131 : {line.net} au lieu de quantité x prix - remise = {due}"
    if line.starts_on and line.ends_on and line.starts_on > line.ends_on:
        yield "BG-26 : la période finit avant de commencer (BR-30)"


def _vat(vat: Vat, places: set[str]) -> Iterator[str]:
    if vat.rate not in _RATES:
        yield f"BT-152 : {vat.rate} n'est pas un taux de TVA français (BR-FR-16)"
    if (vat.rate > 0) != (vat.category == "S"):
        yield "BT-151 : la catégorie S a un taux, les autres n'en ont pas (BR-S-05, BR-Z-05, BR-E-05, BR-G-05)"
    if bool(vat.exemption or vat.exemption_code) != (vat.category in {"E", "G"}):
        yield "BT-120 : un motif pour les catégories E et G, et pour elles seules (BR-S-10, BR-Z-10, BR-E-10, BR-G-10)"
    territory = _LOCAL_RATES.get(vat.rate)
    if territory is not None and not places & territory:
        yield f"BT-152 : le taux {vat.rate} n'existe pas là où sont le vendeur, le client et la livraison"


def _totals(data: InvoiceData) -> Iterator[str]:
    sums, due = data.sums, totals_of(data.lines)
    if sums.excl_vat != due.excl_vat:
        yield f"BT-109 : {sums.excl_vat} au lieu de la somme des lignes {due.excl_vat} (BR-CO-10, BR-CO-13)"
    by_rate = {total.vat: total for total in sums.by_rate}
    for total in due.by_rate:
        given = by_rate.pop(total.vat, None)
        name = f"{total.vat.category} {total.vat.rate} %"
        if given is None:
            yield f"BG-23 : le groupe de TVA {name} manque (BR-CO-18)"
        elif given.base != total.base:
            yield f"BT-116 ({name}) : {given.base} au lieu de {total.base} (BR-S-08)"
        elif given.amount != total.amount:
            yield f"BT-117 ({name}) : {given.amount} au lieu de {total.amount} (BR-CO-17)"
    if by_rate or len(sums.by_rate) != len(due.by_rate):
        yield "BG-23 : un groupe de TVA sans ligne, ou deux fois le même"


def _sums(data: InvoiceData) -> Iterator[str]:
    sums = data.sums
    if sums.vat != sum((total.amount for total in sums.by_rate), Decimal(0)):
        yield "BT-110 : n'est pas la somme de la TVA par taux (BR-CO-14)"
    if sums.incl_vat != sums.excl_vat + sums.vat:
        yield "BT-112 : n'est pas le total HT plus la TVA (BR-CO-15)"
    if sums.incl_vat < 0:
        yield "BT-112 : un total négatif donne un avoir, de montants positifs"
    if not all(_fits(amount, 2) for amount in (sums.excl_vat, sums.vat, sums.incl_vat)):
        yield "BT-109, BT-110, BT-112 : montants au centime (BR-FR-DEC-01)"


def _payment(data: InvoiceData) -> Iterator[str]:
    due: dt.date | None = data.payment_date
    if data.instalments and sum(part.amount for part in data.instalments) != data.sums.incl_vat:
        yield "BT-20 : la somme des échéances n'est pas le total à payer"
    if any(part.amount <= 0 or not _fits(part.amount, 2) for part in data.instalments):
        yield "BT-20 : une échéance est un montant positif, au centime"
    if due is not None and due < data.issued_on:
        yield "BT-9 : l'échéance précède la facture (BR-FR-CO-07)"
    if data.kind == "invoice" and data.sums.incl_vat > 0 and due is None:
        yield "BT-9 : un montant à payer a une échéance (BR-CO-25)"
    if isinstance(data.payment, DirectDebit):
        for check, value, term in (
            (check_umr, data.payment.mandate, "BT-89"),
            (check_creditor_id, data.payment.creditor_id, "BT-90"),
        ):
            try:
                check(value)
            except MandateError as error:
                yield f"{term} : {error}"
        if len(data.payment.account_last4) not in {0, 4}:
            yield "BT-91 : quatre caractères du compte, pas plus"


def _fits(value: Decimal, decimals: int) -> bool:
    # 19 figures in all (BR-FR-DEC-01 to 03).
    return value.is_finite() and abs(value) < Decimal(10) ** (19 - decimals) and value == round(value, decimals)


_CHECKS: Final[tuple[Callable[[InvoiceData], Iterator[str]], ...]] = (
    _texts,
    _header,
    _preceding,
    _parties,
    _lines,
    _totals,
    _sums,
    _payment,
)
