"""The threat model stays true: what it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAID = (ROOT / "docs" / "security.md").read_text("utf-8")


def test_every_test_that_it_names_exists():
    """A line that rests on a test rests on one that runs."""
    named = set(re.findall(r"`(test_\w+)`", SAID))
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
    assert len(named) > 20
    assert {name for name in named if f"def {name}(" not in code} == set()


def test_every_file_that_it_names_exists():
    """Paths are those of the repository, or of the package `pipeline`."""
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", SAID))
    assert named
    assert {name for name in named if not (ROOT / name).exists() and not (ROOT / "pipeline" / name).exists()} == set()
