"""Configuration and secrets: from the environment, then `.env` (local only), then SSM (in Lambda only).

`.env` and the default database are in the project's folder, whatever folder a command starts in: cron starts at home.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from chalicelib.errors import MissingParameterError, SettingsError
from chalicelib.utils import get_parameter, parse_day

ORG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})")
REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}/[A-Za-z0-9._-]{1,100}")
# An App's number, or its client id.
APP_ID = re.compile(r"[0-9]{1,19}|Iv[A-Za-z0-9.]{8,60}")
TOPIC_ARN = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
# A bucket's name, and folders in it that every tool can write, without `.` and `..`.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
S3_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/(?!\.+(?:/|$))[A-Za-z0-9!_.*'()=-]+)*")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
AMOUNT = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,2})?")
# As urlsplit gives it: a name or an address (IPv6 without brackets).
HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?|[0-9a-f]*:[0-9a-f:.]+")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MAX_DAYS = 3650
MOST_SECRETS = 2  # of the webhook: the new one and the old one

PROJECT = Path(__file__).resolve().parents[1]
DATABASE = "sqlite:///contributor-metrics.db"
RELATIVE_FILE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:|file:|[A-Za-z]:[/\\])([^?]+.*)")

# The values that SSM may hold, by the last part of their parameter's name.
SSM_NAMES = {
    "GH_TOKEN": "token",
    "GH_APP_PRIVATE_KEY": "app_private_key",
    "DB_URL": "db_url",
    "WEBHOOK_SECRET": "webhook_secret",
    "SLACK_BOT_TOKEN": "slack_bot_token",
}

Lookup = Callable[[str], str | None]
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Setting(Generic[T_co]):
    """A domain's own setting: its name, its default, how its text is parsed, and what it is for.

    `parse` raises a ValueError that says what the text should be. `shown` is the default as the docs write it.
    """

    name: str
    default: T_co
    parse: Callable[[str], T_co]
    help: str
    shown: str = ""

    def read(self, text: str | None) -> T_co:
        """Parse the setting's text, or give the default; raises SettingsError when it is malformed."""
        try:
            return self.parse(text) if text else self.default
        except ValueError as error:
            raise SettingsError(f"{self.name} is malformed: {error}") from error


def whole_number(maximum: int) -> Callable[[str], int]:
    """Make a parser of whole numbers from 1 to a maximum."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= maximum:
            raise ValueError(f"{text!r} is not a whole number from 1 to {maximum}")
        return int(text)

    return parse


def switch(text: str) -> bool:
    """Parse `on` or `off`; raises ValueError for anything else."""
    if text.lower() not in {"on", "off"}:
        raise ValueError(f"{text!r} is neither on nor off")
    return text.lower() == "on"


def amount(text: str) -> float:
    """Parse an amount of money; raises ValueError when it is malformed."""
    if not AMOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is not an amount such as 19 or 19.50")
    return float(text)


def date_or_time(text: str) -> datetime:
    """Parse a date or a timestamp; raises ValueError when it is neither."""
    try:
        return parse_day(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date such as 2024-01-31") from error


def name_list(form: re.Pattern[str], what: str) -> Callable[[str], tuple[str, ...]]:
    """Make a parser of comma lists whose names match `form`; `what` names the form in errors."""

    def parse(text: str) -> tuple[str, ...]:
        # GitHub's names ignore case, so two spellings of a name are one name.
        names = {name.casefold(): name for name in (part.strip() for part in text.split(",")) if name}
        for name in names.values():
            if not form.fullmatch(name):
                raise ValueError(f"{name!r} is not {what}")
        return tuple(names.values())

    return parse


@dataclass(frozen=True)
class Settings:
    """The configuration of a run; its `repr` shows no secrets."""

    lookup: Lookup = field(repr=False)
    folder: Path = PROJECT
    in_lambda: bool = False

    @cached_property
    def env_name(self) -> str:
        """Which deployment this is (`ENV_NAME`): part of its SSM parameters' names."""
        return self.lookup("ENV_NAME") or "dev"

    @cached_property
    def db_url(self) -> str:
        """The database's SQLAlchemy URL (`DB_URL`); by default a SQLite file in the project's folder."""
        return self.lookup("DB_URL") or make_absolute(DATABASE, self.folder)

    @cached_property
    def token(self) -> str:
        """The GitHub token (`GH_TOKEN`); raises SettingsError when it is missing or malformed."""
        token = self.lookup("GH_TOKEN")
        if not token:
            raise SettingsError(
                "GH_TOKEN is not set: put a GitHub token in the environment or in .env (or a GitHub App's GH_APP_ID)"
            )
        if not token.isascii() or not token.isprintable() or " " in token:
            raise SettingsError("GH_TOKEN is malformed: a token has no spaces, line ends or accents")
        return token

    @cached_property
    def app_id(self) -> str | None:
        """The GitHub App's id or client id (`GH_APP_ID`); None when a token is used."""
        app_id = self.lookup("GH_APP_ID")
        if app_id and not APP_ID.fullmatch(app_id):
            raise SettingsError(
                "GH_APP_ID is malformed: it must be a number, or a client id such as Iv1.0123456789abcdef"
            )
        return app_id

    @cached_property
    def app_private_key(self) -> str:
        """The GitHub App's private key, PEM (`GH_APP_PRIVATE_KEY`); raises SettingsError when it is missing."""
        key = self.lookup("GH_APP_PRIVATE_KEY")
        if not key:
            raise SettingsError("GH_APP_PRIVATE_KEY is not set: GH_APP_ID needs the private key of its GitHub App")
        return key

    @cached_property
    def app_installation_id(self) -> int | None:
        """The App's installation (`GH_APP_INSTALLATION_ID`); None means to find it by the organisation's name."""
        text = self.lookup("GH_APP_INSTALLATION_ID")
        if text and not (text.isascii() and text.isdigit()):
            raise SettingsError("GH_APP_INSTALLATION_ID is malformed: it must be a number")
        return int(text) if text else None

    @cached_property
    def topic_arn(self) -> str | None:
        """The SNS topic that gets alerts about failed and stale jobs (`SNS_TOPIC_ARN`); None means no alerts."""
        arn = self.lookup("SNS_TOPIC_ARN")
        if arn and not TOPIC_ARN.fullmatch(arn):
            raise SettingsError("SNS_TOPIC_ARN is malformed: it must look like arn:aws:sns:eu-west-1:123456789012:name")
        return arn

    @cached_property
    def snapshot_url(self) -> str | None:
        """Where snapshots are written (`SNAPSHOT_URL`): `s3://bucket/prefix` or a folder's path; None means nowhere.

        A relative path starts in the project's folder.
        """
        text = self.lookup("SNAPSHOT_URL")
        return parse_snapshot_url(text, self.folder) if text else None

    @cached_property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The webhook's secret (`WEBHOOK_SECRET`), or two with a comma between while it changes; none: all is refused.

        Raises SettingsError when there are more.
        """
        try:
            text = self.lookup("WEBHOOK_SECRET") or ""
        except MissingParameterError:  # unlike the other secrets it may be left out
            text = ""
        secrets = tuple(filter(None, (part.strip() for part in text.split(","))))
        if len(secrets) > MOST_SECRETS:
            raise SettingsError("WEBHOOK_SECRET is malformed: it may hold two secrets, the new one and the old one")
        return secrets

    @cached_property
    def repos(self) -> tuple[str, ...]:
        """The only repositories to read, as owner/name (`GH_REPOS`); empty means all in the organisations."""
        return parse_repos(self.lookup("GH_REPOS") or "", source="GH_REPOS")

    @cached_property
    def orgs(self) -> tuple[str, ...]:
        """The organisations (`GH_ORGS`, else the owners in `GH_REPOS`); raises SettingsError when there are none."""
        orgs = parse_orgs(self.lookup("GH_ORGS") or "", source="GH_ORGS") or owners(self.repos)
        if not orgs:
            raise SettingsError("GH_ORGS is not set: name the organisations to read, such as GH_ORGS=my-org")
        check_owners(self.repos, orgs)
        return orgs

    @cached_property
    def api_url(self) -> str:
        """The API's base (`GH_API_URL`), without a trailing slash; plain http only for this machine."""
        url = (self.lookup("GH_API_URL") or "https://api.github.com").rstrip("/")
        # The message doesn't show the URL: it may hold a password.
        if not is_api_url(url):
            raise SettingsError("GH_API_URL is malformed: it must look like https://api.github.com")
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise SettingsError("GH_API_URL must begin with https://, or anybody on the network could read the token")
        return url

    def value(self, setting: Setting[T]) -> T:
        """Read a domain's setting; raises SettingsError when it is malformed."""
        return setting.read(self.lookup(setting.name))

    def check(self, settings: Iterable[Setting[Any]] = (), *, orgs: bool = True) -> None:
        """Read every setting once, with the domains', to raise SettingsError before anything is fetched."""
        names = [*self._credential_names(), "repos", "db_url", "api_url", "topic_arn", "snapshot_url"]
        for name in names + (["orgs"] if orgs else []):
            getattr(self, name)
        for setting in settings:
            self.value(setting)
        if orgs and self.app_installation_id and len(self.orgs) > 1:
            raise SettingsError(
                "GH_APP_INSTALLATION_ID is for one organisation, but GH_ORGS names several: leave it out"
            )

    def _credential_names(self) -> list[str]:
        """Name the settings that hold the credentials; raises SettingsError when both kinds are set."""
        if self.app_id is None:
            return ["token"]
        # In Lambda SSM may hold both, and only the one that is used is read.
        if not self.in_lambda and self.lookup("GH_TOKEN"):
            raise SettingsError("GH_TOKEN and GH_APP_ID are both set: use one of them")
        return ["app_private_key", "app_installation_id"]


def load_settings(environ: Mapping[str, str] | None = None, *, folder: Path | None = None) -> Settings:
    """Make the settings of this process; `.env` is read at once, everything else when it is first used.

    A variable of the environment wins over `.env`, even when it is empty.
    """
    environ = os.environ if environ is None else environ
    folder = folder or PROJECT
    in_lambda = "AWS_LAMBDA_FUNCTION_NAME" in environ
    local = {} if in_lambda else read_dotenv(folder / ".env")

    def lookup(name: str) -> str | None:
        value = ((environ[name] if name in environ else local.get(name)) or "").strip()
        if value or not in_lambda or name not in SSM_NAMES:
            return value or None
        return get_parameter(f"/contributor-metrics/{environ.get('ENV_NAME') or 'dev'}/{SSM_NAMES[name]}").strip()

    return Settings(lookup, folder, in_lambda)


def make_absolute(db_url: str, folder: Path) -> str:
    """Put the file of a relative SQLite URL into `folder`; any other URL stays as it is."""
    return RELATIVE_FILE.sub(lambda url: f"{url[1]}{folder / url[2]}", db_url)


def parse_snapshot_url(text: str, folder: Path) -> str:
    """Check where snapshots are to go, and make a path absolute; raises SettingsError when it is malformed."""
    if S3_URL.fullmatch(text.rstrip("/")):
        return text.rstrip("/")
    path = folder / text
    try:
        is_no_folder = not text.isprintable() or bool(SCHEME.match(text)) or (path.exists() and not path.is_dir())
    except OSError:  # such as a name that is too long
        is_no_folder = True
    if is_no_folder:
        raise SettingsError("SNAPSHOT_URL is malformed: it must look like s3://bucket/prefix, or be a folder")
    return str(path)


def is_api_url(url: str) -> bool:
    """Tell whether a text is an http(s) URL with a valid host and port, without credentials, query or fragment."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and parts.port != 0 and HOST.fullmatch(parts.hostname or "")
    except ValueError:  # brackets without an address, or a port that is not a number up to 65535
        return False
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(" ?#@\\")
    return bool(is_web) and is_plain


def read_dotenv(path: Path) -> dict[str, str | None]:
    """Read `.env` into a dict, empty when there is no file; a relative database path starts in the file's folder."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values  # noqa: PLC0415 - local only: it is not deployed

    try:
        values = dotenv_values(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} can't be read: {error}") from error
    db_url = (values.get("DB_URL") or "").strip()
    return {**values, "DB_URL": make_absolute(db_url, path.parent)} if db_url else dict(values)


def parse_orgs(text: str, *, source: str) -> tuple[str, ...]:
    """Split a comma list of organisation names; raises SettingsError, which quotes a malformed name."""
    return _parse_list(text, name_list(ORG, "an organisation's name"), source)


def parse_repos(text: str, *, source: str) -> tuple[str, ...]:
    """Split a comma list of repositories; raises SettingsError, which quotes a malformed name."""
    return _parse_list(text, name_list(REPO, "owner/name"), source)


def _parse_list(text: str, parse: Callable[[str], tuple[str, ...]], source: str) -> tuple[str, ...]:
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"{source} is malformed: {error}") from error


def owners(repos: tuple[str, ...]) -> tuple[str, ...]:
    """Give the owners of some repositories, each once, in order."""
    return tuple({repo.split("/")[0].casefold(): repo.split("/")[0] for repo in repos}.values())


def check_owners(repos: tuple[str, ...], orgs: tuple[str, ...]) -> None:
    """Raise SettingsError when a repository belongs to none of the organisations."""
    known = {org.casefold() for org in orgs}
    for repo in repos:
        if repo.split("/")[0].casefold() not in known:
            raise SettingsError(f"{repo} belongs to none of the organisations {', '.join(orgs)}")
