"""Log lines: each is one JSON object, whatever is logged and whichever handler writes it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.runtime.logs import COUNT, LIBRARIES, LOG, SECONDS, bound, log_json, log_metrics, log_plainly

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def level() -> Iterator[None]:
    loggers = [LOG, logging.getLogger(), *map(logging.getLogger, LIBRARIES)]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


class LambdaHandler(logging.Handler):
    """As the handler that Lambda brings: it writes what its formatter gives, and nothing after it.

    https://github.com/aws/aws-lambda-python-runtime-interface-client
    """

    def __init__(self, sink: io.BytesIO) -> None:
        super().__init__()
        self.sink = sink
        self.setFormatter(logging.Formatter("[%(levelname)s]\t%(message)s\n"))

    def emit(self, record: logging.LogRecord) -> None:
        self.sink.write(self.format(record).encode())


@pytest.fixture
def sink() -> io.BytesIO:
    return io.BytesIO()


@pytest.fixture(params=["stream", "lambda"])
def output(request: pytest.FixtureRequest, sink: io.BytesIO) -> Iterator[logging.Handler]:
    stream = io.TextIOWrapper(sink, encoding="utf-8", write_through=True)
    yield LambdaHandler(sink) if request.param == "lambda" else logging.StreamHandler(stream)
    stream.detach()


class Logged:
    """Logs through one handler in a block, and reads the lines again."""

    def __init__(self, patch: pytest.MonkeyPatch, handler: logging.Handler, sink: io.BytesIO) -> None:
        self.patch, self.handler, self.sink = patch, handler, sink

    def start(self) -> None:
        """Take all other handlers away: pytest adds its own when the test itself begins."""
        self.patch.setattr(logging.getLogger(), "handlers", [self.handler])
        log_json()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.sink.getvalue().decode().splitlines()]

    def messages(self) -> list[tuple[str, str]]:
        return [(line["level"], line["message"]) for line in self.lines()]


@pytest.fixture
def logged(output: logging.Handler, sink: io.BytesIO) -> Iterator[Logged]:
    with pytest.MonkeyPatch.context() as patch:
        yield Logged(patch, output, sink)


def test_a_line_is_an_object(logged: Logged) -> None:
    logged.start()
    LOG.info("first of %d", 2, extra={"fetched": 3})
    logging.getLogger("another").warning("second\nin two lines")
    first, second = logged.lines()
    assert datetime.fromisoformat(first.pop("timestamp")).tzinfo is not None
    assert first == {"level": "INFO", "message": "first of 2", "fetched": 3}
    assert (second["level"], second["message"]) == ("WARNING", "second\nin two lines")


def test_a_line_says_what_it_is_about(logged: Logged) -> None:
    logged.start()
    with bound(job="daily", request_id="r-1"):
        with bound(organisation="acme", step="one"):
            LOG.info("inside")
        LOG.info("between")
    LOG.info("outside")
    about = ("job", "request_id", "organisation", "step")
    found = [{name: line[name] for name in about if name in line} for line in logged.lines()]
    both = {"job": "daily", "request_id": "r-1"}
    assert found == [{**both, "organisation": "acme", "step": "one"}, both, {}]


def test_what_is_bound_is_forgotten_when_it_fails(logged: Logged) -> None:
    logged.start()
    with pytest.raises(KeyError), bound(step="one"):
        raise KeyError("no")
    LOG.info("after")
    assert "step" not in logged.lines()[0]


def test_what_utf_8_cannot_write_is_logged_all_the_same(logged: Logged) -> None:
    """GitHub's own sentences are quoted: half a surrogate in one ended the job, or printed a traceback."""
    logged.start()
    LOG.info("half of \ud83d, a line\u2028separator and é")
    assert logged.messages() == [("INFO", "half of \ud83d, a line\u2028separator and é")]


def test_a_traceback_is_in_the_line(logged: Logged) -> None:
    logged.start()
    try:
        raise KeyError("id")
    except KeyError as error:
        LOG.error("a bug", exc_info=error)
    (line,) = logged.lines()
    assert line["exc_info"].startswith("Traceback")
    assert line["exc_info"].endswith("KeyError: 'id'")


def test_a_second_call_changes_nothing(logged: Logged) -> None:
    """A warm Lambda calls it again for each run."""
    logged.start()
    log_json()
    LOG.info("once")
    assert logged.messages() == [("INFO", "once")]


def test_without_a_handler_lines_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        handlers: list[logging.Handler] = []
        patch.setattr(logging.getLogger(), "handlers", handlers)
        for _ in range(2):
            log_json()
        LOG.info("once")
    assert len(handlers) == 1
    assert [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()] == ["once"]


# Metrics

UNITS = {"Seconds", "Count"}


def check_metrics(line: dict[str, Any]) -> dict[str, float]:
    """Hold a line to the specification of the embedded metric format, and give its metrics' values.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    about = line["_aws"]
    assert set(about) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(about["Timestamp"], int)
    (directive,) = about["CloudWatchMetrics"]
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    assert 1 <= len(directive["Namespace"]) <= 1024
    (dimensions,) = directive["Dimensions"]
    assert 1 <= len(dimensions) <= 30
    for name in dimensions:
        assert isinstance(line[name], str)
        assert 1 <= len(line[name]) <= 1024
    metrics = directive["Metrics"]
    assert 1 <= len(metrics) <= 100
    for metric in metrics:
        assert set(metric) == {"Name", "Unit"}
        assert metric["Unit"] in UNITS
        assert type(line[metric["Name"]]) in {int, float}
    names = [metric["Name"] for metric in metrics]
    assert len({*names, *dimensions}) == len(names) + len(dimensions)
    return {name: line[name] for name in names}


def test_metrics_are_in_the_embedded_format(logged: Logged) -> None:
    """`_aws` was left out of the line, so that CloudWatch made no metrics of it."""
    logged.start()
    with bound(job="daily", organisation="acme"):
        dimensions = {"Environment": "prod", "Organisation": "acme"}
        log_metrics({"RowsStored": (3, COUNT), "Lag": (61.5, SECONDS)}, dimensions=dimensions, now=NOON)
    (line,) = logged.lines()
    assert check_metrics(line) == {"RowsStored": 3, "Lag": 61.5}
    assert line["_aws"]["Timestamp"] == 1_781_524_800_000
    assert line["_aws"]["CloudWatchMetrics"][0] == {
        "Namespace": "ContributorMetrics",
        "Dimensions": [["Environment", "Organisation"]],
        "Metrics": [{"Name": "RowsStored", "Unit": "Count"}, {"Name": "Lag", "Unit": "Seconds"}],
    }
    assert (line["Environment"], line["Organisation"], line["job"]) == ("prod", "acme", "daily")


@pytest.mark.parametrize("begin", [log_plainly, log_json])
def test_libraries_only_warn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], begin: Callable[[], None]
) -> None:
    """botocore's "Found credentials in environment variables." stood among the output of app.py."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    begin()
    logging.getLogger("botocore.credentials").info("Found credentials in environment variables.")
    logging.getLogger("botocore.credentials").warning("something is wrong")
    LOG.info("ours")
    said = capsys.readouterr().out
    assert "Found credentials" not in said
    assert said.index("something is wrong") < said.index("ours")
