"""Copilot's usage reports and seats, from GitHub's REST API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.errors import BadAnswerError, ForbiddenError, GoneError, NotFoundError, SingleSignOnError
from chalicelib.github import PER_PAGE, Answer, GitHubAPI
from chalicelib.github.answers import is_count
from chalicelib.github.downloads import File, fetch_file

ORGANIZATION_DAY, USERS_DAY, TEAMS_DAY = "organization-1-day", "users-1-day", "user-teams-1-day"
ORGANIZATION_28, USERS_28 = "organization-28-day/latest", "users-28-day/latest"
# A report's rows are lines of its file, or are in one of these lists.
ROW_LISTS = ("day_totals", "user_totals")
# A JSON text is in memory as a whole, and its values take more than its bytes; a line with a person's day has 5,000.
LARGEST_TEXT = 32_000_000  # bytes
MAX_LINKS = 100  # to the files of one report
ADVICE = (
    "switch on the policy 'Copilot usage metrics' in the organisation's Copilot settings, and give the credentials the "
    "permissions organization_copilot_metrics=read and organization_copilot_seat_management=read (a classic token: "
    "the scope manage_billing:copilot), or set COPILOT=off"
)


@dataclass(frozen=True)
class Report:
    """A report's downloaded files, and its first and last day."""

    start_day: date
    end_day: date
    files: Sequence[File]

    def records(self) -> Iterator[Any]:
        """Give the report's rows one by one, from JSON or NDJSON; raises BadAnswerError when a file is neither."""
        for file in self.files:
            file.seek(0)
            yield from read_records(file)


@dataclass
class CopilotAPI:
    """Copilot's usage reports and seats of organisations.

    https://docs.github.com/en/rest/copilot/copilot-usage-metrics
    """

    github: GitHubAPI

    @contextmanager
    def open_report(self, org: str, name: str, day: date | None = None) -> Iterator[Report | None]:
        """Download a report for a `with` block, of one day or (`day` is None) of the latest 28; None without data.

        Asks for the download links once more when they have expired. Raises BadAnswerError when
        the report is of another day, and ForbiddenError, which says what to switch on, when the policy or a permission
        is missing.
        """
        with ExitStack() as files:
            yield self._download(org, name, day, files)

    def has_report(self, org: str, name: str) -> bool:
        """Ask whether there is a report, without downloading it."""
        return self._fetch_links(org, name, None) is not None

    def _download(self, org: str, name: str, day: date | None, files: ExitStack) -> Report | None:
        for is_last in (False, True):
            found = self._fetch_links(org, name, day)
            if found is None:
                return None
            links, start_day, end_day = found
            try:
                return Report(start_day, end_day, [files.enter_context(self._fetch_file(link)) for link in links])
            except GoneError:
                if is_last:
                    raise
        return None

    def _fetch_file(self, link: str) -> File:
        return fetch_file(link, self.github.budget, api_host=self.github.host)

    def _fetch_links(self, org: str, name: str, day: date | None) -> tuple[list[str], date, date] | None:
        path = f"/orgs/{org}/copilot/metrics/reports/{name}"
        try:
            answer = self.github.get(path, params={"day": f"{day:%Y-%m-%d}"} if day else None, allow_empty=True)
        except NotFoundError:
            return None
        except ForbiddenError as error:
            raise _with_advice(error) from None
        found = read_links(answer, path) if answer.body is not None else None
        if found and day and found[1:] != (day, day):
            raise BadAnswerError(f"the report is not of {day}, which was asked for", path=path)
        return found

    def fetch_billing(self, org: str) -> dict[str, Any] | None:
        """Fetch the summary of an organisation's seats, a JSON object; None when it has no Copilot.

        Raises ForbiddenError, which says what to switch on, when the policy or a permission is missing.
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
        """Fetch the seats in pages: the number of all seats, and up to 100 seat objects. Some seats come twice.

        https://docs.github.com/en/rest/copilot/copilot-user-management#list-all-copilot-seat-assignments-for-an-organization
        """
        path = f"/orgs/{org}/copilot/billing/seats"
        for answer in self.github.pages(path, params={"per_page": str(PER_PAGE)}):
            body = answer.body
            is_page = isinstance(body, dict) and isinstance(body.get("seats"), list)
            if not is_page or not is_count(body.get("total_seats")):
                raise BadAnswerError(
                    "the answer is not a list of seats", status=answer.status, path=path, request_id=answer.request_id
                )
            yield body["total_seats"], body["seats"]


def read_links(answer: Answer, path: str) -> tuple[list[str], date, date] | None:
    """Read the links, first day and last day of an answer; None when it has no links, since it has no data then.

    Raises BadAnswerError when the answer has another shape.
    """
    try:
        links = answer.body["download_links"]
        first = answer.body.get("report_start_day") or answer.body["report_day"]
        last = answer.body.get("report_end_day") or first
        days = date.fromisoformat(first), date.fromisoformat(last)
        if not isinstance(links, list) or not all(isinstance(link, str) for link in links):
            raise TypeError
        if len(links) > MAX_LINKS:
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError):
        raise BadAnswerError(
            "the answer holds no download links", status=answer.status, path=path, request_id=answer.request_id
        ) from None
    return (links, *days) if links else None


def read_records(file: File) -> Iterator[Any]:
    """Read a file's rows, from NDJSON (line by line) or from one JSON text; BadAnswerError when it is neither."""
    lines = _lines(file)
    first = next(lines, b"")
    try:
        value = json.loads(first) if first else None
    except (ValueError, RecursionError):  # one JSON text over many lines
        file.seek(0)
        yield from _rows_of(_parse(_checked(file.read(LARGEST_TEXT + 1))))
        return
    yield from _rows_of(value)
    for line in lines:
        yield from _rows_of(_parse(line))


def _lines(file: File) -> Iterator[bytes]:
    while line := _checked(file.readline(LARGEST_TEXT + 1)):
        if line.strip():
            yield line


def _checked(text: bytes) -> bytes:
    if len(text) > LARGEST_TEXT:
        raise BadAnswerError(f"a report has more than {LARGEST_TEXT:,} bytes in one JSON text")
    return text


def _rows_of(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        lists = [value[name] for name in ROW_LISTS if isinstance(value.get(name), list)]
        yield from lists[0] if lists else [value]
    elif isinstance(value, list):
        yield from value
    elif value is not None:
        yield value


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        # The text is left out of the message: a report may name people.
        raise BadAnswerError("a report is not JSON") from None


def _with_advice(error: ForbiddenError) -> ForbiddenError:
    if isinstance(error, SingleSignOnError):
        return error  # which says what to do itself
    return ForbiddenError(
        f"{error.message}: {ADVICE}", status=error.status, path=error.path, request_id=error.request_id
    )
