"""`key create` and `key revoke`: the keys of other programs."""

from typing import Annotated

import typer

from pipeline.config import load_settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(help="Clés d'API : pour les programmes qui parlent à Seing.", no_args_is_help=True)
    keys.command("create")(create)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="key")


def create(
    name: Annotated[str, typer.Argument(help="Nom du programme, tel que le journal le dira.")],
    user: Annotated[str, typer.Option(help="Compte dont la clé a les droits, par exemple c.delmas.")],
) -> None:
    """Créer une clé : elle n'est montrée qu'une fois."""
    from pipeline.api.keys import create_key
    from pipeline.bootstrap import build_services

    try:
        typer.echo(create_key(build_services(load_settings()), name, user))
    except ValueError:
        typer.echo("Nom refusé : de 1 à 40 lettres, chiffres, points, tirets ou soulignés.", err=True)
        raise typer.Exit(2) from None


def revoke(name: Annotated[str, typer.Argument(help="Nom donné à la création.")]) -> None:
    """Révoquer toutes les clés d'un nom."""
    from pipeline.api.keys import revoke_keys
    from pipeline.bootstrap import build_services

    count = revoke_keys(build_services(load_settings()), name)
    typer.echo(f"{count} clé(s) révoquée(s).")
