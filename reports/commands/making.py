"""How a function that makes a report becomes a command: with the options of delivery, and the database opened."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import typer

from chalicelib.settings import Settings, load_settings
from reports import deliver, output
from reports.commands import known
from reports.errors import NothingToShowError
from reports.options import DryRun, Form, Output, Slack
from reports.reading import Database, reading
from reports.report import Report

Make = Callable[..., Report]
DELIVERY: dict[str, tuple[Any, Any]] = {
    "form": (Form, "table"),
    "output": (Output, None),
    "slack": (Slack, None),
    "dry_run": (DryRun, False),
}
NAMES = ("org", "repo", "team", "since")  # what known.check takes


@dataclass
class Run:
    """What a run of the command line works with: settings (read when they are needed), and the clock."""

    given: Settings | None
    now: Callable[[], datetime]

    @cached_property
    def settings(self) -> Settings:
        """The settings."""
        return self.given or load_settings()


def reporting(make: Make) -> Callable[..., None]:
    """Turn a function of a database and its own options into a command; Typer reads the options from its signature."""
    own = list(inspect.signature(make, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=option)
        for name, (option, default) in DELIVERY.items()
    ]

    @functools.wraps(make)
    def command(context: typer.Context, **options: Any) -> None:
        delivery = {name: options.pop(name) for name in DELIVERY}
        run = context.obj
        deliver.check(**delivery, settings=run.settings)
        wants_source = delivery["output"] is not None or delivery["slack"] is not None
        with reading(run.settings) as engine:
            database = Database(engine, run.now, with_source=wants_source)
            known.check(database, **{name: options[name] for name in NAMES if name in options})
            try:
                report = make(database, **options)
            except NothingToShowError as nothing:
                if delivery["form"] == "json":  # a program reads a document even then
                    output.write_nothing(command.__name__.replace("_", "-"), str(nothing))
                raise
        deliver.deliver(report, **delivery, settings=run.settings)

    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    vars(command)["__signature__"] = inspect.Signature([first, *own, *shared])
    command.__annotations__ = {}
    return command
