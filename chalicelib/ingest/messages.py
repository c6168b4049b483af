"""Messages to Slack: a few lines about what is stored, posted once a day by the daily job.

A domain declares each; its step and its name in `SLACK_MESSAGES` follow. What stands in the channel is remembered only
after Slack has taken it, so a run that is repeated posts only what is missing. A run that is killed between the two,
or never gets Slack's answer, may post that one again: a message twice is better than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chalicelib.github import Budget
from chalicelib.ingest.context import Context
from chalicelib.ingest.steps import DAILY, Step
from chalicelib.settings import Setting, Settings, name_list
from chalicelib.slack.api import open_slack
from chalicelib.store.marks import WHOLE

MESSAGES = Setting[tuple[str, ...]](
    "SLACK_MESSAGES",
    default=(),
    parse=name_list(re.compile(r"[\w-]+"), "a message's name"),
    help="Messages that the daily job posts to Slack, separated by commas",
    shown="none",
)


def settings_of(names: Sequence[str]) -> tuple[Setting[Any], ...]:
    """Give the setting of messages, when these are the messages that there are."""
    known = ", ".join(names)
    parse = name_list(re.compile("|".join(names)), f"one of {known}")
    words = f"{MESSAGES.help}: `{known}`. They need `SLACK_BOT_TOKEN` and `SLACK_CHANNEL`"
    return (replace(MESSAGES, parse=parse, help=words),)


@dataclass(frozen=True)
class Post:
    """One text to be posted today, unless it was. `key` tells what it is about, for good; `about` is for people."""

    key: str
    about: str
    text: str


@dataclass(frozen=True)
class Message:
    """A message about a kind of data; `posts` makes its texts from the database, in Slack's own markup."""

    kind: str
    name: str
    posts: Callable[[Context], Iterable[Post]]

    @property
    def step_name(self) -> str:
        """The name of its step: health judges it with the kind."""
        return f"{self.kind}.{self.name}.message"

    def is_wanted(self, settings: Settings) -> bool:
        """Tell whether the settings ask for it."""
        return self.name in settings.value(MESSAGES)


def message_step(message: Message) -> Step:
    """Make the step that posts a message, when all else of the daily job is done."""
    post = partial(post_message, message=message)
    return Step(message.step_name, post, (DAILY,), is_last=True, enabled=message.is_wanted, check=check_slack)


def check_slack(settings: Settings) -> None:
    """Raise SettingsError when a setting that posting needs is missing or malformed."""
    open_slack(settings, Budget())


def post_message(context: Context, message: Message) -> None:
    """Post what was not posted on this UTC day; raises SlackError at the first text that Slack doesn't take."""
    slack = open_slack(context.settings, context.github.budget)
    for post in list(message.posts(context)):
        mark = context.marks.cursor(f"{message.step_name}:{post.key}", scope=WHOLE)
        last = mark.read()
        if last is not None and last.date() >= context.now().date():
            context.note(f"{post.about} was posted today")
            continue
        context.checkpoint()  # no transaction is open while Slack is asked
        slack.post(post.text)
        mark.advance(context.now())
        context.note(f"{post.about} is posted to Slack")
        context.commit()
