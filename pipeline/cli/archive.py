"""`archive export`, `restore`, `scan`, `check`; `erase`; `vault rotate`: kept, given back, forgotten, sealed anew."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.stores import opened, read_file, write_file

archive = typer.Typer(help="Archive des dossiers signés.", no_args_is_help=True)
vault = typer.Typer(help="Chiffrement des données sensibles.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the groups, and `erase`."""
    app.add_typer(archive, name="archive")
    app.add_typer(vault, name="vault")
    app.command("erase")(erase)


@archive.command()
def export(
    order: Annotated[str, typer.Argument(help="Numéro de la commande.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="ZIP à écrire.")] = None,
) -> None:
    """Écrire un dossier signé complet (ZIP) : documents, sommaire lisible, inventaire, vérification, racines."""
    from pipeline.steps.export import export_order

    with opened() as services:
        data = export_order(services, order)
    path = output or Path(f"{order}.zip")
    write_file(path, data)
    typer.echo(f"{path} : {len(data)} octets ; ouvrez index.html.")


@archive.command()
def restore(file: Annotated[Path, typer.Argument(help="ZIP d'un dossier exporté.")]) -> None:
    """Remettre un dossier exporté dans l'archive : empreintes contrôlées, rien n'est jamais remplacé."""
    from pipeline.steps.export import restore as run

    with opened() as services:
        result = run(services, read_file(file))
    typer.echo(f"{result.number} : {result.stored} document(s) remis, {result.present} déjà là.")


@archive.command()
def scan(
    order: Annotated[str, typer.Argument(help="Numéro de la commande, tel que le bordereau le porte.")],
    files: Annotated[list[Path], typer.Argument(help="Papiers numérisés (PDF).")],
) -> None:
    """Verser au dossier d'une commande ses papiers numérisés ; un même fichier n'est gardé qu'une fois."""
    from pipeline.origin import Origin
    from pipeline.steps.scan import take_scan

    with opened() as services:
        for file in files:
            result = take_scan(services, order, read_file(file), Origin("office:cli"))
            again = "" if result.fresh else " ; déjà dans le dossier"
            typer.echo(
                f"{file} : {result.pages} page(s){again}. {result.number} : {result.received} papier(s) reçu(s) "
                f"sur {result.expected} attendu(s)."
            )


@archive.command()
def check() -> None:
    """Relire tous les documents signés et comparer leurs empreintes : sortie 1 si un seul manque ou diffère.

    Nomme aussi les fichiers verrouillés auxquels rien ne renvoie : un arrêt brutal les a laissés, sans conséquence.
    """
    from pipeline.steps.read_back import everything, read_back, reports
    from pipeline.steps.unreferenced import unreferenced

    with opened() as services:
        documents = everything(services)
        bad = read_back(services, documents)
        lost = unreferenced(services)
        nights = reports(services, limit=1)
    for each in bad:
        typer.echo(f"  ✗ {each['number']}  {each['kind']}  {each['sha256']}  {each['problem']}")
    for each in lost:
        typer.echo(f"  · {each['sha256']}  {each['stored_at']}  {each['size']} octets  sans référence : {each['says']}")
    typer.echo(f"{len(documents)} document(s) relu(s), {len(bad)} défaut(s), {len(lost)} fichier(s) sans référence.")
    for night in nights:
        typer.echo(
            f"Dernière nuit : {night.checked_on:%d/%m/%Y}, {night.recent} récent(s), {night.sampled} de l'échantillon, "
            f"{len(night.bad)} défaut(s), {len(night.unreferenced)} fichier(s) sans référence."
        )
    raise typer.Exit(1 if bad else 0)


def erase(epj: Annotated[str, typer.Argument(help="Numéro EPJ du compte.")]) -> None:
    """Répondre à une demande d'effacement (RGPD) : effacer ce qui peut l'être, dire ce qui reste et pourquoi."""
    from pipeline.origin import Origin
    from pipeline.steps.erase import erase as run
    from templates.french import formats

    words = {
        "orders": "commande(s) non signée(s)",
        "proposals": "proposition(s)",
        "drafts": "projet(s) de bon de commande",
        "ceremonies": "cérémonie(s) sans suite",
        "codes": "code(s) à usage unique",
        "events": "événement(s)",
    }
    with opened() as services:
        report = run(services, epj, Origin("office:cli"))
    typer.echo("Effacé :" if report.gone else "Rien à effacer.")
    for kind, count in report.gone.items():
        typer.echo(f"  {count} {words[kind]}")
    if report.kept:
        typer.echo("Conservé :")
    for each in report.kept:
        until = f"jusqu'au {formats('fr').date(date.fromisoformat(each.until))}" if each.until else "contrat en cours"
        typer.echo(f"  {each.order}  {each.what} : {each.reason}, {until}")


@vault.command()
def rotate() -> None:
    """Chiffrer à nouveau chaque champ sous la première clé de SEING_VAULT_KEYS ; interrompu, il reprend où il était."""
    from pipeline.steps.rotate import rotate_vault

    with opened() as services:
        result = rotate_vault(services, told=lambda column, seen: typer.echo(f"  {column} : {seen}", err=True))
        active = services.vault.active
    typer.echo(f"{result.sealed} champ(s) repris sous la clé « {active} », {result.fresh} y étaient déjà.")
