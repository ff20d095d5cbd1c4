"""Run by alembic for each command; `storage.migrations.configuration` has put the connection into its attributes."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from storage.models import Base
from storage.types import Instant, Money


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types by name; everything else as alembic does."""
    if kind == "type" and isinstance(item, Instant | Money):
        autogen.imports.add("from storage import types")
        return f"types.{type(item).__name__}()"
    return False


def run() -> None:
    """Apply the steps on the caller's connection, inside his transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        transactional_ddl=True,
    )
    context.run_migrations()


run()
