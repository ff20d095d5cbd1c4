"""`seing doctor`: every setting, key and service tried, each with what is wrong and how to mend it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pipeline import bootstrap
from pipeline.ailments import of_keys, of_service
from pipeline.broker import broker_from_url
from pipeline.clock import system_clock
from pipeline.config import Settings, load_settings
from pipeline.errors import Misconfigured, SeingError, describe
from pipeline.organisation import OrganisationUnreadable
from pipeline.selftest import seal_blank_page
from signing.errors import RevocationUnavailable, SigningError, ValidationInfoIncomplete
from signing.longterm import preserve
from storage.archive import archive_from_url
from storage.database import engine_from_url
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
    for what, check in CHECKS.items():
        try:
            yield check(settings)
        except Misconfigured as error:
            yield Diagnosis("error", error.setting, error.problem, error.remedy)
        except OrganisationUnreadable as error:
            wrong = " ; ".join(str(each) for each in error.problems[:3])
            yield Diagnosis("error", what, wrong, "Corrigez le fichier.")
        except SeingError as error:
            yield Diagnosis("error", what, describe(error), "Corrigez le fichier.")
        except SigningError as error:
            yield Diagnosis("error", what, *of_keys(error))
        except Exception as error:  # noqa: BLE001  # a doctor says what he finds, whatever it is
            said, remedy = of_service(error)
            yield Diagnosis("error", what, said, remedy or REMEDIES.get(what, "Vérifiez ce réglage."))


def _address(settings: Settings) -> Diagnosis:
    bootstrap.check_address(settings)
    if settings.public_url.startswith("https://") and not settings.trusted_proxies:
        said = "aucun proxy n'est déclaré : derrière celui qui termine TLS, tous les clients ont une seule adresse."
        return Diagnosis("warning", "SEING_TRUSTED_PROXIES", said, "Donnez ses adresses ou ses réseaux.")
    return Diagnosis("ok", "adresse", settings.public_url)


def _organisation(settings: Settings) -> Diagnosis:
    organisation = bootstrap.build_organisation(settings)
    return Diagnosis("ok", "organisation", f"{organisation.seller.legal_name}, {len(organisation.agencies)} agences")


def _database(settings: Settings) -> Diagnosis:
    bootstrap.from_url("SEING_DATABASE_URL", engine_from_url, settings.database).dispose()
    at = current(settings.database)
    if at != head():
        return Diagnosis("error", "base de données", f"version {at or 'vide'}, attendue {head()}", "seing migrate")
    return Diagnosis("ok", "base de données", f"à jour ({at})")


def _archive(settings: Settings) -> Diagnosis:
    bootstrap.from_url("SEING_ARCHIVE_URL", archive_from_url, settings.archive).check()
    return Diagnosis("ok", "archive", "écriture, lecture et comparaison réussies")


def _broker(settings: Settings) -> Diagnosis:
    broker = bootstrap.from_url("SEING_BROKER_URL", broker_from_url, settings.broker_url)
    if settings.broker_url == "memory://":
        return Diagnosis("ok", "messagerie des travaux", "dans le processus (memory://)")
    try:
        broker.declare_queue(f"{settings.queue_prefix}documents", ensure=True)
    finally:
        broker.close()
    return Diagnosis("ok", "messagerie des travaux", "RabbitMQ répond")


def _mail(settings: Settings) -> Diagnosis:
    bootstrap.build_mail(settings, system_clock).check()
    if settings.mail.startswith("file:"):
        level: Literal["ok", "warning"] = "warning" if settings.is_production else "ok"
        remedy = "SEING_MAIL_URL=smtp://... pour de vrai." if settings.is_production else ""
        return Diagnosis(level, "courriels", "gardés dans un dossier, envoyés à personne", remedy)
    return Diagnosis("ok", "courriels", "le serveur répond et accepte le compte")


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
    """A blank page sealed, then raised to B-LTA: keys, time-stamps and sources of revocation, as an order asks them."""
    engine = bootstrap.from_url("SEING_DATABASE_URL", engine_from_url, settings.database)
    try:
        works = WorkFactory(engine)
        keys = bootstrap.build_keys(settings, works, system_clock)
        sealed = seal_blank_page(keys, system_clock())
        if current(settings.database) != head():  # the list of our authority is kept there
            return Diagnosis("warning", "clés", "page blanche scellée, sans liste de révocation", "seing migrate")
        revocation = bootstrap.build_revocation(settings, keys, works, system_clock)
        preserve(sealed, revocation.proofs, keys.timestamper)
    except (RevocationUnavailable, ValidationInfoIncomplete) as error:
        said, remedy = of_keys(error)
        return Diagnosis("warning", "clés", f"page blanche scellée, mais {said}", remedy)
    finally:
        engine.dispose()
    if keys.ends - system_clock() < EXPIRES_SOON:
        return Diagnosis("warning", "clés", f"un certificat expire le {keys.ends:%d/%m/%Y}", "Demandez le suivant.")
    return Diagnosis("ok", "clés", "page blanche scellée, horodatée, pérennisée et vérifiée")


CHECKS: Mapping[str, Callable[[Settings], Diagnosis]] = {
    "adresse": _address,
    "organisation": _organisation,
    "base de données": _database,
    "archive": _archive,
    "messagerie des travaux": _broker,
    "courriels": _mail,
    "SMS": _sms,
    "coffre": _vault,
    "clés": _keys,
}

REMEDIES = {
    "base de données": "Vérifiez SEING_DATABASE_URL, le serveur et le réseau.",
    "archive": "Vérifiez SEING_ARCHIVE_URL, les droits et la place libre.",
    "messagerie des travaux": "Vérifiez SEING_BROKER_URL, le serveur et le réseau.",
    "courriels": "Vérifiez SEING_MAIL_URL, le serveur et le réseau.",
    "clés": "Vérifiez SEING_DATABASE_URL et les adresses des clés.",
}
