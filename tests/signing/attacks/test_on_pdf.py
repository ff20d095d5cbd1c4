"""No attack on the signed file passes, and each is refused for its own reason."""

import pytest

from signing.verify import Indication
from tests.signing import world
from tests.signing.attacks.on_pdf import ATTACKS


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused(name):
    """The forged file does not pass; the reason found is one that was expected; the sentence says so."""
    make, expected = ATTACKS[name]
    report = world.check(make())
    assert not report.passed
    assert report.indication in {Indication.FAILED, Indication.INDETERMINATE}
    assert expected & world.codes(report), world.codes(report)
    assert report.sentence.startswith(("Non valable", "Impossible de conclure"))
    assert report.sub_indication
