"""A signature held in the moment in which the customer's code is compared, so that a test can come in between."""

from threading import Event

from pipeline.steps import ceremony
from signing.code import code_matches
from tests.house import CUSTOMER


def hold_signature(monkeypatch, pool, services, view):
    """Types the code in a thread of `pool`: the future of that signature, and the event that lets it go on."""
    ticked = [box.key for box in view.consents]
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    inside, go_on = Event(), Event()

    def slow(*args, **kwargs):
        inside.set()
        assert go_on.wait(30)
        return code_matches(*args, **kwargs)

    monkeypatch.setattr("pipeline.steps.ceremony.acceptance.code_matches", slow)
    signing = pool.submit(ceremony.sign, services, view.ceremony_id, services.sms.code, ticked, CUSTOMER)
    assert inside.wait(30)
    return signing, go_on
