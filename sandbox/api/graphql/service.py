"""`POST /graphql`: a query is read, measured, paid for and executed, as GitHub does it."""

from dataclasses import asdict, dataclass, field
from typing import Any

from graphql import (
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    execute_sync,
    get_operation_ast,
    value_from_ast_untyped,
)

from sandbox.api.call import Call
from sandbox.api.errors import ApiError
from sandbox.api.event_kinds import EVENT_KINDS, item_type
from sandbox.api.graphql import schema
from sandbox.api.graphql.cost import Cost, Measure, QueryError
from sandbox.api.graphql.finding import Finder, Index
from sandbox.api.graphql.oddities import BROKEN, WHOLE, Odd, rate_limited, restricted
from sandbox.api.graphql.schema import Document, locations
from sandbox.api.graphql.timelines import Timelines
from sandbox.api.messages import Answer
from sandbox.api.times import timestamp
from sandbox.world.items import Kind
from sandbox.world.world import World

JSON = dict[str, Any]
BOARD_KINDS = (
    Kind.ADDED_TO_PROJECT_V2,
    Kind.REMOVED_FROM_PROJECT_V2,
    Kind.PROJECT_V2_ITEM_STATUS_CHANGED,
    Kind.CONVERTED_FROM_DRAFT,
)
BOARD_TYPES = [EVENT_KINDS[kind].type_name for kind in BOARD_KINDS]
BOARD_NAMES = (*BOARD_TYPES, *map(item_type, BOARD_TYPES))
GATEWAY, RESOURCES = "502", "resources"
NO_CACHE = {"Cache-Control": "no-cache", "X-GitHub-Media-Type": "github.v4; format=json"}
SLOW_PAGE = (
    b"<!DOCTYPE html>\n<html>\n<head><title>Unicorn! &middot; GitHub</title></head>\n"
    b"<body><p><strong>We couldn't respond to your request in time.</strong></p></body>\n</html>\n"
)


@dataclass(slots=True)
class GraphQLSettings:
    """Which schema is known (`new`, `old`), how long a node takes, and what a query gets that takes too long.

    `over` is `502`, or `resources`: partial data. `restricted` are organisations whose boards no OAuth app may read.
    Pages of boards with more rows than `largest_board_page` (0: none) take too long, whatever else is asked of them.
    `broken` names by a repository's full name the field of it that is an error; "" is the node as a whole.
    """

    schema: str = schema.NEW
    microseconds_per_node: int = 0
    seconds: float = 10.0
    over: str = GATEWAY
    largest_board_page: int = 0
    restricted: set[str] = field(default_factory=set)
    broken: dict[str, str] = field(default_factory=dict)

    def update(self, **settings: Any) -> JSON:
        """Change settings; return them. TypeError, ValueError for what there isn't."""
        wanted = GraphQLSettings(**{**asdict(self), **settings})
        if wanted.schema not in schema.SCHEMAS or wanted.over not in (GATEWAY, RESOURCES):
            raise ValueError(f"schema: {', '.join(schema.SCHEMAS)}; over: {GATEWAY}, {RESOURCES}")
        if unknown := set(wanted.broken.values()) - {WHOLE, *schema.fields("Repository")}:
            raise ValueError(f"a repository has no {', '.join(sorted(unknown))}")
        for name in asdict(wanted):
            setattr(self, name, getattr(wanted, name))
        self.restricted = set(wanted.restricted)
        self.broken = {name.lower(): one for name, one in wanted.broken.items()}
        return {**asdict(self), "restricted": sorted(self.restricted)}


@dataclass(slots=True)
class Work:
    """How many nodes a query has shown; it may be stopped at a number of them, or at a page of too many rows."""

    most: int | None = None
    largest: int = 0
    nodes: int = 0
    too_large: bool = False

    def board_page(self, rows: int) -> None:
        """Look at a page of a board; raise the API's error when it has too many rows."""
        if self.largest and rows > self.largest:
            self.too_large = True
            raise exhausted()

    def spend(self, count: int) -> None:
        """Count nodes; raise the API's error when there were enough."""
        self.nodes += count
        if self.most is not None and self.nodes > self.most:
            raise exhausted()


def exhausted() -> GraphQLError:
    """Return the error of a query that takes too much."""
    return GraphQLError("Resource limits for this query exceeded.", extensions={"type": "RESOURCE_LIMITS_EXCEEDED"})


@dataclass(slots=True)
class Query:
    """A query that was asked: its text, its variables, and which of its operations."""

    text: str
    variables: JSON
    operation: str | None

    @classmethod
    def of(cls, call: Call) -> "Query":
        """Read the body; raise the API's 400."""
        body = call.request.json()
        text, variables = body.get("query"), body.get("variables")
        if not isinstance(text, str):
            raise ApiError(400, "A query attribute must be specified and must be a string.")
        return cls(text, variables if isinstance(variables, dict) else {}, body.get("operationName"))

    @property
    def asks_for_boards(self) -> bool:
        """Whether it wants events of boards."""
        said = f"{self.text}{self.variables}"
        return any(name in said for name in BOARD_NAMES)


class GraphQL:
    """The GraphQL API of a world."""

    def __init__(self, world: World) -> None:
        self.settings = GraphQLSettings()
        self._index = Index(world)

    def answer(self, call: Call) -> Answer:
        """Answer `POST /graphql`; raise the API's 400 for a body that is no query, and its 502 for what takes long."""
        query = Query.of(call)
        document = schema.read(query.text, self.settings.schema)
        cost, refusals = self._measure(document, query)
        limit = call.host.charge_points(call.token, cost.points)
        if limit is None:
            return _said({"errors": [rate_limited(call.token.holder, old=self.settings.schema == schema.OLD)]})
        odd = Odd(call.fault) if call.fault in set(Odd) else None
        if call.fault is not None and odd is None:
            return _gateway(int(call.fault))
        if odd is not None and (refusal := odd.refusal()) is not None:
            return _said({"errors": [refusal]})
        if refusals or document.tree is None:
            return _said({"errors": refusals})
        return self._executed(call, query, document, {**limit, "cost": cost.points, "nodeCount": cost.nodes}, odd)

    def _measure(self, document: Document, query: Query) -> tuple[Cost, list[JSON]]:
        """Return the cost, and why the query is refused if it is."""
        tree = document.tree
        if tree is None or document.errors:
            return Cost(), list(document.errors)
        operation = get_operation_ast(tree, query.operation)
        if operation is None:
            return Cost(), [{"message": "An operation name is required"}]
        fragments = {one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)}
        variables = {**_defaults(operation), **query.variables}
        try:
            return Measure(schema.load(self.settings.schema), fragments, variables).operation(operation), []
        except QueryError as error:
            return Cost(), [error.body]

    def _executed(self, call: Call, query: Query, document: Document, limit: JSON, odd: Odd | None) -> Answer:
        settings, work = self.settings, Work(largest=self.settings.largest_board_page)
        longest = settings.seconds * 1_000_000
        slow = settings.microseconds_per_node
        if slow and settings.over == RESOURCES:
            work.most = int(longest // slow)
        types = schema.timeline_types(settings.schema)
        shown = Timelines(
            call.payloads,
            call.token,
            work.spend,
            types=types,
            odd=odd,
            broken=settings.broken,
            board_page=work.board_page,
        )
        root = Root(call, shown, Finder(shown, self._index), limit, work, odd)
        result = _execute(schema.load(settings.schema), document, query, root.fields())
        if settings.over == GATEWAY and (work.too_large or work.nodes * slow > longest):
            return _gateway(502)
        restricting = {name.lower() for name in settings.restricted}
        hidden = query.asks_for_boards and shown.owners & restricting
        if hidden:
            return _said({"data": None, "errors": [restricted(min(hidden))]})
        return _said(_written(result))


def _defaults(operation: OperationDefinitionNode) -> JSON:
    """Return the variables' default values."""
    found = [(one.variable.name.value, one.default_value) for one in operation.variable_definitions or ()]
    return {name: value_from_ast_untyped(value) for name, value in found if value is not None}


def _execute(known: Any, document: Document, query: Query, root: JSON) -> ExecutionResult:
    if document.tree is None:
        raise ValueError("a query that can't be parsed can't be executed")
    return execute_sync(
        known,
        document.tree,
        root,
        variable_values=query.variables,
        operation_name=query.operation,
        field_resolver=_field,
        type_resolver=_type,
    )


def _field(source: JSON, info: Any, **arguments: Any) -> Any:
    """Return a field; one that nobody has thought of is an error, not null."""
    value = source[info.field_name]
    return value(info, **arguments) if callable(value) else value


def _type(value: JSON, _: Any, __: Any) -> str:
    name: str = value["__typename"]
    return name


def _said(body: JSON) -> Answer:
    return Answer(body, headers=dict(NO_CACHE))


def _written(result: ExecutionResult) -> JSON:
    """Return what the answer says: data and errors, or errors alone when nothing was executed."""
    errors = [_error(error) for error in result.errors or ()]
    if result.data is None and not any(error.path for error in result.errors or ()):
        return {"errors": errors}
    return {"data": result.data, **({"errors": errors} if errors else {})}


def _error(error: GraphQLError) -> JSON:
    kind = (error.extensions or {}).get("type")
    where = {"path": error.path} if error.path else {}
    return {**({"type": kind} if kind else {}), **where, "locations": locations(error), "message": error.message}


def _gateway(status: int) -> Answer:
    """Return the answer of a query that took too long: in JSON, or (504) as a page."""
    if status == 504:
        return Answer(None, status, {"Content-Type": "text/html; charset=utf-8"}, text=SLOW_PAGE)
    message = f"{BROKEN} This may be the result of a timeout, or it could be a GitHub bug."
    return Answer({"data": None, "errors": [{"message": message}]}, status)


class Root:
    """The fields of `Query`."""

    def __init__(self, call: Call, shown: Timelines, finder: Finder, limit: JSON, work: Work, odd: Odd | None) -> None:
        self._call, self._shown, self._finder, self._odd = call, shown, finder, odd
        self._limit, self._work = limit, work

    def fields(self) -> JSON:
        """Return them by name."""
        return {
            "node": self._node,
            "nodes": self._nodes,
            "rateLimit": self._rate_limit,
            "viewer": self._viewer,
            "organization": self._organisation,
            "repository": self._repository,
            "user": self._user,
        }

    def _node(self, _: Any, *, id: str) -> JSON:  # noqa: A002 - GitHub's name
        self._work.spend(1)
        return self._finder.find(id)

    def _nodes(self, _: Any, *, ids: list[str]) -> list[JSON | GraphQLError]:
        return [self._one(index, identifier, len(ids)) for index, identifier in enumerate(ids)]

    def _one(self, index: int, identifier: str, count: int) -> JSON | GraphQLError:
        """Return a node, or the error in its place."""
        if self._odd is Odd.RESOURCES and index >= count // 2:
            return exhausted()
        if self._odd is Odd.PARTIAL and index == count // 2:
            return GraphQLError(BROKEN)
        try:
            self._work.spend(1)
            return self._finder.find(identifier)
        except GraphQLError as error:
            return error

    def _rate_limit(self, _: Any) -> JSON:
        limit = self._limit
        return {
            **{name: limit[name] for name in ("limit", "cost", "remaining", "used", "nodeCount")},
            "resetAt": timestamp(limit["reset"]),
        }

    def _viewer(self, _: Any) -> JSON | None:
        visible = self._call.token.visible(self._call.world)
        if not visible:
            raise GraphQLError("Resource not accessible", extensions={"type": "FORBIDDEN"})
        return self._shown.person(self._call.world.first_admin(visible[0]))

    def _organisation(self, _: Any, *, login: str) -> JSON:
        found = self._call.world.organisations.get(login.lower())
        if found is None or not self._call.token.sees(found):
            message = f"Could not resolve to an Organization with the login of '{login}'."
            raise GraphQLError(message, extensions={"type": "NOT_FOUND"})
        return self._shown.organisation(found)

    def _user(self, _: Any, *, login: str) -> JSON | None:
        found = self._call.world.accounts.get(login.lower())
        if found is None or found.type != "User":
            message = f"Could not resolve to a User with the login of '{login}'."
            raise GraphQLError(message, extensions={"type": "NOT_FOUND"})
        return self._shown.person(found)

    def _repository(self, _: Any, *, owner: str, name: str) -> JSON:
        world, wanted = self._call.world, f"{owner}/{name}"
        found = world.repositories.get(wanted.lower()) or world.former_names.get(wanted.lower())
        if found is None or not self._call.token.reads(found):
            message = f"Could not resolve to a Repository with the name '{wanted}'."
            raise GraphQLError(message, extensions={"type": "NOT_FOUND"})
        return self._shown.repository(found)
