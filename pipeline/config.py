"""Settings: one frozen class, read once at start-up from `SEING_*` variables (or `SEING_SECRETS_DIR/SEING_*` files).

Development and training make their own secrets with `seing init`; production gives every secret itself.
"""

import json
import os
from datetime import datetime
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import idna
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from pipeline.errors import Misconfigured
from pipeline.proposal.problems import problem

Environment = Literal["development", "training", "production"]


class Settings(BaseSettings):
    """What an installation decides. Every field is `SEING_<NAME>` in the environment."""

    model_config = SettingsConfigDict(
        env_prefix="SEING_",
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
        secrets_dir=os.environ.get("SEING_SECRETS_DIR") or None,
    )

    environment: Environment = "development"
    """development and training accept the development PKI; training marks every document SPÉCIMEN and sends no SMS."""

    data_dir: Path = Path("var")
    """Folder of everything that is kept on this machine: database, archive, keys, outboxes."""

    public_url: str = "http://127.0.0.1:8000"
    """Address that customers reach, without a final slash; its host, an accented one in its ASCII form, is bound to the
    one-time code (WICG)."""

    organisation: Path | None = None
    """organisation.json: seller, agencies, reps. Development has a sample of its own."""

    database_url: str = ""
    """SQLAlchemy address; empty means SQLite in the data folder."""

    broker_url: str = "memory://"
    """memory:// for an in-process worker, amqp://user:password@host:5672/vhost for RabbitMQ."""

    queue_prefix: str = Field(default="seing.", pattern=r"^[A-Za-z_][A-Za-z0-9._-]*$")
    """Begins the names of our RabbitMQ queues: installations that share a broker each need one of their own."""

    lost_after: int = Field(default=60, ge=1)
    """Seconds after which a job that was sent or begun and never ended is sent again."""

    archive_url: str = ""
    """file:///folder or s3://bucket?endpoint=...&region=...; empty means a folder in the data folder."""

    drop_url: str = ""
    """Where files are left: production batches per agency, paper invoices (COURRIER), receipts for the platform
    (PLATEFORME); a file:/// folder; empty means one in the data folder."""

    mail_url: str = ""
    """smtp://user:password@host:587 or a file:/// folder of .eml files; empty means a folder in the data folder."""

    mail_from: str = "Seing <ne-pas-repondre@seing.example>"
    """Sender of every mail."""

    sms_url: str = "console:"
    """console: (prints and keeps), twilio: (with the settings below) or https://... (generic HTTP provider).

    Several, separated by blanks, take over from one another in this order."""

    twilio_account_sid: str = ""
    """Twilio account, ACxxxxxxxx."""

    twilio_auth_token: SecretStr | None = None
    """Twilio's secret; also checks the signature of its delivery reports."""

    sms_sender: str = "SEING"
    """Alphanumeric sender, 1 to 11 letters, digits or spaces: French 06/07 numbers may not send automated SMS."""

    twilio_voice_from: str = Field(default="", pattern=r"^(\+[1-9]\d{6,14})?$")
    """Voice number of the Twilio account, E.164; empty means that no code can be called through."""

    sms_template: Path | None = None
    """JSON file that says how the generic HTTP provider is asked (headers, body, id, status, cost, currency) and how it
    reports (report): see docs/api.md."""

    sms_token: SecretStr | None = None
    """Secret of the generic HTTP provider: bearer, or where its template puts {token}."""

    sms_report_secret: SecretStr | None = None
    """Secret of the HMAC under which the generic HTTP provider reports; empty means that of sms_token."""

    secret_key: SecretStr | None = None
    """Pepper of one-time codes and tokens, at least 32 bytes in base64url or hex; kept outside the database."""

    vault_keys: SecretStr | None = None
    """Field-encryption keys, "id:hex64[,id:hex64...]"; the first one encrypts, all decrypt (rotation)."""

    fingerprint_key: SecretStr | None = None
    """Key of the equality fingerprints of IBAN and mobile, 64 hexadecimal characters; never rotated alone."""

    seal_key: str = ""
    """Seller's seal: file:/path of a PKCS#12 file, pkcs11:token=...;object=...?module-path=... or awskms:KEY?region=...
    Empty means the file that `seing init` makes."""

    seal_certificates: Path | None = None
    """PEM file of the seal's certificate and its issuers, where the key is not in a PKCS#12 file."""

    issuer_key: str = ""
    """Authority that issues the one-shot certificates; as seal_key."""

    issuer_certificates: Path | None = None
    """As seal_certificates."""

    tsa_key: str = ""
    """Local time-stamping unit, as seal_key; not used where tsa_url is given."""

    tsa_certificates: Path | None = None
    """As seal_certificates."""

    key_passphrase: SecretStr | None = None
    """Passphrase of the PKCS#12 files, or PIN of the PKCS#11 token."""

    trust_roots: Path | None = None
    """PEM file of the roots that are trusted beside those of our keys, for signatures and time-stamps alike: of earlier
    keys, of others whose documents `seing verify` should believe."""

    crl_files: tuple[Path, ...] = ()
    """Revocation lists (DER) of authorities that publish none over HTTP, such as a root kept off-line: JSON list."""

    tsa_url: str = ""
    """External RFC 3161 server; empty means the local unit."""

    tsa_fallback_url: str = ""
    """Second server, tried when the first does not answer."""

    tsa_policy: str = ""
    """Policy OID that the external server's tokens must carry; empty accepts any."""

    tsa_roots: Path | None = None
    """PEM file of the roots that are trusted for time-stamps alone: that of the external server's unit, as long as a
    file that it stamped is kept."""

    tsa_timeout: float = 5.0
    """Seconds to wait for a time-stamp."""

    mandate_scheme: Literal["CORE", "B2B"] = "CORE"
    """SEPA scheme of new mandates; CORE is the safe default for small firms (STANDARDS 4.1)."""

    prenotification_days: int = Field(default=14, ge=1, le=60)
    """Calendar days between the announcement of a debit and its date (SDD rulebook 4.3)."""

    invoice_series: str = Field(default="F", pattern=r"^[A-Z0-9]{1,6}$")
    """Prefix of invoice numbers; credit notes use A after it."""

    worker_threads: int = Field(default=2, ge=1, le=64)
    """Threads of one worker process."""

    retention_years: int = Field(default=10, ge=1, le=50)
    """Years for which signed sets are locked in the archive (Code de commerce L123-22)."""

    host: str = "127.0.0.1"
    """Address that the web process listens on."""

    port: int = 8000
    """Port that the web process listens on."""

    trusted_proxies: str = ""
    """Addresses and networks of the proxies in front of the web process, separated by blanks ("192.0.2.10 10.0.0.0/8"):
    from them alone X-Forwarded-For and X-Forwarded-Proto are believed. Empty means that nobody is."""

    fixed_now: datetime | None = None
    """Development only: the instant at which the clock starts (demo, tests)."""

    @field_validator("public_url")
    @classmethod
    def _as_browsers_write_it(cls, value: str) -> str:
        """Without a final slash, an accented host in its ASCII form: the line that binds a code compares that one."""
        if not value.startswith(("http://", "https://")):
            raise ValueError("doit commencer par http:// ou https://")
        try:
            parts = urlsplit(value.rstrip("/"))
            port = f":{parts.port}" if parts.port else ""
            if parts.netloc.isascii() and parts.hostname:
                return value.rstrip("/")
            # UTS 46 as browsers apply it: lower case, composed, then Punycode (WHATWG URL, 3.3; RFC 5891).
            host = idna.encode(parts.hostname or "", uts46=True).decode()
        except (ValueError, idna.IDNAError):
            raise ValueError("ne nomme pas une machine") from None
        return urlunsplit(parts._replace(netloc=host + port))

    @field_validator("sms_sender")
    @classmethod
    def _alphanumeric_sender(cls, value: str) -> str:
        if not (1 <= len(value) <= 11 and value.replace(" ", "").isalnum() and any(c.isalpha() for c in value)):
            raise ValueError("doit compter de 1 à 11 lettres, chiffres ou espaces, dont une lettre")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _some_of_the_world(cls, value: str) -> str:
        try:
            networks = [ip_network(each) for each in value.split()]
        except ValueError:
            raise ValueError("doit être une suite d'adresses ou de réseaux, comme « 192.0.2.10 10.0.0.0/8 »") from None
        if any(network.prefixlen == 0 for network in networks):
            raise ValueError("ne peut pas être le monde entier : chacun dirait alors d'où il vient")
        return value

    @property
    def proxies(self) -> list[str]:
        """The networks of the trusted proxies, those of IPv4 also as a socket for both sees them (::ffff:...)."""
        networks = [ip_network(each) for each in self.trusted_proxies.split()]
        mapped = [f"::ffff:{each.network_address}/{96 + each.prefixlen}" for each in networks if each.version == 4]
        return [str(each) for each in networks] + mapped

    @property
    def keys_dir(self) -> Path:
        """Where `seing init` writes keys."""
        return self.data_dir / "keys"

    @property
    def secrets_file(self) -> Path:
        """Where `seing init` keeps the secrets that it made."""
        return self.data_dir / "secrets.json"

    @property
    def is_production(self) -> bool:
        """Whether nothing made for development may be used."""
        return self.environment == "production"

    @property
    def database(self) -> str:
        """The database address in force."""
        return self.database_url or f"sqlite:///{(self.data_dir / self._stem).resolve()}.db"

    @property
    def _stem(self) -> str:
        return "training" if self.environment == "training" else "seing"

    @property
    def archive(self) -> str:
        """The archive address in force."""
        return self.archive_url or (self.data_dir / "archive").resolve().as_uri()

    @property
    def drop(self) -> str:
        """The agency drop in force."""
        return self.drop_url or (self.data_dir / "drop").resolve().as_uri()

    @property
    def mail(self) -> str:
        """The mail channel in force."""
        return self.mail_url or (self.data_dir / "mail").resolve().as_uri()

    @cached_property
    def made_secrets(self) -> dict[str, str]:
        """Secrets that `seing init` made; empty in production, whose secrets come from outside."""
        path = self.secrets_file
        if self.is_production or not path.exists():
            return {}
        made: dict[str, str] = json.loads(path.read_text("utf-8"))
        return made

    def secret(self, name: str) -> str:
        """The value of a secret setting, given or made by `seing init`; raises `Misconfigured` without one."""
        given: SecretStr | None = getattr(self, name)
        value = given.get_secret_value() if given else self.made_secrets.get(name, "")
        if not value:
            remedy = "Donnez-le." if self.is_production else "Lancez `seing init`, ou donnez-le."
            raise Misconfigured(f"SEING_{name.upper()}", "manque.", remedy)
        return value


def load_settings(**values: object) -> Settings:
    """Read the settings; raises `Misconfigured` naming the variable that is wrong."""
    try:
        return Settings(**values)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "SEING_" + str(first["loc"][0]).upper()
        facts = {name: fact for name, fact in first.get("ctx", {}).items() if name != "error"}
        own = str(first.get("ctx", {}).get("error", "")) if first["type"] == "value_error" else ""
        reason = own or problem(first["type"], "", **facts).message_fr
        raise Misconfigured(name, f"valeur refusée : {reason}.", "Corrigez-le dans l'environnement.") from None
    except SettingsError as error:  # a list that is no JSON: pydantic names the field alone
        name = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        remedy = 'Donnez une liste JSON, par exemple ["a.crl", "b.crl"].'
        raise Misconfigured(f"SEING_{name.upper()}", "n'est pas du JSON.", remedy) from None
