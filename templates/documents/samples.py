"""The sample that shows the order form and the quote: a florist with three sub-orders and ten debits."""

from datetime import date
from decimal import Decimal

from templates.brand import Brand
from templates.documents.facts import (
    Address,
    InstalmentData,
    LineData,
    MandateData,
    OrderFormData,
    Party,
    QuoteData,
    Signatory,
    Status,
    SubOrderData,
    VatLine,
)

YEAR = (date(2027, 1, 1), date(2027, 12, 31))


def _line(
    code: str,
    label: str,
    status: Status,
    price: str,
    net: str,
    *,
    discount: str = "0",
    quantity: int = 1,
    where: tuple[str, str] = ("Fleuristes", "69"),
    days: tuple[date, date] = YEAR,
    details: tuple[str, ...] = (),
) -> LineData:
    return LineData(
        code=code,
        label=label,
        status=status,
        quantity=quantity,
        unit_price=Decimal(price),
        discount_percent=Decimal(discount),
        vat_rate=Decimal("20.00"),
        net=Decimal(net),
        starts_on=days[0],
        ends_on=days[1],
        activity=where[0],
        department=where[1],
        details=details,
    )


SELLER = Party(
    legal_name="Lumière Annuaires SA",
    address=Address(("7 avenue de la Cristallerie",), "92310", "Sèvres"),
    siren="904125762",
    siret="90412576200016",
    vat_number="FR54904125762",
    email="service.client@lumiere-annuaires.example",
    phone="+33146233000",
    share_capital=Decimal("1500000.00"),
    rcs="RCS Nanterre 904 125 762",
)
CUSTOMER = Party(
    legal_name="AU NOM DE LA ROSE LYON SARL",
    trade_name="Au Nom de la Rose",
    address=Address(("12 rue de la République",), "69002", "Lyon"),
    siren="813249075",
    siret="81324907500017",
    vat_number="FR36813249075",
    naf="4776Z",
    email="contact@aunomdelarose-lyon.example",
    phone="+33478370000",
)
LINES = (
    _line("PAV-ACT-DEP", "Pavé activité départemental", "renewed", "1480.00", "1332.00", discount="10"),
    _line(
        "INS-PLUS",
        "Insertion enrichie pagesjaunes.fr",
        "modified",
        "640.00",
        "640.00",
        details=("Ce qui change : nouvelle accroche et photo de la vitrine.",),
    ),
    _line(
        "PAV-ACT-DEP",
        "Pavé activité départemental",
        "cancelled",
        "390.00",
        "0.00",
        where=("Livraison de fleurs", "01"),
    ),
    _line(
        "SUIVI-APPELS",
        "Suivi d'appels, numéro dédié",
        "new",
        "180.00",
        "180.00",
        details=("Numéro mesuré : 04 78 37 00 00",),
    ),
)
DISPLAY = _line(
    "DISP-YOP",
    "Habillage display YOP, Lyon agglomération",
    "new",
    "420.00",
    "1071.00",
    discount="15",
    quantity=3,
    days=(date(2027, 5, 15), date(2027, 6, 5)),
    details=("Réservation YOP-88213",),
)
SUB_ORDERS = (
    SubOrderData("S001", "2600417101", "Annuaires et Internet", LINES, Decimal("2152.00")),
    SubOrderData(
        "S101",
        "2600417102",
        "Produits spéciaux",
        (
            _line(
                "SITE-VISIB",
                "Site visibilité Premium, hébergement et mises à jour",
                "new",
                "1290.00",
                "1225.50",
                discount="5",
            ),
            _line("SEO-PACK", "Pack référencement local", "new", "49.90", "598.80", quantity=12),
        ),
        Decimal("1824.30"),
    ),
    SubOrderData("S200", "2600417103", "Display", (DISPLAY,), Decimal("1071.00")),
)
INSTALMENTS = tuple(
    InstalmentData(date(2027, month, 5), Decimal("605.64" if month == 10 else "605.68")) for month in range(1, 11)
)
VAT = (VatLine(Decimal("20.00"), Decimal("5047.30"), Decimal("1009.46")),)

ROSE = OrderFormData(
    number="2026-LYO-000042",
    ordered_on=date(2026, 11, 23),
    edition=2027,
    language="fr",
    specimen=False,
    brand=Brand("Lumière Annuaires"),
    seller=SELLER,
    customer=CUSTOMER,
    agency_name="Agence de Lyon",
    rep_name="Claire Delmas",
    rep_phone="+33612345601",
    epj="05123874",
    signatory=Signatory("Hélène Garnier", "Gérante", "helene.garnier@aunomdelarose-lyon.example", "06 •• •• •• 78"),
    sub_orders=SUB_ORDERS,
    total_excl_vat=Decimal("5047.30"),
    vat=VAT,
    total_incl_vat=Decimal("6056.76"),
    payment_method="sepa_direct_debit",
    instalments=INSTALMENTS,
    mandate=MandateData(
        umr="LUM-2026-LYO-000042",
        creditor_id="FR05ZZZ594821",
        scheme="CORE",
        sequence_type="RCUR",
        debtor_name="AU NOM DE LA ROSE LYON SARL",
        debtor_address=CUSTOMER.address,
        iban="FR7630004008230001009876534",
        bic="BNPAFRPPXXX",
        place="Lyon",
    ),
    invoice_delivery="electronic",
    enclosures=("odi_a",),
    special_conditions="Visuel fourni par l'annonceur avant le 15/03/2027.",
    withdrawal=None,
    terms_version="2026-11",
    verify_url="https://signature.lumiere-annuaires.example/v/2026-LYO-000042",
    place="Lyon",
)

ROSE_QUOTE = QuoteData(
    number="PROP-2026-004171",
    name="Visibilité fête des mères et display Lyon",
    issued_on=date(2026, 11, 23),
    valid_until=date(2026, 12, 23),
    edition=2027,
    language="fr",
    specimen=False,
    brand=ROSE.brand,
    seller=SELLER,
    customer=CUSTOMER,
    agency_name="Agence de Lyon",
    rep_name="Claire Delmas",
    rep_phone="+33612345601",
    epj="05123874",
    contact_name="Hélène Garnier",
    sub_orders=SUB_ORDERS,
    total_excl_vat=Decimal("5047.30"),
    vat=VAT,
    total_incl_vat=Decimal("6056.76"),
    payment_method="sepa_direct_debit",
    instalments=INSTALMENTS,
    special_conditions="Visuel fourni par l'annonceur avant le 15/03/2027.",
    terms_version="2026-11",
)
