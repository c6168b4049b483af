"""What a query costs before it runs: GitHub's formulas for points and nodes, and what it refuses outright.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)

MOST_NODES, MOST_ROWS, MOST_IDS = 500_000, 100, 100
REQUESTS_A_POINT = 100
BARE = {"totalCount", "__typename"}
CONNECTION = "Connection"


class QueryError(Exception):
    """A query that is refused before it runs; `body` is the error as the answer lists it."""

    def __init__(self, kind: str, message: str, path: list[str]) -> None:
        super().__init__(message)
        self.body = {"type": kind, "path": path, "message": message}


class Cost(NamedTuple):
    """How many requests to its lists a query stands for, and how many nodes it can bring."""

    requests: int = 0
    nodes: int = 0

    @property
    def points(self) -> int:
        """What it takes of the rate limit: a point for a hundred requests, at least one."""
        return max((self.requests + REQUESTS_A_POINT // 2) // REQUESTS_A_POINT, 1)

    def plus(self, other: "Cost") -> "Cost":
        """Add another one."""
        return Cost(self.requests + other.requests, self.nodes + other.nodes)


@dataclass(slots=True)
class Measure:
    """Measures one operation with its variables; of types that exclude each other, the dearest counts."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def operation(self, operation: OperationDefinitionNode) -> Cost:
        """Return the cost; raise QueryError for a query that GitHub refuses."""
        root = self.schema.query_type
        cost = Cost() if root is None else self._selected(operation.selection_set, root, 1, [])
        if cost.nodes > MOST_NODES:
            message = (
                f"This query requests up to {cost.nodes:,} possible nodes which exceeds the maximum limit of "
                f"{MOST_NODES:,}."
            )
            raise QueryError("MAX_NODE_LIMIT_EXCEEDED", message, ["query"])
        return cost

    def _selected(self, selected: SelectionSetNode, parent: Any, times: int, path: list[str]) -> Cost:
        if not is_abstract_type(parent):
            return self._of_object(selected, parent, times, path)
        types = {kind.name: kind for kind in self._named(selected, parent)}
        costs = [self._of_object(selected, kind, times, path) for kind in types.values()]
        return max(costs, default=Cost())

    def _named(self, selected: SelectionSetNode, parent: GraphQLAbstractType) -> Iterator[GraphQLObjectType]:
        """Return the types that a selection makes a difference between, and one for all others."""
        possible = self.schema.get_possible_types(parent)
        yield from possible[:1]
        for kind, inner in self._conditions(selected):
            if isinstance(kind, GraphQLObjectType):
                yield kind
            elif kind is not parent and is_abstract_type(kind):
                yield from (one for one in self.schema.get_possible_types(kind) if one in possible)
            yield from self._named(inner, parent)

    def _conditions(self, selected: SelectionSetNode) -> Iterator[tuple[Any, SelectionSetNode]]:
        for one in selected.selections:
            if isinstance(one, InlineFragmentNode):
                condition = one.type_condition
                yield condition and self.schema.type_map[condition.name.value], one.selection_set
            elif isinstance(one, FragmentSpreadNode):
                fragment = self.fragments[one.name.value]
                yield self.schema.type_map[fragment.type_condition.name.value], fragment.selection_set

    def _of_object(self, selected: SelectionSetNode, kind: GraphQLObjectType, times: int, path: list[str]) -> Cost:
        cost = Cost()
        for name, field in self._fields(selected, kind).items():
            definition = kind.fields.get(field.name.value)
            if definition is not None and field.selection_set is not None:
                cost = cost.plus(self._of_field(field, definition, times, [*path, name]))
        return cost

    def _fields(self, selected: SelectionSetNode, kind: GraphQLObjectType) -> dict[str, FieldNode]:
        """Return the fields that an object of this type is asked for, each once."""
        found: dict[str, FieldNode] = {}
        for one in selected.selections:
            if isinstance(one, FieldNode):
                found.setdefault((one.alias or one.name).value, one)
        for condition, inner in self._conditions(selected):
            if condition is None or condition is kind or self._is_possible(condition, kind):
                found = {**self._fields(inner, kind), **found}
        return found

    def _is_possible(self, condition: Any, kind: GraphQLObjectType) -> bool:
        if isinstance(condition, GraphQLInterfaceType):
            return condition in kind.interfaces
        return is_abstract_type(condition) and self.schema.is_sub_type(condition, kind)

    def _of_field(self, field: FieldNode, definition: GraphQLField, times: int, path: list[str]) -> Cost:
        kind = get_named_type(definition.type)
        selected = field.selection_set
        if selected is None:
            return Cost()
        if kind.name.endswith(CONNECTION):
            rows = self._rows(field, path)
            return Cost(times, times * rows).plus(self._selected(selected, kind, times * rows, path))
        if field.name.value == "nodes" and "ids" in definition.args:
            times = self._ids(field, path)
            return Cost(1, times).plus(self._selected(selected, kind, times, path))
        return self._selected(selected, kind, times, path)

    def _rows(self, field: FieldNode, path: list[str]) -> int:
        """Return how many rows a connection is asked for: none where only their number is."""
        name = field.name.value
        given = {argument.name.value: self._value(argument.value) for argument in field.arguments or ()}
        wanted = {side: given[side] for side in ("first", "last") if given.get(side) is not None}
        if not wanted:
            asked = {one.name.value for one in field.selection_set.selections if isinstance(one, FieldNode)}  # type: ignore[union-attr]
            if asked <= BARE and len(asked) == len(field.selection_set.selections):  # type: ignore[union-attr]
                return 0
            message = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
            raise QueryError("MISSING_PAGINATION_BOUNDARIES", message, path)
        for side, rows in wanted.items():
            if not 1 <= rows <= MOST_ROWS:
                message = (
                    f"Requesting {rows} records on the `{name}` connection exceeds the `{side}` limit of "
                    f"{MOST_ROWS} records."
                )
                raise QueryError("EXCESSIVE_PAGINATION", message, path)
        return int(next(iter(wanted.values())))

    def _ids(self, field: FieldNode, path: list[str]) -> int:
        ids = self._value((field.arguments or ())[0].value)
        count = len(ids) if isinstance(ids, list) else 1
        if count > MOST_IDS:
            message = f"You may not provide more than {MOST_IDS} node ids; you provided {count}."
            raise QueryError("ARGUMENT_LIMIT", message, path)
        return count

    def _value(self, node: ValueNode) -> Any:
        if isinstance(node, VariableNode):
            return self.variables.get(node.name.value)
        if isinstance(node, IntValueNode):
            return int(node.value)
        return list(node.values) if isinstance(node, ListValueNode) else None
