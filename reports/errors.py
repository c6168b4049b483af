"""What can be wrong with what a report was asked for."""

from __future__ import annotations

from chalicelib.errors import ContributorMetricsError, SettingsError


class ReportError(SettingsError):
    """A report can't be made as it was asked for: why, in one sentence for whoever asked (exit 2)."""


class OutputError(ContributorMetricsError):
    """A report is made, and can't be written: why, in one sentence (exit 1)."""


class NothingToShowError(ContributorMetricsError):
    """There is nothing yet to make a report of, which is nobody's fault: why, in one sentence (exit 0)."""
