"""Messages of a made-up domain: when they are posted, to Slack's stand-in, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from chalicelib.domains import all_settings
from chalicelib.errors import JobFailedError, SettingsError
from chalicelib.github import Budget
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain
from chalicelib.ingest.messages import Message, Post, settings_of
from chalicelib.jobs import schedules
from chalicelib.jobs.schedules import run_job
from chalicelib.models import SyncRun, create_db_session
from chalicelib.settings import Settings
from chalicelib.slack import api
from tests.github.local_server import BROKEN, HANGING, LocalServer, reply
from tests.ingest.lists import DAY, NOW
from tests.reports.slack_server import TOKEN, Answer, Slack, refused, running, too_many
from tests.store.expected import stored

CHANNEL = "C0DELIVERY"


@dataclass
class Lamps:
    """A domain that tells of its lamps; GitHub is asked for nothing but the organisation."""

    server: LocalServer
    slack: Slack
    db_url: str
    environment: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW
    lamps: list[str] = field(default_factory=lambda: ["desk", "hall"])
    slept: list[float] = field(default_factory=list)

    @property
    def domain(self) -> Domain:
        return Domain("lamps", messages=(Message("lamps", "glow", self._posts),))

    def _posts(self, context: Context) -> Iterator[Post]:
        return (Post(lamp, f"lamp {lamp}", f"{lamp} glows") for lamp in self.lamps)

    @property
    def settings(self) -> Settings:
        values = {"GH_TOKEN": "t", "GH_ORGS": "acme", "GH_API_URL": self.server.url, "DB_URL": self.db_url}
        slack = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_CHANNEL": CHANNEL, "SLACK_API_URL": f"{self.slack.url}/api"}
        return Settings({**values, **slack, "SLACK_MESSAGES": "glow", **self.environment}.get)

    def run(self) -> None:
        run_job("daily", self.settings, budget=Budget(sleep=self.slept.append), now=lambda: self.now)

    def failure(self) -> str:
        """What the ledger says of a run that fails; the token is nowhere in it."""
        with pytest.raises(JobFailedError) as raised:
            self.run()
        (run,) = [each for each in self.ledger()[-1:] if each[0] == "failed"]
        assert str(raised.value) == f"acme lamps.glow.message: {run[1]}"
        assert TOKEN not in str(raised.value)
        return str(run[1])

    def ledger(self) -> list[tuple[str, str | None]]:
        with create_db_session(self.db_url) as session:
            runs = stored(session, SyncRun)
        assert {run["step"] for run in runs} <= {"access", "lamps.glow.message"}
        return [(run["status"], run["error"] or run["note"]) for run in runs if run["step"] != "access"]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.slack.messages]


@pytest.fixture
def lamps(server: LocalServer, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lamps]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.answer = lambda seen: reply(200, {"login": seen.path.rpartition("/")[2]})
    with running() as slack:
        made = Lamps(server, slack, db_url)
        monkeypatch.setattr(schedules, "DOMAINS", (made.domain,))
        monkeypatch.setattr(schedules, "check_settings", lambda told: told.check(settings_of(["glow"])))
        yield made


def test_each_text_is_posted_once_a_day(lamps: Lamps) -> None:
    lamps.run()
    assert lamps.texts == ["desk glows", "hall glows"]
    lamps.now += timedelta(minutes=1)  # Lambda runs it again
    lamps.run()
    assert len(lamps.texts) == 2
    lamps.now += DAY - timedelta(minutes=2)  # a little early
    lamps.run()
    assert lamps.texts == ["desk glows", "hall glows"] * 2
    assert lamps.ledger() == [
        ("ok", "lamp desk is posted to Slack; lamp hall is posted to Slack"),
        ("ok", "lamp desk was posted today; lamp hall was posted today"),
        ("ok", "lamp desk is posted to Slack; lamp hall is posted to Slack"),
    ]


def test_a_message_calls_nobody_and_shows_no_links(lamps: Lamps) -> None:
    lamps.run()
    sent = lamps.slack.messages[0]
    assert sent == {
        "channel": CHANNEL,
        "text": "desk glows",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_with_nothing_to_tell_slack_is_not_asked(lamps: Lamps) -> None:
    lamps.lamps = []
    lamps.run()
    assert lamps.slack.calls == []
    assert lamps.ledger() == [("ok", None)]


def test_it_is_off_unless_a_setting_names_it(lamps: Lamps) -> None:
    lamps.environment = {"SLACK_MESSAGES": "", "SLACK_BOT_TOKEN": "not one", "SLACK_CHANNEL": ""}
    lamps.run()
    assert lamps.slack.calls == []
    assert lamps.ledger() == []


def test_a_repeated_run_posts_only_what_slack_did_not_take(lamps: Lamps) -> None:
    lamps.slack.refusals["chat.postMessage"] = [Answer(200, {"ok": True}), refused("fatal_error")]
    assert lamps.failure() == "Slack refused: fatal_error"
    lamps.run()
    assert lamps.texts == ["hall glows"]


def test_a_run_that_dies_before_it_can_remember_posts_that_one_again(
    lamps: Lamps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message twice is better than none, or one that is thought to be there."""
    post = api.Slack.post

    def die(self: api.Slack, text: str) -> None:
        post(self, text)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(api.Slack, "post", die)
        with pytest.raises(KeyboardInterrupt):
            lamps.run()
    assert lamps.texts == ["desk glows"]
    lamps.run()
    assert lamps.texts == ["desk glows", "desk glows", "hall glows"]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (refused("channel_not_found"), f"Slack finds no channel {CHANNEL}: check SLACK_CHANNEL"),
        (refused("not_in_channel"), f"the Slack app is not in channel {CHANNEL}: invite the app to it"),
        (refused("missing_scope", needed="chat:write"), "the Slack app lacks the scope chat:write: add it"),
        (refused("invalid_auth"), "SLACK_BOT_TOKEN is wrong or was revoked"),
        (refused(f"odd {TOKEN}\n<!here>"), "Slack refused: odd *** <!here>"),
        (Answer(500, {}), "Slack refused: status 500"),
        (Answer(302, {}, {"Location": "https://elsewhere.example/"}), "Slack refused: status 302"),
        (too_many(3600), "Slack accepts no more messages for 3600 seconds: try again later"),
        (Answer(200, {"error": "no ok"}), "Slack refused: no ok"),
    ],
)
def test_each_refusal_is_one_sentence_of_a_failed_step(lamps: Lamps, answer: Answer, sentence: str) -> None:
    lamps.slack.refusals["chat.postMessage"] = [answer]
    assert lamps.failure().startswith(sentence)
    assert lamps.texts == []
    assert lamps.slept == []


def test_a_wrong_token_is_named_and_not_shown(lamps: Lamps) -> None:
    lamps.environment["SLACK_BOT_TOKEN"] = "xoxb-wrong-0123456789"
    assert lamps.failure() == "SLACK_BOT_TOKEN is wrong or was revoked"


def test_a_short_wait_is_waited_for_once(lamps: Lamps) -> None:
    lamps.slack.refusals["chat.postMessage"] = [too_many(7)]
    lamps.run()
    assert (lamps.slept, lamps.texts) == ([7.0], ["desk glows", "hall glows"])
    lamps.now += DAY
    lamps.slack.refusals["chat.postMessage"] = [too_many(7), too_many(8)]
    assert lamps.failure() == "Slack accepts no more messages for 8 seconds: try again later"


@pytest.mark.parametrize("kind", [*BROKEN, "hanging"])
def test_an_answer_that_does_not_come_whole_is_one_sentence(
    lamps: Lamps, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "SECONDS", 0.3 if kind == "hanging" else 10.0)
    broken = LocalServer(replies=[{**BROKEN, "hanging": HANGING}[kind]])
    try:
        lamps.environment["SLACK_API_URL"] = f"{broken.url}/api/"
        sentence = lamps.failure()
        # Once: the text may be there already. (This server takes a request's body for the next one.)
        assert [seen.path for seen in broken.seen].count("/api/chat.postMessage") == 1
    finally:
        broken.close()
    assert sentence.startswith(("Slack can't be reached: ", "Slack refused: ", "Slack's answer can't be read"))
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SLACK_MESSAGES": "glow,shine"}, "SLACK_MESSAGES is malformed: 'shine' is not one of glow"),
        ({"SLACK_CHANNEL": ""}, "SLACK_CHANNEL is not set: SLACK_MESSAGES needs it"),
        ({"SLACK_CHANNEL": "A B"}, "SLACK_CHANNEL is malformed: 'A B' is neither a channel's id"),
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is not set: SLACK_MESSAGES needs it"),
        ({"SLACK_BOT_TOKEN": "hunter2"}, "SLACK_BOT_TOKEN is malformed: it must be a bot token"),
        ({"SLACK_API_URL": "http://slack.example/api"}, "SLACK_API_URL is malformed"),
    ],
)
def test_a_wrong_setting_is_told_before_anything_is_fetched(
    lamps: Lamps, variables: dict[str, str], sentence: str
) -> None:
    lamps.environment |= variables
    with pytest.raises(SettingsError) as raised:
        lamps.run()
    assert str(raised.value).startswith(sentence)
    assert "hunter2" not in str(raised.value)
    assert lamps.server.seen == []
    assert lamps.slack.calls == []


def test_a_domain_that_is_off_has_no_messages(lamps: Lamps) -> None:
    domain = Domain("lamps", messages=lamps.domain.messages, enabled=lambda _: False)
    with pytest.raises(SettingsError, match=r"^SLACK_MESSAGES names glow, but lamps is switched off$"):
        domain.check(lamps.settings)


def test_no_job_reads_the_token_that_is_not_needed() -> None:
    """In Lambda it would be asked of SSM, where it is missing."""
    assert "SLACK_BOT_TOKEN" not in {setting.name for setting in all_settings()}
