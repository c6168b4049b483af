"""Files on this machine that readers never see half-written."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from tempfile import TemporaryFile


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, and its folders; raises OSError. Until it is whole and on the disk, the old file stays.

    It is written beside the old one, under a name of its own, and then takes its place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(path.parent)


def check_writable(folder: Path) -> None:
    """Raise OSError unless files can be written into a folder, or it can be made; nothing is left there."""
    place = next(each for each in (folder, *folder.parents) if each.exists())
    with TemporaryFile(dir=place):
        pass


def _sync_folder(folder: Path) -> None:
    """Put a folder's list of names on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
