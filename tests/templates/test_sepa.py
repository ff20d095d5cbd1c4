import datetime as dt
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import etree

from templates.sepa import (
    Collection,
    CollectionError,
    Creditor,
    Debit,
    MandateError,
    PostalAddress,
    check_creditor_id,
    check_umr,
    collection_xml,
    epc_text,
    is_target_day,
    make_end_to_end_id,
    make_umr,
    next_target_day,
    split_street,
)

CREDITOR = Creditor(
    "Lumière Annuaires SA",
    "FR05ZZZ594821",
    PostalAddress("avenue de la Cristallerie", "92310", "Sèvres", number="7"),
    iban="FR7630004008230001009876534",
    bic="BNPAFRPPXXX",
)
ROSE = Debit(
    "2026-LYO-000042-01",
    Decimal("605.68"),
    dt.date(2027, 1, 5),
    umr="M-2026-LYO-000042",
    signed_on=dt.date(2026, 11, 23),
    holder="AU NOM DE LA ROSE & Cie",
    iban="FR1420041010050500013M02606",
    remittance="Commande 2026-LYO-000042, échéance 1/10",
    address=PostalAddress("rue de la République", "69002", "Lyon", number="12 bis"),
)
NOW = dt.datetime(2026, 12, 28, 9, 30, tzinfo=dt.UTC)


def make_collection(*debits, **facts):
    return Collection(**({"creditor": CREDITOR, "debits": debits or (ROSE,), "created_at": NOW} | facts))


def several():
    """Three days, one of them a Sunday, two sequences, two schemes."""
    return (
        ROSE,
        replace(ROSE, end_to_end_id="2026-LYO-000042-02", due_on=dt.date(2027, 1, 31)),
        replace(ROSE, end_to_end_id="X-01", umr="M-X", amount=Decimal("0.01"), sequence="OOFF", address=None),
        replace(ROSE, end_to_end_id="Y-01", umr="M-Y", amount=Decimal("1234567.89"), scheme="B2B"),
        replace(ROSE, end_to_end_id="Z-01", umr="M-Z", amount=Decimal(10)),
    )


def values(xml, path):
    steps = "/".join(f"{{*}}{name}" for name in path.split("/"))
    return [element.text for element in etree.fromstring(xml).iterfind(f".//{steps}")]


def problems(collection):
    with pytest.raises(CollectionError) as caught:
        collection_xml(collection)
    return " | ".join(caught.value.problems)


def test_file_holds_each_debit_once_with_exact_sums():
    """One group per day, sequence and scheme; sums of file and groups are those of their debits."""
    xml = collection_xml(make_collection(*several()))
    assert values(xml, "GrpHdr/NbOfTxs") == ["5"]
    assert values(xml, "GrpHdr/CtrlSum") == ["1235789.26"]
    assert values(xml, "PmtInf/NbOfTxs") == ["1", "1", "2", "1"]
    assert sum(map(Decimal, values(xml, "PmtInf/CtrlSum"))) == Decimal("1235789.26")
    assert values(xml, "PmtInf/ReqdColltnDt") == ["2027-01-05", "2027-01-05", "2027-01-05", "2027-02-01"]
    assert sorted(values(xml, "EndToEndId")) == sorted(debit.end_to_end_id for debit in several())
    assert len(set(values(xml, "PmtInfId"))) == 4


def test_addresses_are_structured():
    """Street, number, postcode, town and country each have their element; no free line (EPC153-22)."""
    xml = collection_xml(make_collection())
    assert values(xml, "Dbtr/PstlAdr/BldgNb") == ["12 bis"]
    assert values(xml, "Dbtr/PstlAdr/StrtNm") == ["rue de la Republique"]
    assert values(xml, "Cdtr/PstlAdr/TwnNm") == ["Sevres"]
    assert b"AdrLine" not in xml


def test_same_debits_give_the_same_bytes_in_any_order():
    """A file made again is the same file: the bank recognises it, whatever the order or the process."""
    first = collection_xml(make_collection(*several()))
    assert first == collection_xml(make_collection(*reversed(several())))
    script = (
        "import sys; sys.path.insert(0, '.'); from tests.templates.test_sepa import *;"
        "sys.stdout.buffer.write(collection_xml(make_collection(*several())))"
    )
    assert first == subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout


def test_other_debits_give_another_message():
    """The name of a file follows its contents, unless one is given."""
    names = {make_collection(*several()[:count]).identifier for count in (1, 2, 3)}
    assert len(names) == 3
    assert values(collection_xml(make_collection(message_id="LOT-2027-01")), "MsgId") == ["LOT-2027-01"]


def test_instant_is_written_in_utc():
    """The same moment told in another zone is the same file."""
    paris = dt.timezone(dt.timedelta(hours=1))
    assert collection_xml(make_collection()) == collection_xml(make_collection(created_at=NOW.astimezone(paris)))
    assert values(collection_xml(make_collection()), "CreDtTm") == ["2026-12-28T09:30:00Z"]


def test_missing_bic_is_said_to_be_missing():
    """IBAN only: the agent's place is kept, as the scheme has it."""
    xml = collection_xml(make_collection(creditor=replace(CREDITOR, bic="")))
    assert values(xml, "DbtrAgt/FinInstnId/Othr/Id") == values(xml, "CdtrAgt/FinInstnId/Othr/Id") == ["NOTPROVIDED"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amount": Decimal(0)}, "montant positif"),
        ({"amount": Decimal("10.001")}, "montant positif"),
        ({"amount": Decimal(1000000000)}, "montant positif"),
        ({"iban": "FR1420041010050500013M02607"}, "IBAN n'est pas valable"),
        ({"iban": "FR14 2004 1010 0505 0001 3M02 606"}, "sans espaces"),
        ({"iban": "BR1800360305000010009795493C1"}, "zone SEPA"),
        ({"iban": "CH9300762011623852957", "address": None}, "adresse du débiteur"),
        ({"bic": "NOTABIC"}, "BIC"),
        ({"umr": "/M-1"}, "mandat"),
        ({"end_to_end_id": "é"}, "bout en bout"),
        ({"signed_on": dt.date(2027, 2, 1)}, "signé après"),
        ({"due_on": dt.date(2026, 12, 28)}, "au moins un jour"),
        ({"holder": "🌹"}, "le nom manque"),
        ({"remittance": " "}, "libellé"),
        ({"address": PostalAddress("", "69002", "Lyon")}, "structurée"),
    ],
)
def test_debits_that_must_not_leave_are_refused(change, told):
    """Each reason is told under the debit's name, and never with an account or a holder."""
    text = problems(make_collection(replace(ROSE, **change)))
    assert told in text
    assert "0505" not in text
    assert "ROSE" not in text


def test_collections_that_must_not_leave_are_refused():
    """Nothing to collect, a debit twice, a wrong creditor, an instant without zone, a mandate misused."""
    assert "aucun" in problems(Collection(CREDITOR, (), NOW))
    assert "2 fois" in problems(make_collection(ROSE, ROSE))
    assert "ICS" in problems(make_collection(creditor=replace(CREDITOR, creditor_id="FR06ZZZ594821")))
    assert "créancier : l'IBAN" in problems(make_collection(creditor=replace(CREDITOR, iban="FR00")))
    assert "fuseau" in problems(make_collection(created_at=NOW.replace(tzinfo=None)))
    assert "30 caractères" in problems(make_collection(message_id="x" * 31))
    once = replace(ROSE, sequence="OOFF")
    assert "ponctuel" in problems(make_collection(once, replace(once, end_to_end_id="B")))
    other = replace(ROSE, end_to_end_id="B", scheme="B2B")
    assert "un seul schéma" in problems(make_collection(ROSE, other))


def test_account_never_shows_in_a_repr():
    """What a log may print of a collection holds no account and no holder."""
    told = repr(make_collection())
    assert "0505" not in told
    assert "9876534" not in told
    assert "ROSE" not in told


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ((2027, 1, 5), (2027, 1, 5)),
        ((2027, 1, 1), (2027, 1, 4)),
        ((2027, 1, 31), (2027, 2, 1)),
        ((2027, 3, 26), (2027, 3, 30)),
        ((2026, 12, 25), (2026, 12, 28)),
        ((2028, 5, 1), (2028, 5, 2)),
        ((2027, 7, 14), (2027, 7, 14)),
    ],
)
def test_target_days(day, following):
    """New Year, Easter, 1 May and Christmas are closed; a French holiday is not."""
    assert next_target_day(dt.date(*day)) == dt.date(*following)
    assert is_target_day(dt.date(*following))


@pytest.mark.parametrize("umr", ["", "x" * 36, "/M", "M/", "M//1", "M 1", "Mé", "M_1"])
def test_mandate_references_that_banks_refuse(umr):
    """35 characters of the EPC's set, slashes only inside and one at a time."""
    with pytest.raises(MandateError):
        check_umr(umr)


def test_mandate_reference_of_an_order():
    """An order names its mandate, a second one of the same order another; both hold to the rules."""
    assert make_umr("2026-LYO-000042") == "M-2026-LYO-000042"
    assert make_umr("2026-LYO-000042", 2) == "M-2026-LYO-000042-2"
    check_umr(make_umr("2026-lyo/000042"))
    for wrong in ("", "x" * 40):
        with pytest.raises(MandateError):
            make_umr(wrong)
    assert make_end_to_end_id("2026-LYO-000042", 3) == "2026-LYO-000042-03"


def test_creditor_identifiers():
    """The check digits hold over country and national number, not over the business code."""
    for valid in ("FR69ZZZ651190", "DE98ZZZ09999999999", "FR69ABC651190"):
        check_creditor_id(valid)
    with pytest.raises(MandateError):
        check_creditor_id("FR68ZZZ651190")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("L'ÉPICE & Cie", "L'EPICE + Cie"),
        ("« Œuf » n° 3 — 5 €", "OEuf no 3 - 5 EUR"),
        ("//a//b/", "a/b"),
        ("Ελλάδα", "Ellada"),
        ("a\tb\nc", "a b c"),
    ],
)
def test_texts_in_the_banks_alphabet(text, clean):
    """Names stay readable in the Latin set of the EPC."""
    assert epc_text(text, 70) == clean


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("12 rue de la République", ("12", "rue de la République")),
        ("12 bis, rue X", ("12 bis", "rue X")),
        ("4B place Carnot", ("4B", "place Carnot")),
        ("Zone des Lilas", ("", "Zone des Lilas")),
    ],
)
def test_number_and_street(line, parts):
    """The number is parted from the street where one leads the line."""
    assert split_street(line) == parts
