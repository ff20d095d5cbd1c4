"""Mail: a folder of .eml files (development, tests) or SMTP."""

import re
import smtplib
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from pipeline.clock import Clock

TIMEOUT = 15.0
"""Seconds to wait for the mail server."""


class MailError(Exception):
    """The mail did not leave; the text never holds its content."""


@dataclass(frozen=True)
class Attachment:
    """One attached file."""

    name: str
    data: bytes = field(repr=False)
    media_type: str = "application/pdf"


@dataclass(frozen=True)
class Mail:
    """One mail, as text and HTML."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()


class Mailer(Protocol):
    """Sends one mail; the same `key` gives the same Message-ID, so that a repeated one is recognised."""

    def send(self, mail: Mail, *, key: str) -> str:
        """Hand the mail over, return its Message-ID; raises `MailError`."""

    def check(self) -> None:
        """See that mails can be handed over, without one; raises `OSError` or `smtplib.SMTPException`."""


def build(mail: Mail, *, sender: str, key: str, clock: Clock) -> EmailMessage:
    """The message as it leaves. The Message-ID comes from `key` alone."""
    name, address = parseaddr(sender)
    message = EmailMessage()
    message["Subject"] = mail.subject
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=mail.to)
    message["Date"] = format_datetime(clock())
    message["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9.-]', '.', key)}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for item in mail.attachments:
        major, minor = item.media_type.split("/")
        message.add_attachment(item.data, maintype=major, subtype=minor, filename=item.name)
    return message


class FolderMail:
    """Keeps each mail as `<key>.eml`; a repeated one replaces itself."""

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        """Write into `folder`, made when first needed."""
        self.folder, self.sender, self.clock = folder, sender, clock

    def send(self, mail: Mail, *, key: str) -> str:
        """Write the mail whole or not at all."""
        message = build(mail, sender=self.sender, key=key, clock=self.clock)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{re.sub(r'[^A-Za-z0-9.-]', '-', key)}.eml"
            half = path.with_suffix(".part")
            half.write_bytes(bytes(message))
            half.replace(path)
        except OSError as error:
            raise MailError(f"the mail folder cannot be written ({error.strerror})") from None
        return str(message["Message-ID"])

    def check(self) -> None:
        """See that the folder can be written; raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.folder):
            pass


class SmtpMail:
    """SMTP with STARTTLS (smtp://) or TLS (smtps://)."""

    def __init__(self, url: str, sender: str, clock: Clock) -> None:
        """Connect to nothing yet."""
        self.url, self.sender, self.clock = urlsplit(url), sender, clock

    def send(self, mail: Mail, *, key: str) -> str:
        """Hand the mail to the server."""
        message = build(mail, sender=self.sender, key=key, clock=self.clock)
        try:
            with self._opened() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(f"the mail server refused or did not answer ({type(error).__name__})") from None
        return str(message["Message-ID"])

    def check(self) -> None:
        """Come in, and leave without a mail; raises `OSError` or `smtplib.SMTPException`."""
        with self._opened() as server:
            server.noop()

    @contextmanager
    def _opened(self) -> Iterator[smtplib.SMTP]:
        """A conversation, encrypted where it can be, with the account of the address."""
        url, tls = self.url, ssl.create_default_context()
        host = url.hostname or "localhost"
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT, context=tls)
        else:
            server = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT)
        with server:
            server.ehlo_or_helo_if_needed()
            if url.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=tls)
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            yield server


def mailer_from_url(url: str, sender: str, clock: Clock) -> Mailer:
    """file:///folder, smtp://... or smtps://...; raises `ValueError` for anything else."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderMail(Path(unquote(parts.path)), sender, clock)
    if parts.scheme in ("smtp", "smtps"):
        return SmtpMail(url, sender, clock)
    raise ValueError("must start with file://, smtp:// or smtps://")
