"""A copy of the commands and what they import, to be run with a `.env` and a database of a test's own."""

from __future__ import annotations

import shutil
from pathlib import Path

PARTS = ("app.py", "backfill.py", "demo.py", "alembic.ini", "chalicelib", "deployment", "migrations", "sandbox")
# Others may be compiling the originals meanwhile.
UNFINISHED = shutil.ignore_patterns("*.pyc.*")


def copy_project(root: Path, folder: Path) -> Path:
    """Copy the project into a new folder, without the developer's `.env` and databases."""
    folder.mkdir()
    for part in PARTS:
        if (root / part).is_dir():
            shutil.copytree(root / part, folder / part, ignore=UNFINISHED)
        else:
            shutil.copy2(root / part, folder / part)
    return folder
