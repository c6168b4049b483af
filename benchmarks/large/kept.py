"""Where the large databases are: made for one run, or kept in a folder for the next ones."""

from __future__ import annotations

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from benchmarks.large.filling import fill
from chalicelib.models import create_all
from chalicelib.utils import utc_now

FILLING = "filling"


def postgresql_url(admin: Engine, *, items: int) -> str:
    """The URL of the server's database of so many items, which is filled when there is none."""
    name = f"items_{items}"
    url = admin.url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        found = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if found:
            migrate(url)
            return url
        connection.execute(text(f'DROP DATABASE IF EXISTS "{FILLING}"'))
        connection.execute(text(f"CREATE DATABASE \"{FILLING}\" ENCODING 'UTF8' TEMPLATE template0"))
        made(admin.url.set(database=FILLING).render_as_string(hide_password=False), items=items)
        # Not before it is whole: a run may be killed.
        connection.execute(text(f'ALTER DATABASE "{FILLING}" RENAME TO "{name}"'))
    return url


def sqlite_url(folder: Path, *, items: int) -> str:
    """The URL of the folder's SQLite database of so many items, which is filled when there is none."""
    file, filling = folder / f"items_{items}.db", folder / f"{FILLING}.db"
    url = f"sqlite:///{file}"
    if file.exists():
        migrate(url)
        return url
    for left in folder.glob(f"{FILLING}.db*"):
        left.unlink()
    made(f"sqlite:///{filling}", items=items)
    filling.rename(file)
    return url


def made(db_url: str, *, items: int) -> None:
    """Make the tables and fill them; says how long it took."""
    begun = time.perf_counter()
    create_all(db_url)
    fill(db_url, items=items, today=utc_now().replace(microsecond=0))
    print(f"  filled in {time.perf_counter() - begun:.0f} s", flush=True)


def migrate(db_url: str) -> None:
    """Bring a database that was kept to this code's tables and views."""
    config = Config(Path(__file__).parents[2] / "alembic.ini")
    config.attributes["db_url"] = db_url
    command.upgrade(config, "head")
