"""Order forms drawn and certified, against LibPDF as documented: one warm process each, one core, in turns.

Usage: python -m benchmarks.sealed [RUNS]

Both draw the same words in as many tables, every name and text new each time, and sign the result with RSA-3072. Ours
is tagged PDF/A-3b with its signature fields, its seal read back from its bytes; beside it stands what it costs to have
pyHanko judge the sealed form too, as the product does before it shows it. LibPDF's has neither tags nor fields, and is
not read back; it cuts its fonts when it saves, loads what it has saved and signs it, as its documentation shows. Times
are processor time.
"""

import os
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks import rose
from benchmarks.documents import LibPdf, cost, spread
from benchmarks.signing import PASSPHRASE, Ours
from pipeline.memory import keep_what_is_loaded
from signing import pki
from templates.documents import order_form
from templates.documents.facts import OrderFormData

BATCH, GOAL = 20, 5.0
WARM = 4
"""Rounds that count for nothing: caches and Node's compiler have seen some two hundred documents before the first."""

PEER = "LibPDF as documented"


def measure(runs: int) -> dict[str, list[float]]:
    """Milliseconds per document of each round."""
    found: dict[str, list[float]] = {"drawn": [], "drawn and sealed": [], "and judged by pyHanko": [], PEER: []}
    with tempfile.TemporaryDirectory() as scratch:
        keys = Path(scratch) / "keys"
        pki.create_development_pki(keys, passphrase=PASSPHRASE, now=datetime.now(UTC), organisation="Banc d'essai")
        ours = Ours(keys)
        peer = LibPdf(Path(scratch), BATCH, (keys / pki.SEAL, PASSPHRASE.decode()))
        try:
            for run in range(-WARM, runs):
                if run == 0:
                    keep_what_is_loaded()  # as each process of the product does
                forms = [rose.order_form((run + WARM) * 3 * BATCH + number) for number in range(3 * BATCH)]
                taken = {
                    "drawn": cost(order_form.render, forms[:BATCH]),
                    "drawn and sealed": cost(partial(_sealed, ours), forms[BATCH : 2 * BATCH]),
                    "and judged by pyHanko": cost(partial(_sealed, ours, thorough=True), forms[2 * BATCH :]),
                    PEER: peer(),
                }
                for name, value in taken.items():
                    if run >= 0:
                        found[name].append(value)
        finally:
            peer.close()
    return found


def _sealed(ours: Ours, data: OrderFormData, *, thorough: bool = False) -> bytes:
    return ours.certify(order_form.render(data), thorough=thorough)


def main() -> None:
    """Measure and print."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
    print("milliseconds a document: min / median / max")
    for name, times in found.items():
        print(f"  {name:22}{spread(times)}   {1000 / statistics.median(times):6.1f} documents a second")
    pairs = zip(found[PEER], found["drawn and sealed"], strict=True)
    ratios = [theirs / mine for theirs, mine in pairs]
    met = "met" if statistics.median(ratios) >= GOAL else "MISSED"
    print(f"{met}: LibPDF / ours, round by round {spread(ratios, 'x')} (goal: at least {GOAL:g})")


if __name__ == "__main__":
    main()
