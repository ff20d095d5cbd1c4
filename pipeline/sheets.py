"""Call-tracking sheets of an order: those that were in the proposal, and those filled since its signature."""

from pydantic import ValidationError

from pipeline.bootstrap import Services
from pipeline.errors import NotFound, Unreadable, WrongState
from pipeline.events import record
from pipeline.flow import NAMES, State
from pipeline.frozen import Frozen
from pipeline.orders import frozen_of, lock_order
from pipeline.origin import Origin
from pipeline.proposal import CallTrackingSheet, Line, Problem
from pipeline.rules.lines import needs_sheet
from storage.models import CallTrackingSheet as Row
from storage.models import Order
from storage.work import Work

PAPER_SHEET = "call_tracking_sheet"
"""The enclosure by which a customer insists on a paper sheet."""

OPEN_STATES = (State.SEALED, State.HELD, State.REJECTED, State.SIGNED, State.PREPARED, State.SIGNING)
"""States in which a sheet may still be filled: until the agency has the order."""


def lines_of(frozen: Frozen) -> dict[str, Line]:
    """Every line of an order by its place in the proposal."""
    return {
        f"sub_orders[{i}].lines[{j}]": line
        for i, sub_order in enumerate(frozen.proposal.sub_orders)
        for j, line in enumerate(sub_order.lines)
    }


def missing_sheets(work: Work, order: Order, frozen: Frozen) -> list[str]:
    """Places of the lines that wait for a sheet, which neither travels with the order nor is expected on paper."""
    if PAPER_SHEET in frozen.proposal.enclosures:
        return []
    filled = {row.place for row in work.find(Row, order_id=order.id)}
    return [place for place, line in lines_of(frozen).items() if needs_sheet(line) and place not in filled]


def filled_sheets(services: Services, work: Work, order: Order, frozen: Frozen) -> dict[str, CallTrackingSheet]:
    """Every sheet of an order by the place of its line."""
    found = {
        place: line.call_tracking.sheet
        for place, line in lines_of(frozen).items()
        if line.status != "cancelled" and line.call_tracking and line.call_tracking.sheet
    }
    for row in work.find(Row, order_id=order.id):
        data = services.vault.open(row.data_enc, table="call_tracking_sheets", column="data_enc", row_id=row.id)
        found[row.place] = CallTrackingSheet.model_validate_json(data)
    return dict(sorted(found.items()))


def fill_sheet(services: Services, order_id: str, place: str, values: dict[str, object], origin: Origin) -> None:
    """Keep the sheet of one line, as filled on screen; filling it again replaces it.

    Raises:
        NotFound: no such order, or no such line in it.
        WrongState: the agency has the order already.
        Unreadable: what is wrong with the values, by field.
    """
    try:
        sheet = CallTrackingSheet.model_validate(values)
    except ValidationError as error:
        wrong = [
            Problem(".".join(str(part) for part in item["loc"]), "valeur refusée", "value refused")
            for item in error.errors(include_input=False, include_url=False)
        ]
        raise Unreadable(wrong) from None
    if not sheet.numbers:
        missing = Problem("numbers", "indiquez au moins un numéro mesuré", "give one measured number at least")
        raise Unreadable([missing])
    with services.works() as work:
        order = lock_order(work, order_id)
        if order.state not in OPEN_STATES:
            raise WrongState(state=NAMES[State(order.state)])
        if place not in lines_of(frozen_of(services, order)):
            raise NotFound
        row = work.first(Row, order_id=order_id, place=place)
        now = services.clock()
        if row is None:
            row = Row(order_id=order_id, place=place, data_enc=b"", filled_by=origin.actor, filled_at=now)
            work.add(row)
        row.data_enc = services.vault.seal(
            sheet.model_dump_json(), table="call_tracking_sheets", column="data_enc", row_id=row.id
        )
        row.filled_by, row.filled_at = origin.actor, now
        record(work, order_id, "sheet.filled", origin, now, {"place": place})
