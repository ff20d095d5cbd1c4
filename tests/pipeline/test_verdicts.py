"""Verdicts for strangers: judged apart, bounded in time, memory and number, limited per address."""

import os
import signal
import threading
import time

import pytest

from pipeline import verdicts
from pipeline.bootstrap import build_services
from pipeline.origin import Origin
from pipeline.selftest import blank_page
from pipeline.steps.keep_house import nightly
from pipeline.steps.revoke import Target, revoke
from signing.errors import SigningError
from signing.seal import seal_document
from signing.verify import apart, verify
from signing.verify.apart import Judges, JudgesBusy, JudgingTooHeavy
from storage.models import Verification
from tests.journeys.pages import Browser
from tests.pipeline.api_client import Client, problem
from tests.signing import world

ASKED = {"files": {"file": b"%PDF-1.7 not ours"}}


@pytest.fixture
def judges():
    made = Judges()
    yield made
    made.close()


def alive(judges):
    return [judge._process.pid for judge in judges._idle]


def test_the_verdict_is_that_of_the_verifier(judges):
    """Judged in another process, the report is the same; the process stays for the next file."""
    told = {"trust": [world.world().root], "now": world.LATER}
    pdf, _, evidence = world.case("B-LTA")
    assert judges.verify(pdf, evidence=evidence, **told) == verify(pdf, evidence=evidence, **told)
    first = alive(judges)
    assert not judges.verify(pdf[:-200], **told).passed
    assert alive(judges) == first
    assert first[0] != os.getpid()
    assert os.getpriority(os.PRIO_PROCESS, first[0]) >= apart.NICE


@pytest.fixture
def stuck(judges):
    """Judges whose process has stopped: nothing will ever answer."""
    judges._idle = [apart._Judge()]
    judges._seconds = 0.3
    os.kill(alive(judges)[0], signal.SIGSTOP)
    return judges


def test_a_file_that_takes_too_long_is_given_up(stuck):
    """After its seconds the process is killed, and the next file is judged by another."""
    told = {"trust": [], "now": world.LATER}
    (pid,) = alive(stuck)
    with pytest.raises(JudgingTooHeavy):
        stuck.verify(b"%PDF-", **told)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    stuck._seconds = 20
    assert not stuck.verify(b"%PDF-", **told).passed


def test_a_process_that_dies_takes_nobody_with_it(judges):
    """Out of memory, or a fault in a library: a refusal, and the next file is judged."""
    told = {"trust": [], "now": world.LATER}
    judges.verify(b"%PDF-", **told)
    os.kill(alive(judges)[0], signal.SIGKILL)
    with pytest.raises(JudgingTooHeavy):
        judges.verify(b"%PDF-", **told)
    assert not judges.verify(b"%PDF-", **told).passed


def test_a_file_that_takes_too_much_memory_is_no_danger(judges, monkeypatch):
    """The bound is on the process: a bomb of objects ends in a verdict or a refusal, never in a dead server."""
    bomb = b"%PDF-1.7\n" + b"[" * 3_000_000
    try:
        assert not judges.verify(bomb, trust=[], now=world.LATER).passed
    except SigningError as error:
        assert isinstance(error, JudgingTooHeavy)  # noqa: PT017  # either is right
    assert not judges.verify(b"%PDF-", trust=[], now=world.LATER).passed


def test_too_many_at_once_are_told_at_once(stuck):
    """Those who find no place, not even to wait, do not hold a thread of the server."""
    few = Judges(seconds=1.0, at_once=1, waiting=0)
    few._idle = stuck._idle
    told = {"trust": [], "now": world.LATER}
    refused = []

    def ask():
        try:
            few.verify(b"%PDF-", **told)
        except JudgingTooHeavy as error:
            refused.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while few._idle:
        time.sleep(0.01)
    start = time.monotonic()
    with pytest.raises(JudgesBusy):
        few.verify(b"%PDF-", **told)
    assert time.monotonic() - start < 0.5
    thread.join()
    assert len(refused) == 1


def on_page(services):
    """The same file, dropped on the page by the same address."""
    browser = Browser(services, "127.0.0.1").open("/verifier")
    data = browser.fields("/verifier")
    return browser.client.post("/verifier", data=data, files={"pdf": ("a.pdf", b"%PDF-1.7 not ours")})


def test_an_address_has_its_limit(services):
    """Twenty in ten minutes, by page and API together, in every process; then 429, with when to come back."""
    other = build_services(services.settings, clock=services.clock)
    api = Client(services)
    for _ in range(10):
        assert api.post("/api/v1/verify", **ASKED).status_code == 200
        assert on_page(other).status_code == 200
    refused = api.post("/api/v1/verify", **ASKED)
    assert "depuis votre adresse" in problem(refused, 429, "verification.too_often")["detail"]
    page = on_page(other)
    assert page.status_code == 429
    assert "depuis votre adresse" in page.text
    assert 'type="file"' in page.text
    for answer in (refused, page):
        assert 0 < int(answer.headers["retry-after"]) <= 600
    services.clock.move(minutes=11)
    assert on_page(services).status_code == 200
    other.works.engine.dispose()


def test_networks_are_counted_apart(services):
    """An IPv6 line is one address, whatever its last half; another line is not kept waiting."""
    for place in range(20):
        verdicts.public_verdict(services, b"%PDF-", None, f"2001:db8:0:1::{place:x}")
    with pytest.raises(verdicts.VerificationTooOften):
        verdicts.public_verdict(services, b"%PDF-", None, "2001:db8:0:1:ffff::1")
    assert not verdicts.public_verdict(services, b"%PDF-", None, "2001:db8:0:2::1").passed
    assert not verdicts.public_verdict(services, b"%PDF-", None, None).passed


def test_addresses_are_forgotten(services):
    """A day later nothing says who asked."""
    verdicts.public_verdict(services, b"%PDF-", None, "192.0.2.1")
    services.clock.move(hours=23)
    nightly(services)
    with services.works(read_only=True) as work:
        assert len(work.find(Verification)) == 1
    services.clock.move(hours=2)
    nightly(services)
    with services.works(read_only=True) as work:
        assert work.find(Verification) == []


def answering(error):
    class Refusing:
        def verify(self, *_args, **_more):
            raise error

    return Refusing


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(JudgesBusy(), 503, "verification.busy"), (JudgingTooHeavy(), 422, "verification.too_heavy")],
)
def test_refusals_have_their_words(services, monkeypatch, error, status, code):
    """On the API and on the page, which keeps its form."""
    monkeypatch.setattr(verdicts, "judges", answering(error))
    problem(Client(services).post("/api/v1/verify", **ASKED), status, code)
    answer = on_page(services)
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)


def test_a_revoked_certificate_is_told_to_strangers(services):
    """A file without any list is judged with ours: a seal without time-stamp, taken back since."""
    claims = {"when": services.clock(), "reason": "Essai", "location": "Lyon"}
    bare = seal_document(blank_page(services.clock()), services.keys.seal, timestamper=None, **claims)
    services.clock.move(minutes=5)
    assert verdicts.public_verdict(services, bare, None, "192.0.2.1").passed
    target = Target.of(services.keys.seal.certificate)
    revoke(services, target, "keyCompromise", Origin("office:cli"), in_use=True)
    services.clock.move(minutes=5)
    assert not verdicts.public_verdict(services, bare, None, "192.0.2.1").passed
