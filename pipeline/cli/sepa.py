"""`sepa collect`, `file`, `answers`, `receipts`, `register`, `revoke`, `amend`, `announce`: mandates and debits."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.stores import opened, read_file, write_file

if TYPE_CHECKING:
    from pipeline.bootstrap import Services

group = typer.Typer(help="Mandats et prélèvements SEPA.", no_args_is_help=True)

Umr = Annotated[str, typer.Argument(help="Référence unique du mandat (RUM).")]
Reason = Annotated[str, typer.Option("--reason", help="Motif, en toutes lettres.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="sepa")


@group.command()
def collect(
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Dernière échéance à présenter.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Dossier où écrire les fichiers.")] = Path(),
) -> None:
    """Écrire les fichiers de prélèvements (pain.008), un par schéma ; aucune échéance n'est présentée deux fois.

    Sortie 1 si un fichier créé auparavant n'a jamais été remis à personne.
    """
    from pipeline.origin import Origin
    from pipeline.steps.collect import collect as run
    from pipeline.steps.collect import not_handed_over

    made = 0
    with opened() as services:
        while (result := run(services, until.date(), Origin("office:cli"))) is not None:
            _write(services, out, result.id)
            made += 1
        left = not_handed_over(services)
    if not made:
        typer.echo("Aucune échéance à présenter.")
    for row in left:
        typer.echo(f"  ! {row.message_id} n'a jamais été remis : `seing sepa file {row.message_id}` l'écrit.")
    raise typer.Exit(1 if left else 0)


@group.command()
def file(
    message_id: Annotated[str, typer.Argument(help="Identifiant du fichier (SDD-...).")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Dossier où écrire le fichier.")] = Path(),
) -> None:
    """Écrire de nouveau un fichier de prélèvements, à l'octet près : celui d'une commande interrompue, par exemple."""
    from pipeline.errors import NotFound
    from storage.models import Collection

    with opened() as services:
        with services.works(read_only=True) as work:
            row = work.first(Collection, message_id=message_id)
        if row is None:
            raise NotFound
        _write(services, out, row.id)


def _write(services: "Services", out: Path, collection_id: str) -> None:
    """The file on disk first, then its mark: who is stopped in between is told of it the next time."""
    from pipeline.steps.collect import collection_file, hand_over
    from storage.models import Collection
    from templates.french import formats

    with services.works(read_only=True) as work:
        row = work.get(Collection, collection_id)
    path = out / f"prelevements-{row.scheme.lower()}-{row.message_id}.xml"
    write_file(path, collection_file(services, collection_id))
    hand_over(services, collection_id)
    typer.echo(f"{path} : {row.count} prélèvement(s), {formats('fr').money(row.total)}")


@group.command()
def answers(
    files: Annotated[list[Path], typer.Argument(help="Retours de la banque (pain.002, camt.054).")],
) -> None:
    """Prendre les rejets et les impayés de la banque : sortie 1 si une ligne attend quelqu'un."""
    from pipeline.origin import Origin
    from pipeline.steps.bank import take_answer

    waiting = 0
    with opened() as services:
        for file in files:
            result = take_answer(services, read_file(file), Origin("office:cli"))
            again = " ; fichier déjà pris, rien n'a changé" if result.repeated else ""
            typer.echo(
                f"{file} ({result.kind} {result.message_id}) : {result.applied} prélèvement(s) revenu(s), "
                f"{result.known} déjà connu(s), {len(result.quarantined)} à examiner{again}"
            )
            for name, reason in result.quarantined:
                typer.echo(f"  ! {name or '(sans référence)'} : {reason}")
            waiting += len(result.quarantined)
    raise typer.Exit(1 if waiting else 0)


@group.command()
def receipts(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="Premier jour.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Dernier jour.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Pour un tableur, sur la sortie standard.")] = False,
) -> None:
    """Lister les encaissements et les impayés d'une période, par facture et par taux de TVA."""
    import sys

    from pipeline.steps.receipt_book import DECLARATIONS, NATURES, receipts_between, receipts_csv
    from templates.french import formats

    with opened() as services:
        rows = receipts_between(services, first.date(), last.date())
    if as_csv:
        sys.stdout.buffer.write(receipts_csv(rows))
        return
    shown = formats("fr")
    for row in rows:
        what = f"{NATURES[row.kind]}  {DECLARATIONS[row.declaration]}"
        typer.echo(f"{shown.date(row.day)}  {row.invoice}  {shown.money(row.amount)}  {what}  {row.customer}")
    typer.echo(f"{len(rows)} mouvement(s).")


@group.command("register")
def show_register(
    query: Annotated[str, typer.Argument(help="Titulaire, RUM, n° de commande, EPJ ou IBAN entier.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Pour un tableur, sur la sortie standard.")] = False,
) -> None:
    """Chercher dans le registre des mandats ; les comptes sont masqués."""
    import sys

    from pipeline.steps.mandate_life import NAMES
    from pipeline.steps.register import register as search
    from pipeline.steps.register import register_csv
    from templates.french import formats

    with opened() as services:
        rows = search(services, query)
    if as_csv:
        sys.stdout.buffer.write(register_csv(rows))
        return
    shown = formats("fr")
    for row in rows:
        owed = f"{row.open_count} échéance(s), {shown.money(row.open_total)}"
        typer.echo(f"{row.umr}  {NAMES[row.state]}  {row.scheme}  •••• {row.iban_last4}  {row.holder}  {owed}")
    typer.echo(f"{len(rows)} mandat(s).")


@group.command()
def revoke(umr: Umr, reason: Reason) -> None:
    """Révoquer un mandat : plus aucun prélèvement, et les commandes qui l'attendaient reviennent au commercial."""
    from pipeline.origin import Origin
    from pipeline.steps.mandate_life import revoke as run

    with opened() as services:
        run(services, umr, reason, Origin("office:cli"))
    typer.echo(f"{umr} : révoqué.")


@group.command()
def amend(umr: Umr, reason: Reason) -> None:
    """Le client change de compte : la prochaine commande fera signer un nouveau mandat, qui reprend les échéances."""
    from pipeline.origin import Origin
    from pipeline.steps.mandate_life import request_amendment

    with opened() as services:
        request_amendment(services, umr, reason, Origin("office:cli"))
    typer.echo(f"{umr} : sera remplacé par le mandat de la prochaine commande.")


@group.command()
def announce() -> None:
    """Préparer les annonces de prélèvements qui sont dues ; `seing worker` les envoie."""
    from pipeline.steps.prenotify import announce_due

    with opened() as services:
        typer.echo(f"{announce_due(services)} annonce(s) à envoyer.")
