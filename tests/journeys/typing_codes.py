"""What a customer does with the boxes and the code, through the steps."""

import pytest

from pipeline.errors import CodeWrong
from pipeline.steps import ceremony
from tests.house import CUSTOMER, REP


def ticked(view):
    return [box.key for box in view.consents]


def send(services, view):
    return ceremony.send_code(services, view.ceremony_id, ticked(view), CUSTOMER)


def type_in(services, view, code):
    ceremony.sign(services, view.ceremony_id, code, ticked(view), CUSTOMER)


def wrong(services):
    return f"{(int(services.sms.code) + 1) % 10**6:06d}"


def lock(services, view):
    """Five wrong codes, each answered as any other."""
    for _ in range(5):
        with pytest.raises(CodeWrong):
            type_in(services, view, wrong(services))


def reopened(services, order_id):
    return ceremony.open_ceremony(services, order_id, "link", REP, reason="Client rappelé").ceremony_id
