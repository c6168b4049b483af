"""Our part of GitHub's GraphQL schema says what GitHub's says."""

import lzma
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from graphql import DefinitionNode, GraphQLEnumType, parse, print_ast, validate_schema

from sandbox.api.event_kinds import EVENT_KINDS, item_type
from sandbox.api.graphql import schema

OLD, NEW = "graphql-schema-15.26.1.graphql.xz", "graphql-schema-2025-11-24.graphql.xz"
# Ours by GitHub's: what an older server knows is there in the newer one, too.
PAIRS = [(schema.OLD, OLD), (schema.OLD, NEW), (schema.NEW, NEW)]
DEFINITION = re.compile(
    r"^(?:type|interface|union|enum|input|scalar) (\w+)\b.*?(?=^(?:\"\"\"|\w))", re.MULTILINE | re.DOTALL
)
Said = dict[str, str]


@cache
def ours(version: str) -> Said:
    """What our schema says."""
    text = "\n".join((schema.FOLDER / name).read_text() for name in schema.FILES[version])
    return described(parse(text, no_location=True).definitions)


def described(definitions: Iterable[DefinitionNode]) -> Said:
    """What a schema says: each type, field, argument and value by its path."""
    said: Said = {}
    for one in definitions:
        name = one.name.value  # type: ignore[attr-defined]
        said[name] = one.kind.replace("extension", "definition")
        said |= {f"{name} implements {face.name.value}": "" for face in getattr(one, "interfaces", None) or ()}
        said |= {f"{name} is {member.name.value}": "" for member in getattr(one, "types", None) or ()}
        said |= {f"{name}.{value.name.value}": "" for value in getattr(one, "values", None) or ()}
        for field in getattr(one, "fields", None) or ():
            said[f"{name}.{field.name.value}"] = print_ast(field.type)
            said |= dict(_arguments(f"{name}.{field.name.value}", field))
    return said


def _arguments(path: str, field: object) -> Iterator[tuple[str, str]]:
    for one in getattr(field, "arguments", None) or ():
        default = "" if one.default_value is None else f" = {print_ast(one.default_value)}"
        yield f"{path}({one.name.value})", print_ast(one.type) + default


@pytest.fixture(scope="module")
def github(samples: Path) -> dict[str, Said]:
    """What GitHub's schemas say of the types that ours has."""
    wanted = {path for path in ours(schema.NEW) if path.isalnum()}
    found = {}
    for name in (OLD, NEW):
        text = lzma.decompress((samples / "openapi" / name).read_bytes()).decode() + "\nend"
        parts = [part[0] for part in DEFINITION.finditer(text) if part[1] in wanted]
        found[name] = described(parse("\n".join(parts), no_location=True).definitions)
    return found


@pytest.mark.parametrize(("version", "theirs"), PAIRS)
def test_ours_is_a_part_of_githubs(version: str, theirs: str, github: dict[str, Said]) -> None:
    said, known = ours(version), github[theirs]
    assert {path: (told, known.get(path)) for path, told in said.items() if known.get(path) != told} == {}


@pytest.mark.parametrize(("version", "theirs"), PAIRS[::2])
@pytest.mark.parametrize("name", [*schema.TIMELINES, *(f"{name}ItemType" for name in schema.TIMELINES)])
def test_timelines_have_all_of_githubs_types(version: str, theirs: str, name: str, github: dict[str, Said]) -> None:
    said, known = ours(version), github[theirs]
    for sign in (" ", "."):
        assert {path for path in known if path.startswith(name + sign)} == {
            path for path in said if path.startswith(name + sign)
        }


@pytest.mark.parametrize("version", schema.SCHEMAS)
def test_it_is_valid(version: str) -> None:
    assert validate_schema(schema.load(version)) == []
    enums = [schema.load(version).type_map[f"{name}ItemType"] for name in schema.TIMELINES]
    values = {value for enum in enums if isinstance(enum, GraphQLEnumType) for value in enum.values}
    assert {item_type(name) for name in schema.timeline_types(version)} == values


def test_each_type_of_a_timeline_has_a_kind() -> None:
    assert {one.type_name for one in EVENT_KINDS.values()} == schema.timeline_types(schema.NEW)
