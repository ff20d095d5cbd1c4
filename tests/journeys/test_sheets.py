"""Call tracking that a standard form cannot say: nothing leaves before its sheet is filled."""

import json
import zipfile

import pytest

from pipeline.errors import NotFound, SheetRequired, Unreadable
from pipeline.proposal import Proposal
from pipeline.sheets import fill_sheet
from pipeline.steps.release import release
from tests.factories import sample
from tests.house import REP, drain, order_from, sign

PLACE = "sub_orders[0].lines[3]"


def two_numbers() -> Proposal:
    tree = sample("au-nom-de-la-rose").model_dump(mode="json")
    tree["sub_orders"][0]["lines"][3]["call_tracking"]["measured_numbers"] = ["+33478370000", "+33478370001"]
    return Proposal.model_validate_json(json.dumps(tree))


@pytest.fixture
def order_id(services):
    order_id = order_from(services, two_numbers())
    sign(services, order_id)
    drain(services)
    return order_id


def test_no_release_without_its_sheet(services, order_id):
    """Two measured numbers need a sheet; once filled it travels with the order."""
    with pytest.raises(SheetRequired):
        release(services, order_id, REP)
    numbers = ({"number": "+33478370000", "medium": "internet"}, {"number": "+33478370001", "medium": "annuaire"})
    fill_sheet(services, order_id, PLACE, {"numbers": numbers, "contact_name": "Hélène Garnier"}, REP)
    release(services, order_id, REP)
    drain(services)
    (path,) = (services.settings.data_dir / "drop" / "LYO").glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        assert "2026-LYO-000001/annexes/fiche-suivi-appels-01.pdf" in archive.namelist()


def test_wrong_sheets_are_refused_with_their_field(services, order_id):
    """An empty sheet and a line that is not there."""
    with pytest.raises(Unreadable) as caught:
        fill_sheet(services, order_id, PLACE, {"numbers": ()}, REP)
    assert caught.value.problems[0].path == "numbers"
    with pytest.raises(NotFound):
        fill_sheet(services, order_id, "sub_orders[9].lines[0]", {"numbers": ({"number": "+33478370000"},)}, REP)
