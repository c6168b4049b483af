"""The tables that set ours beside others: what is counted, what is said to be lacking, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.peers import command, report, results
from benchmarks.peers.environments import PINS, pins
from benchmarks.peers.objects import Objects, compare, objects
from benchmarks.peers.results import Figures, Result

TRUTH = Objects(
    {"acme/api#1": "2026-05-01T10:00:00Z", "acme/api#2": "2026-05-02T10:00:00Z", "acme/web#1": "2026-05-03T10:00:00Z"},
    {"commented": 4, "labeled": 3, "closed": 2, "reviewed": 1},
)
STORED = objects(
    [("acme/api", 1, "2026-05-01 10:00:00"), ("acme/api", 2, "2026-05-01T23:00:00+00:00"), ("acme/old", 9, "2026")],
    [("commented", 4), ("labeled", 5), ("closed", 1)],
)


def figures(**more: int) -> Figures:
    units = {"core": more.get("core", 0), "graphql": more.get("graphql", 0)}
    return Figures(
        wall=61.25,
        cpu=3.0,
        peak=87_400_000,
        units=units,
        requests=12_000,
        not_modified=7,
        refused=more.get("refused", 0),
        rows=1_234,
        by_route={"unmatched": more.get("unknown", 0)},
        comparison=compare(STORED, TRUTH),
    )


def result(name: str, failure: str = "", **runs: Figures) -> Result:
    return Result(
        name=name,
        title=name.title(),
        settings="as it comes",
        versions=f"{name}==1.0",
        trial={"items": 3},
        machine="2 CPUs",
        day="2026-11-26",
        figures=runs,
        failure=failure,
    )


def test_only_what_there_is_counts_as_stored_and_as_current() -> None:
    found = compare(STORED, TRUTH)

    assert (found.items, found.items_stored, found.items_current) == (3, 2, 1)
    assert found.groups() == {
        "comments": (4, 4),
        "reviews": (0, 1),
        "line comments": (0, 0),
        "commits": (0, 0),
        "cross-references": (0, 0),
        # Two labels too many don't make up for the missing end of an issue.
        "other events": (4, 5),
    }
    assert found.lacking() == ["reviewed"]
    assert found.surplus() == {"labeled": 2}


def test_units_of_all_limits_are_added_and_the_hours_are_those_of_the_scarcer_one() -> None:
    assert figures(core=10_000, graphql=100).in_all == 10_100
    assert figures(core=10_000, graphql=100).hours == 2.0
    assert figures(core=100, graphql=2_500).hours == 0.5


def test_the_tables_have_a_line_for_each_result_that_has_the_run() -> None:
    found = [result("ours", first=figures(core=200, graphql=100), idle=figures(core=2)), result("dlt", first=figures())]

    assert report.costs(found, "first")[1] == [
        *("Ours", "200", "0", "100", "300", "0.04", "7", "61.2", "3.0", "87", "1,234"),
    ]
    assert [line[0] for line in report.costs(found, "first")] == ["", "Ours", "Dlt"]
    assert [line[0] for line in report.stored(found, "idle")] == ["", "Ours"]
    assert report.stored(found, "idle")[1] == [
        *("Ours", "2 of 3", "1 of 3", "all 4", "none of 1", "all 0", "all 0", "all 0", "4 of 5"),
    ]


def test_failures_refusals_and_surpluses_are_remarked() -> None:
    found = [result("ours", first=figures(refused=3, unknown=5)), result("dlt", failure="exit codes [1]: no host")]

    assert report.remarks(found) == [
        "Dlt failed: exit codes [1]",
        "Ours: nothing of reviewed",
        "Ours, first load: 3 requests were refused by a limit",
        "Ours, first load: 5 requests, not counted, were for what the sandbox lacks",
        "Ours, first load: more than there is: 2 labeled",
    ]


def test_what_is_done_once_after_the_first_load_is_remarked() -> None:
    found = replace(result("ours"), settling={"core": 20, "search": 9})

    assert report.remarks([found]) == ["Ours: what is done once after the first load takes 29 units"]


def test_markdown_has_figures_on_the_right() -> None:
    assert report.markdown([["", "core"], ["Ours", "200"]]) == "| | core |\n| --- | ---: |\n| Ours | 200 |"


def test_the_page_has_what_was_measured_and_no_empty_tables() -> None:
    text = report.page([result("ours", first=figures())])

    assert [line for line in text.splitlines() if line.startswith("#")] == [
        *("### First load", "### Remarks", "### Settings and versions"),
    ]
    assert "- **Ours** (ours==1.0; 2026-11-26, 2 CPUs): as it comes\n" in text


def test_ours_is_set_beside_the_cheapest_of_those_that_stored_everything() -> None:
    everything = compare(TRUTH, TRUTH)
    assert everything.is_whole
    assert not compare(STORED, TRUTH).is_whole

    def whole(name: str, core: int) -> Result:
        return result(name, first=replace(figures(core=core), comparison=everything))

    found = [whole("ours", 200), whole("dlt", 10_000), whole("other", 20_000), result("cheap", first=figures(core=5))]

    assert report.ratios(found) == ["First load: Dlt takes 50.0 times the units and 1.0 times the time"]
    assert report.ratios(found[:1]) == []


def test_new_figures_replace_old_ones_and_nothing_else() -> None:
    once = report.put_figures("# Title\n\nWords.\n\n## Figures\n\nold\n", [result("ours", first=figures(core=1))])
    twice = report.put_figures(once, [result("ours", first=figures(core=2))])

    assert once.startswith("# Title\n\nWords.\n\n## Figures\n\n### First load\n\n| | core |")
    assert "old" not in once
    assert twice == once.replace("| Ours | 1 | 0 | 0 | 1 |", "| Ours | 2 | 0 | 0 | 2 |")


def test_a_result_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    kept = result("ours", first=figures(core=3))
    results.save(kept, tmp_path)

    assert results.load_all(["dlt", "ours"], tmp_path) == [kept]


@pytest.mark.parametrize(
    "words", [["--only", "ours,nobody"], ["--runs", "idle"], ["--runs", "first,changed"], ["--items", "some"]]
)
def test_arguments_that_make_no_sense_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.parser().parse_args(words)

    assert ended.value.code == 2
    assert "error: argument" in capsys.readouterr().err


def test_every_peer_is_pinned_to_an_exact_version() -> None:
    names = {package for make in command.PEERS.values() for package in make().packages}

    assert names == {line.strip("[]") for line in PINS.read_text().splitlines() if line.startswith("[")}
    assert all(pin.count("==") == 1 for name in names for pin in pins(name))
