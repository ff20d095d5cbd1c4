"""Proposals to begin with: an installation for trying out or for training is not empty."""

from pipeline import samples
from pipeline.bootstrap import Services
from pipeline.origin import SYSTEM
from pipeline.proposal import read, shift_dates
from pipeline.steps.propose import import_proposal
from storage.models import Proposal

SAMPLES = ("au-nom-de-la-rose.json", "epice-et-cie.json", "modern-optic.json")
"""An order of several ranges, one with a right of withdrawal, a quote."""


def seed(services: Services) -> int:
    """Import the samples, their dates moved to come, where no proposal was ever imported. Returns how many."""
    with services.works(read_only=True) as work:
        if work.first(Proposal):
            return 0
    for name in SAMPLES:
        moved, _ = shift_dates(read(samples.read_bytes(name)).proposal, services.today())
        import_proposal(services, moved.to_json(), SYSTEM)
    return len(SAMPLES)
