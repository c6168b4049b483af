"""The texts of the GraphQL queries for timelines: what they ask for, and nothing that a server doesn't know.

A connection (what has `first:`) within each of 100 items costs a point. So the main query nests few; comments of
review threads, and reactions, are asked for apart, 100 at once.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

ISSUE_ITEMS, PULL_ITEMS = "IssueTimelineItems", "PullRequestTimelineItems"
# The answer names each union's types and their fields: an older GitHub Enterprise Server has fewer of both.
SERVER = """query Server {
  issues: __type(name: "IssueTimelineItems") { possibleTypes { name fields { name } } }
  pulls: __type(name: "PullRequestTimelineItems") { possibleTypes { name fields { name } } }
}"""

# What each kind of event is asked for, one field a line; all but these have `createdAt` and `actor` besides.
WITHOUT_ACTOR = {
    "IssueComment",
    "PullRequestCommit",
    "PullRequestReview",
    "PullRequestReviewThread",
    "PullRequestCommitCommentThread",
}
PERSON = "{ ...Person }"
ISSUE = "{ ...LinkedIssue }"
SUBJECT = "{ __typename ...LinkedIssue ...LinkedPull }"
BOARD = "project { ...Board }\nwasAutomated"
TYPE_NAME = "{ id name color }"
COMMENT = "createdAt\nauthor { ...Person }\nauthorAssociation\nbody\nupdatedAt\nreactionGroups { createdAt }"
FIELDS: dict[str, str] = {
    "AddedToMergeQueueEvent": "",
    "AddedToProjectEvent": "",
    "AddedToProjectV2Event": BOARD,
    "AssignedEvent": f"assignee {PERSON}",
    "AutoMergeDisabledEvent": "",
    "AutoMergeEnabledEvent": "",
    "AutoRebaseEnabledEvent": "",
    "AutoSquashEnabledEvent": "",
    "AutomaticBaseChangeFailedEvent": "oldBase\nnewBase",
    "AutomaticBaseChangeSucceededEvent": "oldBase\nnewBase",
    "BaseRefChangedEvent": "previousRefName\ncurrentRefName",
    "BaseRefDeletedEvent": "baseRefName",
    "BaseRefForcePushedEvent": "afterCommit { oid }",
    "BlockedByAddedEvent": f"blockingIssue {ISSUE}",
    "BlockedByRemovedEvent": f"blockingIssue {ISSUE}",
    "BlockingAddedEvent": f"blockedIssue {ISSUE}",
    "BlockingRemovedEvent": f"blockedIssue {ISSUE}",
    "ClosedEvent": "stateReason\ncloser { __typename ... on Commit { oid } ...LinkedPull }",
    "CommentDeletedEvent": "",
    "ConnectedEvent": f"source {SUBJECT}\nsubject {SUBJECT}",
    "ConvertToDraftEvent": "",
    "ConvertedFromDraftEvent": BOARD,
    "ConvertedNoteToIssueEvent": "",
    "ConvertedToDiscussionEvent": "",
    "CrossReferencedEvent": f"willCloseTarget\nsource {SUBJECT}",
    "DemilestonedEvent": "milestoneTitle",
    "DeployedEvent": "",
    "DeploymentEnvironmentChangedEvent": "",
    "DisconnectedEvent": f"source {SUBJECT}\nsubject {SUBJECT}",
    "HeadRefDeletedEvent": "headRefName",
    "HeadRefForcePushedEvent": "afterCommit { oid }",
    "HeadRefRestoredEvent": "",
    "IssueComment": COMMENT,
    "IssueTypeAddedEvent": f"issueType {TYPE_NAME}",
    "IssueTypeChangedEvent": f"issueType {TYPE_NAME}\nprevIssueType {TYPE_NAME}",
    "IssueTypeRemovedEvent": f"issueType {TYPE_NAME}",
    "LabeledEvent": "label { name color }",
    "LockedEvent": "lockReason",
    "MarkedAsDuplicateEvent": f"canonical {SUBJECT}",
    "MentionedEvent": "",
    "MergedEvent": "commit { oid }\nmergeRefName",
    "MilestonedEvent": "milestoneTitle",
    "MovedColumnsInProjectEvent": "",
    "ParentIssueAddedEvent": f"parent {ISSUE}",
    "ParentIssueRemovedEvent": f"parent {ISSUE}",
    "PinnedEvent": "",
    "ProjectV2ItemStatusChangedEvent": f"{BOARD}\npreviousStatus\nstatus",
    "PullRequestCommit": (
        "commitOfPull: commit { id oid message authoredDate committedDate "
        "author { name email } committer { name email } }"
    ),
    # Their comments are connections: asked for apart.
    "PullRequestCommitCommentThread": "commitOfThread: commit { oid }",
    "PullRequestReview": (
        "createdAt\nauthor { ...Person }\nauthorAssociation\nbody\nupdatedAt\nsubmittedAt\nreviewState: state\n"
        "commit { oid }"
    ),
    "PullRequestReviewThread": "diffSide\nstartDiffSide\nisResolved",
    "ReadyForReviewEvent": "",
    "ReferencedEvent": "commit { oid }",
    "RemovedFromMergeQueueEvent": "reason",
    "RemovedFromProjectEvent": "",
    "RemovedFromProjectV2Event": BOARD,
    "RenamedTitleEvent": "previousTitle\ncurrentTitle",
    "ReopenedEvent": "stateReason",
    "ReviewDismissedEvent": (
        "previousReviewState\ndismissalMessage\nreview { id }\npullRequestCommit { commit { oid } }"
    ),
    "ReviewRequestRemovedEvent": "requestedReviewer { ...Person ...RequestedTeam }",
    "ReviewRequestedEvent": "requestedReviewer { ...Person ...RequestedTeam }",
    "SubIssueAddedEvent": f"subIssue {ISSUE}",
    "SubIssueRemovedEvent": f"subIssue {ISSUE}",
    "SubscribedEvent": "",
    "TransferredEvent": "fromRepository { nameWithOwner }",
    "UnassignedEvent": f"assignee {PERSON}",
    "UnlabeledEvent": "label { name color }",
    "UnlockedEvent": "",
    "UnmarkedAsDuplicateEvent": f"canonical {SUBJECT}",
    "UnpinnedEvent": "",
    "UnsubscribedEvent": "",
    "UserBlockedEvent": "",
}
# Restrictions of an organisation may forbid its boards: one such kind voids the whole answer.
BOARD_TYPES = {kind for kind, fields in FIELDS.items() if BOARD in fields}

PERSON_FRAGMENT = """fragment Person on Actor {
  __typename login avatarUrl url
  ... on User { id databaseId isSiteAdmin userViewType }
  ... on Bot { id databaseId }
  ... on Mannequin { id databaseId }
  ... on Organization { id databaseId }
}"""
FRAGMENTS = {
    "Person": PERSON_FRAGMENT,
    "RequestedTeam": "fragment RequestedTeam on Team { __typename id databaseId slug name }",
    "LinkedIssue": """fragment LinkedIssue on Issue {
  __typename id number title issueState: state stateReason(enableDuplicate: true) url
  repository { databaseId nameWithOwner }
}""",
    "LinkedPull": """fragment LinkedPull on PullRequest {
  __typename id number title pullState: state mergedAt url repository { databaseId nameWithOwner }
}""",
    "Board": "fragment Board on ProjectV2 { id number title url }",
    "Size": """fragment Size on PullRequest {
  additions deletions changedFiles reviewDecision baseRefName headRefName
  mergeCommit { oid } mergedBy { ...Person }
}""",
    "Commits": "fragment Commits on PullRequest { commits(first: 1) { totalCount nodes { commit { authoredDate } } } }",
    "Requests": """fragment Requests on PullRequest {
  reviewRequests(first: 50) { totalCount nodes { requestedReviewer { ...Person ...RequestedTeam } } }
}""",
    "LineComment": """fragment LineComment on PullRequestReviewComment {
  id createdAt updatedAt author { ...Person } authorAssociation body
  diffHunk path position originalPosition line originalLine startLine originalStartLine subjectType
  commit { oid } originalCommit { oid } pullRequestReview { id } replyTo { id } reactionGroups { createdAt }
}""",
    "RemarkOnCommit": """fragment RemarkOnCommit on CommitComment {
  id createdAt updatedAt author { ...Person } authorAssociation body commitPath: path position commit { oid }
  reactionGroups { createdAt }
}""",
}


def kind_of(type_name: str) -> str:
    """Give REST's name for a kind of event by its GraphQL type: `LabeledEvent` is `labeled`."""
    return IRREGULAR.get(type_name) or _snake(type_name.removesuffix("Event"))


def item_type_of(type_name: str) -> str:
    """Give the value of GraphQL's enum of timeline items for a type: `LabeledEvent` is `LABELED_EVENT`."""
    return _snake(type_name).upper()


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


IRREGULAR = {
    "CrossReferencedEvent": "cross-referenced",
    "IssueComment": "commented",
    "PullRequestCommit": "committed",
    "PullRequestCommitCommentThread": "commit-commented",
    "PullRequestReview": "reviewed",
    "PullRequestReviewThread": "line-commented",
    "RenamedTitleEvent": "renamed",
}
KINDS: dict[str, str] = {type_name: kind_of(type_name) for type_name in FIELDS}


# A server that doesn't know a field gives nothing for it.
BLANKS: dict[str, dict[str, None]] = {
    name: dict.fromkeys(re.split(r"[ :]", line)[0] for line in fields.splitlines()) for name, fields in FIELDS.items()
}


@dataclass(frozen=True)
class ServerTypes:
    """The types of timeline items that a server knows, with their fields, for issues and for pull requests."""

    issues: Mapping[str, frozenset[str]]
    pulls: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Queries:
    """The texts for one server, and for the kinds of event that are wanted (all, when it is empty)."""

    server: ServerTypes
    wanted: Collection[str] = ()
    without_boards: bool = False
    # Not taken over by a copy that asks for other kinds.
    _texts: dict[str, str] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of event that are asked for, by REST's names."""
        return frozenset(KINDS[name] for name in {*self._types(self.server.issues), *self._types(self.server.pulls)})

    @cached_property
    def item_types(self) -> dict[str, list[str]]:
        """The variables that say which kinds a timeline shows and counts."""
        return {
            "issueTypes": [item_type_of(name) for name in self._types(self.server.issues)],
            "pullTypes": [item_type_of(name) for name in self._types(self.server.pulls)],
        }

    def timelines(self, aliases: Mapping[str, bool]) -> str:
        """Ask for the first page of each item's timeline; each alias has a variable `$<alias>` of its ids.

        An alias that is true asks for the requested reviewers too, which are a connection more.
        """
        variables = "".join(f"${alias}: [ID!]!, " for alias in aliases)
        nodes = "\n".join(
            f"  {alias}: nodes(ids: ${alias}) {{ ...Item{' ...Requests' if with_requests else ''} }}"
            for alias, with_requests in aliases.items()
        )
        item = """fragment Item on Node {
  __typename id
  ... on Issue { updatedAt timelineItems(first: 100, itemTypes: $issueTypes) { ...IssuePage } }
  ... on PullRequest { updatedAt ...Size timelineItems(first: 100, itemTypes: $pullTypes) { ...PullPage } }
}"""
        if "committed" not in self.kinds:
            item = item.replace("...Size", "...Size ...Commits")
        return self._document(f"query Timelines({variables}{TYPE_VARIABLES}) {{\n{nodes}\n}}\n{item}")

    def pages(self, count: int) -> str:
        """Ask for a further page of each of so many timelines: `$id0` after `$after0`, and so on."""
        numbers = range(count)
        variables = "".join(f"$id{number}: ID!, $after{number}: String, " for number in numbers)
        nodes = "\n".join(
            f"""  page{number}: node(id: $id{number}) {{
    __typename id
    ... on Issue {{
      updatedAt timelineItems(first: 100, after: $after{number}, itemTypes: $issueTypes) {{ ...IssuePage }}
    }}
    ... on PullRequest {{
      updatedAt timelineItems(first: 100, after: $after{number}, itemTypes: $pullTypes) {{ ...PullPage }}
    }}
  }}"""
            for number in numbers
        )
        return self._document(f"query Pages({variables}{TYPE_VARIABLES}) {{\n{nodes}\n}}")

    def counts(self) -> str:
        """Ask how many events the timelines of `$ids` have."""
        return self._document(f"""query Counts($ids: [ID!]!, {TYPE_VARIABLES}) {{
  nodes(ids: $ids) {{
    __typename id
    ... on Issue {{ updatedAt timelineItems(itemTypes: $issueTypes) {{ totalCount }} }}
    ... on PullRequest {{ updatedAt timelineItems(itemTypes: $pullTypes) {{ totalCount }} }}
  }}
}}""")

    def _types(self, known: Mapping[str, frozenset[str]]) -> list[str]:
        return [
            name
            for name in FIELDS
            if name in known
            and (not self.wanted or KINDS[name] in self.wanted)
            and not (self.without_boards and name in BOARD_TYPES)
        ]

    def _document(self, text: str) -> str:
        """Add the fragments that a text spreads, and those that these spread."""
        if text not in self._texts:
            self._texts[text] = with_fragments(text, {**FRAGMENTS, **self._page_fragments()})
        return self._texts[text]

    def _page_fragments(self) -> dict[str, str]:
        pages = {"IssuePage": (ISSUE_ITEMS, self.server.issues), "PullPage": (PULL_ITEMS, self.server.pulls)}
        found: dict[str, str] = {}
        for page, (union, known) in pages.items():
            names = self._types(known)
            found |= {f"On{name}": _event_fragment(name, known[name]) for name in names}
            spreads = " ".join(f"...On{name}" for name in names)
            found[page] = (
                f"fragment {page} on {union}Connection {{\n"
                f"  totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ __typename {spreads} }}\n}}"
            )
        return found


TYPE_VARIABLES = "$issueTypes: [IssueTimelineItemsItemType!], $pullTypes: [PullRequestTimelineItemsItemType!]"


def _event_fragment(name: str, known: Collection[str]) -> str:
    base = ["id"] if name in WITHOUT_ACTOR else ["id", "createdAt", "actor { ...Person }"]
    fields = [line for line in FIELDS[name].splitlines() if _field_of(line) in known]
    return f"fragment On{name} on {name} {{ {' '.join(base + fields)} }}"


def _field_of(line: str) -> str:
    """Give the field's name in a line such as `commitOfPull: commit { id }`."""
    alias_or_name, colon, rest = line.partition(" {")[0].partition(":")
    return rest.strip() if colon else alias_or_name.strip()


def with_fragments(text: str, fragments: Mapping[str, str]) -> str:
    """Add to a query the fragments that it spreads, each once."""
    found: dict[str, str] = {}
    waiting = [text]
    while waiting:
        for name in re.findall(r"\.\.\.(\w+)", waiting.pop()):
            if name in fragments and name not in found:
                found[name] = fragments[name]
                waiting.append(fragments[name])
    return "\n".join([text, *found.values()])


SIZES = with_fragments(
    """query Sizes($ids: [ID!]!) {
  nodes(ids: $ids) { __typename id ... on PullRequest { updatedAt ...Size ...Commits ...Requests } }
}""",
    FRAGMENTS,
)
THREADS = with_fragments(
    """query Threads($ids: [ID!]!, $after: String) {
  nodes(ids: $ids) {
    __typename id
    ... on PullRequestReviewThread {
      comments(first: 50, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...LineComment } }
    }
    ... on PullRequestCommitCommentThread {
      comments(first: 50, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...RemarkOnCommit } }
    }
  }
}""",
    FRAGMENTS,
)
REACTIONS = """query Reactions($ids: [ID!]!) {
  nodes(ids: $ids) { __typename id ... on Reactable { reactionGroups { content reactors { totalCount } } } }
}"""
