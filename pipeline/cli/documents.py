"""`check`, `quote`, `render`: what needs neither database nor keys."""

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.clock import paris_day, system_clock
from pipeline.config import load_settings

if TYPE_CHECKING:
    from pipeline.proposal import Proposal

ProposalFile = Annotated[Path, typer.Argument(help="Proposition du système de commande (JSON).")]
Today = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Jour du contrôle (AAAA-MM-JJ).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("check")(check)
    app.command("quote")(quote)
    app.command("render")(render)


def check(file: ProposalFile, as_json: Annotated[bool, typer.Option("--json")] = False, today: Today = None) -> None:
    """Contrôler une proposition : sortie 1 si une anomalie bloque, 2 si le fichier est illisible."""
    from pipeline.bootstrap import build_organisation
    from pipeline.proposal import ProposalUnreadable, read
    from pipeline.rules.check import findings
    from pipeline.totals import totals
    from templates.french import formats

    settings = load_settings()
    organisation = build_organisation(settings)
    try:
        reading = read(read_file(file))
    except ProposalUnreadable as error:
        if as_json:
            _print_json({"readable": False, "problems": [_told(problem) for problem in error.problems]})
        else:
            _say(f"{file.name} : illisible", *(f"  {problem}" for problem in error.problems))
        raise typer.Exit(2) from None
    found = findings(
        reading.proposal,
        today=_day(today),
        reps_mobiles=organisation.reps_mobiles,
        prenotification_days=settings.prenotification_days,
        organisation=organisation,
    )
    sums = totals(reading.proposal)
    blocking = [item for item in found if item.severity == "blocking"]
    if as_json:
        _print_json(
            {
                "readable": True,
                "reference": reading.proposal.reference,
                "kind": reading.proposal.kind,
                "total_excl_vat": f"{sums.excl_vat:.2f}",
                "total_incl_vat": f"{sums.incl_vat:.2f}",
                "vat": [
                    {"rate": str(item.rate), "base": f"{item.base:.2f}", "amount": f"{item.amount:.2f}"}
                    for item in sums.vat
                ],
                "notes": [_told(note) for note in reading.notes],
                "findings": [item.to_dict() for item in found],
                "blocked": bool(blocking),
            }
        )
    else:
        kind = "devis" if reading.proposal.kind == "quote" else "proposition"
        money = formats("fr").money
        _say(
            f"{reading.proposal.reference} · {kind} « {reading.proposal.name} »",
            f"  {money(sums.excl_vat)} HT, {money(sums.incl_vat)} TTC",
            *(f"  note  {note}" for note in reading.notes),
        )
        words = {"blocking": "bloquant", "warning": "avertissement", "blocking_at_release": "avant production"}
        for item in found:
            _say(f"  {words[item.severity]}  {item.code}  ({item.where})", f"      {item.message}")
        _say("  Aucune anomalie." if not found else f"  {len(found)} anomalie(s), dont {len(blocking)} bloquante(s).")
    raise typer.Exit(1 if blocking else 0)


def quote(
    file: ProposalFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="PDF à écrire.")] = Path("devis.pdf"),
    today: Today = None,
) -> None:
    """Écrire le devis d'une proposition (PDF), sans base de données."""
    from pipeline.bootstrap import build_organisation
    from pipeline.documents.forms import quote_data
    from templates.documents import quote as template

    settings = load_settings()
    proposal = readable(file)
    day = _day(today)
    pdf = template.render(quote_data(proposal, build_organisation(settings), day, specimen=False))
    write_file(output, pdf)
    _say(f"{output}")


def render(
    sample: Annotated[str, typer.Option("--sample", help="Nom d'un document, ou all.")] = "all",
    out: Annotated[Path, typer.Option("--out", help="Dossier où écrire.")] = Path("out/documents"),
) -> None:
    """Écrire chaque document avec ses données d'exemple, pour les regarder."""
    from pipeline.documents.samples import SAMPLES

    names = sorted(SAMPLES) if sample == "all" else [sample]
    unknown = [name for name in names if name not in SAMPLES]
    if unknown:
        _say(f"Document inconnu : {unknown[0]}. Connus : {', '.join(sorted(SAMPLES))}.")
        raise typer.Exit(2)
    for name in names:
        write_file(out / f"{name}.pdf", SAMPLES[name]())
        _say(f"{out / f'{name}.pdf'}")


def readable(file: Path) -> "Proposal":
    """The proposal in a file, or its problems and exit code 2."""
    from pipeline.proposal import ProposalUnreadable, read

    try:
        return read(read_file(file)).proposal
    except ProposalUnreadable as error:
        _say(f"{file.name} : illisible", *(f"  {problem}" for problem in error.problems))
        raise typer.Exit(2) from None


def read_file(file: Path) -> bytes:
    """The bytes of a file, or a sentence and exit code 2."""
    try:
        return file.read_bytes()
    except OSError as error:
        _say(f"{file} ne peut pas être lu ({error.strerror}).")
        raise typer.Exit(2) from None


def write_file(file: Path, data: bytes) -> None:
    """Write a file whole or not at all; a sentence and exit code 2 where it cannot be written."""
    half = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(data)
        half.replace(file)
    except OSError as error:
        half.unlink(missing_ok=True)
        _say(f"{file} ne peut pas être écrit ({error.strerror}).")
        raise typer.Exit(2) from None


def _day(today: datetime | None) -> date:
    return today.date() if today else paris_day(system_clock())


def _told(item: object) -> dict[str, str]:
    return {
        "path": getattr(item, "path", ""),
        "message": getattr(item, "message_fr", ""),
        "message_en": getattr(item, "message_en", ""),
    }


def _say(*lines: str) -> None:
    for line in lines:
        typer.echo(line)


def _print_json(tree: object) -> None:
    json.dump(tree, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
