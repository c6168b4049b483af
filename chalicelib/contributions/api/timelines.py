"""Timelines of issues and pull requests, from GitHub's REST API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.contributions.api.places import IssuePlace
from chalicelib.github import GitHubAPI, ListAPI, ListPage, Pacer, PageState


@dataclass
class TimelineAPI:
    """The timeline of an issue or pull request.

    https://docs.github.com/en/rest/issues/timeline#list-timeline-events-for-an-issue
    """

    github: GitHubAPI
    pacer: Pacer

    def fetch_timeline(self, place: IssuePlace, known: Mapping[int, PageState]) -> list[ListPage]:
        """Fetch a timeline's pages, up to 100 events each; `known` holds the ETag of each page from the last reading.

        Raises NotFoundError or GoneError when the issue was deleted or can't be seen.
        """
        return list(self._lists.fetch_pages(f"{place.path}/timeline", known))

    def fetch_is_unchanged(self, place: IssuePlace, pages: Sequence[ListPage]) -> bool:
        """Ask whether a timeline is still as it was just read: events may move to another page during the read."""
        return self._lists.is_unchanged(f"{place.path}/timeline", pages)

    @property
    def _lists(self) -> ListAPI:
        return ListAPI(self.github, self.pacer.wait)
