"""What can be wrong with what a report was asked for."""

from __future__ import annotations

from chalicelib.errors import ContributorMetricsError, SettingsError


class ReportError(SettingsError):
    """A report can't be made as it was asked for: why, in one sentence for whoever asked (exit 2)."""


class NothingToShowError(ContributorMetricsError):
    """There is nothing yet to make a report of, which is nobody's fault: why, in one sentence (exit 0)."""
