"""What measures the peers: processes, the organisation with its count of units, and the way to GitHub's address."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import requests

from benchmarks.peers.command import belongs
from benchmarks.peers.measure import FailedError, Pipeline, measure, words_of
from benchmarks.peers.objects import Objects, compare
from benchmarks.peers.organisation import (
    CountedLimits,
    Organisation,
    Sizes,
    founded,
    organisation,
    scaled_limits,
    truth_of,
)
from benchmarks.peers.proxy import proxy
from benchmarks.peers.results import Figures, Result
from sandbox.server.limits import LimitSettings

needs_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it reads /proc")


@pytest.fixture(scope="module")
def place() -> Iterator[Organisation]:
    with organisation(Sizes(items=40, latency=0)) as running:
        yield running


def pipeline(folder: Path, *commands: list[str]) -> Pipeline:
    return Pipeline(commands, folder / "output.txt", {"PATH": os.defpath}, folder)


def ask(place: Organisation, path: str, **headers: str) -> requests.Response:
    given = {"Authorization": f"token {place.sandbox.token}", **headers}
    return requests.get(place.sandbox.url + path, headers=given, timeout=10)


@needs_proc
def test_a_pipelines_words_are_kept_and_its_childrens_work_is_counted(tmp_path: Path) -> None:
    work = 'import time; much = bytearray(b"x") * 60_000_000; time.sleep(0.4)'
    child = ["/bin/sh", "-c", '"$0" -c "$1"; echo yes', sys.executable, work]
    taken = measure(pipeline(tmp_path, child, ["cat"]))

    assert (tmp_path / "output.txt").read_text() == "yes\n"
    assert taken.cpu > 0
    assert taken.peak > 60_000_000


@needs_proc
def test_a_failure_in_a_pipeline_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match=r"exit codes \[3, 0\].*no such host"):
        measure(pipeline(tmp_path, ["/bin/sh", "-c", "echo no such host >&2; exit 3"], ["cat"]))


def test_a_command_that_tells_something_is_read_or_fails_with_its_words(tmp_path: Path) -> None:
    assert words_of(pipeline(tmp_path, ["/bin/sh", "-c", "echo yes"])) == "yes\n"
    with pytest.raises(FailedError, match=r"exit codes \[2\].*no"):
        words_of(pipeline(tmp_path, ["/bin/sh", "-c", "echo no; exit 2"]))


def test_units_are_counted_and_an_unmodified_answer_takes_none(place: Organisation) -> None:
    place.count_anew()
    path = f"/repos/{place.repositories[0]}/issues?state=all"
    tag = ask(place, path).headers["ETag"]
    again = ask(place, path, **{"If-None-Match": tag})
    ask(place, f"/search/issues?q=org:{place.name}+is:pr")
    ask(place, "/rate_limit")

    assert again.status_code == 304
    assert {name: count for name, count in place.limits.units().items() if count} == {"core": 1, "search": 1}
    assert place.sandbox.stats.summary()["total"] == 4


def test_units_of_all_windows_are_added_each_once() -> None:
    moment = [100.0]
    limits = CountedLimits(LimitSettings(), now=lambda: moment[0])
    limits.charge("user", "core")
    for _ in range(20):
        moment[0] += 60
        limits.charge("user", "search")
    limits.charge("user", "core")
    moment[0] += 3_600
    limits.charge("user", "core")

    assert limits.units() == {"core": 3, "search": 20}
    limits.count_anew()
    assert limits.units() == {"core": 0, "search": 0}


def test_time_passes_faster_for_limits_and_they_stay_as_strict() -> None:
    limits = scaled_limits(60)

    assert (limits.core, limits.core_window) == (5_000, 60)
    assert (limits.search, limits.search_window) == (30, 1)
    assert (limits.points, limits.concurrency) == (900 * 60, 100)
    assert scaled_limits(1).core_window == 3_600


def test_nothing_happens_by_itself_and_the_truth_has_what_happened() -> None:
    with organisation(Sizes(items=40, latency=0)) as place:
        before = place.truth()
        assert ask(place, f"/repos/{place.repositories[0]}/issues").status_code == 200
        assert place.truth() == before
        place.change(5)
        after = place.truth()

    assert sum(after.events.values()) > sum(before.events.values())
    assert before.items.keys() <= after.items.keys()


def test_a_query_that_the_sandbox_does_not_know_is_not_asked_of_it(place: Organisation) -> None:
    assert not place.answers("{ repository { nonsense } }")


def test_figures_of_another_organisation_do_not_stand_beside_these() -> None:
    sizes = Sizes(items=40, latency=0)
    truth = truth_of(founded(sizes))
    nothing = Figures(0, 0, 0, {}, 0, 0, 0, 0, compare(truth, truth))
    kept = Result("dlt", "dlt", "", "", asdict(sizes), "", "", {"first": nothing})
    more = Objects(truth.items, {**truth.events, "closed": 1_000})

    assert belongs(kept, sizes, truth)
    assert not belongs(kept, sizes, more)
    assert not belongs(kept, replace(sizes, latency=1), truth)


def test_the_proxy_leads_githubs_address_to_the_sandbox_and_refuses_others(place: Organisation, tmp_path: Path) -> None:
    with proxy(place.sandbox.url, tmp_path) as settings, requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": settings["HTTPS_PROXY"]}
        session.verify = settings["SSL_CERT_FILE"]
        session.headers["Authorization"] = f"token {place.sandbox.token}"
        answers = [session.get("https://api.github.com/user", timeout=10) for _ in range(2)]
        with pytest.raises(requests.exceptions.ProxyError):
            session.get("https://telemetry.example/", timeout=10)

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["login"]
