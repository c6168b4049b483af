"""The queries for boards ask only for what GitHub's own schema has."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from chalicelib.projects.api import queries

pytestmark = pytest.mark.slow

TEXTS = {
    "boards": queries.PROJECTS,
    "fields": queries.FIELDS,
    "items": queries.items(with_archived=False),
    "passing by": queries.items(node=queries.PASSED_BY, with_archived=False),
    "items by id": queries.ITEMS_BY_ID,
    "values": queries.VALUES,
    "timelines": queries.timelines(with_boards=True),
    "timelines without boards": queries.timelines(with_boards=False),
    "server": queries.SERVER,
}


@pytest.fixture(scope="module")
def schema(samples: Path) -> GraphQLSchema:
    text = lzma.decompress((samples / "openapi" / "graphql-schema-2025-11-24.graphql.xz").read_bytes()).decode()
    return build_schema(text, assume_valid=True)


@pytest.mark.parametrize("name", TEXTS)
def test_github_knows_all_that_is_asked_for(schema: GraphQLSchema, name: str) -> None:
    assert [error.message for error in validate(schema, parse(TEXTS[name]))] == []


def test_archived_items_are_named_where_the_server_knows_the_argument(schema: GraphQLSchema) -> None:
    """This schema is older than the argument: without the question before it, the query would be refused."""
    [error] = validate(schema, parse(queries.items(with_archived=True)))
    assert "archivedStates" in error.message
