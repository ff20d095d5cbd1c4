"""`verify`: what an outsider asks of a file: who signed it, when, and has anything changed since."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pipeline.cli.documents import read_file
from pipeline.config import load_settings
from templates.french import formats

if TYPE_CHECKING:
    from signing.verify import Report

CHANGES = {
    "none": "aucun changement",
    "maintenance": "données de validation seulement",
    "signatures": "signature prévue seulement",
    "forbidden": "changement interdit",
}
KINDS = {"certification": "cachet", "approval": "signature", "document_time_stamp": "horodatage du document"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="PDF à vérifier.")],
    evidence: Annotated[Path | None, typer.Option(help="Dossier de preuve (PDF ou JSON).")] = None,
    trust: Annotated[list[Path] | None, typer.Option(help="Certificat racine de confiance (PEM).")] = None,
    trust_stamps: Annotated[
        list[Path] | None, typer.Option(help="Racine de confiance pour les seuls horodatages (PEM).")
    ] = None,
    crl: Annotated[list[Path] | None, typer.Option(help="Liste de révocation à entendre (DER ou PEM).")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Vérifier un PDF signé, et son dossier de preuve : sortie 1 au moindre doute."""
    from pipeline.bootstrap import stamp_roots, trusted_roots
    from signing.verify import verify as run

    settings = load_settings()
    report = run(
        read_file(file),
        trust=[*trusted_roots(settings), *_certificates(trust)],
        stamp_trust=[*stamp_roots(settings), *_certificates(trust_stamps)],
        evidence=read_file(evidence) if evidence else None,
        crls=[_list(path) for path in crl or ()],
    )
    if as_json:
        json.dump(report.to_dict(), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        for line in told(report):
            typer.echo(line)
    raise typer.Exit(0 if report.passed else 1)


def _certificates(paths: list[Path] | None) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for path in paths or ():
        try:
            found += x509.load_pem_x509_certificates(read_file(path))
        except ValueError:
            typer.echo(f"{path} n'est pas un certificat PEM.")
            raise typer.Exit(2) from None
    return found


def _list(path: Path) -> bytes:
    content = read_file(path)
    pem = content.lstrip().startswith(b"-----BEGIN")
    try:
        loaded = (x509.load_pem_x509_crl if pem else x509.load_der_x509_crl)(content)
    except ValueError:
        typer.echo(f"{path} n'est pas une liste de révocation.")
        raise typer.Exit(2) from None
    return loaded.public_bytes(Encoding.DER)


def told(report: "Report") -> Iterator[str]:
    """The verdict as a person reads it: the sentence, each signature, then what keeps it from passing."""
    shown = formats("fr")
    yield f"{report.indication}{f' ({report.sub_indication})' if report.sub_indication else ''} : {report.sentence}"
    for item in report.signatures:
        yield f"  {KINDS.get(item.kind, item.kind)} « {item.field} » : {item.signer}"
        at = item.time_stamp.at if item.time_stamp else item.claimed_at
        how = "horodaté" if item.time_stamp else "date déclarée"
        yield f"      {how} : {shown.instant(at) if at else 'inconnu'} ; niveau {item.level or '-'} ; {item.algorithm}"
        yield f"      confiance : {item.trusted_by or 'aucune'} ; après elle : {CHANGES[item.changes_after]}"
    for finding in report.findings:
        yield f"  ✗ {finding.fr}"
    if report.evidence:
        yield "  dossier de preuve :"
        for check in report.evidence.checks:
            yield f"    {'✓' if check.passed else '✗'} {check.fr}"
        for sentence in report.evidence.story:
            yield f"    · {sentence}"
