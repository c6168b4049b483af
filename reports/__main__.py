"""`python -m reports COMMAND`: reports from the database, for people, programs, files and Slack."""

from __future__ import annotations

from chalicelib.runtime import shell

if __name__ == "__main__":
    shell.begin()

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import typer
from typer.exceptions import Exit, TyperException

from chalicelib.errors import ContributorMetricsError
from chalicelib.settings import Settings
from chalicelib.utils import utc_now
from reports.commands.alerts import alerts
from reports.commands.copilot import copilot
from reports.commands.cycles import issues, pull_requests
from reports.commands.deliverables import percent_complete
from reports.commands.exporting import export
from reports.commands.health import health
from reports.commands.making import Run, reporting
from reports.commands.queue import queue
from reports.commands.sprints import sprint_burndown, sprint_burnup
from reports.errors import NothingToShowError
from reports.options import with_values

PROGRAM = ".venv/bin/python -m reports"
EPILOG = """Settings come from the environment, then from .env. Nothing is written into the database.

Exit codes: 0 done, 1 the output can't be written, 2 wrong options, settings or database, or Slack
refuses, 130 stopped (Ctrl-C, SIGTERM)."""


class Command(NamedTuple):
    """A command, with examples of what may follow its name."""

    run: Callable[..., None]
    examples: Sequence[str]


COMMANDS: dict[str, Command] = {
    "sprint-burndown": Command(
        reporting(sprint_burndown),
        ("--project my-org/5 --unit points", "--project my-org/5 --sprint @previous --output sprint --slack '#team'"),
    ),
    "sprint-burnup": Command(
        reporting(sprint_burnup), ("--project my-org/5", "--project Roadmap --sprint 'Sprint 12' --format csv")
    ),
    "percent-complete": Command(
        reporting(percent_complete),
        ("--project my-org/5", "--project my-org/5 --unit points --format png --output done"),
    ),
    "pull-requests": Command(
        reporting(pull_requests),
        ("--org my-org", "--repo my-org/api --by week --since 90d", "--team my-team --format json"),
    ),
    "issues": Command(reporting(issues), ("--org my-org", "--repo my-org/api --since 2026-01-01 --format csv")),
    "copilot": Command(reporting(copilot), ("--org my-org", "--team my-team --since 12w")),
    "alerts": Command(reporting(alerts), ("--org my-org", "--repo my-org/api")),
    "queue": Command(reporting(queue), ("--org my-org", "--since 30d --format csv")),
    "health": Command(reporting(health), ("--org my-org", "--format json")),
    "export": Command(
        export, ("pull_request_cycle --since 90d", "pull_requests --org my-org --format parquet --output exports")
    ),
}


def example(name: str) -> str:
    """Write a command's examples for its help, a line each."""
    lines = (f"  {PROGRAM} {name} {rest}" for rest in COMMANDS[name].examples)
    return "\b\n" + "\n".join([f"example{'s' if len(COMMANDS[name].examples) > 1 else ''}:", *lines])


# Plain help: boxes would be drawn into logs and pipes too.
app = typer.Typer(
    help="Reports from the database of contributor-metrics.",
    epilog=EPILOG,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
)
for _name, _command in COMMANDS.items():
    # Else a sentence would be cut where the terminal ends.
    _sentence = (_command.run.__doc__ or "").partition("\n")[0]
    app.command(_name, short_help=_sentence, epilog=example(_name))(_command.run)


def main(
    arguments: Sequence[str] | None = None, settings: Settings | None = None, *, now: Callable[[], datetime] = utc_now
) -> int:
    """Run a command; returns the exit code. Every error is one sentence on standard error."""
    given = with_values(list(sys.argv[1:] if arguments is None else arguments))
    command = typer.main.get_command(app)
    try:
        # Not its own way to run, which would turn a stop and a closed output into errors of its own.
        with shell.stoppable(), command.make_context(PROGRAM, given, obj=Run(settings, now)) as context:
            command.invoke(context)
    except Exit as done:
        return done.exit_code
    except TyperException as error:
        return refuse(error)
    except NothingToShowError as nothing:
        sys.stderr.write(f"{nothing}\n")
    except ContributorMetricsError as error:
        return shell.print_error(error)
    except KeyboardInterrupt as stop:
        return shell.print_stop(stop, "stopped; nothing was changed in the database")
    return 0


def refuse(error: TyperException) -> int:
    """Print what is wrong with the command line; returns the exit code."""
    words = getattr(error, "format_message", error.__str__)().replace("Value error, ", "").rstrip(".")
    sys.stderr.write(f"error: {words} (--help shows what there is)\n")
    return shell.BAD_SETUP


if __name__ == "__main__":
    shell.run_command(main)
