"""What a backfill costs by GitHub's limits, said before it begins."""

from __future__ import annotations

import pytest

from chalicelib.contributions.sync.costs import Cost


def test_a_hundred_thousand_items_through_graphql_and_through_rest() -> None:
    """Through REST it took 20 hours: 5,000 requests an hour."""
    items = Cost(searches=1_012)
    graphql, rest = (items + Cost.of_timelines(100_000, via=via) for via in ("graphql", "rest"))
    assert graphql.summary == "about 1,012 requests and about 1,300 points of GraphQL"
    assert graphql.duration == "at least 1 h 39 min"
    assert rest.summary == "about 101,012 requests"
    assert rest.duration == "at least 20 h 34 min"


@pytest.mark.parametrize(
    ("cost", "summary", "duration"),
    [
        (Cost(), "nothing", "less than a minute"),
        (Cost(requests=1), "about 1 request", "less than a minute"),
        (Cost(points=1), "about 1 point of GraphQL", "less than a minute"),
        (Cost(searches=30), "about 30 requests", "at least 1 min"),
        (Cost(points=12_000), "about 12,000 points of GraphQL", "at least 10 h 0 min"),
    ],
)
def test_the_words_for_a_cost(cost: Cost, summary: str, duration: str) -> None:
    assert (cost.summary, cost.duration) == (summary, duration)
