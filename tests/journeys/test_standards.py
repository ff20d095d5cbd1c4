"""What an order leaves behind keeps to the standards to its last byte, as a validator from outside sees it."""

from datetime import timedelta

import pytest

from pipeline.preservation import renew_due
from pipeline.steps.amend import amend
from storage.models import Mandate
from tests.documents.verapdf import failures
from tests.house import REP, choices, documents, drain, sign


@pytest.mark.programs
def test_every_sealed_file_stays_archivable_and_accessible(house, tmp_path):
    """Signed, time-stamped, with revocation data, renewed: all are PDF/A-3b and PDF/UA-1 as when they were drawn."""
    services, order_id = house
    services.clock.move(hours=1)
    with services.works(read_only=True) as work:
        umr = work.first(Mandate).umr
    amendment_id = amend(services, umr, choices(iban="FR1420041010050500013M02606"), REP)
    sign(services, amendment_id)
    drain(services)
    renew_due(services, services.clock() + timedelta(days=9999))
    drain(services)
    paths = []
    for name in (order_id, amendment_id):
        for kind, data in documents(services, name).items():
            if data.startswith(b"%PDF"):
                paths.append(tmp_path / f"{name}-{kind}.pdf")
                paths[-1].write_bytes(data)
    found = failures(paths)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    kinds = [path.stem.partition("-")[2] for path in paths]
    assert {"sealed_form", "evidence", "invoice", "sealed_form_lta", "evidence_lta"} <= set(kinds)
