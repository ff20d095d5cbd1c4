"""The demonstration: real services in a folder of its own, the real worker, a customer who reads his SMS."""

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console
from rich.markup import escape

from pipeline import samples
from pipeline.bootstrap import Services, build_services
from pipeline.channels.sms import ConsoleSms
from pipeline.clock import PARIS, paris_day, system_clock
from pipeline.config import Settings, load_settings
from pipeline.customer import CustomerChoices
from pipeline.documents.forms import quote_data
from pipeline.errors import Blocked, SeingError, describe
from pipeline.init import initialise
from pipeline.origin import Origin
from pipeline.pages import page_count, page_image
from pipeline.proposal import Proposal, ProposalUnreadable, read, shift_dates
from pipeline.seed import SAMPLES
from pipeline.steps import ceremony, propose
from pipeline.steps.collect import collect, hand_over
from pipeline.steps.prepare import prepare
from pipeline.steps.release import release
from pipeline.totals import totals
from pipeline.worker import Engine
from signing.verify import verify
from storage.models import ArchiveEntry, Batch, BatchItem, Job, Order
from templates.documents import quote as quote_template
from templates.french import formats

TEST_IBAN = "FR7630006000011234567890189"
"""The account of the banks' own documentation: right check digits, nobody's."""

PATIENCE = 60.0
"""Seconds after which the worker is not waited for any longer."""

OUTPUTS = {
    "sealed_form": "bon-de-commande.pdf",
    "evidence": "preuve.pdf",
    "evidence_json": "preuve.json",
    "invoice": "facture.pdf",
    "credit_note": "avoir.pdf",
    "mandate": "mandat.json",
    "slip": "bordereau.pdf",
}

REP = Origin("rep:demo", "127.0.0.1", "Seing demo (tablet)")
CUSTOMER = Origin("customer", "127.0.0.1", "Seing demo (phone)")


class DemoFailed(Exception):
    """A step did not come to its end; the sentence says which and why."""


@dataclass
class Screen:
    """Says each step with its time: in colours on a terminal, in plain lines elsewhere."""

    console: Console = field(default_factory=lambda: Console(highlight=False))

    @contextmanager
    def step(self, what: str) -> Iterator[Callable[[str], None]]:
        """One step; the block may add what came of it."""
        start, said = time.perf_counter(), [""]
        yield lambda text: said.__setitem__(0, text)
        spent = (time.perf_counter() - start) * 1000
        self.console.print(f"  [green]✓[/] {what:<34} [dim]{spent:8.0f} ms[/]  {escape(said[0])}", soft_wrap=True)

    def line(self, text: str = "", style: str = "") -> None:
        """A line by itself."""
        self.console.print(text, style=style, soft_wrap=True)


def run(files: Sequence[Path], out: Path, today: date | None) -> int:
    """Play every proposal; 0 if each file verifies, 1 if one is blocked or fails, 2 if one cannot be read."""
    screen = Screen()
    try:
        proposals = [_read(name, raw) for name, raw in _sources(files)]
    except ProposalUnreadable as error:
        for problem in error.problems:
            screen.line(escape(f"  {problem}"), "red")
        return 2
    except OSError as error:
        screen.line(f"{error.filename} ne peut pas être lu ({error.strerror}).", "red")
        return 2
    day = today or paris_day(system_clock())
    folder = Path(tempfile.mkdtemp(prefix="seing-demo-"))
    try:
        with screen.step("installation d'essai") as said:
            services = _services(folder, out, day)
            said("clés, base, archive neuves")
        with Engine(services):
            results = [_play_one(services, name, proposal, day, out, screen) for name, proposal in proposals]
            _collect(services, day, out, screen)
            _batches(folder / "drop", out / "lots")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    screen.line(f"\n{'Documents dans' if all(results) else 'Incomplet, voir ci-dessus ; documents dans'} {out}/")
    return 0 if all(results) else 1


def _play_one(services: Services, name: str, proposal: Proposal, day: date, out: Path, screen: Screen) -> bool:
    """One proposal to its end; False, with the reason said, where it is blocked or fails."""
    moved, months = shift_dates(proposal, day)
    screen.line(f"\n[bold]{escape(moved.account.legal_name)}[/] · {escape(name)}")
    if months:
        screen.line(f"  dates passées : tout est décalé de {months} mois", "yellow")
    try:
        _play(services, moved, out, screen)
    except Blocked as error:
        for item in error.findings:
            screen.line(f"  [red]✗[/] {item.code} ({escape(item.where)})\n      {escape(item.message)}")
        return False
    except (SeingError, DemoFailed) as error:
        screen.line(f"  [red]✗[/] {escape(describe(error) if isinstance(error, SeingError) else str(error))}")
        return False
    return True


def _collect(services: Services, day: date, out: Path, screen: Screen) -> None:
    with screen.step("fichier de prélèvements") as said:
        result = collect(services, date(day.year + 3, 12, 31), Origin("office:demo"))
        said("aucune échéance à présenter")
        if result:
            (out / "prelevements.xml").write_bytes(result.xml)
            hand_over(services, result.id)
            said(f"{result.count} échéances, {formats('fr').money(result.total)}")


def _batches(drop: Path, lots: Path) -> None:
    """What each agency found in its drop, side by side."""
    lots.mkdir(parents=True, exist_ok=True)
    for path in sorted(drop.rglob("*.zip")):
        shutil.copyfile(path, lots / path.name)


def _sources(files: Sequence[Path]) -> list[tuple[str, bytes]]:
    if files:
        return [(file.name, file.read_bytes()) for file in files]
    return [(name, samples.read_bytes(name)) for name in SAMPLES]


def _read(name: str, raw: bytes) -> tuple[str, Proposal]:
    return name, read(raw).proposal


def _services(folder: Path, out: Path, day: date) -> Services:
    now = datetime.now(PARIS).replace(year=day.year, month=day.month, day=day.day).astimezone(UTC)
    settings: Settings = load_settings(
        environment="development",
        data_dir=folder,
        drop_url="",
        fixed_now=None if day == paris_day(system_clock()) else now,
        database_url="",
        archive_url="",
        broker_url="memory://",
        mail_url="",
        sms_url="console:",
        organisation=None,
    )
    out.mkdir(parents=True, exist_ok=True)
    initialise(settings)
    settings = Settings(**settings.model_dump())
    return build_services(settings, sms=ConsoleSms(folder / "sms", show=lambda _: None))


def _play(services: Services, proposal: Proposal, out: Path, screen: Screen) -> str | None:
    """From the proposal to the batch; returns the order's number, or None for a quote."""
    fmt = formats("fr")
    with screen.step("proposition lue et contrôlée") as said:
        proposal_id = propose.import_proposal(services, proposal.to_json(), REP)
        if proposal.kind == "order":
            propose.validate(services, proposal_id, REP)
        said(f"{fmt.money(totals(proposal).incl_vat)} TTC, aucune anomalie bloquante")
    if proposal.kind == "quote":
        with screen.step("devis") as said:
            path = _quote(services, proposal, out)
            said(str(path))
        return None
    with screen.step("commandée, formulaire certifié") as said:
        order_id = prepare(services, proposal_id, _choices(proposal), REP)
        order = _order(services, order_id)
        said(f"n° {order.number}")
    with screen.step("signée par code SMS") as said:
        said(_sign(services, order_id))
    with screen.step("scellée, prouvée, facturée, copiée") as said:
        _wait(services, order_id)
        order = _order(services, order_id)
        said("PAdES, horodatage, archive, facture, mandat, copie au client")
    folder = out / order.number
    if order.hold_until:
        screen.line(f"    production possible à partir du {fmt.date(order.hold_until)} (droit de rétractation)")
    else:
        with screen.step("remise en production") as said:
            release(services, order_id, REP)
            _wait(services, order_id)
            said(_batch_name(services, order_id))
    with screen.step("documents écrits et vérifiés") as said:
        said(_deliver(services, order_id, folder))
    return order.number


def _choices(proposal: Proposal) -> CustomerChoices:
    who, account = proposal.account.signatory, proposal.account
    return CustomerChoices(
        email=who.email or account.email,
        mobile=who.mobile,
        first_name=who.first_name,
        last_name=who.last_name,
        role=who.role,
        invoice_delivery=proposal.invoice_delivery,
        iban=TEST_IBAN,
        account_holder=account.legal_name,
        employees=account.employees,
        place=account.address.city,
    )


def _sign(services: Services, order_id: str) -> str:
    """What a customer does on his phone: open, read every page, tick, ask for the code, type it."""
    opened = ceremony.open_ceremony(services, order_id, "link", REP)
    view = ceremony.find(services, opened.token, CUSTOMER)
    for page in range(1, page_count(services, view.form_sha256) + 1):
        image = page_image(services, view.form_sha256, page, 600)
        ceremony.record_page(services, view.ceremony_id, page, image.sha256, CUSTOMER)
    ticked = [box.key for box in view.consents]
    ceremony.send_code(services, view.ceremony_id, ticked, CUSTOMER)
    assert isinstance(services.sms, ConsoleSms)  # noqa: S101  # the demonstration's own gateway
    found = re.search(r"#(\d{6})\s*$", services.sms.last(f"code:{view.number}"))
    if not found:
        raise DemoFailed("le SMS ne contient pas de code")
    ceremony.sign(services, view.ceremony_id, found[1], ticked, CUSTOMER)
    return f"{view.signatory_name}, {view.mobile_masked}"


def _wait(services: Services, order_id: str) -> None:
    """Until every staged job of the order is done; says which one failed."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with services.works(read_only=True) as work:
            jobs = work.find(Job, order_id=order_id)
        failed = [job for job in jobs if job.state == "failed"]
        if failed:
            raise DemoFailed(f"« {failed[0].actor} » a échoué : {failed[0].error}")
        if jobs and all(job.state == "done" for job in jobs):
            return
        time.sleep(0.02)
    raise DemoFailed("les travaux n'ont pas abouti à temps")


def _order(services: Services, order_id: str) -> Order:
    with services.works(read_only=True) as work:
        return work.get(Order, order_id)


def _batch_name(services: Services, order_id: str) -> str:
    with services.works(read_only=True) as work:
        item = work.first(BatchItem, order_id=order_id)
        return f"{work.get(Batch, item.batch_id).number}.zip" if item else ""


def _quote(services: Services, proposal: Proposal, out: Path) -> Path:
    path = out / f"devis-{proposal.reference}.pdf"
    path.write_bytes(
        quote_template.render(quote_data(proposal, services.organisation, services.today(), specimen=False))
    )
    return path


def _deliver(services: Services, order_id: str, folder: Path) -> str:
    """Copy the order's documents out of the archive and verify the sealed ones with their evidence."""
    folder.mkdir(parents=True, exist_ok=True)
    with services.works(read_only=True) as work:
        entries = work.find(ArchiveEntry, order_id=order_id, area="signed")
    written: dict[str, bytes] = {}
    for entry in entries:
        if entry.kind in OUTPUTS:
            written[entry.kind] = services.archive.get(entry.sha256, area="signed")
            (folder / OUTPUTS[entry.kind]).write_bytes(written[entry.kind])
    root = b"".join(_pem(certificate) for certificate in services.keys.roots)
    (folder / "racine.pem").write_bytes(root)
    now = services.clock() + timedelta(seconds=1)
    for kind, evidence in (("sealed_form", written["evidence"]), ("evidence", None)):
        report = verify(
            written[kind], trust=services.keys.roots, stamp_trust=services.keys.stamp_roots, evidence=evidence, now=now
        )
        if not report.passed:
            raise DemoFailed(f"{OUTPUTS[kind]} : {report.sentence}")
    return f"{folder}/ ({len(written)} documents), signatures et preuve valides"


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
