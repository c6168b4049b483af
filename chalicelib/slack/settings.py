"""Where in Slack to post, and as whom: what reports and the messages of the daily job need to know."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from chalicelib.settings import LOOPBACK, Setting, is_api_url

TOKEN = re.compile(r"xox[a-z](?:\.[a-z-]+)?-[A-Za-z0-9-]+")
# An id, or a name, which Slack lets have letters of any script.
CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,20}|#?[^\sA-Z<>&@#,]{1,80}")
API_URL = "https://slack.com/api/"


def token(text: str) -> str:
    """Check a bot token's form; the message doesn't show it."""
    if not TOKEN.fullmatch(text):
        raise ValueError("it must be a bot token, which begins with xoxb-")
    return text


def channel(text: str) -> str:
    """Check a channel's form; raises ValueError when it can't be one."""
    if not CHANNEL.fullmatch(text):
        raise ValueError(f"{text!r} is neither a channel's id, such as C0123456789, nor a name, such as #delivery")
    return text


def api_url(text: str) -> str:
    """Check the address of Slack's API; raises ValueError when the token could be read on the way there."""
    if not is_api_url(text) or (urlsplit(text).scheme == "http" and urlsplit(text).hostname not in LOOPBACK):
        raise ValueError(f"it must look like {API_URL}")
    return f"{text.rstrip('/')}/"


SLACK_BOT_TOKEN = Setting(
    "SLACK_BOT_TOKEN",
    "",
    token,
    "Token of the Slack app that posts. It needs the scope `chat:write`, and for reports `files:write`. Secret",
    shown="-",
)
SLACK_CHANNEL = Setting(
    "SLACK_CHANNEL",
    "",
    channel,
    "Channel that is posted to: its id, or its name. Invite the app to it",
    shown="-",
)
SLACK_API_URL = Setting(
    "SLACK_API_URL",
    API_URL,
    api_url,
    "Slack's API: set it for GovSlack (`https://slack-gov.com/api/`)",
    shown=f"`{API_URL}`",
)
SETTINGS = (SLACK_BOT_TOKEN, SLACK_CHANNEL, SLACK_API_URL)
