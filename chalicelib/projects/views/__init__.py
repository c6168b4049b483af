"""The questions about boards and sprints."""

from __future__ import annotations

from chalicelib.store.views import View

VIEWS: tuple[View, ...] = ()
