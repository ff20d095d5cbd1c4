"""How a state looks: a tone, which decides the shape; the word beside it comes from the page's texts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from pipeline.flow import State
from storage.models import Track

Tone = Literal["done", "running", "waiting", "late", "failed", "over"]

ORDER_TONES: Final[Mapping[str, Tone]] = {
    State.PREPARED: "waiting",
    State.SIGNING: "running",
    State.SIGNED: "running",
    State.SEALED: "done",
    State.HELD: "waiting",
    State.RELEASED: "running",
    State.ACCEPTED: "done",
    State.REJECTED: "late",
    State.WITHDRAWN: "over",
    State.DECLINED: "over",
    State.EXPIRED: "over",
    State.CANCELLED: "over",
}

PROPOSAL_TONES: Final[Mapping[str, Tone]] = {
    "draft": "waiting",
    "presented": "running",
    "validated": "done",
    "ordered": "done",
}

_TRACK_TONES: Final[Mapping[str, Tone]] = {
    "waiting": "waiting",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "not_needed": "over",
}


AGENCY_PATIENCE = timedelta(days=2)
"""How long an agency may think about a batch before its rep sees amber."""

PAPERS_PATIENCE = timedelta(days=10)
"""How long papers may travel to the scanning provider (STANDARDS 8: reconcile, alert after some days)."""


_DOCUMENTS = ("sealed_form", "evidence", "invoice", "credit_note", "mandate", "slip", "form", "evidence_json")


def document_rank(kind: str) -> int:
    """The place of a document among those of its order: what people ask for first, what programs read last."""
    return _DOCUMENTS.index(kind) if kind in _DOCUMENTS else len(_DOCUMENTS)


def due_of(track: Track) -> datetime | None:
    """When a track is expected to be done; None while it waits for somebody's click.

    What follows the signature has its due time from it; agency and papers wait for the release, and count from there.
    """
    if track.name == "agency":
        return track.updated_at + AGENCY_PATIENCE if track.state == "running" else None
    if track.name == "papers":
        return track.updated_at + PAPERS_PATIENCE if track.detail else None
    return track.due_at


def track_tone(track: Track, now: datetime) -> Tone:
    """A track's tone: amber once its time has passed and it is not there."""
    if track.state in {"waiting", "running"} and is_late(due_of(track), now):
        return "late"
    return _TRACK_TONES[track.state]


def is_late(due_at: datetime | None, now: datetime) -> bool:
    """Whether a due time has passed."""
    return due_at is not None and due_at < now
