"""The one place that chooses implementations: settings in, services out. Nothing connects here but the database."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509

from pipeline.channels.drop import AgencyDrop, drop_from_url
from pipeline.channels.mail import Mailer, mailer_from_url
from pipeline.channels.sms import ConsoleSms, FailoverSms, HttpSms, SmsGateway, TwilioSms
from pipeline.clock import Clock, clock_from, paris_day, system_clock
from pipeline.config import Settings
from pipeline.errors import Misconfigured
from pipeline.organisation import Organisation, load_organisation, sample_organisation
from signing import pki
from signing.certificates import Purpose
from signing.errors import SigningError
from signing.identity import Identity, load_identity
from signing.timestamp import HttpTimestamper, LocalTimestamper, Timestamper
from storage.archive import Archive, archive_from_url
from storage.database import engine_from_url
from storage.vault import Vault
from storage.work import WorkFactory

T = TypeVar("T")


@dataclass(frozen=True)
class Keys:
    """Every key of the product, loaded once and kept warm."""

    seal: Identity
    issuer: Identity
    timestamper: Timestamper
    roots: tuple[x509.Certificate, ...]


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
    sms: SmsGateway
    mail: Mailer
    drop: AgencyDrop
    wake: threading.Event = field(default_factory=threading.Event)

    def today(self) -> date:
        """The legal day, in Paris."""
        return paris_day(self.clock())

    def nudge(self) -> None:
        """Tell the relay that something was staged."""
        self.wake.set()


def build_services(settings: Settings, *, sms: SmsGateway | None = None, clock: Clock | None = None) -> Services:
    """Choose everything from the settings; raises `Misconfigured` naming what is wrong and how to mend it.

    `sms` and `clock` stand in for those of the settings (demonstration, tests).
    """
    clock = clock or (clock_from(settings.fixed_now) if settings.fixed_now else system_clock)
    if settings.is_production and settings.fixed_now:
        raise Misconfigured("SEING_FIXED_NOW", "is not for production.", "Remove it.")
    return Services(
        settings=settings,
        clock=clock,
        works=WorkFactory(_from_url("SEING_DATABASE_URL", engine_from_url, settings.database), clock=clock),
        archive=_from_url("SEING_ARCHIVE_URL", archive_from_url, settings.archive),
        vault=build_vault(settings),
        pepper=build_pepper(settings),
        organisation=build_organisation(settings),
        keys=build_keys(settings, clock),
        sms=sms or build_sms(settings),
        mail=_from_url("SEING_MAIL_URL", lambda url: mailer_from_url(url, settings.mail_from, clock), settings.mail),
        drop=_from_url("SEING_DROP_URL", drop_from_url, settings.drop),
    )


def build_organisation(settings: Settings) -> Organisation:
    """The seller, its agencies and reps."""
    if settings.organisation:
        return load_organisation(settings.organisation)
    if settings.is_production:
        raise Misconfigured("SEING_ORGANISATION", "is missing.", "Give the path of organisation.json.")
    return sample_organisation()


def build_pepper(settings: Settings) -> bytes:
    """The key of one-time codes and tokens."""
    value = settings.secret("secret_key").encode()
    if len(value) < 32:
        raise Misconfigured("SEING_SECRET_KEY", "is too short.", "Give at least 32 bytes.")
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
        remedy = 'Give "id:64 hexadecimal characters", separated by commas, and SEING_FINGERPRINT_KEY likewise.'
        raise Misconfigured("SEING_VAULT_KEYS", "cannot be read.", remedy) from None


def build_keys(settings: Settings, clock: Clock) -> Keys:
    """Load the seal, the issuing authority and the time-stamp source; refuse development keys in production."""
    passphrase = settings.secret("key_passphrase").encode()
    now = clock()
    seal = _identity(settings, "seal_p12", pki.SEAL, passphrase, Purpose.SEAL, now)
    issuer = _identity(settings, "issuer_p12", pki.ISSUER, passphrase, Purpose.ISSUER, now)
    roots = trusted_roots(settings, (seal, issuer))
    if settings.tsa_url:
        timestamper: Timestamper = HttpTimestamper(
            settings.tsa_url,
            clock=clock,
            timeout=settings.tsa_timeout,
            policy_oid=settings.tsa_policy or None,
            trust=roots,
            fallback_url=settings.tsa_fallback_url or None,
        )
    else:
        timestamper = LocalTimestamper(
            _identity(settings, "tsa_p12", pki.TIMESTAMP, passphrase, Purpose.TIMESTAMP, now), clock=clock
        )
    return Keys(seal, issuer, timestamper, roots)


def trusted_roots(settings: Settings, identities: Sequence[Identity] = ()) -> tuple[x509.Certificate, ...]:
    """The roots that verification trusts: those of our own keys, and `trust_roots`."""
    roots = {identity.chain[-1].serial_number: identity.chain[-1] for identity in identities}
    files = [path for path in (settings.trust_roots, settings.keys_dir / pki.ROOT) if path and path.exists()]
    for path in files:
        for certificate in x509.load_pem_x509_certificates(path.read_bytes()):
            roots[certificate.serial_number] = certificate
    return tuple(roots.values())


def build_sms(settings: Settings) -> SmsGateway:
    """The gateways of `SEING_SMS_URL`, tried in order (separated by blanks). Training never leaves the machine."""
    if settings.environment == "training":
        return ConsoleSms(settings.data_dir / "sms")
    gateways = [_gateway(settings, url) for url in settings.sms_url.split()]
    return gateways[0] if len(gateways) == 1 else FailoverSms(gateways)


def _gateway(settings: Settings, url: str) -> SmsGateway:
    if url == "console:":
        if settings.is_production:
            raise Misconfigured("SEING_SMS_URL", "is console:.", "Give twilio: or the address of a provider.")
        return ConsoleSms(settings.data_dir / "sms")
    if url == "twilio:":
        if not settings.twilio_account_sid:
            raise Misconfigured("SEING_TWILIO_ACCOUNT_SID", "is missing.", "Set it with SEING_TWILIO_AUTH_TOKEN.")
        return TwilioSms(
            settings.twilio_account_sid,
            settings.secret("twilio_auth_token"),
            settings.sms_sender,
            f"{settings.public_url}/webhooks/twilio/sms",
        )
    if url.startswith(("http://", "https://")):
        return HttpSms(url, settings.sms_sender)
    raise Misconfigured("SEING_SMS_URL", "is not understood.", "Give console:, twilio: or https://...")


def _identity(settings: Settings, name: str, made: str, passphrase: bytes, purpose: Purpose, now: datetime) -> Identity:
    path: Path = getattr(settings, name) or settings.keys_dir / made
    variable = f"SEING_{name.upper()}"
    if settings.is_production and getattr(settings, name) is None:
        raise Misconfigured(variable, "is missing.", "Give the path of the PKCS#12 file.")
    try:
        identity = load_identity(path, passphrase, purpose=purpose, now=now)
    except SigningError as error:
        remedy = "Check the file and SEING_KEY_PASSPHRASE." if settings.is_production else "Run `seing init`."
        raise Misconfigured(variable, f"{error}.", remedy) from None
    if settings.is_production and pki.is_development(identity.certificate):
        raise Misconfigured(variable, "is a development key.", "Give the key of a trust service provider.")
    return identity


def _from_url(variable: str, make: Callable[[str], T], url: str) -> T:
    try:
        return make(url)
    except ValueError as error:
        raise Misconfigured(variable, f"{error}.", "Correct the address.") from None
