"""How many days alerts may stay open: from the settings into the table that the views judge by."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from chalicelib.models import AlertLimit
from chalicelib.security.sync.limits import save_limits
from chalicelib.settings import Settings
from tests.store.expected import make_context

DEFAULTS = [
    *(("code_scanning", "critical", 5), ("code_scanning", "high", 15)),
    *(("code_scanning", "low", 90), ("code_scanning", "medium", 60)),
    *(("dependabot", "critical", 5), ("dependabot", "high", 15)),
    *(("dependabot", "low", 90), ("dependabot", "medium", 60)),
    ("secret_scanning", "", 5),
]


def saved(session: Session, **settings: str) -> list[tuple[str, str, int, bool]]:
    """The table's rows after a run with these settings."""
    save_limits(replace(make_context(session), settings=Settings(settings.get)))
    columns = (AlertLimit.kind, AlertLimit.severity, AlertLimit.days, AlertLimit.in_working_days)
    return [(*row,) for row in session.execute(select(*columns).order_by(*columns[:2]))]


def test_the_limits_are_those_of_the_data_logger_unless_set(shared: Session) -> None:
    assert saved(shared) == [(*limit, False) for limit in DEFAULTS]


def test_a_changed_setting_changes_its_rows_only(shared: Session) -> None:
    saved(shared)
    rows = saved(shared, ALERT_DAYS="high=7, secret=1", ALERT_WORKING_DAYS="on")
    changed = {"high": 7, "": 1}
    assert rows == [(kind, severity, changed.get(severity, days), True) for kind, severity, days in DEFAULTS]
