"""The questions about alerts and checks, as views."""

from __future__ import annotations

from chalicelib.store.views import View

VIEWS: tuple[View, ...] = ()
