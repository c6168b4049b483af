"""Small helpers that every package may use: UTC times, names to be shown, and SSM parameters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TypeVar

from chalicelib.errors import AwsError, MissingParameterError, SettingsError
from chalicelib.runtime import aws

T = TypeVar("T")
LONGEST_NAME = 60  # characters of a name that is shown; what is longer ends in …
# Shown as nothing, or turning the text around them: no name needs them.
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def parse_utc(text: str) -> datetime:
    """Parse GitHub's ISO 8601 text (`2026-05-01T00:00:00Z`) to an aware UTC time; raises ValueError when malformed."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def format_utc(moment: datetime) -> str:
    """Write a time as GitHub writes it: UTC, whole seconds, `Z`."""
    # Not strftime, which writes the year 1 as 1.
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def shifted(moment: datetime, by: timedelta) -> datetime:
    """Move a time; at the ends of the calendar it stays where it is: GitHub's data has such times."""
    try:
        return moment + by
    except OverflowError:
        return moment


def parse_day(text: str) -> datetime:
    """Parse `YYYY-MM-DD` or a whole timestamp to an aware UTC time; raises ValueError when it is neither."""
    if len(text) <= len("YYYY-MM-DD"):
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    return parse_utc(text)


def shown(text: object, *, longest: int = LONGEST_NAME) -> str:
    """Make a name fit to be shown: one line, no hidden characters, not too long."""
    visible = "".join(" " if character.isspace() else character for character in str(text))
    visible = "".join(each for each in visible if unicodedata.category(each) not in HIDDEN)
    visible = " ".join(visible.split())
    return visible if len(visible) <= longest else f"{visible[: longest - 1].rstrip()}…"


def get_parameter(name: str, with_decryption: bool = True) -> str:  # noqa: FBT001, FBT002 - the signature that users know
    """Read one AWS Systems Manager parameter; raises SettingsError, which says why it could not be read.

    It is a MissingParameterError when there is no such parameter.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
    """
    try:
        answer = aws.call("ssm", "get_parameter", Name=name, WithDecryption=with_decryption)
    except AwsError as error:
        kind = MissingParameterError if error.reason == "ParameterNotFound" else SettingsError
        raise kind(f"SSM parameter {name} can't be read: {error.reason}") from error
    value = answer.get("Parameter", {}).get("Value")
    if not isinstance(value, str):
        raise SettingsError(f"SSM parameter {name} can't be read: {aws.ODD}")
    return value


def in_parts(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut values into parts of at most so many."""
    return (values[start : start + size] for start in range(0, len(values), size))


def gathered(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Gather values, as they come, into lists of so many; the last one may be shorter."""
    remaining = iter(values)
    while part := list(islice(remaining, size)):
        yield part
