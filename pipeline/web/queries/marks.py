"""How a state looks: a tone, which decides the shape; the word beside it comes from the page's texts."""

from collections.abc import Mapping
from datetime import datetime
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


def track_tone(track: Track, now: datetime) -> Tone:
    """A track's tone: amber once its time has passed and it is not there."""
    if track.state in {"waiting", "running"} and is_late(track.due_at, now):
        return "late"
    return _TRACK_TONES[track.state]


def is_late(due_at: datetime | None, now: datetime) -> bool:
    """Whether a due time has passed."""
    return due_at is not None and due_at < now
