"""`demo`: the whole main job on real parts, the customer played by the program."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    files: Annotated[list[Path] | None, typer.Argument(help="Propositions (JSON) ; les exemples par défaut.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Dossier des documents.")] = Path("out"),
    today: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Jour de la démonstration.")] = None,
) -> None:
    """Dérouler le parcours complet : de la proposition au lot de production, client joué par le programme."""
    from pipeline.demo import run

    raise typer.Exit(run(files or [], out, today.date() if today else None))
