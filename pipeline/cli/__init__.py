"""The `seing` command: one file per group of commands; heavy imports stay inside the command that needs them."""

import sys

import typer

from pipeline.cli import archive, demonstration, documents, keys, pki, running, sepa, settings, verification
from pipeline.errors import SeingError, describe

app = typer.Typer(
    name="seing",
    help="Une proposition devient un bon de commande signé, scellé, archivé.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
documents.register(app)
demonstration.register(app)
verification.register(app)
running.register(app)
sepa.register(app)
archive.register(app)
keys.register(app)
pki.register(app)
settings.register(app)


def main() -> None:
    """Run the command; a refusal is a sentence and exit code 2, never a trace."""
    try:
        app()
    except SeingError as error:
        print(str(error) if str(error) != error.code else describe(error), file=sys.stderr)  # noqa: T201  # a command's voice
        sys.exit(2)
