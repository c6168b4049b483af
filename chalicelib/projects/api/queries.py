"""The texts of the GraphQL queries for boards.

A connection (what has `first:`) within each of 100 items costs a point, so an item has one: its values.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

from collections.abc import Mapping

PAGE = "pageInfo { hasNextPage endCursor }"
LEVELS = 8  # of issues above an issue; GitHub allows no more

# Newer servers leave archived items out of the list, unless this argument names them; older ones don't know it.
ARCHIVED_STATES = "archivedStates"
SERVER = 'query Server { board: __type(name: "ProjectV2") { fields { name args { name } } } }'

PROJECTS = f"""query Projects($org: String!, $after: String) {{
  organization(login: $org) {{
    id
    projectsV2(first: 100, after: $after, orderBy: {{field: NUMBER, direction: ASC}}) {{
      totalCount {PAGE}
      nodes {{
        id number title shortDescription url public closed closedAt createdAt updatedAt
        items {{ totalCount }}
      }}
    }}
  }}
}}"""

ITERATIONS = "{ id title startDate duration }"
FIELDS = f"""query Fields($id: ID!, $after: String) {{
  node(id: $id) {{
    ... on ProjectV2 {{
      id
      fields(first: 100, after: $after) {{
        {PAGE}
        nodes {{
          __typename
          ... on ProjectV2FieldCommon {{ id name dataType }}
          ... on ProjectV2SingleSelectField {{ options {{ id name }} }}
          ... on ProjectV2IterationField {{
            configuration {{ iterations {ITERATIONS} completedIterations {ITERATIONS} }}
          }}
        }}
      }}
    }}
  }}
}}"""

OF_FIELD = "field { ... on ProjectV2FieldCommon { id name dataType } }"
VALUE_PAGE = f"""{{
  {PAGE}
  nodes {{
    __typename
    ... on ProjectV2ItemFieldTextValue {{ text {OF_FIELD} }}
    ... on ProjectV2ItemFieldNumberValue {{ number {OF_FIELD} }}
    ... on ProjectV2ItemFieldDateValue {{ date {OF_FIELD} }}
    ... on ProjectV2ItemFieldSingleSelectValue {{ name optionId {OF_FIELD} }}
    ... on ProjectV2ItemFieldIterationValue {{ title iterationId {OF_FIELD} }}
    ... on ProjectV2ItemFieldMilestoneValue {{ milestone {{ title }} {OF_FIELD} }}
  }}
}}"""


def _parents(levels: int) -> str:
    inner = _parents(levels - 1) if levels > 1 else ""
    return f"parent {{ id number title issueType {{ name }} repository {{ nameWithOwner }} {inner}}} "


# The states are two enums, so each has a name of its own.
CONTENT = f"""content {{
  __typename
  ... on DraftIssue {{ id title createdAt updatedAt }}
  ... on Issue {{
    id fullDatabaseId number title url createdAt updatedAt closedAt
    issueState: state stateReason(enableDuplicate: true)
    repository {{ nameWithOwner }} issueType {{ name }}
    {_parents(LEVELS)}
  }}
  ... on PullRequest {{
    id number title url createdAt updatedAt closedAt pullState: state repository {{ nameWithOwner }}
  }}
}}"""
ITEM = f"{{ id type isArchived createdAt updatedAt {CONTENT} fieldValues(first: 100) {VALUE_PAGE} }}"
ITEMS_BY_ID = f"query ItemsById($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on ProjectV2Item {ITEM} }} }}"
VALUES = f"""query Values($id: ID!, $after: String) {{
  node(id: $id) {{ ... on ProjectV2Item {{ id fieldValues(first: 100, after: $after) {VALUE_PAGE} }} }}
}}"""


def items(*, node: str = ITEM, with_archived: bool) -> str:
    """Ask for a page of a board's items: `$first` of them after `$after`, each as `node` says."""
    states = f", {ARCHIVED_STATES}: [ARCHIVED, NOT_ARCHIVED]" if with_archived else ""
    return f"""query Items($id: ID!, $first: Int!, $after: String) {{
  node(id: $id) {{
    ... on ProjectV2 {{ id items(first: $first, after: $after{states}) {{ totalCount {PAGE} nodes {node} }} }}
  }}
}}"""


PASSED_BY = "{ id }"  # enough to go on behind an item that can't be had

EVENT = "id createdAt actor { __typename login }"
OF_BOARD = f"{EVENT} wasAutomated project {{ id }}"
# The types of event about boards: their boards may be forbidden.
BOARD_EVENTS: Mapping[str, str] = {
    "AddedToProjectV2Event": OF_BOARD,
    "RemovedFromProjectV2Event": OF_BOARD,
    "ConvertedFromDraftEvent": OF_BOARD,
    "ProjectV2ItemStatusChangedEvent": f"{OF_BOARD} previousStatus status",
}
ISSUE_EVENTS: Mapping[str, str] = {"ClosedEvent": EVENT, "ReopenedEvent": EVENT}
PULL_EVENTS: Mapping[str, str] = {**ISSUE_EVENTS, "MergedEvent": EVENT}
NAMES = {
    "AddedToProjectV2Event": "ADDED_TO_PROJECT_V2_EVENT",
    "RemovedFromProjectV2Event": "REMOVED_FROM_PROJECT_V2_EVENT",
    "ConvertedFromDraftEvent": "CONVERTED_FROM_DRAFT_EVENT",
    "ProjectV2ItemStatusChangedEvent": "PROJECT_V2_ITEM_STATUS_CHANGED_EVENT",
    "ClosedEvent": "CLOSED_EVENT",
    "ReopenedEvent": "REOPENED_EVENT",
    "MergedEvent": "MERGED_EVENT",
}


def timelines(*, with_boards: bool) -> str:
    """Ask for the timelines of issues and pull requests `$ids`, from `$after` on."""
    boards = BOARD_EVENTS if with_boards else {}
    issues, pulls = (_timeline({**boards, **events}) for events in (ISSUE_EVENTS, PULL_EVENTS))
    return f"""query Timelines($ids: [ID!]!, $after: String) {{
  nodes(ids: $ids) {{ __typename id ... on Issue {{ {issues} }} ... on PullRequest {{ {pulls} }} }}
}}"""


def _timeline(events: Mapping[str, str]) -> str:
    names = ", ".join(NAMES[name] for name in events)
    parts = "\n".join(f"    ... on {name} {{ {fields} }}" for name, fields in events.items())
    return f"""timelineItems(first: 100, after: $after, itemTypes: [{names}]) {{
    {PAGE}
    nodes {{ __typename
{parts} }}
  }}"""
