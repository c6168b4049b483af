"""Searching: the language, its limits, and what the index sees."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sandbox import Item, Kind, Plan, RunningSandbox, World, serve
from sandbox.api.query import Parser, parse_bounds
from sandbox.api.search import SearchIndex
from tests.sandbox.conftest import NOW, Client, small_plan

DAY = 86_400
ORG = "org:octo-sandbox"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2026-05-01", at("2026-05-01"), at("2026-05-02") - 1),
        ("2026-05-01..2026-05-03", at("2026-05-01"), at("2026-05-04") - 1),
        (">2026-05-01", at("2026-05-02"), float("inf")),
        (">=2026-05-01", at("2026-05-01"), float("inf")),
        ("<2026-05-01", float("-inf"), at("2026-05-01") - 1),
        ("<=2026-05-01", float("-inf"), at("2026-05-02") - 1),
        ("*..2026-05-01T10:00:00Z", float("-inf"), at("2026-05-01T10:00:00")),
        ("2026-05-01T10:00:00+00:00..*", at("2026-05-01T10:00:00"), float("inf")),
        ("2026-05-01T12:00:00+02:00..2026-05-01T10:00:00Z", at("2026-05-01T10:00:00"), at("2026-05-01T10:00:00")),
    ],
)
def test_bounds(text: str, low: float, high: float) -> None:
    assert parse_bounds(text) == (low, high)


def test_only_what_holds_for_every_match_narrows_the_list() -> None:
    both = Parser("is:pr updated:>=2026-05-01 updated:<2026-05-03 -created:2026-05-01").parse()
    assert both.bounds == {"updated": (at("2026-05-01"), at("2026-05-03") - 1)}
    assert Parser("is:pr updated:2026-05-01 OR is:pr created:2026-05-01").parse().bounds == {}
    assert Parser("is:pr NOT updated:2026-05-01").parse().bounds == {}
    assert Parser("is:pr (updated:2026-05-01 OR updated:2026-05-03)").parse().bounds == {}


def has_label(name: str) -> Callable[[Item], bool]:
    return lambda item: any(label.name == name for label in item.labels)


WEEK_AGO = "2026-05-25"
CASES: dict[str, Callable[[Item], bool]] = {
    "is:issue": lambda item: not item.is_pull,
    "is:pr": lambda item: item.is_pull,
    "type:pr is:open": lambda item: item.is_pull and item.state == "open",
    "is:pr state:closed": lambda item: item.is_pull and item.state == "closed",
    "is:pr is:merged": lambda item: item.merged_at is not None,
    "is:pr is:unmerged": lambda item: item.is_pull and item.merged_at is None,
    "is:pr is:unmerged is:closed": lambda item: item.is_pull and item.merged_at is None and item.state == "closed",
    "is:pr -is:merged": lambda item: item.is_pull and item.merged_at is None,
    "is:pr is:draft": lambda item: item.is_pull and item.draft,
    "is:issue label:bug": lambda item: not item.is_pull and has_label("bug")(item),
    'is:issue label:"good first issue"': lambda item: not item.is_pull and has_label("good first issue")(item),
    'is:issue -label:"good first issue"': lambda item: not item.is_pull and not has_label("good first issue")(item),
    "is:issue label:bug,question": lambda item: (
        not item.is_pull and (has_label("bug")(item) or has_label("question")(item))
    ),
    "is:pr author:app/dependabot": lambda item: (
        item.is_pull and item.author is not None and item.author.login == "dependabot[bot]"
    ),
    f"is:pr updated:>={WEEK_AGO}": lambda item: item.is_pull and item.updated_at >= at(WEEK_AGO),
    f"is:pr merged:>={WEEK_AGO}": lambda item: (item.merged_at or 0) >= at(WEEK_AGO),
    f"is:issue closed:{WEEK_AGO}..2026-05-27": lambda item: (
        not item.is_pull and at(WEEK_AGO) <= (item.closed_at or 0) < at("2026-05-28")
    ),
    f"is:issue NOT created:<{WEEK_AGO}": lambda item: not item.is_pull and item.created_at >= at(WEEK_AGO),
    "is:issue crash": lambda item: not item.is_pull and "crash" in f"{item.title} {item.body}".lower(),
    'is:issue "the login form"': lambda item: (
        not item.is_pull and "the login form" in f"{item.title} {item.body}".lower()
    ),
    "is:issue unknown:qualifier": lambda _: False,
}


@pytest.mark.parametrize("query", CASES)
def test_qualifiers(query: str, reading: RunningSandbox, reader: Client) -> None:
    expected = sum(CASES[query](item) for item in reading.world.items.values())
    answer = reader.search(query).json()
    assert answer["total_count"] == expected
    assert answer["incomplete_results"] is False
    assert expected > 0 or "unknown" in query


def test_repositories_are_grouped(reading: RunningSandbox, reader: Client) -> None:
    first, second, *_ = reading.world.repositories.values()
    found = reader.search(f"is:pr (repo:{first.full_name} OR repo:{second.full_name})").json()["total_count"]
    assert found == sum(item.is_pull for one in (first, second) for item in one.items.values())
    # Side by side they are both demanded, and no item is in two repositories.
    assert reader.search(f"is:pr repo:{first.full_name} repo:{second.full_name}").json()["total_count"] == 0


def test_six_operators_are_too_many(reading: RunningSandbox, reader: Client) -> None:
    names = [f"repo:{name}" for name in list(reading.world.repositories)[:7]]
    assert reader.search(f"is:pr ({' OR '.join(names[:6])})").status_code == 200
    refused = reader.search(f"is:pr ({' OR '.join(names)})")
    assert refused.status_code == 422
    assert "More than five" in refused.json()["errors"][0]["message"]


@pytest.mark.parametrize("sort", ["created", "updated", "comments"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_order_is_total(sort: str, order: str, reading: RunningSandbox, reader: Client) -> None:
    field = {"created": "created_at", "updated": "updated_at", "comments": "comments"}[sort]
    issues = [item for item in reading.world.items.values() if not item.is_pull]
    keys = sorted(((getattr(item, field), item.id) for item in issues), reverse=order == "desc")
    found = reader.numbers(f"{ORG} is:issue", sort=sort, order=order)
    assert found == [number for _, number in keys[:100]]
    assert reader.numbers(f"{ORG} is:issue sort:{sort}-{order}") == found


def test_narrowed_searches_are_sorted_too(reader: Client) -> None:
    answer = reader.search("is:pr updated:>=2026-05-01", sort="created", order="asc", per_page=100).json()
    moments = [item["created_at"] for item in answer["items"]]
    assert moments == sorted(moments)


def test_a_thousand_results_and_no_more(reading: RunningSandbox, reader: Client) -> None:
    query = f"{ORG} is:pr"
    last = reader.search(query, per_page=100, page=10)
    assert last.json()["total_count"] == sum(item.is_pull for item in reading.world.items.values()) > 1_000
    assert len(last.json()["items"]) == 100
    assert "next" not in last.links
    assert reader.search(query, per_page=100).links["last"]["url"].endswith("page=10")
    beyond = reader.search(query, per_page=100, page=11)
    assert (beyond.status_code, beyond.json()["message"]) == (422, "Only the first 1000 search results are available")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (ORG, "Query must include 'is:issue' or 'is:pull-request'"),
        ("is:pr org:nobody", "cannot be searched"),
        ("is:pr repo:octo-sandbox/nothing", "cannot be searched"),
        ("is:pr updated:>=yesterday", "not a valid date"),
        ("is:pr (is:open", "parentheses"),
        ("is:pr is:open)", "parentheses"),
        (f"is:pr {'x' * 257}", "longer than 256"),
    ],
)
def test_refused(query: str, reason: str, reader: Client) -> None:
    answer = reader.search(query)
    assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")
    assert reason in answer.json()["errors"][0]["message"]


def test_a_query_is_required(reader: Client) -> None:
    answer = reader.get("/search/issues")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"resource": "Search", "field": "q", "code": "missing"}]


def test_hidden_repositories_among_others_are_dropped(reading: RunningSandbox, reader: Client) -> None:
    name = next(iter(reading.world.repositories))
    with_hidden = reader.search(f"is:pr (repo:{name} OR repo:octo-sandbox/nothing)").json()
    assert with_hidden == reader.search(f"is:pr repo:{name}").json()


def test_search_form_of_a_pull_request(reading: RunningSandbox, reader: Client) -> None:
    found = reader.search(f"{ORG} is:pr is:merged", per_page=1).json()["items"][0]
    item = reading.world.items[found["id"]]
    single = reader.get(f"/repos/{item.repository.full_name}/issues/{item.number}").json()
    assert found == {key: value for key, value in single.items() if key != "closed_by"} | {"score": 1.0}
    assert found["pull_request"]["merged_at"] == found["closed_at"]


def test_the_index_lags() -> None:
    with serve(World(small_plan(), index_lag=60)) as sandbox, Client(sandbox.url) as client:
        item = next(item for item in sandbox.world.items.values() if not item.is_pull and item.state == "open")
        path = f"/repos/{item.repository.full_name}/issues/{item.number}"
        query = f"is:issue is:open repo:{item.repository.full_name}"
        before = client.numbers(query)
        sandbox.world.change(item, Kind.CLOSED)
        assert client.get(path).json()["state"] == "closed"
        assert client.numbers(query) == before
        sandbox.clock.set(advance=60)
        assert item.id not in client.numbers(query)
        sandbox.world.delete(item)
        assert item.id in client.numbers(f"is:issue is:closed repo:{item.repository.full_name}", sort="updated")
        sandbox.clock.set(advance=60)
        assert item.id not in client.numbers(f"is:issue is:closed repo:{item.repository.full_name}", sort="updated")


def test_new_changes_are_found_at_once_without_a_lag(changing: RunningSandbox, client: Client) -> None:
    item = next(iter(changing.world.items.values()))
    kind = "pr" if item.is_pull else "issue"
    changing.world.change(item, Kind.COMMENTED)
    assert client.numbers(f"{ORG} is:{kind}", sort="updated")[0] == item.id


def test_a_limited_token_finds_its_own_organisation_only() -> None:
    plan = Plan(now=NOW, organisations=("one", "two"), repositories=4, people=20, days=60, items=120)
    with serve(World(plan)) as sandbox, Client(sandbox.url, "two-only") as client:
        sandbox.tokens.add("two-only", ["two"])
        owners = {item["repository_url"].split("/")[-2] for item in client.search("is:pr").json()["items"]}
        assert owners == {"two"}
        assert client.search("is:pr org:one").status_code == 422
        assert client.search("is:pr (org:one OR org:two)").json()["total_count"] > 0
        assert client.get("/orgs/one").status_code == 404
        assert client.get("/orgs/two").status_code == 200


def test_a_search_is_quick(reading: RunningSandbox) -> None:
    # Counted, not timed: a window of a day tests no more than the day's items.
    index = SearchIndex(reading.world)
    query = Parser("is:pr updated:2026-05-20").parse()
    tested = index._between(reading.world.items, "updated", query)
    assert all(at("2026-05-20") <= item.updated_at < at("2026-05-21") for item in tested)
    assert 0 < len(tested) < len(reading.world.items) / 20


def test_answers_are_plain_json(reader: Client) -> None:
    content = reader.search("is:issue", per_page=100).content
    assert json.loads(content)["items"]
    assert b"\\u" not in content.replace(b"\\u00", b"")
