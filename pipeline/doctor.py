"""`seing doctor`: every setting, key and service tried, each with what is wrong and how to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pipeline import bootstrap
from pipeline.ailments import of_keys
from pipeline.broker import broker_from_url
from pipeline.clock import system_clock
from pipeline.config import Settings, load_settings
from pipeline.errors import Misconfigured, SeingError
from pipeline.keys import Keys
from pipeline.selftest import seal_blank_page
from signing.errors import SigningError
from storage.archive import archive_from_url
from storage.database import engine_from_url
from storage.errors import StorageError
from storage.migrations import current, head
from storage.work import WorkFactory

EXPIRES_SOON = timedelta(days=60)
"""A certificate that ends sooner is announced: getting a new one takes weeks."""


@dataclass(frozen=True)
class Diagnosis:
    """One thing looked at."""

    level: Literal["ok", "warning", "error"]
    what: str
    said: str
    remedy: str = ""


def diagnose() -> Iterator[Diagnosis]:
    """Look at everything, one after the other; nothing is changed."""
    try:
        settings = load_settings()
    except Misconfigured as error:
        yield Diagnosis("error", error.setting, error.problem, error.remedy)
        return
    yield Diagnosis("ok", "réglages", f"environnement {settings.environment}, données dans {settings.data_dir}")
    if settings.is_production and not settings.public_url.startswith("https://"):
        yield Diagnosis("error", "SEING_PUBLIC_URL", "n'est pas en https.", "Donnez l'adresse https du service.")
    checks: tuple[tuple[str, Callable[[Settings], Diagnosis]], ...] = (
        ("organisation", _organisation),
        ("base de données", _database),
        ("archive", _archive),
        ("messagerie des travaux", _broker),
        ("SMS", _sms),
        ("coffre", _vault),
        ("clés", _keys),
    )
    for what, check in checks:
        try:
            yield check(settings)
        except Misconfigured as error:
            yield Diagnosis("error", error.setting, error.problem, error.remedy)
        except SeingError as error:
            yield Diagnosis("error", what, str(error), "Corrigez le fichier.")
        except SigningError as error:
            ailment = of_keys(error)
            yield Diagnosis("error", what, f"l'une d'elles {ailment.said}", ailment.remedy)
        except Exception as error:  # noqa: BLE001  # a doctor says what he finds, whatever it is
            yield Diagnosis("error", what, f"{type(error).__name__}: {error}", "Vérifiez l'adresse et le service.")


def _organisation(settings: Settings) -> Diagnosis:
    organisation = bootstrap.build_organisation(settings)
    return Diagnosis("ok", "organisation", f"{organisation.seller.legal_name}, {len(organisation.agencies)} agences")


def _database(settings: Settings) -> Diagnosis:
    at = current(settings.database)
    if at != head():
        return Diagnosis("error", "base de données", f"version {at or 'vide'}, attendue {head()}", "seing migrate")
    return Diagnosis("ok", "base de données", f"à jour ({at})")


def _archive(settings: Settings) -> Diagnosis:
    try:
        archive_from_url(settings.archive).check()
    except StorageError as error:
        return Diagnosis("error", "archive", str(error), "Vérifiez SEING_ARCHIVE_URL, les droits et la place libre.")
    return Diagnosis("ok", "archive", "écriture, lecture et comparaison réussies")


def _broker(settings: Settings) -> Diagnosis:
    if settings.broker_url == "memory://":
        return Diagnosis("ok", "messagerie des travaux", "dans le processus (memory://)")
    broker = broker_from_url(settings.broker_url)
    try:
        broker.declare_queue(f"{settings.queue_prefix}documents", ensure=True)
    finally:
        broker.close()
    return Diagnosis("ok", "messagerie des travaux", "RabbitMQ répond")


def _sms(settings: Settings) -> Diagnosis:
    bootstrap.build_sms(settings)
    if settings.sms_url == "console:":
        return Diagnosis("warning", "SMS", "affichés ici, envoyés à personne", "SEING_SMS_URL=twilio: pour de vrai.")
    return Diagnosis("ok", "SMS", f"expéditeur « {settings.sms_sender} »")


def _vault(settings: Settings) -> Diagnosis:
    vault = bootstrap.build_vault(settings)
    bootstrap.build_pepper(settings)
    return Diagnosis("ok", "coffre", f"clé active « {vault.active} »")


def _keys(settings: Settings) -> Diagnosis:
    engine = engine_from_url(settings.database)
    try:
        keys = bootstrap.build_keys(settings, WorkFactory(engine), system_clock)
        return _tried(keys)
    finally:
        engine.dispose()


def _tried(keys: Keys) -> Diagnosis:
    seal_blank_page(keys, system_clock())
    if keys.ends - system_clock() < EXPIRES_SOON:
        return Diagnosis("warning", "clés", f"un certificat expire le {keys.ends:%d/%m/%Y}", "Demandez le suivant.")
    return Diagnosis("ok", "clés", "page blanche scellée, horodatée et vérifiée")
