"""Structured logs: one JSON object a line, with its job, organisation, step and request.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

LOG = logging.getLogger("contributor_metrics")
LIBRARIES = ("boto3", "botocore", "urllib3")
NAMESPACE = "ContributorMetrics"
COUNT, SECONDS = "Count", "Seconds"

_bound: ContextVar[Mapping[str, str]] = ContextVar("bound", default=MappingProxyType({}))


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Add fields to every line that is logged within a block."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


class LineFormatter(JsonFormatter):
    """Writes a record as a JSON object on one line, in ASCII: a message may quote text that UTF-8 can't encode."""

    def __init__(self, *, end: str = "") -> None:
        # The formatter leaves out attributes whose names begin with _, so `_aws` gets its name here.
        names = {"levelname": "level", "aws": "_aws"}
        super().__init__("{levelname}{message}", style="{", timestamp=True, rename_fields=names)
        self.end = end

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, with the line's end."""
        return super().format(record) + self.end

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Add the fields that are bound now."""
        super().add_fields(log_data, record, message_dict)
        log_data.update(_bound.get())


def log_plainly() -> None:
    """Write messages as they are to standard output, for a shell."""
    output = logging.StreamHandler(sys.stdout)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[output], force=True)
    _quieten_libraries()


def _quieten_libraries() -> None:
    """Let libraries warn only: botocore, for one, says each time where it found credentials."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_json() -> None:
    """Write all logs as JSON lines: to the handler that Lambda installed, else to standard output."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stdout))
    for handler in root.handlers:
        # Lambda's own handler adds no line end.
        end = "" if isinstance(handler, logging.StreamHandler) else "\n"
        handler.setFormatter(LineFormatter(end=end))
    LOG.setLevel(logging.INFO)
    _quieten_libraries()


def log_metrics(
    values: Mapping[str, tuple[float, str]],
    *,
    dimensions: Mapping[str, str],
    now: datetime,
    message: str = "metrics",
    fields: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Log numbers, each with its unit, so that CloudWatch makes metrics of them (embedded metric format).

    The line may have a message and fields of its own, which become no metrics.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    metrics = [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": metrics}
    about = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    numbers = {name: value for name, (value, _) in values.items()}
    LOG.info(message, extra={"aws": about, **fields, **dimensions, **numbers})
