"""`verify`: what an outsider asks of a file: who signed it, when, and has anything changed since."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509

from pipeline.cli.documents import read_file
from pipeline.config import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="PDF à vérifier.")],
    evidence: Annotated[Path | None, typer.Option(help="Dossier de preuve (PDF ou JSON).")] = None,
    trust: Annotated[list[Path] | None, typer.Option(help="Certificat racine de confiance (PEM).")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Vérifier un PDF signé, et son dossier de preuve : sortie 1 au moindre doute."""
    from pipeline.bootstrap import trusted_roots
    from signing.verify import verify as run

    roots = list(trusted_roots(load_settings()))
    for path in trust or ():
        try:
            roots += x509.load_pem_x509_certificates(read_file(path))
        except ValueError:
            typer.echo(f"{path} n'est pas un certificat PEM.")
            raise typer.Exit(2) from None
    report = run(read_file(file), trust=roots, evidence=read_file(evidence) if evidence else None)
    if as_json:
        json.dump(report.to_dict(), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        for line in report.lines():
            typer.echo(line)
    raise typer.Exit(0 if report.passed else 1)
