"""The one place that chooses implementations: settings in, services out. Nothing connects here but the database."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError
from cryptography import x509
from sqlalchemy.exc import ArgumentError

from pipeline.ailments import of_keys
from pipeline.channels.drop import AgencyDrop, drop_from_url
from pipeline.channels.mail import Mailer, mailer_from_url
from pipeline.channels.sms import ConsoleSms, FailoverSms, SmsGateway, SmsProvider
from pipeline.channels.sms_http import HttpSms, read_template
from pipeline.channels.twilio import TwilioSms, TwilioVoice
from pipeline.channels.voice import ConsoleVoice, VoiceGateway
from pipeline.clock import Clock, clock_from, paris_day, system_clock
from pipeline.config import Settings
from pipeline.errors import Misconfigured
from pipeline.keys import Keys, KeySet
from pipeline.organisation import Organisation, load_organisation, sample_organisation
from pipeline.origin import is_loopback
from pipeline.revocation import last_lists, published, revoked_among
from pipeline.selftest import seal_blank_page
from signing import pki
from signing.certificates import Purpose
from signing.errors import SigningError
from signing.identity import Identity
from signing.keys import open_identity
from signing.revocation import RevocationLists, http_fetch
from signing.timestamp import HttpTimestamper, LocalTimestamper
from storage.archive import Archive, archive_from_url
from storage.database import engine_from_url
from storage.vault import Vault
from storage.work import WorkFactory

T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """What steps work with."""

    settings: Settings
    clock: Clock
    works: WorkFactory
    archive: Archive
    vault: Vault = field(repr=False)
    pepper: bytes = field(repr=False)
    organisation: Organisation
    keys: Keys
    revocation: RevocationLists
    sms: SmsGateway
    voice: VoiceGateway | None
    """None where no code can be called through."""
    mail: Mailer
    drop: AgencyDrop
    wake: threading.Event = field(default_factory=threading.Event)

    def today(self) -> date:
        """The legal day, in Paris."""
        return paris_day(self.clock())

    def nudge(self) -> None:
        """Tell the relay that something was staged."""
        self.wake.set()


def build_services(
    settings: Settings,
    *,
    sms: SmsGateway | None = None,
    voice: VoiceGateway | None = None,
    clock: Clock | None = None,
) -> Services:
    """Choose everything from the settings; raises `Misconfigured` naming what is wrong and how to mend it.

    `sms`, `voice` and `clock` stand in for those of the settings (demonstration, tests).
    """
    clock = clock or (clock_from(settings.fixed_now) if settings.fixed_now else system_clock)
    if settings.is_production and settings.fixed_now:
        raise Misconfigured("SEING_FIXED_NOW", "n'est pas pour la production.", "Retirez-le.")
    check_address(settings)
    works = WorkFactory(from_url("SEING_DATABASE_URL", engine_from_url, settings.database), clock=clock)
    keys = build_keys(settings, works, clock)
    return Services(
        settings=settings,
        clock=clock,
        works=works,
        archive=from_url("SEING_ARCHIVE_URL", archive_from_url, settings.archive),
        vault=build_vault(settings),
        pepper=build_pepper(settings),
        organisation=build_organisation(settings),
        keys=keys,
        revocation=build_revocation(settings, keys, works, clock),
        sms=sms or build_sms(settings),
        voice=voice or build_voice(settings),
        mail=build_mail(settings, clock),
        drop=from_url("SEING_DROP_URL", drop_from_url, settings.drop),
    )


def check_address(settings: Settings) -> None:
    """Refuse an address without TLS in production: cookies would travel in clear, and no provider would report."""
    if settings.is_production and not settings.public_url.startswith("https://"):
        raise Misconfigured("SEING_PUBLIC_URL", "n'est pas en https.", "Donnez l'adresse https du service.")


def build_organisation(settings: Settings) -> Organisation:
    """The seller, its agencies and reps."""
    if settings.organisation:
        return load_organisation(settings.organisation)
    if settings.is_production:
        raise Misconfigured("SEING_ORGANISATION", "manque.", "Donnez le chemin de organisation.json.")
    return sample_organisation()


def build_pepper(settings: Settings) -> bytes:
    """The key of one-time codes and tokens."""
    value = settings.secret("secret_key").encode()
    if len(value) < 32:
        raise Misconfigured("SEING_SECRET_KEY", "est trop court.", "Donnez au moins 32 octets.")
    return value


def build_vault(settings: Settings) -> Vault:
    """Field encryption, with every key that may still be needed."""
    keys: dict[str, bytes] = {}
    try:
        for item in settings.secret("vault_keys").split(","):
            name, _, value = item.strip().partition(":")
            keys[name] = bytes.fromhex(value)
        return Vault(keys, next(iter(keys)), bytes.fromhex(settings.secret("fingerprint_key")))
    except ValueError:
        remedy = 'Donnez "id:64 caractères hexadécimaux", séparés par des virgules, et de même SEING_FINGERPRINT_KEY.'
        raise Misconfigured("SEING_VAULT_KEYS", "est illisible.", remedy) from None


def build_keys(settings: Settings, works: WorkFactory, clock: Clock) -> Keys:
    """Load the seal, the issuing authority and the time-stamp source; refuse development keys in production.

    `works` tells which of their certificates were taken back.
    """
    files = [path for part in PARTS for path in _files_of(settings, part)]
    return Keys(
        lambda: _load_keys(settings, clock),
        files,
        lambda fresh: seal_blank_page(fresh, clock()),
        lambda identities: revoked_among(works, identities),
        clock,
    )


def _load_keys(settings: Settings, clock: Clock) -> KeySet:
    now = clock()
    seal, issuer = _identity(settings, SEAL, now), _identity(settings, ISSUER, now)
    roots, units = trusted_roots(settings, (seal, issuer)), stamp_roots(settings)
    ends = min(seal.ends, issuer.ends)
    if settings.tsa_url:
        remote = HttpTimestamper(
            settings.tsa_url,
            clock=clock,
            timeout=settings.tsa_timeout,
            policy_oid=settings.tsa_policy or None,
            trust=(*roots, *units),
            fallback_url=settings.tsa_fallback_url or None,
        )
        return KeySet(seal, issuer, remote, roots, ends, (seal, issuer), units)
    unit = _identity(settings, UNIT, now)
    roots = trusted_roots(settings, (seal, issuer, unit))
    stamper, ends = LocalTimestamper(unit, clock=clock), min(ends, unit.ends)
    return KeySet(seal, issuer, stamper, roots, ends, (seal, issuer, unit), units)


def build_revocation(settings: Settings, keys: Keys, works: WorkFactory, clock: Clock) -> RevocationLists:
    """Where the revocation lists of long-term signatures come from."""

    def files() -> list[bytes]:
        paths = [settings.keys_dir / pki.ROOT_CRL, *(settings.crl_files or ())]
        return [*(path.read_bytes() for path in paths if path.exists()), *last_lists(works)]

    return RevocationLists(
        issuers=lambda: (keys.authority,),
        known=lambda: (
            *(link for own in keys.identities for link in (own.certificate, *own.chain)),
            *keys.roots,
            *keys.stamp_roots,
        ),
        files=files,
        own=lambda issuer: published(works, clock, issuer),
        clock=clock,
        fetch=http_fetch(settings.tsa_timeout),
    )


def trusted_roots(settings: Settings, identities: Sequence[Identity] = ()) -> tuple[x509.Certificate, ...]:
    """The roots that verification trusts: those of our own keys, and `trust_roots`; none of development in production.

    What was signed before a roll-over is judged by the roots of then: they stay in the file.
    """
    found = dict.fromkeys(identity.chain[-1] for identity in identities)
    own = settings.keys_dir / pki.ROOT
    for path in (settings.trust_roots, own if own.exists() else None):
        found.update(dict.fromkeys(_roots_in(settings, path, "SEING_TRUST_ROOTS")))
    return tuple(found)


def stamp_roots(settings: Settings) -> tuple[x509.Certificate, ...]:
    """The roots that verification trusts beside them, for time-stamps alone: those of `tsa_roots`."""
    return tuple(_roots_in(settings, settings.tsa_roots, "SEING_TSA_ROOTS"))


def _roots_in(settings: Settings, path: Path | None, setting: str) -> list[x509.Certificate]:
    if path is None:
        return []
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError:
        raise Misconfigured(setting, f"{path.name} ne se lit pas.", "Vérifiez le chemin et les droits.") from None
    except ValueError:
        remedy = f"Vérifiez {path.name} : une ou plusieurs racines, en PEM."
        raise Misconfigured(setting, "n'est pas un fichier PEM de certificats.", remedy) from None
    return [root for root in found if not (settings.is_production and pki.is_development(root))]


def build_mail(settings: Settings, clock: Clock) -> Mailer:
    """The mail server, or a folder."""
    return from_url("SEING_MAIL_URL", lambda url: mailer_from_url(url, settings.mail_from, clock), settings.mail)


def build_sms(settings: Settings) -> SmsGateway:
    """The providers of `SEING_SMS_URL`, tried in order (separated by blanks). Training never leaves the machine."""
    if settings.environment == "training":
        return ConsoleSms(settings.data_dir / "sms")
    providers = [_provider(settings, url) for url in settings.sms_url.split()]
    return providers[0] if len(providers) == 1 else FailoverSms(providers)


def build_voice(settings: Settings) -> VoiceGateway | None:
    """Calls go through Twilio where it has a voice number of ours, or are printed where text messages are."""
    if settings.environment == "training" or (settings.sms_url == "console:" and not settings.is_production):
        return ConsoleVoice(settings.data_dir / "voice")
    if not settings.twilio_voice_from:
        return None
    hook = f"{settings.public_url}/webhooks/twilio/voice"
    return TwilioVoice(*_twilio_account(settings), settings.twilio_voice_from, hook)


def _twilio_account(settings: Settings) -> tuple[str, str]:
    if not settings.twilio_account_sid:
        raise Misconfigured("SEING_TWILIO_ACCOUNT_SID", "manque.", "Donnez-le avec SEING_TWILIO_AUTH_TOKEN.")
    return settings.twilio_account_sid, settings.secret("twilio_auth_token")


def _provider(settings: Settings, url: str) -> SmsProvider:
    if url == "console:":
        if settings.is_production:
            raise Misconfigured("SEING_SMS_URL", "vaut console:.", "Donnez twilio: ou l'adresse d'un opérateur.")
        return ConsoleSms(settings.data_dir / "sms")
    if url == "twilio:":
        hook = f"{settings.public_url}/webhooks/twilio/sms"
        return TwilioSms(*_twilio_account(settings), settings.sms_sender, hook)
    if url.startswith("http://") and settings.is_production and not is_loopback(urlsplit(url).hostname or ""):
        remedy = "Donnez l'adresse https de l'opérateur : les codes passeraient en clair."
        raise Misconfigured("SEING_SMS_URL", "n'est pas en https.", remedy)
    if url.startswith(("http://", "https://")):
        token = settings.sms_token.get_secret_value() if settings.sms_token else ""
        try:
            template = read_template(settings.sms_template) if settings.sms_template else None
        except ValueError as error:
            raise Misconfigured("SEING_SMS_TEMPLATE", f"{error}.", "Corrigez le fichier.") from None
        own = settings.sms_report_secret
        secret = own.get_secret_value() if own else token
        if template and template.report and not secret:
            remedy = "Donnez-le, ou SEING_SMS_TOKEN : sans secret, aucun compte rendu n'est cru."
            raise Misconfigured("SEING_SMS_REPORT_SECRET", "manque.", remedy)
        return HttpSms(url, settings.sms_sender, token, template, secret=secret)
    raise Misconfigured("SEING_SMS_URL", "n'est pas compris.", "Donnez console:, twilio: ou https://...")


@dataclass(frozen=True)
class _Part:
    """One of the keys: its settings, the file that `seing init` makes, and what it is for."""

    name: str
    made: str
    purpose: Purpose


SEAL = _Part("seal", pki.SEAL, Purpose.SEAL)
ISSUER = _Part("issuer", pki.ISSUER, Purpose.ISSUER)
UNIT = _Part("tsa", pki.TIMESTAMP, Purpose.TIMESTAMP)
PARTS = (SEAL, ISSUER, UNIT)


def _address(settings: Settings, part: _Part) -> str:
    return getattr(settings, f"{part.name}_key") or f"file:{settings.keys_dir / part.made}"


def _files_of(settings: Settings, part: _Part) -> list[Path]:
    """The files whose change announces another key."""
    kind, _, rest = _address(settings, part).partition(":")
    given: Path | None = getattr(settings, f"{part.name}_certificates")
    return [Path(rest)] if kind == "file" else [given] if given else []


def _identity(settings: Settings, part: _Part, now: datetime) -> Identity:
    variable = f"SEING_{part.name.upper()}_KEY"
    if settings.is_production and not getattr(settings, f"{part.name}_key"):
        raise Misconfigured(variable, "manque.", "Donnez file:, pkcs11: ou awskms: et la suite.")
    passphrase = b"" if _address(settings, part).startswith("awskms:") else settings.secret("key_passphrase").encode()
    certificates: Path | None = getattr(settings, f"{part.name}_certificates")
    try:
        identity = open_identity(_address(settings, part), certificates, passphrase, purpose=part.purpose, now=now)
    except SigningError as error:
        said, remedy = of_keys(error)
        made = not settings.is_production and not getattr(settings, f"{part.name}_key")
        raise Misconfigured(variable, said, "Lancez `seing init`." if made else remedy) from None
    if settings.is_production and any(map(pki.is_development, (identity.certificate, *identity.chain))):
        raise Misconfigured(variable, "est une clé de développement.", "Donnez celle d'un prestataire de confiance.")
    return identity


FORMS = {
    "SEING_DATABASE_URL": "Donnez sqlite:////dossier/base.db ou postgresql://compte:secret@machine:5432/base.",
    "SEING_BROKER_URL": "Donnez memory:// ou amqp://compte:secret@machine:5672/vhost.",
    "SEING_ARCHIVE_URL": "Donnez file:///dossier ou s3://compartiment?endpoint=...&region=..., sans identifiants.",
    "SEING_MAIL_URL": "Donnez file:///dossier, smtp://compte:secret@machine:587 ou smtps://...",
    "SEING_DROP_URL": "Donnez file:///dossier.",
}
"""What each address may be."""


def from_url(variable: str, make: Callable[[str], T], url: str) -> T:
    """What is at an address; raises `Misconfigured` for one that is not understood, without repeating it."""
    try:
        return make(url)
    except (ValueError, ArgumentError, BotoCoreError):
        raise Misconfigured(variable, "n'est pas une adresse comprise ici.", FORMS[variable]) from None
