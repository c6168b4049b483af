"""The settings of checks: what they mean, and one clear sentence for what is malformed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.errors import SettingsError
from chalicelib.security.rules import NAMES, PRESETS
from chalicelib.security.settings import (
    APPROVALS,
    CHECKS,
    CONTACT_PROPERTY,
    EXCEPTIONS,
    NAME_PATTERN,
    RATING_LEVELS,
    RATING_REQUIRED,
    SETTINGS,
    SIGNED_COMMITS,
)
from chalicelib.settings import Setting
from tests.security.rules.test_exemptions import GOOD


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("all", set(NAMES)),
        ("policy", set(PRESETS["policy"])),
        ("Security, readme", {*PRESETS["security"], "readme"}),
        ("readme,name", {"readme", "name"}),
        ("-pirr", set(NAMES) - {"pirr"}),
        ("-pirr, policy", set(PRESETS["policy"]) - {"pirr"}),
        ("all,-policy", set(NAMES) - set(PRESETS["policy"])),
    ],
)
def test_rules_are_chosen_by_presets_and_names(text: str, chosen: set[str]) -> None:
    assert CHECKS.read(text) == tuple(name for name in NAMES if name in chosen)


@pytest.mark.parametrize(
    ("setting", "text", "problem"),
    [
        (CHECKS, "all,readmee", "'readmee' is neither a rule nor a preset (all, policy, security)"),
        (CHECKS, "-all", "it leaves no rule (SECURITY=off switches off all that is read for security)"),
        (CHECKS, "-", "'' is neither a rule nor a preset (all, policy, security)"),
        (SIGNED_COMMITS, "101", "'101' is not a whole number from 1 to 100"),
        (APPROVALS, "0", "'0' is not a whole number from 1 to 10"),
        (NAME_PATTERN, "[a-z", "'[a-z' is not a regular expression: unterminated character set at position 0"),
        (CONTACT_PROPERTY, "our contact", "'our contact' is not the name of a custom property"),
        (RATING_REQUIRED, "readme,team_maintainer", "'team_maintainer' is not a rule of repositories"),
        (RATING_LEVELS, "gold", "'gold' is not a rating with its lowest percentage, such as gold=90"),
        (RATING_LEVELS, "gold=101", "'gold=101' is not a rating with its lowest percentage, such as gold=90"),
        (RATING_LEVELS, "gold=90,gold=80", "'gold=80' is not a rating with its lowest percentage, such as gold=90"),
        (RATING_LEVELS, ",", "it names no rating, such as gold=90"),
        (RATING_LEVELS, "unknown=1", "'unknown=1' is not a rating with its lowest percentage, such as gold=90"),
        (EXCEPTIONS, "s3://bucket", "'s3://bucket' must look like s3://bucket/key"),
    ],
)
def test_a_malformed_one_is_said_in_a_sentence(setting: Setting[Any], text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as raised:
        setting.read(text)
    assert str(raised.value) == f"{setting.name} is malformed: {problem}"


def test_levels_and_required_rules_are_read() -> None:
    assert RATING_LEVELS.read("good=80, fair=40") == {"good": 80, "fair": 40}
    assert RATING_REQUIRED.read("readme, license,readme") == ("readme", "license")
    assert {setting.name for setting in SETTINGS} >= {"CHECKS", "CHECK_EXCEPTIONS", "RATING_LEVELS"}


def problem_of(text: str) -> str:
    file = EXCEPTIONS.read(text)
    assert file is not None
    with pytest.raises(SettingsError) as raised:
        file.read()
    return str(raised.value)


def test_a_file_of_exceptions_is_read_from_the_project_s_folder(tmp_path: Path) -> None:
    (tmp_path / "exceptions.toml").write_text(GOOD, encoding="utf-8")
    for name in ("exceptions.toml", str(tmp_path / "exceptions.toml")):
        file = EXCEPTIONS.read(name)
        assert file is not None
        assert list(file.read().of) == [("acme/api", "signed_commits")]


def test_what_is_wrong_with_a_file_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"[[exception]]\nrule = 1\n")
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe")
    for name, problem in {
        "none.toml": "none.toml can't be read: No such file or directory",
        "bad.toml": "bad.toml is malformed: exception 1 must have repository, rule, reason, until, and nothing else",
        "odd.toml": "odd.toml is malformed: it is not text in UTF-8",
    }.items():
        with pytest.raises(SettingsError) as raised:
            EXCEPTIONS.read(name)
        assert str(raised.value) == f"CHECK_EXCEPTIONS: {problem}"


@mock_aws
def test_a_file_of_exceptions_is_read_from_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = boto3.resource("s3").create_bucket(Bucket="policies")
    bucket.put_object(Key="exceptions.toml", Body=GOOD.encode())
    bucket.put_object(Key="bad.toml", Body=b"[[")
    file = EXCEPTIONS.read("s3://policies/exceptions.toml")
    assert file is not None
    assert len(file.read().of) == 1
    assert problem_of("s3://policies/bad.toml").startswith("CHECK_EXCEPTIONS: s3://policies/bad.toml is malformed: it ")
    assert "can't be read: AWS refused s3:get_object: NoSuchKey" in problem_of("s3://policies/none.toml")
