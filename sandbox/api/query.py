"""The search language: a query's text becomes a test of one item, and the scopes and bounds it names."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.api.errors import search_invalid
from sandbox.world.hours import DAY
from sandbox.world.items import Item

Test = Callable[[Item], bool]
Bounds = tuple[float, float]

MAXIMUM_TEXT = 256
MAXIMUM_OPERATORS = 5
AND, OR, NOT = "AND", "OR", "NOT"
OPENING, CLOSING = "(", ")"
OPERATORS = {AND, OR, NOT}
TOKEN = re.compile(r'[()]|-?\w[\w-]*:"[^"]*"(?:,"[^"]*")*|-?\w[\w-]*:[^\s()"]+|"[^"]*"|[^\s()]+')
QUALIFIER = re.compile(r"(-?)(\w[\w-]*):(.+)", re.DOTALL)
INFINITY = float("inf")

IS_TESTS: dict[str, Test] = {
    "issue": lambda item: item.pull_id is None,
    "pr": lambda item: item.pull_id is not None,
    "pull-request": lambda item: item.pull_id is not None,
    "open": lambda item: item.state == "open",
    "closed": lambda item: item.state == "closed",
    "merged": lambda item: item.merged_at is not None,
    "unmerged": lambda item: item.pull_id is not None and item.merged_at is None,
    "draft": lambda item: item.draft,
    "public": lambda item: not item.repository.private,
    "private": lambda item: item.repository.private,
}
TYPES = {"issue", "pr", "pull-request"}
TIMES: dict[str, Callable[[Item], int | None]] = {
    "created": lambda item: item.created_at,
    "updated": lambda item: item.updated_at,
    "closed": lambda item: item.closed_at,
    "merged": lambda item: item.merged_at,
}


@dataclass(slots=True)
class Query:
    """A parsed query; `bounds` (first and last second by field) and `types` hold for every match."""

    test: Test = lambda _: True
    organisations: set[str] = field(default_factory=set)
    repositories: set[str] = field(default_factory=set)
    bounds: dict[str, Bounds] = field(default_factory=dict)
    types: set[str] = field(default_factory=set)
    sort: str | None = None


def _moments(text: str) -> tuple[int, int]:
    """Return the first and last second that a date or a timestamp means."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise search_invalid(f'"{text}" is not a valid date') from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    first = int(moment.timestamp())
    return first, first + DAY - 1 if len(text) == len("2026-01-01") else first


def parse_bounds(text: str) -> Bounds:
    """Return the inclusive bounds of `a..b`, `>=a`, `>a`, `<=a`, `<a`, `*..b`, `a..*` or `a`, in epoch seconds."""
    if ".." in text:
        low, high = text.split("..", 1)
        return (-INFINITY if low == "*" else _moments(low)[0], INFINITY if high == "*" else _moments(high)[1])
    value = text.lstrip("<>=")
    first, last = _moments(value)
    after, before = (first, last + 1), (last, first - 1)
    match text.removesuffix(value):
        case ">" | ">=" as sign:
            return after[sign == ">"], INFINITY
        case "<" | "<=" as sign:
            return -INFINITY, before[sign == "<"]
    return first, last


def _label_test(value: str) -> Test:
    names = {name.strip('"') for name in re.findall(r'"[^"]*"|[^,]+', value)}
    return lambda item: any(label.name.lower() in names for label in item.labels)


def _author_test(login: str) -> Test:
    if login.startswith("app/"):
        login = f"{login.removeprefix('app/')}[bot]"
    return lambda item: item.author is not None and item.author.login.lower() == login


def _owner_test(name: str) -> Test:
    return lambda item: item.repository.owner.login.lower() == name


# Of a value in lower case.
QUALIFIERS: dict[str, Callable[[str], Test]] = {
    "repo": lambda name: lambda item: item.repository.full_name.lower() == name,
    "org": _owner_test,
    "user": _owner_test,
    "sort": lambda _: lambda _: True,
    "label": _label_test,
    "author": _author_test,
}


def _conjunction(tests: list[Test]) -> Test:
    def test_all(item: Item) -> bool:
        # A plain loop: this runs for every item, and all() over a generator takes twice as long.
        for test in tests:  # noqa: SIM110
            if not test(item):
                return False
        return True

    return test_all


class Parser:
    """A recursive descent over the tokens: OR binds less than AND, which is what stands between two terms.

    `plain` is what stands in no parentheses and under no NOT: if there is no OR, it holds for every match.
    """

    def __init__(self, text: str) -> None:
        self._tokens = TOKEN.findall(text)
        self._position = 0
        self.query = Query()
        self._words: list[str] = []

    def parse(self) -> Query:
        """Return the query; raise the API's 422 for what GitHub refuses."""
        if sum(token in OPERATORS for token in self._tokens) > MAXIMUM_OPERATORS:
            raise search_invalid("More than five AND / OR / NOT operators were used.")
        self.query.test = self._either(plain=True)
        if self._position < len(self._tokens):
            raise search_invalid("The search contains unbalanced parentheses.")
        if len(" ".join(self._words)) > MAXIMUM_TEXT:
            raise search_invalid("The search is longer than 256 characters.")
        if not self.query.types:
            raise search_invalid("Query must include 'is:issue' or 'is:pull-request'")
        return self.query

    def _peek(self) -> str | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def _take(self, *wanted: str) -> str | None:
        """Return the next token and go on, if it is one of these (or anything, if none is named)."""
        token = self._peek()
        if token is None or (wanted and token not in wanted):
            return None
        self._position += 1
        return token

    def _either(self, *, plain: bool) -> Test:
        tests = [self._all(plain=plain)]
        while self._take(OR):
            tests.append(self._all(plain=plain))
        if len(tests) == 1:
            return tests[0]
        if plain:
            self.query.bounds.clear()
        return lambda item: any(test(item) for test in tests)

    def _all(self, *, plain: bool) -> Test:
        tests: list[Test] = []
        while self._peek() not in (None, CLOSING, OR):
            if not self._take(AND):
                tests.append(self._one(plain=plain))
        return _conjunction(tests)

    def _one(self, *, plain: bool) -> Test:
        token = self._take()
        if token == NOT or token is None:
            denied = self._one(plain=False) if self._peek() else _conjunction([])
            return lambda item: not denied(item)
        if token == OPENING:
            test = self._either(plain=False)
            if not self._take(CLOSING):
                raise search_invalid("The search contains unbalanced parentheses.")
            return test
        return self._term(token, plain=plain)

    def _term(self, token: str, *, plain: bool) -> Test:
        """Return the test of a qualifier or, if it isn't one, of a word in the title or the body."""
        matched = QUALIFIER.fullmatch(token)
        if matched is not None:
            sign, name, value = matched.groups()
            value = value if name == "label" else value.strip('"')
            if found := self._qualifier(name.lower(), value, plain=plain and not sign):
                return (lambda item: not found(item)) if sign else found
        self._words.append(token)
        word = token.strip('"').lower()
        return lambda item: word in item.title.lower() or (item.body is not None and word in item.body.lower())

    def _qualifier(self, name: str, value: str, *, plain: bool) -> Test | None:
        """Return the test of a qualifier, None if it isn't one; note what the query is about."""
        lower = value.lower()
        match name:
            case "is" | "type" | "state":
                self.query.types |= TYPES & {lower}
                return IS_TESTS.get(lower)
            case "repo":
                self.query.repositories.add(lower)
            case "org" | "user":
                self.query.organisations.add(lower)
            case "sort":
                self.query.sort = value
        if name in TIMES:
            return self._time_test(name, value, plain=plain)
        return QUALIFIERS[name](lower) if name in QUALIFIERS else None

    def _time_test(self, name: str, value: str, *, plain: bool) -> Test:
        read, (low, high) = TIMES[name], parse_bounds(value)
        if plain:
            known = self.query.bounds.get(name, (-INFINITY, INFINITY))
            self.query.bounds[name] = max(low, known[0]), min(high, known[1])
        return lambda item: (moment := read(item)) is not None and low <= moment <= high
