"""Where a report goes: to standard output, into a folder, to Slack."""

from __future__ import annotations

import sys
from pathlib import Path

from chalicelib.settings import Settings
from chalicelib.slack.settings import SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_CHANNEL
from reports import output as shell_output
from reports.errors import ReportError
from reports.output import clean
from reports.report import Report

CHARTS = ("html", "png")


def check(*, form: str, output: str | None, slack: str | None, dry_run: bool, settings: Settings) -> None:
    """Raise ReportError when these don't fit together, or Slack isn't set up, before anything is read."""
    if form == "png" and output is None:
        raise ReportError("--format png writes files: say where with --output DIR")
    if dry_run and slack is None:
        raise ReportError("--dry-run says what --slack would post: add --slack")
    if slack is None or dry_run:
        return
    if not channel_of(slack, settings):
        raise ReportError("SLACK_CHANNEL is not set: set it, or name the channel with --slack CHANNEL")
    if not settings.value(SLACK_BOT_TOKEN):
        raise ReportError("SLACK_BOT_TOKEN is not set: put the Slack app's bot token in the environment or in .env")


def channel_of(slack: str, settings: Settings) -> str:
    """Give the channel that was named, or else the one of the settings; raises SettingsError when it is malformed."""
    return SLACK_CHANNEL.read(slack) if slack else settings.value(SLACK_CHANNEL)


def deliver(
    report: Report, *, form: str, output: str | None, slack: str | None, dry_run: bool, settings: Settings
) -> None:
    """Show a report, write its files, and post it, as far as each is asked for."""
    if form not in CHARTS:
        shell_output.show(report, form)
    elif report.figure is None:
        raise ReportError(f"{report.name} has no chart: choose --format table, csv or json")
    elif output is None:
        _show_page(report)
    if output is not None:
        _write(report, Path(output), with_picture=form != "html")
    if slack is not None:
        _post(report, slack, settings, dry_run=dry_run)


def _show_page(report: Report) -> None:
    from reports.pages import html_page  # noqa: PLC0415 - charts are slow to load

    if report.figure is not None:
        sys.stdout.write(html_page(report.figure(), title=report.title).decode())


def _write(report: Report, folder: Path, *, with_picture: bool) -> None:
    """Write a report's files; whoever asks for HTML needs no browser, and gets no PNG."""
    from reports import files  # noqa: PLC0415 - charts are slow to load

    figure = report.figure() if report.figure else None
    if with_picture:
        paths = files.write_report(folder, report.results, report.source, figure)
    else:
        texts = files.text_files(report.results, report.source, figure)
        files.check_folder(folder)
        files.replace_files(folder, texts)
        paths = [folder / name for name in texts]
    for path in paths:
        # Not to standard output, which a program may read.
        sys.stderr.write(f"wrote {clean(str(path))}\n")


def _post(report: Report, slack: str, settings: Settings, *, dry_run: bool) -> None:
    from reports.slack import post, slack_client  # noqa: PLC0415 - few reports are posted

    client = None
    if not dry_run:
        client = slack_client(settings.value(SLACK_BOT_TOKEN), base_url=settings.value(SLACK_API_URL))
    post(report, channel_of(slack, settings), client, dry_run=dry_run)
