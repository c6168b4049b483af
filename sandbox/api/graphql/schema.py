"""The two schemas, and documents that were parsed and validated once."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    parse,
    validate,
)

FOLDER = Path(__file__).parent
NEW, OLD = "new", "old"
SCHEMAS = (NEW, OLD)
FILES = {NEW: ("schema.graphql", "newer.graphql"), OLD: ("schema.graphql",)}
UNKNOWN_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")
TIMELINES = ("IssueTimelineItems", "PullRequestTimelineItems")


@cache
def load(version: str) -> GraphQLSchema:
    """Return today's schema, or that of an older server."""
    schema = build_schema("\n".join((FOLDER / name).read_text() for name in FILES[version]), assume_valid=True)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and "databaseId" in kind.fields:
            kind.fields["databaseId"].type = LARGE
    return schema


def _as_it_is(value: Any) -> Any:
    return value


# GitHub writes `databaseId` as it is, although ids have outgrown GraphQL's integers.
LARGE = GraphQLScalarType("Large", coerce_output_value=_as_it_is)
LARGE.name = "Int"


@cache
def timeline_types(version: str) -> frozenset[str]:
    """Return the types that timelines can have there."""
    unions = [load(version).type_map[name] for name in TIMELINES]
    return frozenset(one.name for union in unions if isinstance(union, GraphQLUnionType) for one in union.types)


def fields(name: str) -> frozenset[str]:
    """Return the names of a type's fields; KeyError."""
    kind = load(NEW).type_map[name]
    return frozenset(kind.fields) if isinstance(kind, GraphQLObjectType) else frozenset()


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed query; or what is wrong with it."""

    tree: DocumentNode | None
    errors: tuple[dict[str, Any], ...] = ()


@lru_cache(maxsize=256)
def read(text: str, version: str) -> Document:
    """Parse and validate a query."""
    try:
        tree = parse(text)
    except GraphQLError as error:
        message = error.message.replace("Syntax Error:", "Parse error:")
        return Document(None, ({"message": message, "locations": locations(error)},))
    found = validate(load(version), tree)
    return Document(tree, tuple(map(_refused, found)))


def locations(error: GraphQLError) -> list[dict[str, int]]:
    """Return the places in the query that an error is about."""
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]


def _refused(error: GraphQLError) -> dict[str, Any]:
    """Return what is wrong with a query as GitHub words it where a client may look: an unknown field."""
    unknown = UNKNOWN_FIELD.match(error.message)
    if unknown is None:
        return {"message": error.message, "locations": locations(error)}
    field, type_name = unknown.groups()
    return {
        "path": [],
        "extensions": {"code": "undefinedField", "typeName": type_name, "fieldName": field},
        "locations": locations(error),
        "message": f"Field '{field}' doesn't exist on type '{type_name}'",
    }
