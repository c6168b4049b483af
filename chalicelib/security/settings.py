"""The settings of security: what is read, how long an alert may stay open, and which rules repositories must keep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import chalicelib.settings as common
from chalicelib.errors import AwsError, SettingsError
from chalicelib.runtime.aws import read_object
from chalicelib.security.rules import NAMES, PRESETS, RULES, TEAM_MAINTAINER, Tuning
from chalicelib.security.rules.exemptions import Exemptions, read_exemptions
from chalicelib.security.rules.policy import Policy
from chalicelib.security.rules.rating import UNKNOWN, UNRATED, Criteria
from chalicelib.settings import MAX_DAYS, Setting, Settings, switch, whole_number

S3_OBJECT = re.compile("s3://[a-z0-9.-]{3,63}/.+")
LEVEL = re.compile(r"([a-z][a-z_]*)=(100|[0-9]{1,2})")
LEVELS = {"platinum": 100, "gold": 90, "silver": 70, "bronze": 50}
DEFAULT = Tuning()


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


def names_in(text: str) -> list[str]:
    """Split a comma list of names."""
    return [name for part in text.split(",") if (name := part.strip().lower())]


def chosen_rules(text: str) -> tuple[str, ...]:
    """Read a comma list of presets and rules, in which `-rule` takes one out; ValueError for an unknown name."""
    names = names_in(text)
    chosen = set[str]() if any(not name.startswith("-") for name in names) else set(NAMES)
    for name in sorted(names, key=lambda each: each.startswith("-")):
        bare = name.removeprefix("-")
        if bare not in PRESETS and bare not in NAMES:
            raise ValueError(f"{bare!r} is neither a rule nor a preset ({', '.join(PRESETS)})")
        meant = PRESETS.get(bare, (bare,))
        chosen = chosen.difference(meant) if name.startswith("-") else chosen.union(meant)
    if not chosen:
        raise ValueError("it leaves no rule (SECURITY=off switches off all that is read for security)")
    return tuple(name for name in NAMES if name in chosen)


def some_rules(text: str) -> tuple[str, ...]:
    """Read a comma list of rules; ValueError for an unknown name."""
    known = {rule.name for rule in RULES}
    for name in names_in(text):
        if name not in known:
            raise ValueError(f"{name!r} is not a rule of repositories")
    return tuple(dict.fromkeys(names_in(text)))


def pattern(text: str) -> re.Pattern[str]:
    """Read a regular expression; ValueError when it is malformed."""
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error


def property_name(text: str) -> str:
    """Read the name of a custom property; ValueError when it is malformed."""
    if not re.fullmatch(r"[A-Za-z0-9_$#-]{1,75}", text):
        raise ValueError(f"{text!r} is not the name of a custom property")
    return text


def rating_levels(text: str) -> dict[str, int]:
    """Read ratings with their lowest percentages; ValueError when they are malformed."""
    levels: dict[str, int] = {}
    for part in names_in(text):
        level = LEVEL.fullmatch(part)
        if level is None or level[1] in {*levels, UNRATED, UNKNOWN}:
            raise ValueError(f"{part!r} is not a rating with its lowest percentage, such as gold=90")
        levels[level[1]] = int(level[2])
    if not levels:
        raise ValueError("it names no rating, such as gold=90")
    return levels


@dataclass(frozen=True)
class ExemptionFile:
    """A file with exceptions, on a disk (a relative path begins in the project's folder) or in S3."""

    name: str

    @property
    def is_remote(self) -> bool:
        """Whether it is in S3."""
        return self.name.startswith("s3://")

    def read(self) -> Exemptions:
        """Read it; raises SettingsError, with one sentence, when it can't be read or is malformed."""
        try:
            content = read_object(self.name) if self.is_remote else (common.PROJECT / self.name).read_bytes()
            return read_exemptions(content.decode("utf-8-sig"))
        except (OSError, AwsError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SettingsError(f"{EXCEPTIONS.name}: {self.name} can't be read: {reason}") from error
        except ValueError as error:
            reason = "it is not text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            raise SettingsError(f"{EXCEPTIONS.name}: {self.name} is malformed: {reason}") from error


def exemption_file(text: str) -> ExemptionFile:
    """Read where the exceptions are. A file on a disk is read at once, to say early what is wrong with it.

    Raises ValueError when the place is malformed, SettingsError when the file is.
    """
    file = ExemptionFile(text)
    if file.is_remote and not S3_OBJECT.fullmatch(text):
        raise ValueError(f"{text!r} must look like s3://bucket/key")
    if not file.is_remote:
        file.read()
    return file


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
CHECKS = Setting(
    "CHECKS",
    NAMES,
    chosen_rules,
    "The rules that repositories and teams must keep: presets (`all`, `policy`, `security`) and [rules]"
    "(security.md#rules), separated by commas. `-rule` takes one out, as in `policy,-pirr`",
    shown="`all`",
)
INACTIVE_YEARS = Setting(
    "CHECK_INACTIVE_YEARS",
    DEFAULT.years,
    whole_number(50),
    "A repository is inactive when nothing was pushed for so many years",
)
SIGNED_COMMITS = Setting(
    "CHECK_SIGNED_COMMITS", DEFAULT.commits, whole_number(100), "So many of the last commits must be signed"
)
NAME_PATTERN = Setting(
    "CHECK_NAME_PATTERN",
    DEFAULT.name,
    pattern,
    "A regular expression that a repository's whole name must match",
    shown=f"`{DEFAULT.name.pattern}`",
)
APPROVALS = Setting(
    "CHECK_APPROVALS",
    DEFAULT.approvals,
    whole_number(10),
    "So many must approve of a pull request into a protected default branch",
)
CONTACT_PROPERTY = Setting(
    "CHECK_CONTACT_PROPERTY",
    DEFAULT.contact,
    property_name,
    "The organisation's custom property that names whom to ask about a repository",
    shown=f"`{DEFAULT.contact}`",
)
EXCEPTIONS: Setting[ExemptionFile | None] = Setting(
    "CHECK_EXCEPTIONS",
    None,
    exemption_file,
    "A [TOML file](security.md#exceptions) with repositories that need not keep a rule: a path, or `s3://bucket/key`",
    shown="-",
)
RATING_REQUIRED: Setting[tuple[str, ...]] = Setting(
    "RATING_REQUIRED",
    (),
    some_rules,
    "The rules without which a repository stays unrated, separated by commas",
    shown="-",
)
RATING_LEVELS = Setting(
    "RATING_LEVELS",
    LEVELS,
    rating_levels,
    "The ratings, each with the lowest percentage of rules that must be kept for it",
    shown="`" + ",".join(f"{name}={lowest}" for name, lowest in LEVELS.items()) + "`",
)
SETTINGS = (
    ENABLED,
    SECRET_COMMENTS,
    ALERT_DAYS,
    ALERT_WORKING_DAYS,
    CHECKS,
    INACTIVE_YEARS,
    SIGNED_COMMITS,
    NAME_PATTERN,
    APPROVALS,
    CONTACT_PROPERTY,
    EXCEPTIONS,
    RATING_REQUIRED,
    RATING_LEVELS,
)


def agree(settings: Settings) -> None:
    """Raise SettingsError when a rule that ratings require is switched off."""
    chosen = settings.value(CHECKS)
    if missing := [name for name in settings.value(RATING_REQUIRED) if name not in chosen]:
        raise SettingsError(f"{RATING_REQUIRED.name} names {missing[0]}, which {CHECKS.name} switches off")


def policy_of(settings: Settings) -> Policy:
    """Say which rules repositories must keep, and how they are judged; raises SettingsError."""
    names = settings.value(CHECKS)
    rules = tuple(rule for rule in RULES if rule.name in names)
    chosen = tuple(rule.name for rule in rules)
    file = settings.value(EXCEPTIONS)
    return Policy(
        rules=rules,
        tuning=Tuning(
            years=settings.value(INACTIVE_YEARS),
            commits=settings.value(SIGNED_COMMITS),
            name=settings.value(NAME_PATTERN),
            approvals=settings.value(APPROVALS),
            contact=settings.value(CONTACT_PROPERTY),
        ),
        exemptions=file.read() if file else Exemptions({}),
        criteria=Criteria(chosen, settings.value(RATING_REQUIRED), settings.value(RATING_LEVELS)),
        checks_teams=TEAM_MAINTAINER.name in names,
    )
