"""What `seing doctor` says of each failure: French, with a remedy, without a library's words and without a secret."""

import ast
import errno
import json
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError
from pika.exceptions import AMQPConnectionError, ProbableAccessDeniedError, ProbableAuthenticationError
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from pipeline import ailments
from pipeline.channels.mail import SmtpMail
from pipeline.cli import app
from pipeline.doctor import diagnose
from signing import errors, pki
from storage.errors import ArchiveUnavailable, SchemaUnknown

SECRET = "s3cr3t-passw0rd"
CLOSED = "127.0.0.1:9"

ENGLISH = re.compile(
    r"\b(the|of|is|are|was|not|no|and|or|with|for|to|from|must|should|cannot|could|can't|failed|failure|refused|denied|"
    r"invalid|unable|unknown|missing|expected|such|found|connection|server|file|password|does|did|error|because|its|it|"
    r"at|by|an|this|that|has|have|been|input|value|valid)\b",
    re.IGNORECASE,
)
NAMES = re.compile(
    r"\{\w+\}|SEING_\w+|`[^`]*`|\S*(?:://|=)\S*|\b(?:awskms|pkcs11|twilio|file|console|memory):\S*|\S+\.\w+\b"
)
"""Names of settings and commands, forms of addresses, names of files: not sentences."""


def words_of(text: str) -> list[str]:
    """The English words that are left once names are taken out."""
    return ENGLISH.findall(NAMES.sub(" ", text))


@pytest.fixture
def told(installation, monkeypatch, tmp_path):
    """What doctor says of an installation that is sound but for some settings."""
    import shutil

    folder = tmp_path / "var"
    shutil.copytree(installation, folder)
    monkeypatch.setenv("SEING_DATA_DIR", str(folder))

    def tell(**settings):
        for name, value in settings.items():
            monkeypatch.setenv(f"SEING_{name.upper()}", str(value))
        return list(diagnose())

    tell.folder = folder
    return tell


def wrong(findings):
    return [finding for finding in findings if finding.level == "error"]


def checked(findings):
    """All that was said is French, holds no secret, and each fault has its remedy; gives the faults."""
    for finding in findings:
        said = f"{finding.what} : {finding.said} {finding.remedy}"
        said = re.sub(r"/tmp/\S+", "DOSSIER", said)  # the folder of a test has an English name
        assert words_of(said) == [], said
        assert SECRET not in said
        assert "Error" not in said
        assert finding.remedy or finding.level == "ok", said
    return wrong(findings)


def test_a_sound_installation_is_told_in_french(told):
    """Every check passes, without a word of English."""
    assert checked(told()) == []


SETTINGS = {
    "no such environment": ({"environment": "staging"}, "SEING_ENVIRONMENT"),
    "no number": ({"port": "eighty"}, "SEING_PORT"),
    "too many threads": ({"worker_threads": "1000"}, "SEING_WORKER_THREADS"),
    "a pattern": ({"invoice_series": "f-1"}, "SEING_INVOICE_SERIES"),
    "no address": ({"public_url": f"ftp://u:{SECRET}@x"}, "SEING_PUBLIC_URL"),
    "a long sender": ({"sms_sender": "SOCIETE GENERALE DES ANNUAIRES"}, "SEING_SMS_SENDER"),
    "no JSON": ({"crl_files": "a.crl"}, "SEING_CRL_FILES"),
    "no instant": ({"fixed_now": "tomorrow"}, "SEING_FIXED_NOW"),
    "another database": ({"database_url": f"mysql://u:{SECRET}@h/db"}, "SEING_DATABASE_URL"),
    "no database": ({"database_url": f"u:{SECRET}@h"}, "SEING_DATABASE_URL"),
    "a port of letters": ({"database_url": f"postgresql://u:{SECRET}@h:port/db"}, "SEING_DATABASE_URL"),
    "a silent database": ({"database_url": f"postgresql://u:{SECRET}@{CLOSED}/db"}, "base de données"),
    "an unknown host": ({"database_url": f"postgresql://u:{SECRET}@no-such-host.invalid/db"}, "base de données"),
    "another archive": ({"archive_url": f"ftp://u:{SECRET}@h"}, "SEING_ARCHIVE_URL"),
    "a secret in S3": ({"archive_url": f"s3://u:{SECRET}@bucket"}, "SEING_ARCHIVE_URL"),
    "a silent S3": ({"archive_url": f"s3://bucket?endpoint=http://{CLOSED}&region=x"}, "archive"),
    "no folder": ({"archive_url": "file:///proc/none"}, "archive"),
    "another broker": ({"broker_url": f"redis://u:{SECRET}@h"}, "SEING_BROKER_URL"),
    "a silent broker": ({"broker_url": f"amqp://u:{SECRET}@{CLOSED}/"}, "messagerie des travaux"),
    "a broker without name": ({"broker_url": f"amqp://u:{SECRET}@no-such-host.invalid/"}, "messagerie des travaux"),
    "another mail": ({"mail_url": f"imap://u:{SECRET}@h"}, "SEING_MAIL_URL"),
    "a silent mail server": ({"mail_url": f"smtp://u:{SECRET}@{CLOSED}"}, "courriels"),
    "no mail folder": ({"mail_url": "file:///proc/none"}, "courriels"),
    "no provider": ({"sms_url": f"pigeon://u:{SECRET}"}, "SEING_SMS_URL"),
    "no account": ({"sms_url": "twilio:"}, "SEING_TWILIO_ACCOUNT_SID"),
    "no template": ({"sms_url": "https://x.example", "sms_template": "/no/such"}, "SEING_SMS_TEMPLATE"),
    "a short pepper": ({"secret_key": "short"}, "SEING_SECRET_KEY"),
    "no vault keys": ({"vault_keys": f"k1:{SECRET}"}, "SEING_VAULT_KEYS"),
    "no organisation": ({"organisation": "/no/such.json"}, "organisation"),
    "no roots": ({"trust_roots": "{made}/secrets.json"}, "SEING_TRUST_ROOTS"),
    "no file of roots": ({"trust_roots": "/no/such.pem"}, "SEING_TRUST_ROOTS"),
    "no roots of units": ({"tsa_roots": "{made}/secrets.json"}, "SEING_TSA_ROOTS"),
    "no file of units": ({"tsa_roots": "/no/such.pem"}, "SEING_TSA_ROOTS"),
    "no seal": ({"seal_key": "file:/no/such.p12"}, "SEING_SEAL_KEY"),
    "no file of keys": ({"seal_key": "file:{made}/secrets.json"}, "SEING_SEAL_KEY"),
    "an issuer as seal": ({"seal_key": "file:{made}/keys/issuer.p12"}, "SEING_SEAL_KEY"),
    "another passphrase": ({"key_passphrase": SECRET}, "SEING_SEAL_KEY"),
    "a module without PEM": (
        {"seal_key": f"pkcs11:token=t;object=o?module-path=/x&pin-value={SECRET}"},
        "SEING_SEAL_KEY",
    ),
    "half an address": (
        {"seal_key": "pkcs11:token=t", "seal_certificates": "{made}/keys/chain.pem"},
        "SEING_SEAL_KEY",
    ),
    "no module": (
        {"seal_key": "pkcs11:token=t;object=o?module-path=/no/such.so", "seal_certificates": "{made}/keys/chain.pem"},
        "SEING_SEAL_KEY",
    ),
    "a PIN in the address": (
        {
            "seal_key": f"pkcs11:token=t;object=o?module-path=/x.so&pin-value={SECRET}",
            "seal_certificates": "{made}/keys/chain.pem",
        },
        "SEING_SEAL_KEY",
    ),
    "a silent KMS": (
        {
            "seal_key": f"awskms:alias/x?region=eu-west-3&endpoint=http://{CLOSED}",
            "seal_certificates": "{made}/keys/chain.pem",
        },
        "SEING_SEAL_KEY",
    ),
    "no KMS": (
        {"seal_key": "awskms:?zone=x", "seal_certificates": "{made}/keys/chain.pem"},
        "SEING_SEAL_KEY",
    ),
    "a silent unit": ({"tsa_url": f"http://u:{SECRET}@{CLOSED}/tsa", "tsa_timeout": "0.5"}, "clés"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_each_fault_is_told_in_french_with_its_remedy(told, case, monkeypatch):
    """By the name of its setting, or of its service; no library's words, no secret."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, SECRET)
    settings, what = SETTINGS[case]
    made = {name: value.replace("{made}", str(told.folder)) for name, value in settings.items()}
    faults = checked(told(**made))
    assert what in {fault.what for fault in faults}, faults


def test_the_command_says_it_and_ends_with_1(told):
    """On the screen as in the table; a start that fails says the same."""
    told(key_passphrase=SECRET)
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "seal.p12 ne s'ouvre pas avec ce secret." in result.output
    assert SECRET not in result.output
    started = CliRunner().invoke(app, ["worker"])
    assert words_of(str(started.exception)) == []


def of_class(kind):
    try:
        return (
            kind("seal.p12", "the English words of a library") if issubclass(kind, errors.KeyFileError) else kind("x")
        )
    except TypeError:
        return kind()


def kinds_of(base) -> Iterator[type]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds_of(kind)


@pytest.mark.parametrize("kind", sorted(kinds_of(errors.SigningError), key=lambda kind: kind.__name__))
def test_every_refusal_of_signing_has_french_words(kind):
    """Whatever class is added."""
    said = " ".join(ailments.of_keys(of_class(kind)))
    assert said.strip()
    assert words_of(said) == []


def test_every_refusal_of_a_key_has_words_of_its_own():
    """What signing says of a key file in so many words is in the table; what it fills in is told by its class."""
    said = set()
    for path in (Path(errors.__file__).parent).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 2:
                kind = getattr(errors, node.func.id, None)
                text = node.args[1]
                if kind and issubclass(kind, errors.KeyFileError) and isinstance(text, ast.Constant):
                    said.add(text.value)
    assert len(said) > 10
    told_by_class = {"the passphrase does not open it"}
    assert said - told_by_class == set(ailments.DETAILS)


def database(text):
    return OperationalError("SELECT 1", None, psycopg.OperationalError(text))


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": f"{SECRET} is wrong"}}, "PutObject")


def caused(error, cause):
    error.__cause__ = cause
    return error


FAULTS = [
    (database(f'connection failed: FATAL:  password authentication failed for user "{SECRET}"'), "ce compte"),
    (database(f'connection failed: FATAL:  database "{SECRET}" does not exist'), "cette base"),
    (database("connection timeout expired"), "à temps"),
    (database("something new"), "ne répond pas"),
    (SchemaUnknown("9999"), "plus récent"),
    (AMQPConnectionError(ProbableAccessDeniedError(f"vhost {SECRET}")), "vhost"),
    (AMQPConnectionError(ProbableAuthenticationError(SECRET)), "ce compte"),
    (AMQPConnectionError(SECRET), "coupe la connexion"),
    (smtplib.SMTPAuthenticationError(535, SECRET.encode()), "ce compte"),
    (smtplib.SMTPNotSupportedError(SECRET), "identification"),
    (smtplib.SMTPServerDisconnected(SECRET), "conversation"),
    (ssl.SSLCertVerificationError(1, SECRET), "TLS"),
    (socket.gaierror(-2, "Name or service not known"), "nom de la machine"),
    (TimeoutError(SECRET), "à temps"),
    (caused(ArchiveUnavailable(SECRET), OSError(errno.ENOSPC, "No space left on device", SECRET)), "plus de place"),
    (caused(ArchiveUnavailable(SECRET), OSError(errno.EROFS, "Read-only file system")), "lecture seule"),
    (caused(ArchiveUnavailable(SECRET), refused("SignatureDoesNotMatch")), "identifiants"),
    (caused(ArchiveUnavailable(SECRET), refused("NoSuchBucket")), "compartiment"),
    (caused(ArchiveUnavailable(SECRET), refused("SlowDown")), "SlowDown"),
    (ArchiveUnavailable("bucket x has no Object Lock"), "Object Lock"),
    (caused(ArchiveUnavailable(SECRET), EndpointConnectionError(endpoint_url=SECRET)), "ne répond pas"),
    (NoCredentialsError(), "identifiants"),
    (NoRegionError(), "région"),
    (RuntimeError(SECRET), "ne répond pas"),
]


@pytest.mark.parametrize(("error", "words"), FAULTS, ids=[type(error).__name__ + words for error, words in FAULTS])
def test_every_fault_of_a_service_has_french_words(error, words):
    """By the nearest cause that is known."""
    ailment = ailments.of_service(error)
    assert words in ailment.said
    assert SECRET not in "".join(ailment)
    assert words_of(" ".join(ailment).replace("SlowDown", "")) == []


def test_roots_and_keys_that_expired(told, monkeypatch):
    """A machine whose clock is years ahead: the certificate is named, not the library's words."""
    monkeypatch.setattr("pipeline.doctor.system_clock", lambda: datetime(2040, 1, 1, tzinfo=UTC))
    (fault,) = checked(told())
    assert (fault.what, "expiré" in fault.said) == ("SEING_SEAL_KEY", True)
    (told.folder / "keys" / pki.SEAL).unlink()
    (fault,) = checked(told())
    assert "introuvable" in fault.said


class MailServer:
    """Speaks SMTP as far as the first question after EHLO; offers STARTTLS, and says what it was told."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.told = self.socket.getsockname()[1], []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        talk, _ = self.socket.accept()
        with talk, talk.makefile("rwb") as lines:
            lines.write(b"220 here\r\n")
            lines.flush()
            for line in lines:
                self.told.append(line.split()[0].decode().upper())
                lines.write(b"250-here\r\n250 STARTTLS\r\n" if self.told[-1] == "EHLO" else b"454 not now\r\n")
                lines.flush()
        self.socket.close()


def test_mail_is_encrypted_where_the_server_can():
    """STARTTLS is asked for before account or mail; a server that then refuses gets neither."""
    server = MailServer()
    mailer = SmtpMail(
        f"smtp://u:{SECRET}@127.0.0.1:{server.port}", "Seing <a@seing.example>", lambda: datetime.now(UTC)
    )
    with pytest.raises(smtplib.SMTPException):
        mailer.check()
    server.thread.join(5)
    assert server.told[:2] == ["EHLO", "STARTTLS"]
    assert not {"AUTH", "MAIL"} & set(server.told)


def test_a_template_is_told_in_french(tmp_path, told):
    """What is wrong with it, in the words of its own fields."""
    path = tmp_path / "sms.json"
    path.write_text(json.dumps({"body": {"text": "{text}"}}))
    faults = checked(told(sms_url="https://x.example", sms_template=path))
    assert "place" in faults[0].said
