"""What came in for an invoice: counted once no bank can return it, taken back by a return, told to the platform."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from lxml import etree

from pipeline.orders import frozen_of
from pipeline.rules.receipts import Share, counts_from, shares_of, standing
from pipeline.steps import bank, receive
from pipeline.steps import declare as declaring
from pipeline.steps.bank import take_answer
from pipeline.steps.declare import declare
from pipeline.steps.keep_house import nightly
from pipeline.steps.receive import count_receipts
from storage.models import Debit, Event, Invoice, Order, Receipt
from tests.house import REP, drain, kinds
from tests.journeys.bank import camt054, present
from tests.journeys.killing import killed_at_every_line

FIRST, AMOUNT = "2026-LYO-000001-01", Decimal("605.68")
DUE = date(2027, 1, 5)


def rows(services, model, **where):
    with services.works(read_only=True) as work:
        return work.find(model, **where)


def receipts(services):
    with services.works(read_only=True) as work:
        return work.find(Receipt, order_by=Receipt.number)


def move_to(services, day):
    services.clock.now = services.clock.now.replace(year=day.year, month=day.month, day=day.day)


def messages(services):
    folder = services.settings.data_dir / "drop" / "PLATEFORME"
    return {path.stem: etree.fromstring(path.read_bytes()) for path in sorted(folder.glob("*.xml"))}


@pytest.fixture
def collected(house):
    """The first debits are at the bank; it is the day after the last return of the first one."""
    services, order_id = house
    present(services, date(2027, 3, 31))
    move_to(services, counts_from(DUE, "CORE"))
    return services, order_id


def test_the_day_on_which_a_debit_counts():
    """Five days on which banks settle, three for B2B, and one for the bank's file; no holiday, no weekend."""
    assert counts_from(date(2027, 1, 5), "CORE") == date(2027, 1, 13)
    assert counts_from(date(2027, 1, 5), "B2B") == date(2027, 1, 11)
    assert counts_from(date(2026, 12, 25), "CORE") == date(2027, 1, 6), "settled on 28 December, 1 January left out"


def test_a_sum_is_spread_over_the_rates_of_its_invoice():
    """In proportion and to the cent: the parts add up to the sum, and all sums to what each rate owes."""
    groups = [Share(Decimal(20), Decimal("100.00")), Share(Decimal("5.5"), Decimal("33.33"))]
    spread = []
    for amount in ("44.44", "44.44", "0.01", "44.44"):
        shares = shares_of(Decimal(amount), groups, spread)
        assert sum(share.amount for share in shares) == Decimal(amount)
        spread += shares
    for group in groups:
        assert sum(share.amount for share in spread if share.rate == group.rate) == group.amount
    assert standing(Decimal("133.33"), Decimal("133.33")) == "collected"
    assert standing(Decimal("133.33"), Decimal("0.00")) == "unpaid"


def test_a_debit_counts_once_no_bank_can_return_it(collected):
    """Not the day before; then once, dated from its settlement, in the order's chain and in one valid message."""
    services, order_id = collected
    services.clock.move(days=-1)
    assert count_receipts(services) == 0
    services.clock.move(days=1)
    nightly(services)
    nightly(services)
    drain(services)
    assert count_receipts(services) == 0
    (row,) = receipts(services)
    assert (row.kind, row.amount, row.day, row.declaration) == ("received", AMOUNT, DUE, "done")
    assert row.by_rate == [{"rate": "20.00", "amount": "605.68"}]
    (event,) = rows(services, Event, order_id=order_id, kind="invoice.received")
    assert event.data["standing"] == "partly"
    assert event.data["collected"] == "605.68"
    (number,) = [invoice.number for invoice in rows(services, Invoice)]
    ((name, message),) = messages(services).items()
    assert name == f"{number}-212-01"
    found = {
        each: message.findtext(f".//{{*}}{each}") for each in ("ProcessConditionCode", "ValueAmount", "ValuePercent")
    }
    assert found == {"ProcessConditionCode": "212", "ValueAmount": "605.68", "ValuePercent": "20.00"}
    assert message.findtext(".//{*}ReferenceReferencedDocument/{*}IssuerAssignedID") == number
    assert message.findtext(".//{*}ValueDateTime/{*}DateTimeString") == "20270105"


def test_a_return_in_time_is_never_counted(collected):
    """The bank's answer came before the window closed: nothing came in, nothing is declared."""
    services, _ = collected
    services.clock.move(days=-2)
    take_answer(services, camt054((FIRST, "AM04", "605.68")), REP)
    services.clock.move(days=9)
    assert count_receipts(services) == 0
    assert receipts(services) == []


def test_a_refund_takes_its_amount_back(collected):
    """Eight weeks later: the same amount at the same rates goes, on the day of the bank's booking, with its reason."""
    services, order_id = collected
    count_receipts(services)
    services.clock.move(days=20)
    take_answer(services, camt054((FIRST, "MD06", "605.68"), booked="2027-02-01"), REP)
    take_answer(services, camt054((FIRST, "MD06", "605.68"), booked="2027-02-01", message="RET-2"), REP)
    drain(services)
    first, second = receipts(services)
    assert (second.kind, second.amount, second.day, second.reason) == ("taken_back", -AMOUNT, date(2027, 2, 1), "MD06")
    assert [row.declaration for row in (first, second)] == ["done", "done"]
    (event,) = rows(services, Event, order_id=order_id, kind="invoice.taken_back")
    assert (event.data["standing"], event.data["collected"]) == ("unpaid", "0.00")
    back = next(message for name, message in messages(services).items() if name.endswith("-02"))
    assert back.findtext(".//{*}ValueAmount") == "-605.68"
    assert "remboursement" in back.findtext(".//{*}IncludedNote/{*}Content")


def test_every_debit_collected_makes_the_invoice_collected(house):
    """Ten instalments: the standing goes from partly to collected, and the parts add up to the invoice."""
    services, order_id = house
    present(services, date(2030, 1, 1))
    last = max(debit.due_on for debit in rows(services, Debit))
    move_to(services, last + timedelta(days=15))
    assert count_receipts(services) == 10
    events = [event.data["standing"] for event in rows(services, Event, order_id=order_id, kind="invoice.received")]
    assert sorted(events) == ["collected", *["partly"] * 9]
    (invoice,) = rows(services, Invoice)
    assert sum(row.amount for row in receipts(services)) == invoice.total_incl_vat


def test_a_debit_waits_for_its_invoice(collected):
    """No invoice yet: nothing to count on; the night after it is issued, the debit counts."""
    services, _ = collected
    with services.works() as work:
        invoice = work.first(Invoice)
        sha256, invoice.pdf_sha256 = invoice.pdf_sha256, None
    assert count_receipts(services) == 0
    with services.works() as work:
        work.first(Invoice).pdf_sha256 = sha256
    assert count_receipts(services) == 1


def test_a_drop_that_is_away_is_tried_again(collected, monkeypatch):
    """The folder cannot be written for an hour: the message leaves once, later, and says so once."""
    from pipeline.channels.drop import DropError

    services, order_id = collected
    with monkeypatch.context() as patch:

        def away(*_):
            raise DropError("away")

        patch.setattr(services.drop, "put", away)
        count_receipts(services)
        drain(services)
    assert [row.declaration for row in receipts(services)] == ["due"]
    services.clock.move(hours=1)
    drain(services)
    declare(services, receipts(services)[0].id)
    assert [row.declaration for row in receipts(services)] == ["done"]
    assert kinds(services, order_id).count("invoice.declared") == len(messages(services)) == 1


def test_killed_at_any_line_each_debit_counts_once(house):
    """Dead once at every line of counting, telling and taking back: one row, one event, one message of each."""
    services, order_id = house
    present(services, date(2027, 3, 31))
    move_to(services, date(2027, 2, 20))
    killed_at_every_line(lambda: count_receipts(services), receive)
    for row in receipts(services):
        killed_at_every_line(lambda row=row: declare(services, row.id), declaring)
    killed_at_every_line(lambda: take_answer(services, camt054((FIRST, "MD06", "605.68")), REP), bank, receive)
    drain(services)
    assert [row.amount for row in receipts(services)] == [AMOUNT, AMOUNT, -AMOUNT]
    assert [row.number for row in receipts(services)] == [1, 2, 3]
    found = kinds(services, order_id)
    assert [found.count(f"invoice.{kind}") for kind in ("received", "taken_back", "declared")] == [2, 1, 3]
    assert len(messages(services)) == 3


def test_a_customer_without_a_siren_is_not_declared(collected):
    """No company, no message between platforms: the receipt counts all the same."""
    services, order_id = collected
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
    frozen = frozen_of(services, order)
    account = frozen.proposal.account.model_copy(update={"siren": ""})
    changed = frozen.model_copy(update={"proposal": frozen.proposal.model_copy(update={"account": account})})
    with services.works() as work:
        sealed = services.vault.seal(
            changed.to_json().decode(), table="orders", column="canonical_enc", row_id=order_id
        )
        work.lock(Order, order_id).canonical_enc = sealed
    assert count_receipts(services) == 1
    drain(services)
    assert [row.declaration for row in receipts(services)] == ["none"]
    assert messages(services) == {}
