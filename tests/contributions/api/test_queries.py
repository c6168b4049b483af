"""The texts of the GraphQL queries: valid for today's GitHub, and for a server that is older."""

from __future__ import annotations

import lzma
from dataclasses import replace
from pathlib import Path

import pytest
from graphql import GraphQLSchema, GraphQLUnionType, build_schema, parse, validate

from chalicelib.contributions.api import queries
from chalicelib.contributions.api.queries import Queries, ServerTypes
from chalicelib.contributions.settings import EVENT_KINDS

SCHEMAS = {
    "2025-02": "graphql-schema-15.26.1.graphql.xz",
    "2025-11": "graphql-schema-2025-11-24.graphql.xz",
}
# What REST tells alone.
REST_ONLY = {"copilot_work_started", "copilot_work_finished"}


@pytest.fixture(scope="module", params=SCHEMAS)
def schema(request: pytest.FixtureRequest, samples: Path) -> GraphQLSchema:
    """GitHub's own schema, of two moments."""
    text = lzma.decompress((samples / "openapi" / SCHEMAS[request.param]).read_bytes()).decode()
    return build_schema(text, assume_valid=True)


def known_to(schema: GraphQLSchema) -> ServerTypes:
    """What the query `Server` would tell of a schema."""

    def types(union: str) -> dict[str, frozenset[str]]:
        found = schema.type_map[union]
        assert isinstance(found, GraphQLUnionType)
        return {each.name: frozenset(each.fields) for each in found.types}

    return ServerTypes(types(queries.ISSUE_ITEMS), types(queries.PULL_ITEMS))


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [(), ("commented", "reviewed"), ("closed",)])
@pytest.mark.parametrize("without_boards", [False, True])
def test_the_queries_about_timelines_are_valid(
    schema: GraphQLSchema, wanted: tuple[str, ...], *, without_boards: bool
) -> None:
    texts = Queries(known_to(schema), wanted, without_boards)
    for text in (
        texts.timelines({"items0": False}),
        texts.timelines({"items0": False, "items1": False, "open0": True}),
        texts.pages(10),
        texts.counts(),
    ):
        assert validate(schema, parse(text)) == []


@pytest.mark.slow
@pytest.mark.parametrize("text", [queries.SERVER, queries.SIZES, queries.THREADS, queries.REACTIONS])
def test_the_other_queries_are_valid(schema: GraphQLSchema, text: str) -> None:
    assert validate(schema, parse(text)) == []


@pytest.mark.slow
def test_only_what_the_server_knows_is_asked_for(schema: GraphQLSchema) -> None:
    known = known_to(schema)
    variables = Queries(known).item_types
    for name, enum in (("issueTypes", "IssueTimelineItemsItemType"), ("pullTypes", "PullRequestTimelineItemsItemType")):
        values = set(schema.type_map[enum].values)  # type: ignore[attr-defined]
        assert set(variables[name]) == values - {"PULL_REQUEST_REVISION_MARKER"}  # it has no id


def test_each_kind_that_github_documents_is_asked_for() -> None:
    assert set(queries.KINDS.values()) == EVENT_KINDS - REST_ONLY


def test_a_field_that_a_server_lacks_is_left_out() -> None:
    known = {"ClosedEvent": frozenset({"id", "createdAt", "actor", "closer"}), "PinnedEvent": frozenset({"id"})}
    text = Queries(ServerTypes(known, {}), ()).timelines({"items0": False})
    assert "closer { __typename" in text
    assert "stateReason" not in text.partition("fragment OnClosedEvent")[2].partition("fragment")[0]
    assert "OnLabeledEvent" not in text


@pytest.mark.parametrize(
    ("type_name", "kind", "item_type"),
    [
        ("LabeledEvent", "labeled", "LABELED_EVENT"),
        ("AddedToProjectV2Event", "added_to_project_v2", "ADDED_TO_PROJECT_V2_EVENT"),
        ("IssueComment", "commented", "ISSUE_COMMENT"),
        ("PullRequestReviewThread", "line-commented", "PULL_REQUEST_REVIEW_THREAD"),
        ("RenamedTitleEvent", "renamed", "RENAMED_TITLE_EVENT"),
        ("CrossReferencedEvent", "cross-referenced", "CROSS_REFERENCED_EVENT"),
    ],
)
def test_the_names_of_a_kind(type_name: str, kind: str, item_type: str) -> None:
    assert (queries.kind_of(type_name), queries.item_type_of(type_name)) == (kind, item_type)


def test_a_copy_that_asks_for_less_has_texts_of_its_own() -> None:
    """Where boards were forbidden they were asked for again, for ever: the text before was remembered."""
    texts = Queries(ServerTypes({}, {"AddedToProjectV2Event": frozenset({"project"})}))
    assert "AddedToProjectV2Event" in texts.timelines({"items0": False})
    assert "AddedToProjectV2Event" not in replace(texts, without_boards=True).timelines({"items0": False})
