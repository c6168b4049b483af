"""Loads saved reports of Copilot, from a disk or from S3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from chalicelib.copilot.rows import Document, read_document
from chalicelib.copilot.settings import SEAT_PRICE, USER_DATA
from chalicelib.copilot.sync.days import COPILOT
from chalicelib.copilot.sync.saved import load_document
from chalicelib.errors import AwsError, RejectedError, SettingsError
from chalicelib.ingest.runner import Runner
from chalicelib.runtime.aws import read_object
from chalicelib.store.models import SyncRun

S3, S3_OBJECT = re.compile("s3://"), re.compile("s3://[a-z0-9.-]{3,63}/.+")


def read_file(name: str) -> Document:
    """Read a saved file; raises SettingsError when it can't be read, or holds no Copilot data."""
    try:
        if S3.match(name) and not S3_OBJECT.fullmatch(name):
            raise SettingsError(f"{name} can't be read: it must look like s3://bucket/key")
        content = read_object(name) if name.startswith("s3://") else Path(name).read_bytes()
        return read_document(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name} can't be read: it is not text (expected JSON or NDJSON in UTF-8)") from error
    except (OSError, AwsError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsError(f"{name} can't be read: {reason}") from error
    except RejectedError as error:
        raise SettingsError(f"{name}: {error}") from error


class CopilotFiles:
    """Saved reports, from the Copilot API of today or from the two retired ones."""

    kind = COPILOT

    def read(self, names: Sequence[str]) -> dict[str, Document]:
        """Read all files before any is stored; raises SettingsError when one can't be read."""
        return {name: read_file(name) for name in names}

    def load(self, runner: Runner, documents: Mapping[str, Document]) -> Iterator[str]:
        """Store what files hold, each with its row in `runner.runs`; yields a sentence about each."""
        keeps_people, price = runner.settings.value(USER_DATA), runner.settings.value(SEAT_PRICE)
        load = partial(load_document, keeps_people=keeps_people, price=price, written=set())
        for name, document in documents.items():
            run = runner.run(f"{COPILOT}.file", partial(load, document=document))
            counts = f"{run.fetched:,} read, {run.stored:,} new or changed, {run.rejected:,} rejected"
            yield f"{name}: {document.kind}: {counts}{_remarks(run, document)}"


def _remarks(run: SyncRun, document: Document) -> str:
    remarks = " (in rejected_records)" if run.rejected else ""
    remarks += "; it holds links to a report, which expire, and not the report" if document.kind == "links" else ""
    reason = run.error or run.note
    return remarks + (f"; {reason}" if reason else "")
