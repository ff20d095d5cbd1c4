"""Papers that came back from the scanning provider: kept with the order that they belong to, each file once.

The slip's bar codes say which order; whoever calls this has read them (`steps.batch` draws the slip).
"""

from dataclasses import dataclass

from pipeline.bootstrap import Services
from pipeline.errors import NotFound, ScanUnreadable, WrongState
from pipeline.events import record
from pipeline.flow import NAMES, State
from pipeline.orders import keep, lock_order, retain_until, set_track
from pipeline.origin import Origin
from pipeline.pages import pages_of
from storage.models import ArchiveEntry, Order, Slip

KIND = "scan"

MOST_BYTES = 50_000_000
"""Of one scanned paper."""


@dataclass(frozen=True)
class Scanned:
    """What the order has now. `fresh`: this file was not there before; `expected`: papers that the slip announced."""

    number: str
    pages: int
    fresh: bool
    received: int
    expected: int


def take_scan(services: Services, number: str, pdf: bytes, origin: Origin) -> Scanned:
    """Archive a scanned paper under the lock of the order's set; the same file again changes nothing.

    Raises:
        NotFound: no such order.
        WrongState: it is not sealed yet.
        ScanUnreadable: no PDF with a page, or too large.
        ArchiveUnavailable: the archive does not answer; nothing is recorded.
    """
    pages = _pages(pdf)
    with services.works(read_only=True) as work:
        order = work.first(Order, number=number)
    if order is None:
        raise NotFound
    if order.sealed_sha256 is None:
        raise WrongState(state=NAMES[State(order.state)])
    until = retain_until(services, services.today())
    sha256 = services.archive.put(pdf, area="signed", retain_until=until, media_type="application/pdf")
    with services.works() as work:
        order = lock_order(work, order.id)
        before = work.find(ArchiveEntry, order_id=order.id, kind=KIND)
        slips = work.find(Slip, order_id=order.id)
        expected = sum(len(slip.papers) for slip in slips)
        fresh = sha256 not in {entry.sha256 for entry in before}
        received = len(before) + fresh
        if fresh:
            keep(services, work, order, KIND, f"papier-{received}.pdf", pdf, "application/pdf", "signed")
            at = services.clock()
            record(work, order.id, "paper.scanned", origin, at, {"sha256": sha256, "pages": pages})
            if slips and received >= expected:
                set_track(work, order.id, "papers", "done", at, slips[0].number)
        return Scanned(number, pages, fresh, received, expected)


def _pages(pdf: bytes) -> int:
    if len(pdf) > MOST_BYTES:
        raise ScanUnreadable(reason="il est trop volumineux")
    try:
        count = pages_of(pdf)
    except ValueError:
        raise ScanUnreadable(reason="ce n'est pas un PDF, ou il est protégé") from None
    if not count:
        raise ScanUnreadable(reason="il n'a aucune page")
    return count
