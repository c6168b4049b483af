"""Reports in Slack, through Slack's own SDK, against a stand-in of its API."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from plotly.graph_objects import Figure
from slack_sdk import WebClient

from chalicelib.slack.words import LONGEST
from reports.charts import bars
from reports.errors import ReportError
from reports.reading import Table
from reports.report import Report
from reports.slack import message, post, slack_client
from tests.github.local_server import BROKEN, LocalServer
from tests.reports.slack_server import CHANNELS, MESSAGE, TOKEN, Answer, Slack, refused, running, too_many

TITLE = "Burndown summary for Sprint 1 in project my-org/5 by points"
RESULTS = Table(TITLE, ["day", "open"], [("2026-03-02", 3)])
SOURCE = Table("items", ["number", "title"], [(7, "=1+1")])
NAMES = ["results.csv", "source-data.csv", "chart-interactive.html", "chart-static.png"]
PNG = b"\x89PNG made up"


def png(figure: Figure) -> bytes:
    return PNG


def report(*, title: str = TITLE, summary: list[tuple[str, str]] | None = None, chart: bool = True) -> Report:
    summary = summary or [("Sprint start date", "2026-03-02"), ("Percent closed", "62.5%")]
    figure = (lambda: bars(RESULTS)) if chart else None
    return Report("sprint-burndown", title, summary, RESULTS, SOURCE, figure)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as slack:
        yield slack


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(slack: Slack, slept: list[float]) -> WebClient:
    return slack_client(TOKEN, base_url=f"{slack.url}/api/", sleep=slept.append)


def refusal(client: WebClient, *, channel: str = "C0DELIVERY") -> str:
    with pytest.raises(ReportError) as raised:
        post(report(), channel, client, make_png=png)
    assert TOKEN not in str(raised.value)
    return str(raised.value)


def test_the_summary_is_a_message(slack: Slack, client: WebClient) -> None:
    post(report(), "#delivery", client, make_png=png)
    [sent] = slack.messages
    assert sent["text"] == (
        "*:github: Burndown summary for Sprint 1 in project my-org/5 by points*\n"
        "• *Sprint start date:* 2026-03-02\n"
        "• *Percent closed:* 62.5%\n"
        f"{' '.join(report().origin.split())}"
    )
    assert sent["channel"] == "#delivery"
    assert [str(sent[name]) for name in ("link_names", "unfurl_links", "unfurl_media")] == ["False"] * 3


def test_all_files_are_shared_at_once_in_the_thread_below(slack: Slack, client: WebClient) -> None:
    post(report(), "#delivery", client, make_png=png)
    [shared] = slack.shared
    assert [each["title"] for each in shared["files"]] == NAMES
    assert (shared["channel_id"], shared["thread_ts"]) == (CHANNELS["#delivery"], MESSAGE)
    received = {slack.announced[name]["filename"]: content for name, content in slack.uploaded.items()}
    assert received["results.csv"] == b"day,open\n2026-03-02,3\n"
    assert received["source-data.csv"] == b"number,title\n7,'=1+1\n"
    assert received["chart-static.png"] == PNG
    assert received["chart-interactive.html"].startswith(b"<!doctype html>")


def test_a_chart_has_a_text_for_those_who_cannot_see_it(slack: Slack, client: WebClient) -> None:
    post(report(), "C0DELIVERY", client, make_png=png)
    texts = {each["filename"]: each.get("alt_txt") for each in slack.announced.values()}
    assert texts["chart-static.png"] == f"{TITLE}: 1 row; the last, 2026-03-02: open 3."
    assert texts["results.csv"] is None


def test_a_report_without_a_chart_has_the_tables_only(slack: Slack, client: WebClient) -> None:
    post(report(chart=False), "C0DELIVERY", client)
    assert [each["filename"] for each in slack.announced.values()] == ["results.csv", "source-data.csv"]


def test_a_dry_run_prints_what_would_go_and_needs_no_client() -> None:
    written: list[str] = []
    post(report(chart=False), "#delivery", None, dry_run=True, write=written.append)
    assert written == [
        "To #delivery, if this were no dry run:\n"
        f"{message(report())}\n"
        "Files:\n"
        "  results.csv (22 bytes)\n"
        "  source-data.csv (21 bytes)"
    ]


def test_without_a_client_nothing_can_be_posted() -> None:
    with pytest.raises(ReportError, match=r"^SLACK_BOT_TOKEN is not set"):
        post(report(chart=False), "#delivery", None)


def test_nothing_is_sent_when_a_file_cannot_be_made(slack: Slack, client: WebClient) -> None:
    def no_browser(figure: Figure) -> bytes:
        raise ReportError("a PNG needs Chromium")

    with pytest.raises(ReportError, match="Chromium"):
        post(report(), "C0DELIVERY", client, make_png=no_browser)
    assert slack.calls == []


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!here> <@U1> <https://x|y>", "&lt;!here&gt; &lt;@U1&gt; &lt;https://x|y&gt;"),
        ("@here @Channel @everyone", "@\u200bhere @\u200bChannel @\u200beveryone"),
        ("two\nlines\x07 \u202eturned", "two lines turned"),
    ],
)
def test_names_are_text_that_calls_nobody(name: str, written: str) -> None:
    lines = message(report(title=name, summary=[(name, name)])).splitlines()
    assert lines[:-1] == [f"*:github: {written}*", f"• *{written}:* {written}"]


def test_a_long_summary_says_how_much_is_left_out() -> None:
    text = message(report(summary=[(f"Deliverable {place}", "x" * 150) for place in range(100)]))
    assert len(text) < LONGEST + 200
    assert text.splitlines()[-2] == f"… and {100 - (len(text.splitlines()) - 3)} more"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (refused("channel_not_found"), "Slack finds no channel C0DELIVERY: check SLACK_CHANNEL"),
        (refused("not_in_channel"), "the Slack app is not in channel C0DELIVERY: invite the app to it"),
        (refused("missing_scope", needed="chat:write"), "the Slack app lacks the scope chat:write"),
        (refused("invalid_auth"), "SLACK_BOT_TOKEN is wrong or was revoked"),
        (refused("something_new"), "Slack refused: something_new"),
        (Answer(500, {}), "Slack refused: status 500"),
        (too_many(3600), "Slack accepts no more messages for 3600 seconds: try again later"),
    ],
)  # fmt: skip
def test_each_refusal_is_one_sentence(slack: Slack, client: WebClient, answer: Answer, sentence: str) -> None:
    slack.refusals["chat.postMessage"] = [answer]
    assert refusal(client).startswith(sentence)
    assert slack.messages == slack.shared == []


def test_a_wrong_token_is_named_and_not_shown(slack: Slack) -> None:
    wrong = slack_client("xoxb-wrong", base_url=f"{slack.url}/api/")
    with pytest.raises(ReportError, match=r"^SLACK_BOT_TOKEN is wrong or was revoked$"):
        post(report(), "C0DELIVERY", wrong, make_png=png)


def test_a_short_wait_is_waited_for(slack: Slack, client: WebClient, slept: list[float]) -> None:
    slack.refusals["chat.postMessage"] = [too_many(30)]
    slack.refusals["files.completeUploadExternal"] = [too_many(7)]
    post(report(), "C0DELIVERY", client, make_png=png)
    assert slept == [30.0, 7.0]
    assert len(slack.messages) == len(slack.shared) == 1


def test_it_waits_once(slack: Slack, client: WebClient, slept: list[float]) -> None:
    slack.refusals["chat.postMessage"] = [too_many(30), too_many(30)]
    assert refusal(client) == "Slack accepts no more messages for 30 seconds: try again later"
    assert slept == [30.0]


def test_a_refused_file_says_that_the_summary_is_posted(slack: Slack, client: WebClient) -> None:
    slack.refusals["files.getUploadURLExternal"] = [refused("missing_scope", needed="files:write")]
    assert refusal(client) == (
        "the summary is posted, but not its files: the Slack app lacks the scope files:write: "
        "add it to the app, and install the app again"
    )


def test_no_network_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], slept: list[float]
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    nobody = slack_client(TOKEN, base_url=f"http://127.0.0.1:{port}/api/", sleep=slept.append)
    assert refusal(nobody).startswith("Slack can't be reached: ")
    # A message that may have arrived isn't sent twice, and the SDK's own words aren't shown.
    assert slept == []
    assert capfd.readouterr() == ("", "")


# The SDK leaves the connection of a cut answer to the garbage collector, which tells of it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_answer_is_one_sentence(server: LocalServer, kind: str) -> None:
    server.replies = [BROKEN[kind]]
    sentence = refusal(slack_client(TOKEN, base_url=f"{server.url}/api/"))
    assert sentence.startswith(("Slack can't be reached: ", "Slack refused: ", "Slack's answer can't be read"))
    assert "\n" not in sentence
    gc.collect()


def test_a_message_says_how_current_it_is_and_how_its_days_are_known() -> None:
    table = Table("t", ["told_by"], [("dates",), ("snapshot",)], datetime(2026, 3, 9, 5, tzinfo=UTC), "sprint_burndown")
    text = message(replace(report(), results=table, orgs=("acme",)))
    assert text.splitlines()[-2:] == [
        "From sprint_burndown of acme, as of 2026-03-09T05:00:00Z.",
        "1 of 2 days come from items' dates alone (created, closed): the sprint and points of each are as of now.",
    ]
