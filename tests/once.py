"""What takes seconds to make is made once a run, by whichever of pytest's processes asks first."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest


def contents(folder: Path) -> tuple[list[str], str]:
    """The names of an installation's files, and all that its database says."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if "seing.db-" not in path.name)
    with closing(sqlite3.connect(f"file:{folder / 'seing.db'}?mode=ro", uri=True)) as database:
        return names, "\n".join(database.iterdump())


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
