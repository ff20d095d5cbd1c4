"""From the tap on *Signer* to the sealed file on the customer's screen: how many a second keep p95 under a second.

Usage: python -m benchmarks.ceremonies [--rates 1,2,3,4,6,8,10] [--seconds 15] [--together]

Real processes: `seing web`, a `seing worker` for the seal and one for all the rest (`--together`: one for everything),
PostgreSQL, RabbitMQ, an archive folder that syncs and reads back.

Ceremonies are prepared up to the code. Then the taps come at a fixed rate, whatever becomes of those before (open
loop), and each time counts from the moment at which the tap was meant, so that queues show. A tap does what the page
does: it posts the code, follows the answer, asks again as often as the page says, opens the sealed PDF. What follows a
seal (evidence, copy, invoice, mandate, archive) runs meanwhile.
"""

import argparse
import random
import re
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from socket import socket
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import psycopg

from benchmarks.orders import POSTGRESQL, RABBITMQ, forget_codes, house, new_rose, servers_answer
from pipeline.steps import ceremony
from pipeline.web.access import CEREMONY
from pipeline.web.security import form_token
from storage.models import Job, Order
from tests.house import CUSTOMER, REP
from tests.services.running import House, until

GOAL = 1.0
"""Seconds at the 95th percentile."""

PATIENCE = 60.0
"""Seconds after which a customer gives up."""

PAGES = 6
"""Of the rose form."""

SEALING = ["--queue", "sealing"]
OTHERS = ["--queue", "documents", "--queue", "delivery"]

BUSY = 64
"""Customers at once, at most: each has a thread here."""


@dataclass
class Tap:
    """A ceremony whose code has arrived, and what came of the tap; instants in seconds since the epoch."""

    order_id: str
    token: str
    code: str
    consents: list[str]
    meant: float = 0.0
    answered: float = 0.0
    seen: float = 0.0
    opened: float = 0.0
    looks: int = 0
    failed: str = ""


def prepared(made: House, rng: random.Random) -> Tap:
    """An order of a new customer, read, and its code. The pages are recorded as seen, but not drawn."""
    services = made.services
    order_id = made.order(new_rose(rng))
    opened = ceremony.open_ceremony(services, order_id, "link", REP)
    view = ceremony.find(services, opened.token, CUSTOMER)
    for page in range(1, PAGES + 1):
        ceremony.record_page(services, view.ceremony_id, page, f"{page:064x}", CUSTOMER)
    ticked = [box.key for box in view.consents]
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    forget_codes(made)
    return Tap(order_id, opened.token, services.sms.code, ticked)


class Browser:
    """One customer's connection."""

    def __init__(self, address: str, token: str) -> None:
        self.connection = HTTPConnection(address, timeout=60)
        self.headers = {"cookie": f"{CEREMONY}={token}", "hx-request": "true"}

    def get(self, path: str) -> tuple[int, bytes]:
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def post(self, path: str, fields: list[tuple[str, str]]) -> str:
        """Where the answer sends on to."""
        body = urlencode(fields).encode()
        self.connection.request(
            "POST", path, body, self.headers | {"content-type": "application/x-www-form-urlencoded"}
        )
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 303:
            raise RuntimeError(f"the code was answered with {answer.status}")
        return answer.headers["location"]


def tap(address: str, one: Tap) -> None:
    """What the page does from the tap to the sealed PDF; what goes wrong is counted."""
    try:
        _tap(address, one)
    except (OSError, HTTPException, RuntimeError, AttributeError) as error:
        one.failed = f"{type(error).__name__}: {error}"


def _tap(address: str, one: Tap) -> None:
    browser = Browser(address, one.token)
    fields = [("csrf", form_token(one.token)), *(("consent", key) for key in one.consents), ("code", one.code)]
    place = browser.post("/c/signed", fields)
    one.answered = time.time()
    page = browser.get(place)[1].decode()
    while "bon-de-commande.pdf" not in page:
        if time.time() > one.meant + PATIENCE:
            raise RuntimeError("no seal in a minute")
        look, seconds = re.search(r'hx-get="(/c/signed/state[^"]*)" hx-trigger="every ([0-9.]+m?s)"', page).groups()
        time.sleep(float(seconds.rstrip("ms")) / (1000 if seconds.endswith("ms") else 1))
        one.looks += 1
        status, body = browser.get(look)
        page = body.decode() if status == 200 else page
    one.seen = time.time()
    pdf = browser.get("/c/bon-de-commande.pdf")[1]
    if not pdf.startswith(b"%PDF-") or pdf.count(b"/ByteRange") < 2:
        raise RuntimeError("the file is not sealed")
    one.opened = time.time()


def load(address: str, taps: list[Tap], rate: float) -> None:
    """Tap them all, `rate` a second."""
    start = time.time() + 0.2
    with ThreadPoolExecutor(BUSY) as pool:
        for number, one in enumerate(taps):
            one.meant = start + number / rate
            time.sleep(max(0.0, one.meant - time.time()))
            pool.submit(tap, address, one)


@contextmanager
def installation(kinds: list[list[str]]):
    """The house, the address of its web process, all running."""
    name = f"seing_bench_{uuid4().hex[:12]}"
    with ExitStack() as stack:
        server = stack.enter_context(psycopg.connect(POSTGRESQL, autocommit=True))
        server.execute(f'CREATE DATABASE "{name}"')
        stack.callback(server.execute, f'DROP DATABASE "{name}" WITH (FORCE)')
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {
            "database_url": urlsplit(POSTGRESQL)._replace(path=f"/{name}").geturl(),
            "broker_url": RABBITMQ,
            "queue_prefix": f"seing-bench-{uuid4().hex[:8]}.",
            "public_url": f"http://127.0.0.1:{port}",
            "host": "127.0.0.1",
            "port": port,
        }
        made = stack.enter_context(house(**settings))
        stack.callback(made.forget_messages, RABBITMQ)
        for options in kinds:
            made.worker(*options, command=True)
        made.start_web()
        until("workers ready", lambda: made.log.read_text().count("worker: ready") == len(kinds), 120)
        until("web ready", lambda: _listens(port), 60)
        yield made, f"127.0.0.1:{port}"


def _listens(port: int) -> bool:
    with socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def step(made: House, address: str, rng: random.Random, rate: float, seconds: float) -> list[Tap]:
    """The taps of one rate, with the work that they leave behind done at the end."""
    taps = [prepared(made, rng) for _ in range(max(5, round(rate * seconds)))]
    load(address, taps, rate)
    made.settle(patience=900)
    return taps


def stages(made: House, taps: list[Tap]) -> dict[str, list[float]]:
    """Milliseconds of each part of each tap's time."""
    found: dict[str, list[float]] = {name: [] for name in PARTS}
    with made.services.works(read_only=True) as work:
        for one in taps:
            order, job = work.get(Order, one.order_id), work.first(Job, key=f"seal:{one.order_id}")
            signed, begun, sealed = (_epoch(instant) for instant in (order.signed_at, job.sent_at, order.sealed_at))
            times = (one.meant, signed, begun, sealed, max(sealed, one.seen), one.opened)
            for name, start, end in zip(PARTS, times, times[1:], strict=False):
                found[name].append(1000 * (end - start))
    return found


PARTS = (
    "tap to code accepted (request, queues before it)",
    "until a worker begins (commit, relay, broker, queue)",
    "sealing (key, certificate, B-LTA, archive, record)",
    "until the page knows",
    "the PDF is opened",
)


def _epoch(instant: datetime) -> float:
    return instant.replace(tzinfo=instant.tzinfo or UTC).timestamp()


def percentile(values: list[float], part: float) -> float:
    """The least value that `part` of them do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def main() -> None:
    """Raise the rate until p95 passes a second; print each step, and where its time went."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", default="1,2,3,4,6,8,10", help="taps a second, one step each")
    parser.add_argument("--seconds", type=float, default=15, help="of each step")
    parser.add_argument("--together", action="store_true", help="one worker process for all queues, none for the seal")
    given = parser.parse_args()
    if not servers_answer():
        sys.exit("PostgreSQL or RabbitMQ does not answer")
    kinds = [[]] if given.together else [SEALING, OTHERS]
    rng, best = random.Random(time.monotonic_ns()), 0.0
    with installation(kinds) as (made, address):
        step(made, address, rng, 2, 4)  # warms up
        for rate in (float(each) for each in given.rates.split(",")):
            taps = step(made, address, rng, rate, given.seconds)
            best = rate if _report(made, rate, taps) else best
            if best != rate:
                break
    print(f"\nhighest rate measured with p95 under {GOAL:g} s: {best:g} ceremonies a second")


def _report(made: House, rate: float, taps: list[Tap]) -> bool:
    failed = [one.failed for one in taps if one.failed]
    good = [one for one in taps if not one.failed]
    waits = [one.opened - one.meant for one in good]
    p95 = percentile(waits, 0.95) if waits and not failed else float("inf")
    print(
        f"\n{rate:g} a second, {len(taps)} taps: p50 {1000 * percentile(waits, 0.5):.0f} ms, p95 {1000 * p95:.0f} ms, "
        f"most {1000 * max(waits):.0f} ms; {statistics.mean(one.looks for one in good):.1f} looks each"
    )
    for name, times in stages(made, good).items():
        print(f"    {name:55} p50 {percentile(times, 0.5):6.0f} ms   p95 {percentile(times, 0.95):6.0f} ms")
    for reason in dict.fromkeys(failed):
        print(f"    {failed.count(reason)} failed: {reason}")
    sys.stdout.flush()
    return p95 < GOAL


if __name__ == "__main__":
    main()
