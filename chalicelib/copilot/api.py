"""What to ask GitHub about Copilot: reports of days, and seats."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.errors import BadAnswerError, ForbiddenError, GoneError, NotFoundError
from chalicelib.github import PER_PAGE, Answer, GitHubAPI
from chalicelib.github.downloads import File, fetch_file

ORGANIZATION_DAY, USERS_DAY, TEAMS_DAY = "organization-1-day", "users-1-day", "user-teams-1-day"
ORGANIZATION_28, USERS_28 = "organization-28-day/latest", "users-28-day/latest"
# The lists that a report's rows may stand in, when they are not lines of their own.
ROWS = ("day_totals", "user_totals")
ADVICE = (
    "switch on the policy 'Copilot usage metrics' in the organisation's Copilot settings, and give the credentials the "
    "permissions organization_copilot_metrics=read and organization_copilot_seat_management=read (a classic token: "
    "the scope manage_billing:copilot), or set COPILOT=off"
)


@dataclass(frozen=True)
class Report:
    """A report's files, open from their beginnings, and the days that it is about, both included."""

    start_day: date
    end_day: date
    files: Sequence[File]

    def records(self) -> Iterator[Any]:
        """Give the report's rows one by one, however its files are written; BadAnswerError when one is not JSON."""
        for file in self.files:
            file.seek(0)
            yield from read_records(file)


@dataclass
class CopilotAPI:
    """Copilot's use and seats in organisations.

    https://docs.github.com/en/rest/copilot/copilot-usage-metrics
    """

    github: GitHubAPI

    @contextmanager
    def open_report(self, org: str, name: str, day: date | None = None) -> Iterator[Report | None]:
        """Fetch a report, of a day unless it is the latest of 28, for a block; None when GitHub has no data (yet).

        Links that expired meanwhile are asked for again, once. Raises ForbiddenError with what is to be switched on.
        """
        with ExitStack() as files:
            yield self._fetch(org, name, day, files)

    def has_report(self, org: str, name: str) -> bool:
        """Ask whether there is a report, without reading it."""
        return self._ask(org, name, None) is not None

    def _fetch(self, org: str, name: str, day: date | None, files: ExitStack) -> Report | None:
        for is_last in (False, True):
            report = self._ask(org, name, day)
            if report is None:
                return None
            links, start_day, end_day = report
            try:
                fetched = [files.enter_context(fetch_file(link, self.github.budget)) for link in links]
                return Report(start_day, end_day, fetched)
            except GoneError:
                if is_last:
                    raise
        return None

    def _ask(self, org: str, name: str, day: date | None) -> tuple[list[str], date, date] | None:
        path = f"/orgs/{org}/copilot/metrics/reports/{name}"
        try:
            answer = self.github.get(path, params={"day": f"{day:%Y-%m-%d}"} if day else None, allow_empty=True)
        except NotFoundError:
            return None
        except ForbiddenError as error:
            raise _with_advice(error) from None
        return read_links(answer, path) if answer.body is not None else None

    def fetch_billing(self, org: str) -> dict[str, Any] | None:
        """Fetch the summary of an organisation's seats; None when it has no Copilot.

        https://docs.github.com/en/rest/copilot/copilot-user-management#get-copilot-seat-information-and-settings-for-an-organization
        """
        path = f"/orgs/{org}/copilot/billing"
        try:
            body = self.github.get(path).body
        except NotFoundError:
            return None
        except ForbiddenError as error:
            raise _with_advice(error) from None
        if not isinstance(body, dict):
            raise BadAnswerError("the answer is not a summary of seats", path=path)
        return body

    def fetch_seats(self, org: str) -> Iterator[tuple[int, list[Any]]]:
        """Fetch the seats in pages: how many there are in all, and up to 100 of them; some come twice.

        https://docs.github.com/en/rest/copilot/copilot-user-management#list-all-copilot-seat-assignments-for-an-organization
        """
        path = f"/orgs/{org}/copilot/billing/seats"
        for answer in self.github.pages(path, params={"per_page": str(PER_PAGE)}):
            body = answer.body
            is_page = isinstance(body, dict) and isinstance(body.get("seats"), list)
            if not is_page or not isinstance(body.get("total_seats"), int):
                raise BadAnswerError(
                    "the answer is not a list of seats", status=answer.status, path=path, request_id=answer.request_id
                )
            yield body["total_seats"], body["seats"]


def read_links(answer: Answer, path: str) -> tuple[list[str], date, date] | None:
    """Check the shape of an answer with links; None when it has none, which is no data too."""
    try:
        links = answer.body["download_links"]
        first = answer.body.get("report_start_day") or answer.body["report_day"]
        last = answer.body.get("report_end_day") or first
        days = date.fromisoformat(first), date.fromisoformat(last)
        if not isinstance(links, list) or not all(isinstance(link, str) for link in links):
            raise TypeError
    except (AttributeError, KeyError, TypeError, ValueError):
        raise BadAnswerError(
            "the answer holds no download links", status=answer.status, path=path, request_id=answer.request_id
        ) from None
    return (links, *days) if links else None


def read_records(file: File) -> Iterator[Any]:
    """Read a file's rows: lines of JSON, one at a time, or one JSON text, whose rows may stand in a list."""
    first = next((line for line in file if line.strip()), b"")
    try:
        value = json.loads(first) if first else None
    except ValueError:  # one text over many lines
        file.seek(0)
        yield from _rows_of(_parse(file.read()))
        return
    yield from _rows_of(value)
    for line in file:
        if line.strip():
            yield from _rows_of(_parse(line))


def _rows_of(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        lists = [value[name] for name in ROWS if isinstance(value.get(name), list)]
        yield from lists[0] if lists else [value]
    elif isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        # Not quoted: a report may name people.
        raise BadAnswerError("a report is not JSON") from None


def _with_advice(error: ForbiddenError) -> ForbiddenError:
    return ForbiddenError(
        f"{error.message}: {ADVICE}", status=error.status, path=error.path, request_id=error.request_id
    )
