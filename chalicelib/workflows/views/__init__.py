"""The questions that runs, jobs, runners and deployments answer, as SQL views."""

from __future__ import annotations

from chalicelib.store.views import View
from chalicelib.workflows.views.queue_now import QUEUE_NOW

# In the order in which they are made: a view may read those before it.
VIEWS: tuple[View, ...] = (QUEUE_NOW,)
