"""What takes seconds to make is made once a run, by whichever of pytest's processes asks first."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> tuple[Path, Any]:
    """A folder that nobody changes, and what `make(folder)` said about it (JSON), the same for all processes."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # a worker's own folder is inside the run's
    folder, said = shared / f"shared-{name}", shared / f"shared-{name}.json"
    with (shared / f"shared-{name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # let go with the file, whatever happens
        if not said.exists():
            folder.mkdir()
            said.write_text(json.dumps(make(folder)))
    return folder, json.loads(said.read_text())
