"""What commands on an installation share: its services, and refusals of database and archive as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from pipeline.cli.documents import read_file, write_file
from pipeline.config import load_settings

if TYPE_CHECKING:
    from pipeline.bootstrap import Services

__all__ = ["opened", "read_file", "write_file"]


@contextmanager
def opened() -> Iterator["Services"]:
    """The services of this installation; what the archive or the vault refuses is a sentence and exit code 2."""
    from pipeline.bootstrap import build_services
    from storage.errors import ArchiveError, ArchiveUnavailable, UnknownKey

    services = build_services(load_settings())
    try:
        yield services
    except ArchiveUnavailable:
        typer.echo("L'archive ne répond pas. Rien n'est perdu : recommencez plus tard.", err=True)
        raise typer.Exit(2) from None
    except ArchiveError as error:
        typer.echo(f"L'archive refuse ({error.code}).", err=True)
        raise typer.Exit(2) from None
    except UnknownKey as error:
        typer.echo(f"La clé « {error.key_id} » manque dans SEING_VAULT_KEYS.", err=True)
        raise typer.Exit(2) from None
    finally:
        services.works.engine.dispose()
