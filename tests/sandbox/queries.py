"""GraphQL queries for the tests, and a client that asks them."""

from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from sandbox import Item, RunningSandbox
from tests.sandbox.conftest import Client

JSON = dict[str, Any]
# Asked for in full where they are what is asked for.
BRIEF = ("Issue", "PullRequest", "Repository")
TITLES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Issue { title } ... on PullRequest { title } } }"
TIMELINE = """query($ids: [ID!]!, $first: Int = 100, $after: String) {
  nodes(ids: $ids) {
    ... on Issue { updatedAt timelineItems(first: $first, after: $after) { ...Page } }
    ... on PullRequest { updatedAt timelineItems(first: $first, after: $after) { ...PullPage } }
  }
}
fragment Page on IssueTimelineItemsConnection {
  totalCount filteredCount pageCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  nodes { __typename ... on Node { id } } edges { cursor node { __typename ... on Node { id } } }
}
fragment PullPage on PullRequestTimelineItemsConnection {
  totalCount filteredCount pageCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  nodes { __typename ... on Node { id } } edges { cursor node { __typename ... on Node { id } } }
}"""


def ask(client: Client, query: str, *, headers: dict[str, str] | None = None, **variables: Any) -> JSON:
    """Ask a query that is answered with 200."""
    body = {"query": query, "variables": variables}
    answer = client.post(f"{client.url}/graphql", json=body, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    found: JSON = answer.json()
    return found


def data(client: Client, query: str, **variables: Any) -> JSON:
    """Ask a query that is answered without errors."""
    answer = ask(client, query, **variables)
    assert "errors" not in answer, answer["errors"]
    found: JSON = answer["data"]
    return found


def kinds(answer: JSON) -> list[str | None]:
    """The types of an answer's errors."""
    return [error.get("type") for error in answer.get("errors", ())]


def id_of(sandbox: RunningSandbox, item: Item) -> str:
    """An item's node id, as REST shows it."""
    return sandbox.app.payloads.item_node_id(item)


def busiest(sandbox: RunningSandbox, *, pull: bool) -> Item:
    """The item that most happened to."""
    found = [one for one in sandbox.world.items.values() if one.is_pull == pull]
    return max(found, key=lambda one: len(one.history))


def everything(schema: GraphQLSchema, kind: GraphQLObjectType, depth: int, *, prefix: str = "") -> str:
    """Select all fields of a type, and those of what they lead to, so deep; aliased, so that none collide."""
    found = ["__typename"]
    for name, field in kind.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        selected = _selected(schema, field, depth)
        if selected is not None:
            found.append(f"{prefix}{name}: {name}{selected}")
    return f"{{ {' '.join(found)} }}"


def _selected(schema: GraphQLSchema, field: GraphQLField, depth: int) -> str | None:
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    if not depth:
        return None
    if kind.name in BRIEF:
        return " { __typename id }"
    page = "(first: 3)" if "first" in field.args else ""
    if isinstance(kind, GraphQLObjectType):
        return page + everything(schema, kind, depth - 1)
    parts = [
        f"... on {one.name} {everything(schema, one, depth - 1, prefix=f'{one.name}_')}"
        for one in schema.get_possible_types(kind)  # type: ignore[arg-type]
        if depth > 1 or kind.name == "Actor"
    ]
    return f"{page}{{ __typename {' '.join(parts)} }}"
