"""The views of Copilot; each module says how it counts."""

from __future__ import annotations

from chalicelib.copilot.views.breakdowns import (
    COPILOT_FEATURES_DAILY,
    COPILOT_IDES_DAILY,
    COPILOT_LANGUAGES_DAILY,
    COPILOT_MODELS_DAILY,
)
from chalicelib.copilot.views.days import COPILOT_ACCEPTANCE_MONTHLY, COPILOT_USE_DAILY
from chalicelib.copilot.views.pull_requests import COPILOT_PULL_REQUEST_EFFECT
from chalicelib.copilot.views.seats import COPILOT_SEAT_COST, COPILOT_SEATS_IDLE
from chalicelib.copilot.views.teams import COPILOT_TEAM_USE_DAILY
from chalicelib.store.views import View

__all__ = [
    "COPILOT_ACCEPTANCE_MONTHLY",
    "COPILOT_FEATURES_DAILY",
    "COPILOT_IDES_DAILY",
    "COPILOT_LANGUAGES_DAILY",
    "COPILOT_MODELS_DAILY",
    "COPILOT_PULL_REQUEST_EFFECT",
    "COPILOT_SEATS_IDLE",
    "COPILOT_SEAT_COST",
    "COPILOT_TEAM_USE_DAILY",
    "COPILOT_USE_DAILY",
    "VIEWS",
]

# In the order of creation: the cost view reads the idle seats, the effect view also reads pull_request_cycle.
VIEWS: tuple[View, ...] = (
    COPILOT_USE_DAILY,
    COPILOT_ACCEPTANCE_MONTHLY,
    COPILOT_IDES_DAILY,
    COPILOT_LANGUAGES_DAILY,
    COPILOT_MODELS_DAILY,
    COPILOT_FEATURES_DAILY,
    COPILOT_SEATS_IDLE,
    COPILOT_SEAT_COST,
    COPILOT_TEAM_USE_DAILY,
    COPILOT_PULL_REQUEST_EFFECT,
)
