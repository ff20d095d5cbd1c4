"""A whole installation for tests: real services in a folder, keys made once, a clock that moves, an SMS box."""

import re
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from pipeline.bootstrap import Services, build_services
from pipeline.channels.sms import Receipt, Sms, SmsRejected, SmsUnreachable
from pipeline.config import Settings, load_settings
from pipeline.customer import CustomerChoices
from pipeline.init import initialise
from pipeline.jobs import run
from pipeline.origin import Origin
from pipeline.pages import page_count, page_image
from pipeline.steps import ceremony, propose
from pipeline.steps.prepare import prepare
from storage import jobs
from storage.models import ArchiveEntry, Event, Job, Order
from tests.factories import IBAN

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
REP = Origin("rep:c.delmas", "192.0.2.10", "tablet")
CUSTOMER = Origin("customer", "198.51.100.7", "phone")
AGENCY = Origin("agency:agence.lyo", "192.0.2.20", "desktop")


class TestClock:
    __test__ = False

    def __init__(self, now=NOW):
        self.now = now
        self.turn = threading.Lock()

    def __call__(self):
        with self.turn:  # nor does the time of one thread go back to that of another
            self.now += timedelta(milliseconds=1)  # no two instants are equal, as in life
            return self.now

    def move(self, **amount):
        self.now += timedelta(**amount)

    def later(self):
        """When somebody verifies: the machine's clocks agree within minutes."""
        return self.now + timedelta(minutes=5)


class SmsBox:
    """Keeps what is sent; refuses or stays silent when told to."""

    def __init__(self):
        self.sent: list[Sms] = []
        self.refusing = self.silent = False

    def send(self, sms, *, key):
        if self.refusing:
            raise SmsRejected("refused")
        if self.silent:
            raise SmsUnreachable("silent")
        self.sent.append(sms)
        return Receipt("box", key, "delivered")

    @property
    def code(self) -> str:
        return re.search(r"#(\d{6})$", self.sent[-1].text)[1]


def make_keys(folder: Path) -> None:
    """Fill an installation's folder with secrets, keys and users, to be copied: RSA keys take a second to make.

    Its passwords are hashed at the lowest price: to check one costs as much as to make it, by design.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.passwords._hasher", PasswordHasher.from_parameters(CHEAPEST))
        initialise(load_settings(data_dir=folder, fixed_now=NOW - timedelta(days=1)))


def make_services(made: Path, folder: Path, **settings) -> Services:
    """Services on a copy of `made`, with the test's clock and SMS box in place of the machine's."""
    shutil.copytree(made, folder, dirs_exist_ok=True)
    loaded: Settings = load_settings(data_dir=folder, **settings)
    if "database_url" in settings:
        initialise(loaded)
    return build_services(loaded, sms=SmsBox(), clock=TestClock())


def choices(**overrides) -> CustomerChoices:
    values = {
        "email": "helene.garnier@rose.example",
        "mobile": "+33612345678",
        "first_name": "Hélène",
        "last_name": "Garnier",
        "role": "Gérante",
        "invoice_delivery": "electronic",
        "iban": IBAN,
        "account_holder": "AU NOM DE LA ROSE LYON SARL",
        "employees": 9,
        "place": "Lyon",
    }
    return CustomerChoices(**values | overrides)


def order_from(services: Services, proposal, **overrides) -> str:
    proposal_id = propose.import_proposal(services, proposal.to_json(), REP)
    return prepare(services, proposal_id, choices(**overrides), REP)


def open_and_read(services: Services, order_id: str) -> ceremony.CeremonyView:
    opened = ceremony.open_ceremony(services, order_id, "link", REP)
    view = ceremony.find(services, opened.token, CUSTOMER)
    for page in range(1, page_count(services, view.form_sha256) + 1):
        image = page_image(services, view.form_sha256, page, 400)
        ceremony.record_page(services, view.ceremony_id, page, image.sha256, CUSTOMER)
    return view


def sign(services: Services, order_id: str) -> ceremony.CeremonyView:
    view = open_and_read(services, order_id)
    ticked = [box.key for box in view.consents]
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    ceremony.sign(services, view.ceremony_id, services.sms.code, ticked, CUSTOMER)
    return view


def drain(services: Services, rounds: int = 50) -> None:
    """Run what is staged and due, as relay and worker would, until nothing is left to do now."""
    for _ in range(rounds):
        with services.works() as work:
            due = jobs.due_jobs(work, services.clock(), 100)
            for job in due:
                jobs.mark_sent(job, services.clock())
            ids = [job.id for job in due]
        if not ids:
            return
        for job_id in ids:
            run(services, job_id)
    raise AssertionError("jobs never end")


def order_of(services: Services, order_id: str) -> Order:
    with services.works(read_only=True) as work:
        return work.get(Order, order_id)


def jobs_of(services: Services, order_id: str) -> dict[str, Job]:
    with services.works(read_only=True) as work:
        return {job.actor: job for job in work.find(Job, order_id=order_id)}


def documents(services: Services, order_id: str) -> dict[str, bytes]:
    with services.works(read_only=True) as work:
        entries = work.find(ArchiveEntry, order_id=order_id, area="signed")
    return {entry.kind: services.archive.get(entry.sha256, "signed") for entry in entries}


def kinds(services: Services, order_id: str) -> list[str]:
    with services.works(read_only=True) as work:
        return [event.kind for event in work.find(Event, order_id=order_id, order_by=Event.sequence)]
