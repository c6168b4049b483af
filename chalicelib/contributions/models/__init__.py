"""The tables of contributions: GitHub's objects, and this app's own records of how they were read."""

from chalicelib.contributions.models.calendar import WorkingDay
from chalicelib.contributions.models.facts import (
    ActivityFact,
    ChangedItem,
    IssueFact,
    LabelFact,
    ListedPerson,
    OpenPeriodFact,
    PersonRole,
    PullRequestFact,
    ReviewRequestFact,
    WaitFact,
)
from chalicelib.contributions.models.items import Issue, PullRequest
from chalicelib.contributions.models.people import Member, Membership
from chalicelib.contributions.models.timelines import Event, EventPoll
from chalicelib.contributions.models.transfers import Transfer, TransferCheck

__all__ = [
    "ActivityFact",
    "ChangedItem",
    "Event",
    "EventPoll",
    "Issue",
    "IssueFact",
    "LabelFact",
    "ListedPerson",
    "Member",
    "Membership",
    "OpenPeriodFact",
    "PersonRole",
    "PullRequest",
    "PullRequestFact",
    "ReviewRequestFact",
    "Transfer",
    "TransferCheck",
    "WaitFact",
    "WorkingDay",
]
