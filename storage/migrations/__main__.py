"""Write the next step: compare the models with a database at `head`, leave a draft in `versions/` to be read over."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.script import ScriptDirectory

from storage.database import engine_from_url
from storage.migrations import configuration, migrate_engine


def write_step(message: str) -> None:
    """Draft the step that brings the database from the newest step to the models as they are now."""
    steps = ScriptDirectory.from_config(configuration()).get_current_head()
    number = f"{int(steps or 0) + 1:04d}"
    with TemporaryDirectory() as folder:
        engine = engine_from_url(f"sqlite:///{Path(folder) / 'models.db'}")
        if steps:
            migrate_engine(engine)
        with engine.begin() as connection:
            command.revision(configuration(connection), message, autogenerate=True, rev_id=number)
        engine.dispose()


if __name__ == "__main__":
    write_step(sys.argv[1])
