"""`pki revoke` and `pki list`: certificates that our issuing authority takes back."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.stores import opened, read_file

if TYPE_CHECKING:
    from pipeline.steps.revoke import Target


class Reason(StrEnum):
    """Why (RFC 5280, 5.3.1): those that a certificate of ours may be taken back for, for good."""

    unspecified = "unspecified"
    key_compromise = "keyCompromise"
    affiliation_changed = "affiliationChanged"
    superseded = "superseded"
    cessation_of_operation = "cessationOfOperation"
    privilege_withdrawn = "privilegeWithdrawn"


FRENCH = {
    Reason.unspecified: "sans motif",
    Reason.key_compromise: "clé compromise",
    Reason.affiliation_changed: "rattachement modifié",
    Reason.superseded: "remplacé",
    Reason.cessation_of_operation: "fin d'activité",
    Reason.privilege_withdrawn: "droit retiré",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    pki = typer.Typer(help="Certificats émis par notre autorité.", no_args_is_help=True)
    pki.command("revoke")(revoke)
    pki.command("list")(listed)
    pki.command("close")(close)
    app.add_typer(pki, name="pki")


def revoke(
    certificate: Annotated[str, typer.Argument(help="Numéro de série (hexadécimal), ou fichier PEM ou DER.")],
    reason: Annotated[Reason, typer.Option(help="Motif, dans les mots de la RFC 5280.")],
    in_use: Annotated[bool, typer.Option("--in-use", help="Même si la clé sert : plus rien ne sera scellé.")] = False,
) -> None:
    """Révoquer un certificat : la liste publiée le dit aussitôt, et pour toujours."""
    from pipeline.origin import Origin
    from pipeline.steps.revoke import revoke as run
    from signing.errors import KeyUnavailable
    from templates.french import formats

    target = _target(certificate)
    with opened() as services:
        try:
            row = run(services, target, reason.value, Origin("office:cli"), in_use=in_use)
        except KeyUnavailable:
            typer.echo(f"{target.serial} est révoqué. La clé de l'autorité ne répond pas : la liste suivra.", err=True)
            raise typer.Exit(2) from None
    at = formats("fr").instant(row.revoked_at)
    typer.echo(f"{row.serial} : révoqué, {at} ({FRENCH[Reason(row.reason)]}). La liste est publiée.")


def listed() -> None:
    """Lister les certificats révoqués, le dernier d'abord."""
    from pipeline.steps.revoke import revocations
    from templates.french import formats

    with opened() as services:
        rows = revocations(services)
    for row in rows:
        typer.echo(f"{row.serial}  {formats('fr').instant(row.revoked_at)}  {FRENCH[Reason(row.reason)]}  {row.actor}")
    typer.echo(f"{len(rows)} certificat(s) révoqué(s).")


def close() -> None:
    """Signer la dernière liste de notre autorité, avant de la remplacer : elle vaut autant que son certificat."""
    from pipeline.revocation import close as run
    from signing.errors import KeyUnavailable

    with opened() as services:
        try:
            run(services.works, services.clock, services.keys.authority)
        except KeyUnavailable:
            typer.echo("La clé de l'autorité ne répond pas : recommencez plus tard.", err=True)
            raise typer.Exit(2) from None
        until = services.keys.authority.certificate.not_valid_after_utc
    typer.echo(f"Dernière liste signée, valable jusqu'au {until:%d/%m/%Y}. Refaites-la après toute révocation.")


def _target(said: str) -> "Target":
    from cryptography import x509

    from pipeline.steps.revoke import Target

    if Path(said).is_file():
        content = read_file(Path(said))
        pem = content.lstrip().startswith(b"-----BEGIN")
        try:
            return Target.of((x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate)(content))
        except ValueError:
            typer.echo(f"{said} n'est pas un certificat.", err=True)
            raise typer.Exit(2) from None
    digits = re.sub(r"[:\s]", "", said.lower().removeprefix("0x")).lstrip("0")
    if not re.fullmatch(r"[0-9a-f]{1,40}", digits):
        typer.echo("Donnez un numéro de série en hexadécimal, ou le fichier d'un certificat.", err=True)
        raise typer.Exit(2)
    return Target(digits)
