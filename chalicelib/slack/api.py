"""Posting to Slack without its SDK, which is not deployed: text is one request.

https://docs.slack.dev/reference/methods/chat.postMessage
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from chalicelib.errors import SettingsError, SlackError
from chalicelib.github import Budget
from chalicelib.github.answers import NoAnswer, Received
from chalicelib.github.transport import Transport
from chalicelib.redaction import redact
from chalicelib.settings import Settings
from chalicelib.slack.settings import SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_CHANNEL
from chalicelib.slack.words import LONGEST_WAIT, meaning, wait_of

SECONDS = 30.0  # for a whole answer
LARGEST = 1_000_000  # bytes; an answer has about 1,000


@dataclass(frozen=True)
class Slack:
    """A channel of Slack, and the token of the app that posts to it."""

    token: str = field(repr=False)
    channel: str
    api_url: str
    budget: Budget = field(repr=False)

    def post(self, text: str) -> None:
        """Post a text in Slack's own markup; raises SlackError, and OutOfTimeError when waiting would take too long.

        An answer that gets lost is an error: then the text may stand in the channel all the same.
        """
        quiet = {"link_names": False, "unfurl_links": False, "unfurl_media": False}
        self._call("chat.postMessage", {"channel": self.channel, "text": text, **quiet})

    def check(self) -> None:
        """Raise SlackError when Slack doesn't take the token."""
        self._call("auth.test", {})

    def _call(self, method: str, content: Mapping[str, object]) -> None:
        answer = self._send(method, content)
        # Only then is it certain that Slack has not taken the text.
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS and (wait := wait_of(answer.headers)) <= LONGEST_WAIT:
            self.budget.pause(wait, "Slack asks for it")
            answer = self._send(method, content)
        body: Any = answer.body
        if answer.status == HTTPStatus.OK and not isinstance(body, dict):
            raise SlackError("Slack's answer can't be read")
        if answer.status != HTTPStatus.OK or body.get("ok") is not True:
            sentence = meaning(answer.status, body, answer.headers, channel=self.channel)
            raise SlackError(redact(sentence, self.token))

    def _send(self, method: str, content: Mapping[str, object]) -> Received:
        with closing(Transport(urlsplit(self.api_url).hostname or "")) as transport:
            answer = transport.send(
                f"{self.api_url}{method}",
                method="POST",
                authorization=f"Bearer {self.token}",
                content=json.dumps(content).encode(),
                seconds_left=min(SECONDS, self.budget.remaining()),
                largest=LARGEST,
            )
        if isinstance(answer, NoAnswer):
            raise SlackError(f"Slack can't be reached: {answer.problem}")
        return answer


def open_slack(settings: Settings, budget: Budget) -> Slack:
    """Make what posts to Slack; raises SettingsError when a setting is missing or malformed."""
    channel, api_url, token = (settings.value(each) for each in (SLACK_CHANNEL, SLACK_API_URL, SLACK_BOT_TOKEN))
    for setting, value in ((SLACK_CHANNEL, channel), (SLACK_BOT_TOKEN, token)):
        if not value:
            raise SettingsError(f"{setting.name} is not set: SLACK_MESSAGES needs it")
    return Slack(token, channel, api_url, budget)
