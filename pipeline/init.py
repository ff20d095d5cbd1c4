"""`seing init`: everything that a development or training installation needs, made once and never overwritten."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.ailments import of_service
from pipeline.bootstrap import build_organisation, build_vault, from_url
from pipeline.clock import system_clock
from pipeline.config import Settings
from pipeline.errors import Misconfigured
from pipeline.passwords import hash_secret
from signing import pki
from storage.archive import archive_from_url
from storage.database import engine_from_url
from storage.errors import ArchiveUnavailable
from storage.migrations import migrate
from storage.models import User
from storage.work import WorkFactory

DEMO_PASSWORD = "demonstration"  # noqa: S105  # shown on the login page of development and training
DEMO_PIN = "2468"
DEMO_USERS = (("agence", "agency", "Agence (démonstration)"), ("siege", "office", "Service client (démonstration)"))


@dataclass(frozen=True)
class Made:
    """One thing that was made or found."""

    what: str
    fresh: bool


def initialise(settings: Settings, say: Callable[[Made], None] = lambda _: None) -> None:
    """Make secrets, keys, database, archive and demonstration users; what exists stays as it is.

    Raises:
        Misconfigured: in production, whose secrets and keys come from outside; or the archive cannot be made.
    """
    if settings.is_production:
        raise Misconfigured(
            "SEING_ENVIRONMENT", "vaut production.", "Donnez clés et secrets vous-même, puis lancez `seing migrate`."
        )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    say(Made("secrets", _secrets(settings.secrets_file)))
    made = Settings(**settings.model_dump())  # reads the secrets just made
    say(Made("keys", _keys(made)))
    migrate(settings.database)
    say(Made("database", fresh=True))
    say(Made("archive", _archive(made)))
    say(Made("users", _users(made)))


def _secrets(path: Path) -> bool:
    if path.exists():
        return False
    values = {
        "secret_key": secrets.token_hex(32),
        "vault_keys": f"k1:{secrets.token_hex(32)}",
        "fingerprint_key": secrets.token_hex(32),
        "key_passphrase": secrets.token_urlsafe(24),
    }
    half = path.with_suffix(f".{os.getpid()}.part")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(half, path)  # the first of two processes wins; the other reads what the first made
    except FileExistsError:
        return False
    finally:
        half.unlink()
    return True


def _keys(settings: Settings) -> bool:
    if (settings.keys_dir / pki.SEAL).exists():
        return False
    pki.create_development_pki(
        settings.keys_dir,
        passphrase=settings.secret("key_passphrase").encode(),
        now=settings.fixed_now or system_clock(),
        organisation=build_organisation(settings).seller.legal_name,
        crl_url=f"{settings.public_url}/pki/issuer.crl",
    )
    return True


def _archive(settings: Settings) -> bool:
    """The folder, or the bucket with Object Lock: without it nothing could ever be sealed."""
    try:
        return from_url("SEING_ARCHIVE_URL", archive_from_url, settings.archive).prepare()
    except ArchiveUnavailable as error:
        said, remedy = of_service(error)
        raise Misconfigured("SEING_ARCHIVE_URL", said, remedy or "Vérifiez l'adresse et les droits.") from None


def _users(settings: Settings) -> bool:
    engine = engine_from_url(settings.database)
    try:
        return _add_users(settings, WorkFactory(engine))
    finally:
        engine.dispose()


def _add_users(settings: Settings, works: WorkFactory) -> bool:
    organisation, vault = build_organisation(settings), build_vault(settings)
    with works() as work:
        if work.first(User):
            return False
        password, pin = hash_secret(DEMO_PASSWORD), hash_secret(DEMO_PIN)
        for agency, rep in organisation.reps.items():
            work.add(
                User(
                    id=rep.id,
                    agency=agency,
                    name=rep.name,
                    email=rep.email,
                    role="rep",
                    mobile_enc=vault.seal(rep.mobile, table="users", column="mobile_enc", row_id=rep.id),
                    mobile_hash=vault.fingerprint(rep.mobile, "mobile"),
                    password_hash=password,
                    pin_hash=pin,
                )
            )
        for place in organisation.agencies:
            for prefix, role, name in DEMO_USERS:
                if role == "office" and place != organisation.agencies[0]:
                    continue
                work.add(
                    User(
                        id=prefix if role == "office" else f"{prefix}.{place.code.lower()}",
                        agency=place.code,
                        name=name if role == "office" else place.name,
                        email=organisation.seller.email,
                        role=role,
                        password_hash=password,
                        pin_hash=pin,
                    )
                )
    return True
