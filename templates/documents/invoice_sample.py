"""An invoice to look at: accents, several ranges, discounts, a schedule over a year."""

import datetime as dt
from decimal import Decimal
from typing import Final

from templates.facturx import (
    Address,
    DirectDebit,
    Instalment,
    InvoiceData,
    InvoiceLine,
    Party,
    Seller,
    Vat,
    line_net,
    settle,
)

_YEAR = (dt.date(2027, 1, 1), dt.date(2027, 12, 31))
_SPRING = (dt.date(2027, 5, 15), dt.date(2027, 6, 5))


def _line(
    group: str, code: str, label: str, quantity: int, price: str, discount: int, days: tuple[dt.date, dt.date]
) -> InvoiceLine:
    values = Decimal(quantity), Decimal(price), Decimal(discount)
    return InvoiceLine(
        label,
        values[0],
        values[1],
        line_net(*values),
        Vat(Decimal(20)),
        values[2],
        code=code,
        group=group,
        activity="Fleuristes",
        department="69",
        starts_on=days[0],
        ends_on=days[1],
    )


_GROUPS = (
    "S001 · Annuaires et Internet · commande 2600417101",
    "S101 · Produits spéciaux · commande 2600417102",
    "S200 · Display · commande 2600417103",
)
_SETTLED = settle(
    (
        _line(_GROUPS[0], "PAV-ACT-DEP", "Pavé activité départemental", 1, "1480.00", 10, _YEAR),
        _line(_GROUPS[0], "INS-PLUS", "Insertion enrichie pagesjaunes.fr", 1, "640.00", 0, _YEAR),
        _line(_GROUPS[0], "SUIVI-APPELS", "Suivi d'appels, numéro dédié", 1, "180.00", 0, _YEAR),
        _line(_GROUPS[1], "SITE-VISIB", "Site visibilité Premium, hébergement et mises à jour", 1, "1290.00", 5, _YEAR),
        _line(_GROUPS[1], "SEO-PACK", "Pack référencement local", 12, "49.90", 0, _YEAR),
        _line(_GROUPS[2], "DISP-YOP", "Habillage display YOP, Lyon agglomération", 3, "420.00", 15, _SPRING),
    )
)

ROSE: Final = InvoiceData(
    number="F2026-000017",
    kind=_SETTLED.kind,
    issued_on=dt.date(2026, 11, 24),
    seller=Seller(
        "Lumière Annuaires SA",
        "904125762",
        Address("7 avenue de la Cristallerie", "92310", "Sèvres"),
        siret="90412576200016",
        vat_number="FR54904125762",
        trade_name="Lumière Annuaires",
        legal_form="SA",
        share_capital=Decimal("1500000.00"),
        rcs="RCS Nanterre 904 125 762",
        email="service.client@lumiere-annuaires.example",
        phone="+33146233000",
    ),
    buyer=Party(
        "AU NOM DE LA ROSE LYON SARL",
        "813249075",
        Address("12 rue de la République", "69002", "Lyon"),
        siret="81324907500017",
        vat_number="FR36813249075",
        trade_name="Au Nom de la Rose",
    ),
    lines=_SETTLED.lines,
    sums=_SETTLED.sums,
    order_number="2026-LYO-000042",
    customer_number="05123874",
    instalments=tuple(
        Instalment(dt.date(2027, month, 5), Decimal("605.68" if month < 10 else "605.64")) for month in range(1, 11)
    ),
    payment=DirectDebit("M-2026-LYO-000042", "FR05ZZZ594821", account_last4="6534"),
)
