"""An erasure request: what may go goes, what must stay is named; and the vault's keys change without losing a field."""

import os

import pytest

from pipeline.errors import CodeWrong, SendRefused
from pipeline.steps import ceremony
from pipeline.steps.erase import erase, forget_prospects
from pipeline.steps.keep_house import nightly
from pipeline.steps.mandate_life import OPEN
from pipeline.steps.propose import import_proposal
from pipeline.steps.rotate import encrypted_columns, rotate_vault
from signing.errors import TimestampUnavailable
from storage.errors import ArchiveMissing, UnknownKey
from storage.models import (
    ArchiveEntry,
    Base,
    Ceremony,
    ErasedCode,
    Erasure,
    Event,
    Instalment,
    Mandate,
    OneTimeCode,
    Order,
    Proposal,
)
from storage.vault import Vault
from tests.factories import IBAN, make_proposal
from tests.house import CUSTOMER, REP, drain, open_and_read, order_from, order_of

EPJ = "05123874"


def rows(services, model, **where):
    with services.works(read_only=True) as work:
        return work.find(model, **where)


def unsigned_order(services, reference="P-UNSIGNED"):
    """An order whose customer has read it and asked for a code, and gone no further."""
    services.clock.move(hours=1)
    order_id = order_from(services, make_proposal(reference=reference))
    view = open_and_read(services, order_id)
    ceremony.send_code(services, view.ceremony_id, [box.key for box in view.consents], CUSTOMER)
    return order_id


def test_what_may_go_goes_and_what_must_stay_is_named(house):
    """Unsigned orders, proposals, codes and drafts are gone; what is signed stays with its reason and date."""
    services, signed = house
    gone = unsigned_order(services)
    form = order_of(services, gone).form_sha256
    import_proposal(services, make_proposal(reference="P-DRAFT").to_json(), REP)
    report = erase(services, EPJ, REP)

    assert report.gone["orders"] == report.gone["codes"] == report.gone["ceremonies"] == report.gone["drafts"] == 1
    assert report.gone["proposals"] == 2
    assert [row.id for row in rows(services, Order)] == [signed]
    assert {row.order_id for model in (Event, Ceremony, ArchiveEntry) for row in rows(services, model)} == {signed}
    with pytest.raises(ArchiveMissing):
        services.archive.get(form, "drafts")

    kept = {each.what: each for each in report.kept}
    assert kept["bon-de-commande.pdf"].until == kept["facture.pdf"].until == "2036-11-23"
    assert "L123-22" in kept["facture.pdf"].reason
    assert "L133-24" in kept["mandat.json"].reason
    assert {each.order for each in report.kept} == {"2026-LYO-000001"}
    assert len(report.kept) == len(rows(services, ArchiveEntry, area="signed")) + 1
    assert len(rows(services, Instalment)) == 10
    assert rows(services, Instalment)[0].state in OPEN


def test_a_second_request_finds_nothing_more(house):
    """Idempotent: nothing to erase, the same list of what stays; each request is on record without the account."""
    services, _ = house
    unsigned_order(services)
    first = erase(services, EPJ, REP)
    second = erase(services, EPJ, REP)
    assert second.gone == {}
    assert second.kept == first.kept
    records = rows(services, Erasure)
    assert len(records) == 2
    assert all(EPJ not in str(record.gone) + record.account_hash for record in records)


def test_another_account_loses_nothing(house):
    """Only the account that asked; one that was never known is answered all the same."""
    services, _ = house
    other = unsigned_order(services)
    assert erase(services, "99999999", REP).gone == {}
    assert order_of(services, other).state == "signing"


def test_codes_of_a_signed_order_go_once_they_no_longer_count(house):
    """A code that was replaced is in the evidence; a day later its row may go, the accepted one stays."""
    services, _ = house
    with services.works() as work:
        first = work.first(OneTimeCode)
        work.add(
            OneTimeCode(
                ceremony_id=first.ceremony_id,
                sequence=0,
                code_hash=None,
                document_sha256=first.document_sha256,
                amount=first.amount,
                mobile_hash=first.mobile_hash,
                sent_at=first.sent_at,
                expires_at=first.expires_at,
                state="superseded",
            )
        )
    assert "codes" not in erase(services, EPJ, REP).gone
    services.clock.move(days=2)
    assert erase(services, EPJ, REP).gone == {"codes": 1}
    assert [row.state for row in rows(services, OneTimeCode)] == ["used"]


def test_an_erasure_while_the_proof_waits_does_not_prevent_it(services, monkeypatch):
    """The signature binds every code of its ceremony: none goes before the evidence has told it."""
    order_id = order_from(services, make_proposal())
    view = open_and_read(services, order_id)
    ticked = [box.key for box in view.consents]
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    services.clock.move(seconds=40)
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    ceremony.sign(services, view.ceremony_id, services.sms.code, ticked, CUSTOMER)

    def silent(_digest):
        raise TimestampUnavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(services.keys.timestamper, "timestamp", silent)
        drain(services)
        services.clock.move(days=2)
        assert "codes" not in erase(services, EPJ, REP).gone
    for _ in range(3):
        drain(services)
        services.clock.move(minutes=10)
    assert order_of(services, order_id).evidence_sha256
    assert erase(services, EPJ, REP).gone == {"codes": 1}


def test_an_erasure_is_no_way_to_send_more_codes(services):
    """Number, address and rep are counted on after the order went; a day later nothing of its codes is left."""

    def ask(reference, **overrides):
        order_id = order_from(services, make_proposal(reference=reference), **overrides)
        view = ceremony.view(services, ceremony.open_ceremony(services, order_id, "link", REP).ceremony_id)
        ceremony.send_code(services, view.ceremony_id, [box.key for box in view.consents], CUSTOMER)
        return order_id, view

    for number in range(3):
        order_id, view = ask(f"P-{number}")
        wrong = f"{(int(services.sms.code) + 1) % 10**6:06d}"
        with pytest.raises(CodeWrong):
            ceremony.sign(services, view.ceremony_id, wrong, [box.key for box in view.consents], CUSTOMER)
        erase(services, order_of(services, order_id).epj, REP)
        services.clock.move(seconds=31)
    assert rows(services, OneTimeCode) == rows(services, Order) == []
    with pytest.raises(SendRefused) as caught:
        ask("P-3")
    assert caught.value.reason == "too_many_recently"
    kept = rows(services, ErasedCode)
    assert {(row.rep_id, row.ip, row.wrong_tries) for row in kept} == {("c.delmas", CUSTOMER.ip, 1)}
    assert len(kept) == 3
    services.clock.move(days=1)
    nightly(services)
    assert rows(services, ErasedCode) == []


def test_prospects_are_forgotten_after_three_years(house):
    """Never signed and not touched for three years: gone; what was signed stays."""
    services, signed = house
    unsigned_order(services)
    services.clock.move(days=40)
    ceremony.expire(services)
    services.clock.move(days=3 * 365 - 60)
    assert forget_prospects(services) == 0
    services.clock.move(days=40)
    assert forget_prospects(services) == 1
    assert forget_prospects(services) == 0
    assert [row.id for row in rows(services, Order)] == [signed]
    assert len(rows(services, Proposal)) == 1


def rotated(services, *names):
    """Services whose vault holds its old key behind new ones."""
    old = services.vault
    ciphers = dict(old._ciphers)
    keys = {name: os.urandom(32) for name in names}
    new = Vault(keys, names[0], old._fingerprint_key)
    new._ciphers |= ciphers
    object.__setattr__(services, "vault", new)
    return new


def fields(services):
    with services.works(read_only=True) as work:
        for model, column in encrypted_columns():
            for row in work.find(model):
                if getattr(row, column) is not None:
                    yield model, column, row.id, getattr(row, column)


def test_every_field_moves_to_the_new_key(house):
    """All encrypted columns of all tables; the old key is needed no more; a second run finds nothing to do."""
    services, _ = house
    count = len(list(fields(services)))
    vault = rotated(services, "k2")
    assert rotate_vault(services, batch=2).sealed == count
    assert {vault.key_id(value) for *_, value in fields(services)} == {"k2"}
    again = rotate_vault(services, batch=2)
    assert (again.sealed, again.fresh) == (0, count)
    vault._ciphers = {"k2": vault._ciphers["k2"]}
    row = rows(services, Mandate)[0]
    assert vault.open_text(row.iban_enc, table="mandates", column="iban_enc", row_id=row.id) == IBAN
    for model, column, row_id, value in fields(services):
        assert vault.open(value, table=model.__tablename__, column=column, row_id=row_id)


def test_rotation_goes_on_where_it_was_cut(house):
    """Killed half-way: what was sealed again stays, the next run does the rest."""
    services, _ = house
    vault = rotated(services, "k2")
    count = len(list(fields(services)))

    def cut(_column, seen):
        if seen >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate_vault(services, batch=2, told=cut)
    moved = sum(vault.key_id(value) == "k2" for *_, value in fields(services))
    assert 0 < moved < count
    rest = rotate_vault(services)
    assert (rest.sealed, rest.fresh) == (count - moved, moved)


def test_a_field_under_a_lost_key_stops_the_rotation(house):
    """Named, not passed over: nobody throws a key away on a report that hid something."""
    services, _ = house
    object.__setattr__(services, "vault", Vault({"k9": os.urandom(32)}, "k9", os.urandom(32)))
    with pytest.raises(UnknownKey):
        rotate_vault(services)


def test_no_encrypted_column_is_forgotten():
    """Whatever binary column is added later under another name must be thought of here."""
    binary = {
        f"{mapper.class_.__name__}.{column.key}"
        for mapper in Base.registry.mappers
        for column in mapper.columns
        if column.type.python_type is bytes
    }
    known = {f"{model.__name__}.{column}" for model, column in encrypted_columns()}
    assert binary - known <= {"IdempotencyKey.body", "RevocationList.crl"}  # sealed by its own step; published
    assert {"User.mobile_enc", "Order.canonical_enc", "Mandate.iban_enc"} <= known
