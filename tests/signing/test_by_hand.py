"""What `docs/verify.md` tells an outsider to type really works, word for word."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.signing import world
from tests.signing.test_verify import _carrier

DOCUMENT = Path(__file__).parents[2] / "docs" / "verify.md"


def by_hand(folder, pdf, carrier, root, amount):
    """Type what the document says: every command succeeds, every pair of hashes printed is equal."""
    (folder / "bon-de-commande.pdf").write_bytes(pdf)
    (folder / "preuve.pdf").write_bytes(carrier)
    (folder / "racine.pem").write_bytes(root.public_bytes(Encoding.PEM))
    script = "\n".join(re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    hashes = re.findall(r"^[0-9a-f]{64}$", done.stdout, re.MULTILINE)
    assert 14 == len(hashes)
    assert hashes[::2] == hashes[1::2]
    assert 2 == done.stdout.splitlines().count(str(amount))
    assert "Verification: OK" in done.stdout + done.stderr
    assert 3 == done.stderr.count("CMS Verification successful")


@pytest.mark.programs
@pytest.mark.parametrize("level", ["B-T", "B-LTA"])
def test_the_manual_verification_succeeds(level, tmp_path):
    """Every command succeeds on a sound order."""
    pdf, facts, data = world.case(level)
    by_hand(tmp_path, pdf, _carrier(data), world.world().root, facts.order.total_incl_vat)
