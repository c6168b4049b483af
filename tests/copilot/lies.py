"""Lets the sandbox add files of our own to Copilot's reports, so that they overlap, or say odd things."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sandbox.api.messages import Answer, Request
from tests.copilot.conftest import Copilot
from tests.github.local_server import LocalServer, Seen, reply
from tests.organisation import ORG

Json = dict[str, Any]
# Gets a report's name, its first and last day and its true rows; gives those of one more file.
MoreRows = Callable[[str, str, str, list[Json]], list[Json]]


def true_rows(copilot: Copilot) -> dict[str, list[Json]]:
    """What the sandbox's reports have now, by the beginning of their names."""
    return {
        "organization": [row["report"] for row in copilot.sandbox.days(ORG)],
        "users": copilot.sandbox.users(ORG, final=False),
        "user-teams": copilot.sandbox.user_teams(ORG),
    }


@contextmanager
def one_more_file(copilot: Copilot, more_rows: MoreRows, *, comes_first: bool = False) -> Iterator[None]:
    """Add a file to each report for a block, after the true ones or before them."""
    files: dict[str, bytes] = {}
    truth = true_rows(copilot)

    def add(request: Request, answer: Answer) -> Answer:
        if not isinstance(answer.data, dict) or "download_links" not in answer.data:
            return answer
        name = request.path.partition("/reports/")[2].removesuffix("/latest")
        first, last = (answer.data.get(f"report_{end}_day") or answer.data["report_day"] for end in ("start", "end"))
        rows = [row for row in truth[name.rsplit("-", 2)[0]] if first <= row["day"] <= last]
        more = more_rows(name, first, last, rows)
        files[path := f"/{name}/{first}/{last}"] = b"".join(json.dumps(row).encode() + b"\n" for row in more)
        links = [*answer.data["download_links"], server.url + path]
        return replace(answer, data=answer.data | {"download_links": links[::-1] if comes_first else links})

    def download(seen: Seen) -> Any:
        return reply(body=files[seen.path])

    server = LocalServer(answer=download)
    try:
        with copilot.org.sandbox.oddities.telling(add):
            yield
    finally:
        server.close()
