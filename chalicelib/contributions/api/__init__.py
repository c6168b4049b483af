"""What to ask GitHub about contributions: searches, single items, timelines and member lists."""

from chalicelib.contributions.api.members import MEMBERS, MemberAPI
from chalicelib.contributions.api.search import (
    INCOMPLETE_PAUSES,
    ISSUES,
    PULL_REQUESTS,
    SECOND,
    SearchAPI,
    SearchPage,
    Span,
    moment_of,
)
from chalicelib.contributions.api.timelines import PagePoll, TimelineAPI, TimelinePage
from chalicelib.contributions.api.transfers import TransferAPI

__all__ = [
    "INCOMPLETE_PAUSES",
    "ISSUES",
    "MEMBERS",
    "PULL_REQUESTS",
    "SECOND",
    "MemberAPI",
    "PagePoll",
    "SearchAPI",
    "SearchPage",
    "Span",
    "TimelineAPI",
    "TimelinePage",
    "TransferAPI",
    "moment_of",
]
