"""What to ask GitHub about contributions: searches, single items, timelines and member lists."""

from chalicelib.contributions.api.graphql import MOST_PAGES, NOT_OFFERED, GraphQLAPI, Page
from chalicelib.contributions.api.members import MEMBERS, MemberAPI
from chalicelib.contributions.api.places import IssuePlace
from chalicelib.contributions.api.repositories import RepositoryAPI
from chalicelib.contributions.api.search import (
    INCOMPLETE_PAUSES,
    ISSUES,
    PULL_REQUESTS,
    SearchAPI,
    SearchPage,
    Span,
    moment_of,
)
from chalicelib.contributions.api.timelines import TimelineAPI
from chalicelib.contributions.api.transfers import TransferAPI
from chalicelib.github.batches import MOST_IDS

__all__ = [
    "INCOMPLETE_PAUSES",
    "ISSUES",
    "MEMBERS",
    "MOST_IDS",
    "MOST_PAGES",
    "NOT_OFFERED",
    "PULL_REQUESTS",
    "GraphQLAPI",
    "IssuePlace",
    "MemberAPI",
    "Page",
    "RepositoryAPI",
    "SearchAPI",
    "SearchPage",
    "Span",
    "TimelineAPI",
    "TransferAPI",
    "moment_of",
]
