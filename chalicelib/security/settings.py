"""The settings of security: what is read, how long an alert may stay open, and which rules repositories must keep."""

from __future__ import annotations

from typing import NamedTuple

from chalicelib.settings import MAX_DAYS, Setting, switch, whole_number


class AlertDays(NamedTuple):
    """How many days an alert may stay open, by severity; secrets have none."""

    critical: int = 5
    high: int = 15
    medium: int = 60
    low: int = 90
    secret: int = 5


def alert_days(text: str) -> AlertDays:
    """Parse a comma list such as `critical=5,high=15`; raises ValueError when it is malformed."""
    days: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = (word.strip() for word in part.partition("="))
        if name not in AlertDays._fields:
            raise ValueError(f"{name!r} is none of {', '.join(AlertDays._fields)}")
        if name in days:
            raise ValueError(f"it names {name} twice")
        days[name] = whole_number(MAX_DAYS)(number)
    return AlertDays(**days)


ENABLED = Setting(
    "SECURITY",
    default=True,
    parse=switch,
    help="`off`: the daily job reads no security alerts, and checks no repositories",
    shown="`on`",
)
SECRET_COMMENTS = Setting(
    "SECRET_COMMENTS",
    default=False,
    parse=switch,
    help="`on`: comments on secret-scanning alerts are stored, too. People may quote the secret in them. With `off`, "
    "those that were stored are emptied",
    shown="`off`",
)
ALERT_DAYS = Setting(
    "ALERT_DAYS",
    default=AlertDays(),
    parse=alert_days,
    help="How many days an alert may stay open, by severity, and `secret` for secrets. What it doesn't name keeps its "
    "default",
    shown="`critical=5,high=15,medium=60,low=90,secret=5`",
)
ALERT_WORKING_DAYS = Setting(
    "ALERT_WORKING_DAYS",
    default=False,
    parse=switch,
    help="`on`: only Monday to Friday count as days of `ALERT_DAYS`",
    shown="`off`",
)
SETTINGS = (ENABLED, SECRET_COMMENTS, ALERT_DAYS, ALERT_WORKING_DAYS)
