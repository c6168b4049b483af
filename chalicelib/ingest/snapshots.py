"""Snapshots: files that show what is stored of a kind, for people and tools that don't read the database.

A domain declares each; its step and its name in `SNAPSHOT_FILES` follow. A snapshot is as of the last complete reading
of its kind: without one, nothing is written. It goes to its day's folder first and to `latest/` next, whole each time.
The bytes depend on what is stored and on nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from chalicelib.errors import BadAnswerError, SettingsError
from chalicelib.ingest.context import Context
from chalicelib.ingest.steps import DAILY, Step
from chalicelib.runtime import aws
from chalicelib.runtime.files import check_writable, write_whole
from chalicelib.settings import ORG, Setting, Settings, name_list
from chalicelib.store.base import JsonObject
from chalicelib.store.marks import WHOLE
from chalicelib.utils import format_utc

LATEST = "latest"
# The form of all our snapshots. It grows when a key is renamed or removed, or means something else.
VERSION = 1
DATA_LOGGER = "data-logger"


def _data_logger(text: str) -> bool:
    if text != DATA_LOGGER:
        raise ValueError(f"{text!r} is not {DATA_LOGGER}")
    return True


FILES = Setting[tuple[str, ...]](
    "SNAPSHOT_FILES",
    default=(),
    parse=name_list(re.compile(r"\w+"), "a snapshot's name"),
    help="Snapshots to write, separated by commas",
    shown="all",
)
FORM = Setting(
    "SNAPSHOT_FORM",
    default=False,
    parse=_data_logger,
    help=f"`{DATA_LOGGER}`: besides, snapshots are written in the form of the Data Logger's files",
    shown="ours only",
)


def settings_of(names: Sequence[str]) -> tuple[Setting[Any], ...]:
    """Give the settings of snapshots, when these are the snapshots that there are."""
    known = ", ".join(names)
    parse = name_list(re.compile("|".join(names)), f"one of {known}")
    return replace(FILES, parse=parse, help=f"{FILES.help}: `{known}`"), FORM


@dataclass(frozen=True)
class Snapshot:
    """A file that shows what is stored of a kind, as of the last complete reading.

    `name` is the file's, without `.json`. `content` makes it from the database, for the moment that it is as of; its
    lists may be iterators. `data_logger` makes the same in the Data Logger's form, or None when that can't be made.
    `marks` are the watermarks that say up to when all is stored that is in it; without any, the one that is named like
    the kind.
    """

    kind: str
    name: str
    content: Callable[[Context, datetime], JsonObject]
    data_logger: Callable[[Context, datetime], list[JsonObject] | None] | None = None
    marks: tuple[str, ...] = ()

    @property
    def step_name(self) -> str:
        """The name of its step: health judges it with the kind."""
        return f"{self.kind}.snapshot"

    def is_wanted(self, settings: Settings) -> bool:
        """Tell whether the settings ask for it."""
        chosen = settings.value(FILES)
        return settings.snapshot_url is not None and (not chosen or self.name in chosen)


def snapshot_step(snapshot: Snapshot) -> Step:
    """Make the step that writes a snapshot, when all else of the daily job is done."""
    write = partial(write_snapshot, snapshot=snapshot)
    return Step(snapshot.step_name, write, (DAILY,), is_last=True, enabled=snapshot.is_wanted, check=check_folder)


def check_folder(settings: Settings) -> None:
    """Raise SettingsError when `SNAPSHOT_URL` is a folder that can't be made or written to."""
    url = settings.snapshot_url
    if url is None or _is_in_s3(url):
        return
    try:
        check_writable(Path(url))
    except OSError as error:
        raise SettingsError(f"SNAPSHOT_URL can't be written to: {url}: {error.strerror}") from error


def write_snapshot(context: Context, snapshot: Snapshot) -> None:
    """Write a snapshot to where `SNAPSHOT_URL` says.

    Raises AwsError when S3 doesn't take it, SettingsError when the folder doesn't, or when there is no `SNAPSHOT_URL`.
    """
    folder = context.settings.snapshot_url
    if folder is None:
        raise SettingsError("SNAPSHOT_URL is not set: it says where snapshots are written to")
    as_of = complete_until(context, snapshot)
    if as_of is None:
        context.note(f"{snapshot.name}.json is not written: {snapshot.kind} was never read completely")
        return
    for path, content in list(_files(context, snapshot, as_of)):
        context.checkpoint()  # no transaction is open while S3 is asked
        _put(f"{folder}/{path}", content)


def complete_until(context: Context, snapshot: Snapshot) -> datetime | None:
    """Tell up to when all is stored that is in a snapshot; None when it was never read completely."""
    marks = [_read_until(context, name) for name in snapshot.marks or (snapshot.kind,)]
    known = [mark for mark in marks if mark is not None]
    return min(known) if len(known) == len(marks) else None


def _read_until(context: Context, name: str) -> datetime | None:
    """Read a watermark: the scope's own or the whole organisation's, for what holds for that holds for its parts."""
    marks = [context.marks.watermark(name, scope=scope).read() for scope in (context.scope.name, WHOLE)]
    return max((mark for mark in marks if mark is not None), default=None)


def _files(context: Context, snapshot: Snapshot, as_of: datetime) -> Iterator[tuple[str, bytes]]:
    """Make the files of a snapshot, each with its path, in the order in which they are written."""
    org, settings, file = _folder_of(context.scope.org), context.settings, f"{snapshot.name}.json"
    about = {"snapshot": snapshot.name, "version": VERSION, "organisation": org, "as_of": format_utc(as_of)}
    content = our_form({**about, **snapshot.content(context, as_of)})
    yield f"{org}/{context.now():%Y-%m-%d}/{file}", content
    yield f"{org}/{LATEST}/{file}", content
    theirs = snapshot.data_logger(context, as_of) if snapshot.data_logger and settings.value(FORM) else None
    if theirs is not None:
        yield f"{org}/{file}" if len(settings.orgs) > 1 else file, data_logger_form(theirs)


def _folder_of(org: str) -> str:
    """Give an organisation's folder; BadAnswerError when GitHub gave it a name that leads elsewhere."""
    if not ORG.fullmatch(org):
        raise BadAnswerError(f"{org!r} is not an organisation's name, so no snapshot is written into its folder")
    return org


def our_form(content: Mapping[str, Any]) -> bytes:
    """Write a document as JSON in ASCII, each record of its lists on a line of its own.

    Keys are sorted: PostgreSQL and SQLite keep those of JSON columns in another order. A list may be an iterator, which
    reads its records one by one: a Lambda's memory holds the text of a large one, but not its records beside it.
    """
    text = BytesIO()
    for number, (name, value) in enumerate(sorted(content.items())):
        text.write(b",\n" if number else b"{\n")
        text.write(f'"{name}": '.encode())
        text.writelines(_lines(value) if isinstance(value, list | Iterator) else [_line(value)])
    text.write(b"\n}\n")
    return text.getvalue()


def _lines(records: Iterable[Any]) -> Iterator[bytes]:
    yield b"["
    for number, record in enumerate(records):
        yield b",\n" if number else b"\n"
        yield _line(record)
    yield b"\n]"


def _line(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, allow_nan=False).encode()


def data_logger_form(records: list[JsonObject]) -> bytes:
    """Write records as the Data Logger wrote its files."""
    return json.dumps(records, indent=4, allow_nan=False).encode()


def _is_in_s3(url: str) -> bool:
    return url.startswith("s3://")


def _put(url: str, content: bytes) -> None:
    if _is_in_s3(url):
        aws.put_object(url, content, "application/json")
        return
    try:
        write_whole(Path(url), content)
    except OSError as error:
        raise SettingsError(f"SNAPSHOT_URL can't be written to: {error}") from error
