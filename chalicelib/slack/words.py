"""What stands in a message to Slack, and what Slack's errors mean. Reports and the daily job's messages share it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from chalicelib.utils import shown

LONGEST = 3900  # Slack advises messages of at most 4,000 characters
LONGEST_NAME = 200
LONGEST_WAIT = 60.0  # seconds
# What a message would call everybody with, where a workspace lets apps do so.
PING = re.compile(r"@(?=channel|here|everyone)", re.IGNORECASE)
PAUSE = "\u200b"  # not seen, and parts the @ from the word

# What Slack's errors mean, and what to do. https://docs.slack.dev/reference/methods/chat.postMessage#errors
INVITE = "invite the app to it (/invite in the channel)"
TOKEN = "SLACK_BOT_TOKEN is wrong or was revoked"  # noqa: S105 - a sentence about one
ERRORS = {
    "channel_not_found": f"Slack finds no channel {{channel}}: check SLACK_CHANNEL, and if it is private, {INVITE}",
    "not_in_channel": f"the Slack app is not in channel {{channel}}: {INVITE}",
    "is_archived": "the Slack channel {channel} is archived: choose another one",
    "missing_scope": "the Slack app lacks the scope {needed}: add it to the app, and install the app again",
    "invalid_auth": TOKEN,
    "not_authed": TOKEN,
    "token_revoked": TOKEN,
    "token_expired": TOKEN,
    "account_inactive": TOKEN,
    "ratelimited": "Slack accepts no more messages for {wait} seconds: try again later",
}


def message(title: str, summary: Sequence[tuple[str, str]]) -> str:
    """Write a summary in Slack's own markup; what there is no room for is counted."""
    lines = [f"*:github: {escaped(title)}*"]
    for place, (label, value) in enumerate(summary):
        line = f"• *{escaped(label)}:* {escaped(value)}"
        if sum(map(len, lines)) + len(line) > LONGEST:
            lines.append(f"… and {len(summary) - place} more")
            break
        lines.append(line)
    return "\n".join(lines)


def escaped(text: object) -> str:
    """Write a name as it is: nothing in it is a link, a mention or a call to everybody.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    line = shown(text, longest=LONGEST_NAME)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return PING.sub(f"@{PAUSE}", line)


def meaning(status: int, data: object, headers: Mapping[str, Any], *, channel: str) -> str:
    """Say in a sentence what a refusal of Slack's means; `data` is the JSON of its answer."""
    answer = data if isinstance(data, dict) else {}
    code = "ratelimited" if status == HTTPStatus.TOO_MANY_REQUESTS else str(answer.get("error", ""))
    if code not in ERRORS:
        return f"Slack refused: {shown(code or f'status {status}')}"
    wait = f"{wait_of(headers):.0f}"
    return ERRORS[code].format(channel=channel, needed=shown(answer.get("needed", "chat:write")), wait=wait)


def wait_of(headers: Mapping[str, Any]) -> float:
    """Give the seconds of `Retry-After`; a minute when it says none."""
    values = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    text = str(values[0] if isinstance(values, list) else values)
    return float(text) if text.isascii() and text.isdigit() else LONGEST_WAIT
