"""A process that has started leaves what it loaded out of its collections."""

import json
import subprocess
import sys

PROGRAM = """
import gc, json, pipeline.bootstrap
from pipeline.memory import keep_what_is_loaded

class Ring:
    def __init__(self):
        self.me = self

    def __del__(self):
        gone.append(1)

gone = []
keep_what_is_loaded()
kept = gc.get_freeze_count()
Ring()
gc.collect()
print(json.dumps([kept, len(gone), gc.isenabled()]))
"""


def test_what_is_loaded_is_kept_and_rings_made_later_still_go():
    """Modules are out of the collector's sight; it still runs, and finds the cycles that work leaves behind."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    kept, gone, enabled = json.loads(done.stdout)
    assert kept > 10_000
    assert (gone, enabled) == (1, True)
