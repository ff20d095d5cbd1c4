"""The signed set is complete: every document is read back from the archive and compared once more."""

from pipeline.bootstrap import Services
from pipeline.errors import NotFound
from pipeline.events import record
from pipeline.orders import lock_order, set_track
from pipeline.origin import SYSTEM
from pipeline.recorded import written
from pipeline.retry import Later
from storage.errors import ArchiveUnavailable
from storage.models import ArchiveEntry, Order, Track


def archive(services: Services, order_id: str) -> None:
    """Read back what proves the order; note it on the trail. A missing or altered document is an error for a human."""
    with services.works(read_only=True) as work:
        order = work.get(Order, order_id)
        track = work.get(Track, (order_id, "archive"))
        entries = work.find(ArchiveEntry, order_id=order_id, area="signed")
    if track.state == "done":
        return
    kinds = {entry.kind for entry in entries}
    if not order.sealed_sha256 or not {"sealed_form", "evidence"} <= kinds:
        raise NotFound
    try:
        for entry in entries:
            services.archive.get(entry.sha256, area="signed")
    except ArchiveUnavailable as error:
        raise Later(error.code) from error
    with services.works() as work:
        lock_order(work, order_id)
        if work.lock(Track, (order_id, "archive")).state == "done":
            return
        at = services.clock()
        until = min(entry.retain_until for entry in entries if entry.retain_until)
        set_track(work, order_id, "archive", "done", at, written("archive.kept", count=len(entries), day=until))
        data = {"documents": sorted(entry.sha256 for entry in entries), "retain_until": until.isoformat()}
        record(work, order_id, "order.archived", SYSTEM, at, data)
