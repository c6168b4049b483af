"""UTC times, and parameters of AWS Systems Manager."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import boto3
import pytest
from moto import mock_aws

from chalicelib.errors import SettingsError
from chalicelib.utils import format_utc, get_parameter, parse_day, parse_utc, utc_now

NAME = "/contributor-metrics/dev/token"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-01T10:20:30Z", datetime(2026, 5, 1, 10, 20, 30, tzinfo=UTC)),
        ("2026-05-01T10:20:30.125Z", datetime(2026, 5, 1, 10, 20, 30, 125000, tzinfo=UTC)),
        ("2026-05-01T10:20:30+02:00", datetime(2026, 5, 1, 8, 20, 30, tzinfo=UTC)),
        ("2026-05-01T10:20:30", datetime(2026, 5, 1, 10, 20, 30, tzinfo=UTC)),
    ],
)
def test_a_time_of_githubs_is_aware_and_in_utc(text: str, moment: datetime) -> None:
    assert parse_utc(text) == moment
    assert parse_utc(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_utc(text)


def test_a_time_is_written_as_github_writes_it() -> None:
    moment = datetime(2026, 5, 1, 1, 2, 3, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert format_utc(moment) == "2026-04-30T23:02:03Z"
    assert parse_utc(format_utc(moment)) == moment.replace(microsecond=0)


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("20260501", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T10:20:30Z", datetime(2026, 5, 1, 10, 20, 30, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_midnight_in_utc(text: str, moment: datetime) -> None:
    assert parse_day(text) == moment


@pytest.mark.parametrize("text", ["", "may", "2026-02-30", "01.05.2026", "2026-05-01T25:00:00Z"])
def test_what_is_no_day_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_day(text)


# SSM


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS of moto's, in one region."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


def test_a_secure_string_is_read_decrypted(aws: None) -> None:
    boto3.client("ssm").put_parameter(Name=NAME, Value="ghp_secret", Type="SecureString")
    assert get_parameter(NAME, True) == get_parameter(NAME) == "ghp_secret"
    assert get_parameter(NAME, with_decryption=False) != "ghp_secret"


def test_a_missing_parameter_is_named(aws: None) -> None:
    with pytest.raises(SettingsError) as caught:
        get_parameter(NAME)
    assert str(caught.value) == f"SSM parameter {NAME} can't be read: ParameterNotFound"


def test_a_missing_region_is_said() -> None:
    with pytest.raises(SettingsError) as caught:
        get_parameter(NAME)
    assert str(caught.value) == f"SSM parameter {NAME} can't be read: You must specify a region."


class Denying(BaseHTTPRequestHandler):
    """SSM's answer to a role whose policy leaves the parameter out."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = {"__type": "AccessDeniedException", "Message": "User: arn:aws:sts::1:role is not authorized"}
        answer = json.dumps(body).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def denying_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with HTTPServer(("127.0.0.1", 0), Denying) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "eu-central-1")
        yield
        server.shutdown()
        thread.join()


def test_a_forbidden_parameter_is_named(denying_aws: None) -> None:
    with pytest.raises(SettingsError) as caught:
        get_parameter(NAME)
    assert str(caught.value) == f"SSM parameter {NAME} can't be read: AccessDeniedException"
