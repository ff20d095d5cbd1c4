"""A whole ceremony with every logger wide open: no code, number, account or token is left anywhere it must not be."""

import json
import logging
import re
import traceback
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from pipeline.channels.sms import FailoverSms
from pipeline.channels.twilio import TwilioSms, TwilioVoice
from pipeline.errors import SmsRefused
from pipeline.steps import ceremony
from storage.models import Event, Job
from tests.factories import IBAN, sample
from tests.house import CUSTOMER, REP, drain, order_from, order_of
from tests.journeys.pages import Browser, agree
from tests.pipeline.twilio_stand_in import ACCOUNT, TOKEN, stand_in

HOOK = "https://signer.seing.example/webhooks/twilio"


FIGURES = {"created", "msecs", "relativeCreated", "thread", "process", "exc_info"}
"""Of a record: figures that might look like a code by chance."""


class Everything(logging.Handler):
    """Every record of every logger, as text: message, arguments, extras and traceback."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []

    def emit(self, record):
        if record.name.startswith("httpx") and "HTTP Request" in record.getMessage():
            return  # the test's own browser
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        said = {name: value for name, value in vars(record).items() if name not in FIGURES}
        self.lines.append(f"{record.getMessage()} {said!r} {trace}")


@pytest.fixture
def heard():
    handler, loggers = Everything(), [logging.getLogger(), logging.getLogger("sqlalchemy")]
    levels = [logger.level for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:  # SQLAlchemy's own stays at WARNING whatever the root says
        logger.setLevel(logging.DEBUG)
    yield handler
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def test_nothing_secret_is_left_anywhere(heard, services):
    """Codes sent, called, mistyped, refused and accepted; then log, events, jobs, errors, database and addresses."""
    with stand_in() as (address, twilio):
        first = TwilioSms(ACCOUNT, TOKEN, "SEING", f"{HOOK}/sms", api=address)
        second = TwilioSms(ACCOUNT, TOKEN, "SEING", api=address)
        second.name = "second"
        voice = TwilioVoice(ACCOUNT, TOKEN, "+33170000000", f"{HOOK}/voice", api=address)
        services = replace(services, sms=FailoverSms([first, second]), voice=voice)
        order_id = order_from(services, sample("au-nom-de-la-rose"))
        opened = ceremony.open_ceremony(services, order_id, "link", REP)
        ceremony.send_link(services, opened.ceremony_id, opened.token, "sms", REP)
        ceremony.allow_voice(services, order_id, REP)
        page, addresses = Browser(services), []

        def went(browser):
            addresses.extend(str(answer.url) for answer in [*browser.answer.history[1:], browser.answer])

        page.open(f"/s/{opened.token}")
        went(page)
        agree(page)
        page.send("/c/signed", code="000000")
        services.clock.move(seconds=31)
        twilio.failing = 20500
        ticked = [box.key for box in ceremony.view(services, opened.ceremony_id).consents]
        with pytest.raises(SmsRefused) as refused:
            ceremony.send_code(services, opened.ceremony_id, ticked, CUSTOMER)
        twilio.failing = 0
        services.clock.move(seconds=31)
        page.open("/c/code").send("/c/code", place=1)
        went(page)
        digits = re.findall(r">(\d)</Say>", twilio.last["body"]["Twiml"])
        codes = [text[1] for sent in twilio.requests if (text := re.search(r"#(\d{6})$", sent["body"].get("Body", "")))]
        codes.append("".join(digits[:6]))
        page.send("/c/signed", code=codes[-1])
        went(page)
        assert page.path == "/c/signed"
        drain(services)

    with services.works(read_only=True) as work:
        events = [f"{event.kind} {json.dumps(event.data)}" for event in work.find(Event)]
        jobs = [f"{job.key} {json.dumps(job.args)} {job.error}" for job in work.find(Job)]
    assert len(codes) == 4  # two of them were refused, by both providers
    folder = services.settings.data_dir
    database = b"".join(path.read_bytes() for path in folder.glob("seing.db*"))
    error = "".join(traceback.format_exception(refused.value)) + repr(refused.value) + str(refused.value.params)
    paths = [sent["path"] for sent in twilio.requests] + addresses
    assert all(not urlsplit(address).query for address in paths)

    secrets = [opened.token, "612345678", "6 12 34 56 78", IBAN, IBAN[4:], TOKEN, services.pepper.decode()]
    places = {
        "log": heard.lines,
        "events": events,
        "jobs": jobs,
        "error": [error],
        "addresses": paths,
        "objects": [repr(order_of(services, order_id)), repr(services.sms), repr(opened)],
    }
    for place, texts in places.items():
        for secret in [*secrets, *(rf"\b{code}\b" for code in codes)]:
            pattern = secret if secret.startswith(r"\b") else re.escape(secret)
            found = [text[:200] for text in texts if re.search(pattern, text)]
            assert not found, f"{place}: {found[0]}".replace(secret, "***")
    for secret in secrets:
        assert secret.encode() not in database
    assert any("sqlalchemy" in line for line in heard.lines)
