"""Where settings come from, and that a missing or malformed one is a clear sentence before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.domains import all_settings
from chalicelib.errors import SettingsError
from chalicelib.github.origin import Origin
from chalicelib.settings import PROJECT, Settings, is_api_url, load_settings, parse_orgs, parse_repos

TOKEN = "ghp_SeCrEtSeCrEtSeCrEt"
COMPLETE = {"GH_TOKEN": TOKEN, "GH_ORGS": "acme"}
LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "contributor-metrics-dev-every_30_min"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's folder, in which no developer has a `.env`."""
    monkeypatch.setattr("chalicelib.settings.PROJECT", tmp_path)
    return tmp_path


def settings(**environ: str) -> Settings:
    return load_settings(environ)


def value(settings: Settings, name: str) -> Any:
    """What a setting says, whether it is everybody's or a domain's."""
    of_domains = {setting.name.lower(): setting for setting in all_settings()}
    return settings.value(of_domains[name]) if name in of_domains else getattr(settings, name)


def sentence(settings: Settings, name: str) -> str:
    """What asking for a setting says, having checked that it is one line."""
    with pytest.raises(SettingsError) as caught:
        value(settings, name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def problem(told: Settings) -> str:
    with pytest.raises(SettingsError) as raised:
        told.check(all_settings())
    return str(raised.value)


# Values


def test_what_has_a_default(folder: Path) -> None:
    told = settings(**COMPLETE)
    told.check(all_settings())
    assert told.db_url == f"sqlite:///{folder}/contributor-metrics.db"
    assert told.api_url == "https://api.github.com"
    assert told.repos == ()
    assert [value(told, name) for name in ("new_days", "closed_days", "unmerged_days", "members_hours")] == [
        5,
        7,
        365,
        24,
    ]


@pytest.mark.parametrize(
    ("environ", "name", "expected"),
    [
        ({"GH_TOKEN": f" {TOKEN}\n"}, "token", TOKEN),
        ({"DB_URL": "postgresql://app@host/name"}, "db_url", "postgresql://app@host/name"),
        ({"GH_ORGS": "acme"}, "orgs", ("acme",)),
        ({"GH_ORGS": " acme, b-2 ,,ACME, c_d "}, "orgs", ("ACME", "b-2", "c_d")),
        ({"GH_REPOS": "acme/r.js, b/r_2,acme/R.js"}, "repos", ("acme/R.js", "b/r_2")),
        ({"GH_REPOS": "acme/r,b/r,Acme/s"}, "orgs", ("Acme", "b")),
        ({"GH_REPOS": "Acme/r", "GH_ORGS": "b, acme"}, "orgs", ("b", "acme")),
        ({"GH_API_URL": "https://ghe.example.com/api/v3/"}, "api_url", "https://ghe.example.com/api/v3"),
        ({"GH_API_URL": "http://localhost:8080"}, "api_url", "http://localhost:8080"),
        ({"GH_API_URL": "http://127.0.0.1:8080/"}, "api_url", "http://127.0.0.1:8080"),
        ({"GH_API_URL": "http://[::1]:8080"}, "api_url", "http://[::1]:8080"),
        ({"NEW_DAYS": "1"}, "new_days", 1),
        ({"CLOSED_DAYS": "3650"}, "closed_days", 3650),
        ({"UNMERGED_DAYS": "007"}, "unmerged_days", 7),
        ({"MEMBERS_HOURS": "672"}, "members_hours", 672),
        ({"NEW_DAYS": "  "}, "new_days", 5),
        ({}, "alert_days", (5, 15, 60, 90, 5)),
        ({"ALERT_DAYS": " critical = 2,secret=1, "}, "alert_days", (2, 15, 60, 90, 1)),
        ({"ALERT_WORKING_DAYS": "on"}, "alert_working_days", True),
    ],
)
def test_a_value_is_understood(environ: dict[str, str], name: str, expected: object) -> None:
    assert value(settings(**environ), name) == expected


@pytest.mark.parametrize(
    ("environ", "name", "problem"),
    [
        ({}, "token", "GH_TOKEN is not set: put a GitHub token in the environment or in .env"),
        ({"GH_TOKEN": " "}, "token", "GH_TOKEN is not set: put a GitHub token in the environment or in .env"),
        ({"GH_TOKEN": "gh\np"}, "token", "GH_TOKEN is malformed: a token has no spaces, line ends or accents"),
        ({"GH_TOKEN": "gh p"}, "token", "GH_TOKEN is malformed: a token has no spaces, line ends or accents"),
        ({"GH_TOKEN": "ghpé"}, "token", "GH_TOKEN is malformed: a token has no spaces, line ends or accents"),
        (
            {"ALERT_DAYS": "moderate=5"},
            "alert_days",
            "ALERT_DAYS is malformed: 'moderate' is none of critical, high, medium, low, secret",
        ),
        ({"ALERT_DAYS": "high=1,high=2"}, "alert_days", "ALERT_DAYS is malformed: it names high twice"),
        (
            {"ALERT_DAYS": "high=0"},
            "alert_days",
            "ALERT_DAYS is malformed: '0' is not a whole number from 1 to 3650",
        ),
        ({"ALERT_DAYS": "high"}, "alert_days", "ALERT_DAYS is malformed: '' is not a whole number from 1 to 3650"),
        ({}, "orgs", "GH_ORGS is not set: name the organisations to read, such as GH_ORGS=my-org"),
        ({"GH_ORGS": " , "}, "orgs", "GH_ORGS is not set: name the organisations to read, such as GH_ORGS=my-org"),
        ({"GH_ORGS": "a,b c"}, "orgs", "GH_ORGS is malformed: 'b c' is not an organisation's name"),
        ({"GH_ORGS": "a/b"}, "orgs", "GH_ORGS is malformed: 'a/b' is not an organisation's name"),
        ({"GH_ORGS": "-a"}, "orgs", "GH_ORGS is malformed: '-a' is not an organisation's name"),
        ({"GH_REPOS": "acme"}, "repos", "GH_REPOS is malformed: 'acme' is not owner/name"),
        ({"GH_REPOS": "a/b/c"}, "repos", "GH_REPOS is malformed: 'a/b/c' is not owner/name"),
        ({"GH_REPOS": "a/b is:pr"}, "repos", "GH_REPOS is malformed: 'a/b is:pr' is not owner/name"),
        ({"GH_ORGS": "a,b", "GH_REPOS": "a/r,c/r"}, "orgs", "c/r belongs to none of the organisations a, b"),
        (
            {"GH_API_URL": "api.github.com"},
            "api_url",
            "GH_API_URL is malformed: it must look like https://api.github.com",
        ),
        (
            {"GH_API_URL": "https://[::1"},
            "api_url",
            "GH_API_URL is malformed: it must look like https://api.github.com",
        ),
        (
            {"GH_API_URL": "https://me:secret@ghe.example.com"},
            "api_url",
            "GH_API_URL is malformed: it must look like https://api.github.com",
        ),
        ({"GH_API_URL": "ftp://a"}, "api_url", "GH_API_URL is malformed: it must look like https://api.github.com"),
        ({"GH_API_URL": "https://"}, "api_url", "GH_API_URL is malformed: it must look like https://api.github.com"),
        (
            {"GH_API_URL": "http://ghe.example.com"},
            "api_url",
            "GH_API_URL must begin with https://, or anybody on the network could read the token",
        ),
        (
            {"GH_API_URL": "http://localhost.example.com"},
            "api_url",
            "GH_API_URL must begin with https://, or anybody on the network could read the token",
        ),
        ({"NEW_DAYS": "0"}, "new_days", "NEW_DAYS is malformed: '0' is not a whole number from 1 to 3650"),
        ({"NEW_DAYS": "-1"}, "new_days", "NEW_DAYS is malformed: '-1' is not a whole number from 1 to 3650"),
        ({"CLOSED_DAYS": "7.5"}, "closed_days", "CLOSED_DAYS is malformed: '7.5' is not a whole number from 1 to 3650"),
        (
            {"CLOSED_DAYS": "week"},
            "closed_days",
            "CLOSED_DAYS is malformed: 'week' is not a whole number from 1 to 3650",
        ),
        (
            {"UNMERGED_DAYS": "²"},
            "unmerged_days",
            "UNMERGED_DAYS is malformed: '²' is not a whole number from 1 to 3650",
        ),
        ({"UNMERGED_DAYS": "3651"}, "unmerged_days", "UNMERGED_DAYS is malformed: '3651' is not a whole number from 1"),
        (
            {"MEMBERS_HOURS": "1e3"},
            "members_hours",
            "MEMBERS_HOURS is malformed: '1e3' is not a whole number from 1 to",
        ),
    ],
)
def test_a_missing_or_malformed_one_is_said_in_a_sentence(environ: dict[str, str], name: str, problem: str) -> None:
    assert sentence(settings(**environ), name).startswith(problem)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "https://a:b/",
        "https://a/?q=1",
        "https://a/?",
        "https://a/#b",
        "https://.*/",
        "https://a b/",
        "https://a/\nb",
        "https://a..b",
        f"https://{'a' * 64}.example",
        "https://\u00e9.example",
        "https://[::1",
        "https://[a]",
        "https://me@ghe.example.com",
        "https://evil.example\\@api.github.com",
    ],
)
def test_a_malformed_url_is_named_by_its_setting(url: str) -> None:
    """A bad port or a query was found by the client only, which can't know what the setting is called."""
    told = sentence(settings(GH_API_URL=url), "api_url")
    assert told == "GH_API_URL is malformed: it must look like https://api.github.com"


@given(st.from_regex(r"https?://[a1.:\[\]@/?#%\\ -]{0,12}(:[0-9]{0,6})?(/[ab./?#%-]{0,5})?", fullmatch=True))
def test_what_the_settings_accept_the_client_accepts(url: str) -> None:
    if is_api_url(url):
        Origin.from_url(url)


MALFORMED = {
    "GH_TOKEN": "a b",
    "GH_REPOS": "x",
    "GH_API_URL": "x",
    "NEW_DAYS": "x",
    "CLOSED_DAYS": "x",
    "UNMERGED_DAYS": "x",
    "MEMBERS_HOURS": "x",
    "GH_ORGS": "a b",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_check_names_each_malformed_one(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is malformed"):
        settings(**COMPLETE | {name: MALFORMED[name]}).check(all_settings())


def test_a_check_can_do_without_organisations() -> None:
    settings(GH_TOKEN=TOKEN).check(orgs=False)
    with pytest.raises(SettingsError, match=r"^GH_ORGS is not set"):
        settings(GH_TOKEN=TOKEN).check(all_settings())


@pytest.mark.parametrize(("parse", "text"), [(parse_orgs, "a b"), (parse_repos, "a")])
def test_arguments_name_where_a_malformed_list_came_from(parse: object, text: str) -> None:
    with pytest.raises(SettingsError, match=r"^--list is malformed"):
        parse(text, source="--list")  # type: ignore[operator]


# Sources


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GH_TOKEN=from-file\nexport GH_ORGS='of, file'\nDB_URL=\n# GH_REPOS=a/b\n")
    told = load_settings({"GH_TOKEN": "from-environment"}, folder=tmp_path)
    assert (told.token, told.orgs) == ("from-environment", ("of", "file"))
    assert (told.db_url, told.repos) == (f"sqlite:///{tmp_path}/contributor-metrics.db", ())


def test_an_empty_variable_goes_before_the_file(tmp_path: Path) -> None:
    """`GH_TOKEN= make run` read GitHub all the same, and the file's GH_REPOS narrowed the sandbox."""
    (tmp_path / ".env").write_text("GH_TOKEN=from-file\nGH_REPOS=a/b\nNEW_DAYS=9")
    told = load_settings({"GH_TOKEN": "", "GH_REPOS": " ", "NEW_DAYS": ""}, folder=tmp_path)
    assert (told.lookup("GH_TOKEN"), told.repos, value(told, "new_days")) == (None, (), 5)


def test_the_process_and_the_project_s_folder_are_what_is_read(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The current folder was read instead: cron's is another one."""
    (folder / ".env").write_text("GH_ORGS=of-file")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / ".env").write_text("GH_ORGS=of-elsewhere")
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    assert (load_settings().token, load_settings().orgs) == (TOKEN, ("of-file",))


def test_the_project_s_folder_is_that_of_the_commands(root: Path) -> None:
    assert root == PROJECT


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sqlite:///mine.db", "sqlite:///{}/mine.db"),
        ("sqlite+pysqlite:///data/mine.db?timeout=3", "sqlite+pysqlite:///{}/data/mine.db?timeout=3"),
        ("sqlite:////srv/mine.db", "sqlite:////srv/mine.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite:///file:mine.db?uri=true", "sqlite:///file:mine.db?uri=true"),
        ("sqlite:///C:/mine.db", "sqlite:///C:/mine.db"),
        ("sqlite://", "sqlite://"),
        ("postgresql://app@host/name", "postgresql://app@host/name"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_relative_file_in_the_file_lies_beside_it(folder: Path, written: str, meant: str) -> None:
    (folder / ".env").write_text(f"DB_URL={written}")
    assert load_settings({}).db_url == meant.format(folder)
    assert load_settings({"DB_URL": written}).db_url == written  # and of the shell, where SQLAlchemy looks for it


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"GH_TOKEN=\xff\xfe")
    with pytest.raises(SettingsError, match=r"^\.env can't be read: "):
        load_settings({}, folder=tmp_path)


def test_nothing_is_read_before_it_is_asked_for() -> None:
    asked: list[str] = []

    def lookup(name: str) -> str | None:
        asked.append(name)
        return COMPLETE.get(name)

    told = Settings(lookup)
    assert asked == []
    assert [told.token, told.token] == [TOKEN, TOKEN]
    assert asked == ["GH_TOKEN"]


def test_no_secret_shows() -> None:
    told = settings(**COMPLETE, DB_URL=f"postgresql://app:{TOKEN}@host/name")
    told.check(all_settings())
    assert TOKEN not in f"{told!r} {told}"
    malformed = settings(GH_TOKEN=f"{TOKEN} {TOKEN}")
    assert TOKEN not in sentence(malformed, "token") + repr(malformed)


@pytest.mark.parametrize("arn", ["topic", "arn:aws:sns:eu-west-1:12:topic", "arn:aws:sqs:eu-west-1:123456789012:queue"])
def test_a_topic_that_is_none(arn: str) -> None:
    assert problem(settings(**COMPLETE, SNS_TOPIC_ARN=arn)).startswith("SNS_TOPIC_ARN is malformed: it must look like")


# SSM


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS of moto's with the two parameters of dev, as SecureStrings."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        for name, value in {"token": "of-ssm", "db_url": "sqlite:///of-ssm.db"}.items():
            path = f"/contributor-metrics/dev/{name}"
            boto3.client("ssm").put_parameter(Name=path, Value=value, Type="SecureString")
        yield


def test_in_lambda_what_the_environment_leaves_out_is_in_ssm(ssm: None) -> None:
    told = settings(**LAMBDA, GH_ORGS="acme")
    told.check(all_settings())
    assert (told.token, told.db_url) == ("of-ssm", "sqlite:///of-ssm.db")


def test_in_lambda_the_environment_goes_first_and_a_file_is_not_read(ssm: None, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GH_ORGS=of-file\nGH_TOKEN=of-file")
    told = load_settings({**LAMBDA, "DB_URL": "sqlite:///given.db"}, folder=tmp_path)
    assert (told.token, told.db_url) == ("of-ssm", "sqlite:///given.db")
    assert sentence(told, "orgs").startswith("GH_ORGS is not set")


def test_each_stage_has_parameters_of_its_own(ssm: None) -> None:
    told = settings(**LAMBDA, ENV_NAME="prod")
    assert sentence(told, "token") == "SSM parameter /contributor-metrics/prod/token can't be read: ParameterNotFound"


def test_in_lambda_an_app_s_key_is_in_ssm_and_the_token_is_not_asked_for(ssm: None) -> None:
    """SSM holds the token of an earlier time, too: it must not be in the App's way."""
    name = "/contributor-metrics/dev/app_private_key"
    boto3.client("ssm").put_parameter(Name=name, Value="of-ssm-too", Type="SecureString")
    told = settings(**LAMBDA, GH_ORGS="acme", GH_APP_ID="1")
    told.check(all_settings())
    assert told.app_private_key == "of-ssm-too"


def test_outside_lambda_ssm_is_never_asked(ssm: None) -> None:
    told = settings()
    assert sentence(told, "token").startswith("GH_TOKEN is not set")
    assert told.db_url.endswith("/contributor-metrics.db")
