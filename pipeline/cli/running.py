"""`init`, `serve`, `web`, `worker`, `migrate`, `doctor`: running an installation."""

import logging
import os
import signal
import sys
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.config import Settings, load_settings
from pipeline.memory import keep_what_is_loaded

if TYPE_CHECKING:
    from fastapi import FastAPI

    from pipeline.bootstrap import Services

BEHIND = 10
"""How far a process that does not seal steps back (nice)."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (init, serve, web, worker, migrate, doctor, renew):
        app.command(command.__name__)(command)


def init() -> None:
    """Préparer une installation de développement ou d'école : secrets, clés, base, archive, comptes, propositions."""
    from pipeline.bootstrap import build_services
    from pipeline.init import DEMO_PASSWORD, DEMO_PIN, Made, initialise
    from pipeline.seed import seed

    words = {
        "secrets": "secrets",
        "keys": "clés et certificats",
        "database": "base de données",
        "archive": "archive",
        "users": "comptes",
        "proposals": "propositions d'essai",
    }

    def say(made: Made) -> None:
        typer.echo(f"  {words[made.what]} : {'prêt' if made.fresh else 'déjà là, inchangé'}")

    settings = load_settings()
    initialise(settings, say)
    services = build_services(load_settings())
    say(Made("proposals", seed(services) > 0))
    services.works.engine.dispose()
    typer.echo(f"  comptes de démonstration : mot de passe « {DEMO_PASSWORD} », code PIN {DEMO_PIN}")


def serve() -> None:
    """Tout en un : pages, relais et travaux dans un seul processus (http://127.0.0.1:8000)."""
    settings = _started()
    from pipeline.app import build_app
    from pipeline.bootstrap import build_services
    from pipeline.init import initialise
    from pipeline.seed import seed
    from pipeline.worker import Engine

    if not settings.is_production:
        initialise(settings)
        settings = load_settings()
    services = _tried(build_services(settings))
    if not settings.is_production:
        seed(services)
    app = build_app(services, Engine(services))
    keep_what_is_loaded()
    _listen(settings, app)


def web() -> None:
    """Les pages et l'API seules ; les travaux attendent `seing worker`."""
    settings = _started()
    from pipeline.app import build_app
    from pipeline.bootstrap import build_services
    from pipeline.worker import Engine

    services = _tried(build_services(settings))
    # The relay runs here too: what a page stages is carried at once, whichever worker is free.
    app = build_app(services, Engine(services, queues=()))
    keep_what_is_loaded()
    _listen(settings, app)


def worker(
    queue: Annotated[
        list[str] | None,
        typer.Option(help="Une file seulement (sealing, documents, delivery) ; à répéter. Par défaut : toutes."),
    ] = None,
) -> None:
    """Les travaux d'après la signature, à côté de `seing web` ; autant qu'on veut."""
    settings = _started()
    from pipeline.actors.table import FIRST, QUEUES
    from pipeline.bootstrap import build_services
    from pipeline.worker import Engine

    queues = frozenset(queue or QUEUES)
    if not queues <= QUEUES:
        raise typer.BadParameter(f"Les files sont {', '.join(sorted(QUEUES))}.", param_hint="--queue")
    if FIRST not in queues:
        os.nice(BEHIND)  # nobody waits for this process: it leaves the processor to those that seal and answer

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Engine(_tried(build_services(settings)), queues=queues):
        keep_what_is_loaded()
        typer.echo("worker: ready", err=True)
        stop.wait()


def migrate() -> None:
    """Amener la base de données à la version du programme."""
    from storage.migrations import migrate as run

    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    run(settings.database)
    typer.echo("La base de données est à jour.")


def doctor() -> None:
    """Dire ce qui ne va pas dans les réglages et comment y remédier : sortie 1 s'il y a un défaut."""
    from pipeline.doctor import diagnose

    bad = False
    for finding in diagnose():
        mark = {"ok": "✓", "warning": "!", "error": "✗"}[finding.level]
        typer.echo(f"{mark} {finding.what} : {finding.said}")
        if finding.remedy:
            typer.echo(f"    -> {finding.remedy}")
        bad = bad or finding.level == "error"
    raise typer.Exit(1 if bad else 0)


def renew(
    before: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Renouveler ce qui ne tient pas jusque-là (algorithme affaibli)."),
    ] = None,
) -> None:
    """Renouveler les horodatages qui arrivent à leur terme dans treize mois ; les travaux en cours s'en chargent."""
    from datetime import UTC

    from pipeline.bootstrap import build_services
    from pipeline.preservation import renew_due

    count = renew_due(build_services(load_settings()), before.replace(tzinfo=UTC) if before else None)
    typer.echo(f"{count} document(s) à renouveler.")


def _started() -> Settings:
    """The settings, before anything slow is loaded; from here on SIGTERM ends the process with exit code 0."""
    # A container's first process ignores what it has not asked for, and web servers ask once they listen.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = load_settings()
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("seing").setLevel(logging.INFO)
    # pyHanko and pika tell much; what matters of it reaches our own errors.
    for noisy in ("pyhanko", "pyhanko_certvalidator", "pika", "dramatiq", "httpx"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    return settings


def _tried(services: "Services") -> "Services":
    """The services, once a blank page was sealed and verified; raises `Misconfigured` where that fails.

    A key service or time-stamping unit that is silent stops nobody: orders wait for it by themselves.
    """
    from pipeline.ailments import of_keys
    from pipeline.errors import Misconfigured
    from pipeline.selftest import seal_blank_page
    from signing.errors import KeyUnavailable, SigningError, TimestampUnavailable

    try:
        seal_blank_page(services.keys, services.clock())
    except (KeyUnavailable, TimestampUnavailable) as error:
        logging.getLogger("seing.keys").warning("the blank page waits: %s", error)
    except SigningError as error:
        said, remedy = of_keys(error)
        raise Misconfigured("SEING_SEAL_KEY", said, remedy) from error
    return services


def _listen(settings: Settings, app: "FastAPI") -> None:
    import uvicorn

    typer.echo(f"Seing : {settings.public_url}", err=True)
    uvicorn.run(app, **listening(settings))


def listening(settings: Settings) -> dict[str, Any]:
    """How the web server listens, and whom it believes when it is told where a request comes from."""
    return {
        "host": settings.host,
        "port": settings.port,
        "access_log": False,  # paths hold the tokens of signing links
        "log_level": "warning",
        "proxy_headers": True,
        "forwarded_allow_ips": settings.proxies,
        "server_header": False,
        "timeout_graceful_shutdown": 10,
    }
