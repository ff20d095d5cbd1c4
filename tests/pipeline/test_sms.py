"""Text messages and calls through Twilio's package and a generic provider, against stand-ins of their HTTP."""

import json
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from pipeline.bootstrap import build_sms, build_voice
from pipeline.channels.sms import (
    ConsoleSms,
    FailoverSms,
    Receipt,
    Sms,
    SmsRejected,
    SmsUnreachable,
    can_take_over,
)
from pipeline.channels.sms_http import HttpSms, Template, read_template
from pipeline.channels.sms_reports import ReportTemplate, read_reports
from pipeline.channels.twilio import TwilioSms, TwilioVoice
from pipeline.channels.voice import Call, ConsoleVoice
from pipeline.config import load_settings
from pipeline.errors import Misconfigured
from templates.messages import code_voice
from templates.messages.gsm7 import gsm7_segments
from templates.messages.locked_sms import LockedSms
from templates.messages.locked_sms import compose as locked_text
from tests.pipeline.twilio_stand_in import ACCOUNT, TOKEN, stand_in

MOBILE, TEXT = "+33612345678", "Votre code : 482913\n@signer.example #482913"
SMS = Sms(MOBILE, TEXT, validity=300)
HOOK = "https://signer.example/webhooks/twilio/sms"


@pytest.fixture
def twilio():
    with stand_in() as (address, told):
        yield TwilioSms(ACCOUNT, TOKEN, "SEING", HOOK, api=address, timeout=0.4), told


def test_a_message_leaves_with_all_that_twilio_needs(twilio):
    """Alphanumeric sender, the code's life as validity, where to report; the SID comes back."""
    gateway, told = twilio
    receipt = gateway.send(SMS, key="code:1")
    assert told.last["body"] == {
        "To": MOBILE,
        "From": "SEING",
        "Body": TEXT,
        "ValidityPeriod": "300",
        "StatusCallback": HOOK,
    }
    assert (receipt.provider, receipt.delivery) == ("twilio", "queued")
    assert receipt.provider_id.startswith("SM")
    assert "482913" not in told.last["path"]


@pytest.mark.parametrize(
    ("failing", "kind"), [(21614, SmsRejected), (20003, SmsRejected), (20429, SmsUnreachable), (20500, SmsUnreachable)]
)
def test_errors_are_told_apart_and_tell_nothing(twilio, failing, kind):
    """A landline is a refusal, a limit or a failure is silence; number and text are in no error, nor in its context."""
    gateway, told = twilio
    told.failing = failing
    with pytest.raises(kind) as caught:
        gateway.send(SMS, key="code:1")
    assert caught.value.code == str(failing)
    assert caught.value.__context__ is None
    assert "612345678" not in str(caught.value)
    assert "482913" not in repr(caught.value)


def test_silence_is_given_up(twilio):
    """A provider that does not answer in time is unreachable."""
    gateway, told = twilio
    told.slow = 0.8
    with pytest.raises(SmsUnreachable):
        gateway.send(SMS, key="code:1")


def test_nobody_listens():
    """A closed port is unreachable too."""
    with pytest.raises(SmsUnreachable):
        TwilioSms(ACCOUNT, TOKEN, "SEING", api="http://127.0.0.1:9", timeout=0.4).send(SMS, key="code:1")


def test_a_wrong_secret_is_refused():
    """The stand-in checks the account, as Twilio does."""
    with stand_in() as (address, _), pytest.raises(SmsRejected):
        TwilioSms(ACCOUNT, "other", "SEING", api=address).send(SMS, key="code:1")


def test_without_a_public_address_no_report_is_awaited(twilio):
    """Twilio is given https alone; without a report to come, its silence says nothing."""
    assert twilio[0].reports
    assert not TwilioSms(ACCOUNT, TOKEN, "SEING", "http://127.0.0.1/hook").reports


def test_what_a_message_has_cost(twilio):
    """Twilio says it later, with a minus sign; unknown until then."""
    gateway, told = twilio
    assert gateway.cost("SM1") is None
    told.price = "-0.07980"
    assert gateway.cost("SM1") == "0.07980 EUR"


def test_a_call_says_the_code_and_no_address_holds_it():
    """TwiML travels in the body: French voice, digits one by one, twice; the telephone rings a quarter of a minute."""
    said = code_voice.compose(code_voice.CodeVoice("Édipresse & Fils", Decimal("6056.76"), "482913", 5))
    with stand_in() as (address, told):
        TwilioVoice(ACCOUNT, TOKEN, "+33170000000", HOOK, api=address).call(Call(MOBILE, said), key="call:1")
    body = told.last["body"]
    assert (body["To"], body["From"], body["Timeout"]) == (MOBILE, "+33170000000", "15")
    assert "Url" not in body
    twiml = body["Twiml"]
    digits = "".join(f'<Say language="fr-FR">{digit}</Say><Pause length="1" />' for digit in "482913")
    assert twiml.count(digits) == 2
    assert "Édipresse &amp; Fils" in twiml
    assert "Ne communiquez ce code à personne" in twiml
    assert "482913" not in told.last["path"] + twiml


def test_english_is_said_in_english():
    """The language of the order is that of the call."""
    said = code_voice.compose(code_voice.CodeVoice("Rose", Decimal(10), "000001", 5, "en"))
    assert [item for item in said if item.isdigit()] == list("000001" * 2)
    assert said[0].startswith("Hello. Rose")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "seller", ["Rose", "Société des annuaires et des pages de proximité du Grand Sud-Ouest SAS", "東京"]
)
def test_the_notice_of_a_lock_is_one_message(language, seller):
    """It fits one GSM-7 segment, whoever sends it, and names the order."""
    text = locked_text(LockedSms(seller, "2026-LYO-000042", language)).text
    assert gsm7_segments(text) == 1
    assert "2026-LYO-000042" in text


class Provider:
    """Takes, refuses or stays silent."""

    def __init__(self, name, problem=None, *, reports=True):
        self.name, self.problem, self.reports, self.sent = name, problem, reports, []

    def send(self, sms, *, key):
        if self.problem:
            raise self.problem
        self.sent.append(sms)
        return Receipt(self.name, key)


@pytest.mark.parametrize("problem", [SmsRejected("no"), SmsUnreachable("silent")])
def test_the_second_provider_takes_over(problem):
    """On a refusal or a time-out; the receipt says who failed before."""
    first, second = Provider("first", problem), Provider("second")
    receipt = FailoverSms([first, second]).send(SMS, key="code:1")
    assert (receipt.provider, receipt.failed) == ("second", ("first",))


def test_nobody_takes_it():
    """The last word is told."""
    with pytest.raises(SmsRejected):
        FailoverSms([Provider("a", SmsUnreachable("silent")), Provider("b", SmsRejected("no"))]).send(SMS, key="k")
    with pytest.raises(SmsUnreachable):
        FailoverSms([]).send(SMS, key="k")


def test_the_one_that_did_not_deliver_is_tried_last():
    """Last, not never: alone he is better than nobody."""
    first, second = Provider("first"), Provider("second")
    both = FailoverSms([first, second])
    assert both.send(Sms(MOBILE, TEXT, not_by="first"), key="k").provider == "second"
    second.problem = SmsUnreachable("silent")
    assert both.send(Sms(MOBILE, TEXT, not_by="first"), key="k").provider == "first"


def test_who_can_take_over():
    """Another provider must be there, and the silence of the first must mean something."""
    first, mute, second = Provider("first"), Provider("mute", reports=False), Provider("second")
    assert can_take_over(FailoverSms([first, second]), "first")
    assert not can_take_over(FailoverSms([first]), "first")
    assert not can_take_over(FailoverSms([mute, second]), "mute")
    assert not can_take_over(first, "first")


def post(monkeypatch, status=200, said=None, content=None, error=None):
    """Stand in for the network of the generic provider; gives what was posted."""
    posted = {}

    def answer(url, **request):
        posted.update(request, url=url)
        if error:
            raise error
        body = {"content": content} if content is not None else {"json": said or {}}
        return httpx.Response(status, **body, request=httpx.Request("POST", url))

    monkeypatch.setattr(httpx, "post", answer)
    return posted


def test_the_generic_provider_as_it_comes(monkeypatch):
    """Number, text, sender, key and validity as JSON; the secret as bearer; named after its host."""
    posted = post(monkeypatch, said={"id": "m-1", "status": "accepted", "cost": 0.045, "currency": "eur"})
    receipt = HttpSms("https://sms.example/v1/send", "SEING", "s3cret").send(SMS, key="code:1")
    assert posted["json"] == {"to": MOBILE, "text": TEXT, "sender": "SEING", "key": "code:1", "validity": 300}
    assert posted["headers"] == {"Idempotency-Key": "code:1", "Authorization": "Bearer s3cret"}
    assert receipt == Receipt("sms.example", "m-1", "accepted", cost="0.045 EUR")


def test_the_generic_provider_by_template(monkeypatch, tmp_path):
    """Shape, headers and where the answer says what are a file's; values are never read as a template."""
    path = tmp_path / "sms.json"
    shape = {"messages": [{"destinations": ["{to}"], "text": "{text}", "ttl": "{validity}", "ref": "seing {key}"}]}
    path.write_text(json.dumps({"headers": {"X-Key": "App {token}"}, "body": shape, "id": "messages.0.ref"}))
    posted = post(monkeypatch, said={"messages": [{"ref": 7}]})
    sms = Sms(MOBILE, "code {token} {to}", validity=300)
    receipt = HttpSms("https://sms.example/send", "SEING", "s3cret", read_template(path)).send(sms, key="k")
    assert posted["json"]["messages"] == [
        {"destinations": [MOBILE], "text": "code {token} {to}", "ttl": 300, "ref": "seing k"}
    ]
    assert posted["headers"]["X-Key"] == "App s3cret"
    assert receipt == Receipt("sms.example", "7", "queued")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "[]",
            "7",
            '{"unknown": 1}',
            '{"body": {"text": "{text}"}}',
            '{"report": "json"}',
            '{"report": {"at": ""}}',
        ),
        *('{"report": {"format": "xml"}}', '{"report": {"id": ""}}', '{"report": {"encoding": "utf-8"}}'),
        *('{"report": {"statuses": {"OK": "arrived"}}}', '{"report": {"format": "form", "each": "all"}}'),
    ],
)
def test_a_template_that_cannot_work_is_refused(tmp_path, text):
    """At start-up, not when a customer waits."""
    path = tmp_path / "sms.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"objet JSON|de place"):
        read_template(path)


def test_a_reporting_provider_speaks_its_own_words(monkeypatch):
    """Its answer's status is told in our words too, so that a report can move it forward."""
    template = Template(report=ReportTemplate(statuses={"PENDING": "queued"}))
    post(monkeypatch, said={"id": "m-1", "status": "PENDING"})
    gateway = HttpSms("https://sms.example/send", "SEING", template=template, secret="s")
    assert gateway.send(SMS, key="k").delivery == "queued"
    assert gateway.reports
    assert not HttpSms("https://sms.example/send", "SEING", template=template).reports
    assert not HttpSms("https://sms.example/send", "SEING", secret="s").reports


@pytest.mark.parametrize(
    ("template", "said", "read"),
    [
        ({}, b'{"id": 7, "status": "sent"}', [("7", "sent")]),
        ({"id": "a.0.id", "status": "a.0.s"}, b'{"a": [{"id": "m", "s": "OK"}]}', [("m", "delivered")]),
        ({"each": "all"}, b'{"all": [{"id": "m", "status": "sent"}, 3, {"id": "n"}]}', [("m", "sent")]),
        ({"each": "all"}, b'{"all": {"id": "m", "status": "sent"}}', []),
        ({"format": "form"}, b"id=m%2F1&status=OK&id=", [("m/1", "delivered")]),
        ({"format": "query"}, b"status=unheard&id=m", [("m", "unheard")]),
        ({}, b"", []),
        ({}, b"\xff{", []),
        ({}, b"[" * 100_000, []),
        ({}, b'{"id": true, "status": ["sent"]}', []),
        ({"format": "form"}, b"\xff=\xfe&&&", []),
    ],
)
def test_reports_are_read_where_the_template_says(template, said, read):
    """One or several, JSON, form or query; noise is nothing."""
    assert read_reports(ReportTemplate(**template, statuses={"OK": "delivered"}), said) == read


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, SmsRejected), (403, SmsRejected), (302, SmsRejected), (429, SmsUnreachable), (503, SmsUnreachable)],
)
def test_refusals_of_the_generic_provider(monkeypatch, status, kind):
    """As with Twilio: a refusal or a silence, without the number."""
    post(monkeypatch, status, said={"error": MOBILE})
    with pytest.raises(kind) as caught:
        HttpSms("https://sms.example/send", "SEING").send(SMS, key="k")
    assert "612345678" not in str(caught.value)


def test_silence_and_noise_of_the_generic_provider(monkeypatch):
    """A time-out is silence and leaves no context; an answer that is no JSON is an acceptance under our key."""
    post(monkeypatch, error=httpx.ReadTimeout(f"to {MOBILE}"))
    with pytest.raises(SmsUnreachable) as caught:
        HttpSms("https://sms.example/send", "SEING").send(SMS, key="k")
    assert caught.value.__context__ is None
    post(monkeypatch, content=b"OK")
    assert HttpSms("https://sms.example/send", "SEING", template=Template()).send(SMS, key="k").provider_id == "k"


def test_nothing_shows_number_or_text():
    """Neither a message nor a call in a log gives them away."""
    shown = f"{SMS!r} {Call(MOBILE, (TEXT,))!r}"
    assert "612345678" not in shown
    assert "482913" not in shown


def test_the_console_keeps_for_its_owner(tmp_path):
    """Shown, kept with mode 600, and the newest is found again."""
    shown = []
    gateway = ConsoleSms(tmp_path / "sms", show=shown.append)
    gateway.send(SMS, key="code:1:b")
    gateway.send(Sms(MOBILE, "second"), key="code:1:a")
    assert [oct(path.stat().st_mode)[-3:] for path in (tmp_path / "sms").iterdir()] == ["600", "600"]
    assert gateway.last("code:1") == "second"
    with pytest.raises(LookupError):
        gateway.last("code:2")
    ConsoleVoice(tmp_path / "voice", show=shown.append).call(Call(MOBILE, ("Bonjour", "4")), key="call:1")
    assert len(shown) == 3


def test_settings_choose_the_providers(tmp_path):
    """In the order given; calls through Twilio where it has a voice number; training never leaves the machine."""
    twilio = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "data_dir": tmp_path}
    both = load_settings(sms_url="twilio: https://sms.example/send", twilio_voice_from="+33170000000", **twilio)
    gateway = build_sms(both)
    assert isinstance(gateway, FailoverSms)
    assert [provider.name for provider in gateway.providers] == ["twilio", "sms.example"]
    assert isinstance(build_voice(both), TwilioVoice)
    assert build_voice(load_settings(sms_url="twilio:", **twilio)) is None

    training = load_settings(environment="training", sms_url="twilio:", twilio_voice_from="+33170000000", **twilio)
    assert isinstance(build_sms(training), ConsoleSms)
    assert isinstance(build_voice(training), ConsoleVoice)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sms_url": "pigeon:"},
        {"sms_url": "twilio:"},
        {"sms_url": "https://sms.example", "sms_template": "no-such-file"},
        {"sms_url": "https://sms.example", "sms_template": Path(__file__).parent / "sms_report.json"},
        {"sms_url": "console:", "environment": "production"},
    ],
)
def test_wrong_settings_stop_the_start(tmp_path, wrong):
    """With the name of the setting."""
    with pytest.raises(Misconfigured, match="SEING_"):
        build_sms(load_settings(data_dir=tmp_path, **wrong))
