"""`settings`: every setting with what it means; docs/settings.md is its output."""

from collections.abc import Iterator

import typer
from pydantic.fields import FieldInfo

from pipeline.config import Settings

HEAD = """# Settings

Each is an environment variable, or a file of that name in the folder that `SEING_SECRETS_DIR` names. `seing doctor`
says what is wrong with them. Made by `seing settings`.

| variable | default | meaning |
|---|---|---|"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("settings")(settings)


def settings() -> None:
    """Écrire la liste des réglages (Markdown)."""
    for line in page():
        typer.echo(line)


def page() -> Iterator[str]:
    """The lines of docs/settings.md."""
    yield from HEAD.splitlines()
    for name, field in Settings.model_fields.items():
        meaning = " ".join((field.description or "").split()).replace("|", "\\|")
        yield f"| `SEING_{name.upper()}` | {_default(field)} | {meaning} |"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=False)
    return "" if value is None or value == "" else f"`{value}`"
