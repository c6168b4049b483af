"""How often something is deployed, and how often that fails."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select

from chalicelib.store.functions import WeekOf, any_if, count_if
from chalicelib.store.views import View, ViewColumn
from chalicelib.workflows.models import Deployment
from chalicelib.workflows.views.columns import described

_deployment = Deployment


def _ended() -> Any:
    """Deployments that succeeded once, or have failed, with the week of that."""
    # Whatever its status is now: a failed one becomes inactive, too, when another one replaces it.
    week = WeekOf(func.coalesce(_deployment.succeeded_at, _deployment.failed_at)).label("week")
    names = ("org", "repo", "environment", "succeeded_at", "is_production")
    ended = or_(_deployment.succeeded_at.is_not(None), _deployment.failed_at.is_not(None))
    return select(*(getattr(_deployment, name) for name in names), week).where(ended).subquery("ended").c


_end = _ended()

DEPLOYMENT_FREQUENCY = View(
    "deployment_frequency",
    "How many deployments succeeded and failed, by environment and week. One that succeeded counts when it first did, "
    "whatever came later; one that never succeeded counts when it first failed. Others don't count",
    [
        *described(_end, ["org", "repo", "environment"]),
        ViewColumn("week", _end.week, "Monday of the week, UTC"),
        ViewColumn("succeeded", count_if(_end.succeeded_at.is_not(None)), "Deployments that succeeded"),
        ViewColumn("failed", count_if(_end.succeeded_at.is_(None)), "Deployments that failed and never succeeded"),
        ViewColumn(
            "is_production",
            any_if(_end.is_production.is_(True)),
            "True when one of them is of a production environment, as GitHub says",
        ),
    ],
    group_by=[_end.org, _end.repo, _end.environment, _end.week],
)
