"""What runs after the signature: each job's step, its queue, and the track of the order that it moves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.steps.archive import archive
from pipeline.steps.bank import tell_returned
from pipeline.steps.batch import batch
from pipeline.steps.ceremony import message_cost
from pipeline.steps.copy import copy
from pipeline.steps.declare import declare
from pipeline.steps.evidence import evidence
from pipeline.steps.invoice import invoice
from pipeline.steps.keep_house import nightly
from pipeline.steps.mandate import mandate
from pipeline.steps.manifest import manifest
from pipeline.steps.prenotify import announce
from pipeline.steps.preserve import preserve
from pipeline.steps.read_back import check_archive
from pipeline.steps.renounce import acknowledge, cancel
from pipeline.steps.seal import seal
from pipeline.steps.tell import tell_locked, tell_rep


@dataclass(frozen=True)
class Kind:
    """How a kind of job runs."""

    step: Callable[..., Any]
    queue: str
    track: str | None = None


FIRST = "sealing"
"""The queue that is served before all others: somebody waits at a counter. Documents are computed, deliveries wait for
other people's servers."""

STEPS: dict[str, Kind] = {
    "seal": Kind(seal, "sealing"),
    "preserve": Kind(preserve, "sealing"),
    "evidence": Kind(evidence, "documents", "archive"),
    "archive": Kind(archive, "documents", "archive"),
    "invoice": Kind(invoice, "documents", "invoice"),
    "mandate": Kind(mandate, "documents", "mandate"),
    "batch": Kind(batch, "documents", "agency"),
    "cancel": Kind(cancel, "documents"),
    "copy": Kind(copy, "delivery", "copy"),
    "tell_rep": Kind(tell_rep, "delivery"),
    "tell_locked": Kind(tell_locked, "delivery"),
    "acknowledge": Kind(acknowledge, "delivery"),
    "message_cost": Kind(message_cost, "delivery"),
    "announce": Kind(announce, "delivery"),
    "tell_returned": Kind(tell_returned, "delivery"),
    "declare": Kind(declare, "delivery"),
    "manifest": Kind(manifest, "documents"),
    "nightly": Kind(nightly, "documents"),
    "check_archive": Kind(check_archive, "documents"),
}
"""By the name that jobs carry; names never change meaning, because rows outlive programs."""

QUEUES = frozenset(kind.queue for kind in STEPS.values())
