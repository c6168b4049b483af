"""History from the shell: fills the tables back, and proves that they hold what GitHub has."""

from __future__ import annotations

from chalicelib import shell

if __name__ == "__main__":
    shell.stop_while_loading()

import argparse
import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain

from tqdm import tqdm

from chalicelib.contributions.api import MEMBERS
from chalicelib.contributions.sync.items import MODELS
from chalicelib.contributions.sync.timelines import EVENTS
from chalicelib.contributions.sync.windows import Window
from chalicelib.copilot.sync.days import COPILOT
from chalicelib.errors import ContributorMetricsError, JobFailedError, SettingsError
from chalicelib.files import load_files, read_file
from chalicelib.github import Budget, GitHubAPI, Pause
from chalicelib.github.scopes import Scope
from chalicelib.history import DEFAULT_KINDS, KINDS, TRANSFERS, Plan, backfill, backfill_copilot, backfill_rest, plan
from chalicelib.jobs import open_database, open_github
from chalicelib.models import SyncRun
from chalicelib.runner import ACCESS, Runner, raise_failures
from chalicelib.settings import MAX_DAYS, Settings, check_owners, load_settings, owners, parse_orgs, parse_repos
from chalicelib.store.ledger import FAILED as FAILED_RUN
from chalicelib.store.ledger import OK, PARTIAL, first_window
from chalicelib.utils import format_utc, parse_day, utc_now
from chalicelib.verify import Proof, Report, verify

DAY = timedelta(days=1)
# Place for the unit and the rate limits, at the cost of the speed, which says little when GitHub sets the pace.
BAR = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
SECOND = timedelta(seconds=1)
COSTS = {
    MEMBERS: "everybody, a request a hundred",
    TRANSFERS: "a request for each issue that looks like one that moved",
    COPILOT: "five requests or so for each day that is not stored yet",
    EVENTS: "about {timelines:,} timelines, a request or more for each, at most 14 a second",
}
# Items between two lines of progress where nobody watches.
SOMETIMES = 1000
# What comes before the reading, and is no news in a summary.
PREPARATIONS = (ACCESS, "plan")
EXAMPLES = """examples:
  python backfill.py --since 2024-01-01
  python backfill.py --since 2024-01-01 --until 2024-06-30 --only issues --repos my-org/api,my-org/web
  python backfill.py --since 2024-01-01 --only events
  python backfill.py --since 2026-01-01 --only copilot
  python backfill.py --only copilot --orgs my-org --from-file historic_usage_data.json s3://my-bucket/2024.json
  python backfill.py --verify
  python backfill.py --verify --since 2024-01-01 --only pull_requests

Stop it at any moment: the same command goes on where it was. Exit codes: 0 done, 1 something failed or still differs,
2 wrong settings, arguments or database, 130 stopped."""


class Request(argparse.Namespace):
    """What the command line asks for, and the clock to do it by."""

    since: datetime | None
    until: datetime | None
    orgs: tuple[str, ...] | None
    repos: tuple[str, ...] | None
    only: tuple[str, ...]
    window: int
    verify: bool
    from_file: list[str]
    now: Callable[[], datetime]


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    result = argparse.ArgumentParser(
        prog="python backfill.py",
        description="Read the past of pull requests, issues, members and Copilot into the database, or verify it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--since", metavar="DATE", type=day, help="oldest creation date to read (YYYY-MM-DD, UTC)")
    result.add_argument("--until", metavar="DATE", type=day_end, help="newest creation date to read; default: now")
    result.add_argument("--orgs", metavar="A,B", type=orgs, help="organisations; default: GH_ORGS")
    result.add_argument("--repos", metavar="OWNER/NAME,…", type=repos, help="only these; default: GH_REPOS")
    result.add_argument(
        "--only",
        metavar="KIND,…",
        type=kinds,
        help=f"only these of {', '.join(KINDS)}; default: all but events",
        default=DEFAULT_KINDS,
    )
    result.add_argument(
        "--from-file",
        metavar="FILE",
        nargs="+",
        default=[],
        help="with --only copilot: read saved reports instead of asking GitHub (local files, or s3://bucket/key)",
    )
    result.add_argument("--window", metavar="DAYS", type=days, default=30, help="days read as one unit; default: 30")
    result.add_argument(
        "--verify", action="store_true", help="compare GitHub's counts with the rows stored, by month, and repair"
    )
    return result


def day(text: str) -> datetime:
    """Read a date or a timestamp of the command line."""
    try:
        return parse_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2024-01-31") from error


def day_end(text: str) -> datetime:
    """Read a date as its last second, a timestamp as it is."""
    moment = day(text)
    return moment if "T" in text or " " in text else moment + DAY - SECOND


def days(text: str) -> int:
    """Read a number of days."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 1 to {MAX_DAYS}")
    return int(text)


def kinds(text: str) -> tuple[str, ...]:
    """Read a comma list of kinds."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in KINDS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(KINDS)}")
    return names or DEFAULT_KINDS


def orgs(text: str) -> tuple[str, ...]:
    """Read a comma list of organisations."""
    try:
        return parse_orgs(text, source="it")
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def repos(text: str) -> tuple[str, ...]:
    """Read a comma list of repositories."""
    try:
        return parse_repos(text, source="it")
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def scopes(given: Request, settings: Settings) -> list[Scope]:
    """What to read: the command line's organisations and repositories before the settings'."""
    names = given.repos or settings.repos
    chosen = given.orgs or (owners(given.repos) if given.repos else settings.orgs)
    if given.repos:
        check_owners(given.repos, chosen)
    return [
        Scope(org, tuple(name for name in names if name.split("/")[0].casefold() == org.casefold())) for org in chosen
    ]


def window_of(given: Request, *, default: datetime | None) -> Window:
    """The span of creation dates that is asked for; SettingsError when it is none."""
    now = given.now()
    since, until = given.since or default, min(given.until or now, now)
    if since is None:
        raise SettingsError("--since is missing: name the oldest date to read, such as --since 2024-01-01")
    if since > until:
        raise SettingsError(f"--since {format_utc(since)} is later than the end of the span, {format_utc(until)}")
    return Window(since, until)


class Progress:
    """A progress bar that knows the rate limit left; where nobody watches, a line now and then."""

    def __init__(self, *, total: int, github: GitHubAPI) -> None:
        self.github = github
        self.bar = tqdm(total=total, disable=None, dynamic_ncols=True, bar_format=BAR)
        self.total, self.read = total, 0

    def unit(self, name: str) -> None:
        """Show which unit is being read."""
        self.bar.set_description(name)
        if self.bar.disable:
            print(f"{name}: {self.read:,} of about {self.total:,} read so far", flush=True)

    def page(self, fetched: int) -> None:
        """Count the items of a page, or timelines."""
        limits = sorted(self.github.rate_limits.items(), reverse=True)
        left = ", ".join(f"{name} {limit.remaining}/{limit.limit}" for name, limit in limits)
        self.bar.set_postfix_str(f"left: {left}" if left else "", refresh=False)
        self.bar.update(fetched)
        before, self.read = self.read, self.read + fetched
        if self.bar.disable and self.read // SOMETIMES > before // SOMETIMES:
            print(f"  {self.read:,} of about {self.total:,}", flush=True)


def say_pause(pause: Pause) -> None:
    """Tell that and until when the run waits, without breaking the bar."""
    tqdm.write(f"waiting until {format_utc(pause.until)} ({pause.seconds:.0f} s): {pause.reason}", file=sys.stderr)


def run_backfill(runner: Runner, given: Request, settings: Settings) -> None:
    """Plan, say the plan, and read."""
    window = window_of(given, default=None)
    found: list[Plan] = []
    planned = runner.run(
        "plan", lambda context: found.append(plan(context, kinds=given.only, window=window, days=given.window))
    )
    if planned.status != OK:
        return
    work = found[0]
    say_plan(runner.scope, window, work, given.only)
    days = (window.until - window.since).days if COPILOT in given.only else 0
    progress = Progress(total=sum(task.total for task in work.tasks) + work.timelines + days, github=runner.github)
    runner.on_page = progress.page
    rest = backfill_rest(runner, kinds=given.only, window=window, days=given.window, types=settings.event_types)
    copilot: Iterator[str] = iter(())
    if COPILOT in given.only:
        copilot = backfill_copilot(runner, window=window, days=given.window, keeps_people=settings.copilot_user_data)
    with progress.bar:
        for unit in chain(
            backfill(runner, work.tasks, until=window.until), rest, copilot if COPILOT in given.only else ()
        ):
            progress.unit(unit)
    say_summary(runner)


def say_plan(scope: Scope, window: Window, work: Plan, names: Sequence[str]) -> None:
    """Say what will be read, and what it is expected to cost."""
    print(f"{scope.org}: created from {format_utc(window.since)} to {format_utc(window.until)}")
    for task in work.tasks:
        place = f" of {task.scope.name}" if task.scope.repos else ""
        resumed = ", going on where the last run was" if task.resumed else ""
        print(
            f"  {task.kind}{place}: {task.total:,} items in {len(task.windows)} windows, "
            f"about {task.requests:,} requests{resumed}"
        )
    for name in names:
        if name in COSTS:
            print(f"  {name}: {COSTS[name].format(timelines=work.timelines)}")


def say_summary(runner: Runner) -> None:
    """Say what was read, a line a kind."""
    scope, by_step = runner.scope, defaultdict[str, list[SyncRun]](list)
    for run in runner.runs:
        if run.step not in PREPARATIONS:
            by_step[run.step].append(run)
    for step, runs in by_step.items():
        fetched, stored, rejected, requests = (
            sum(getattr(run, name) for run in runs) for name in ("fetched", "stored", "rejected", "requests")
        )
        print(
            f"{scope.org} {step}: {fetched:,} read, {stored:,} new or changed, {rejected:,} rejected, "
            f"{requests:,} requests"
        )
    for run in runner.runs:
        if run.error:
            print(f"{scope.org} {run.step} {run.window_start or ''}: {run.status}: {run.error}")


def run_verify(runner: Runner, given: Request) -> None:
    """Compare, say the differences, repair, and say what remains."""
    window = window_of(given, default=_first_backfill(runner, counted(given.only)))
    report = Report()
    units = tqdm(verify(runner, kinds=counted(given.only), window=window, report=report), disable=None, unit=" months")
    for unit in units:
        units.set_description(unit)
    say_report(runner.scope, report)


def counted(names: Sequence[str]) -> list[str]:
    """The kinds that GitHub's searches can count; SettingsError when there is none."""
    found = [name for name in names if name in MODELS]
    if not found:
        raise SettingsError(f"{', '.join(names)} can't be verified: GitHub counts only {' and '.join(MODELS)}")
    return found


def _first_backfill(runner: Runner, names: Sequence[str]) -> datetime | None:
    org = runner.scope.org
    begun = [first_window(runner.session, job="backfill", step=f"{name}.created", org=org) for name in names]
    return min(filter(None, begun), default=None)


def say_report(scope: Scope, report: Report) -> None:
    """Print the counts by kind and month, and every difference."""
    print(f"{scope.org}: {'kind':<14} {'month':<8} {'GitHub':>9} {'stored':>9}")
    for proof in report.proofs:
        print(f"{scope.org}: {proof.kind:<14} {proof.month.since:%Y-%m}  {_verdict(proof)}")
    for found in report.differences:
        print(
            f"{scope.org}: {found.kind} of {found.repo} on {found.day}: {found.missing} were missing, "
            f"{found.surplus} are no longer listed by GitHub"
        )
    undecided = sum(not proof.holds for proof in report.proofs)
    print(f"{scope.org}: {len(report.differences)} differences found, {undecided} months still differ")


def _verdict(proof: Proof) -> str:
    if proof.before is None:
        return f"{'?':>9} {'?':>9}  could not be compared"
    counts = f"{proof.before.github:>9,} {proof.before.stored:>9,}"
    if proof.holds:
        return counts + (
            f"  repaired: now {proof.after.stored:,}" if proof.after != proof.before and proof.after else ""
        )
    return counts + (f"  still differs: {proof.after.stored:,} stored" if proof.after else "  could not be repaired")


def run(given: Request, settings: Settings, budget: Budget) -> None:
    """Do what was asked, one organisation after the other; what fails for one does not hold up the others."""
    if given.from_file:
        run_files(given, settings)
        return
    chosen = scopes(given, settings)
    check(given, settings)
    job = "verify" if given.verify else "backfill"
    with open_database(settings) as session, open_github(settings, budget) as github:
        runners = [Runner(session, github(scope.org), scope, job, given.now) for scope in chosen]
        for runner in runners:
            if given.verify and not given.since and _first_backfill(runner, counted(given.only)) is None:
                raise SettingsError(
                    f"{runner.scope.org} was never backfilled: name the oldest date to verify with --since"
                )
        for runner in runners:
            with runner.lease() as is_ours:
                if not is_ours:
                    raise JobFailedError(f"{runner.lease_name} is being run by somebody else")
                if not runner.can_read(every=timedelta(0)):
                    continue
                if given.verify:
                    run_verify(runner, given)
                else:
                    run_backfill(runner, given, settings)
        raise_failures([run for runner in runners for run in runner.runs], statuses=(FAILED_RUN, PARTIAL))


def run_files(given: Request, settings: Settings) -> None:
    """Load saved reports of Copilot into one organisation; no GitHub is asked, and no token needed."""
    chosen = scopes(given, settings)
    if given.only != (COPILOT,) or len(chosen) != 1 or given.verify:
        raise SettingsError("--from-file goes with --only copilot, and one organisation: --orgs my-org")
    documents = {name: read_file(name) for name in given.from_file}
    with open_database(settings) as session, GitHubAPI(api_url=settings.api_url) as nobody:
        runner = Runner(session, nobody, chosen[0], "backfill", given.now)
        with runner.lease() as is_ours:
            if not is_ours:
                raise JobFailedError(f"{runner.lease_name} is being run by somebody else")
            for line in load_files(runner, documents, settings):
                print(line)
        raise_failures(runner.runs, statuses=(FAILED_RUN, PARTIAL))


def check(given: Request, settings: Settings) -> None:
    """Find what is wrong with the arguments and settings before anything is fetched."""
    if given.since or not given.verify:
        window_of(given, default=None)
    if given.verify:
        counted(given.only)
    settings.check(orgs=False)


def main(
    arguments: Sequence[str] | None = None,
    settings: Settings | None = None,
    *,
    budget: Budget | None = None,
    now: Callable[[], datetime] = utc_now,
) -> int:
    """Run from a shell; returns the exit code."""
    given = parser().parse_args(arguments, Request(now=now))
    handlers = [shell.LogHandler(sys.stderr)]
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=handlers, force=True)
    budget = budget or Budget(on_pause=say_pause)
    try:
        with shell.stoppable(budget.cancel):
            run(given, settings or load_settings(), budget)
    except ContributorMetricsError as error:
        return shell.complain(error)
    except KeyboardInterrupt as stop:
        return shell.stopped(stop, "stopped; what was read is stored: run the same command to go on")
    return 0


if __name__ == "__main__":
    shell.run_command(main)
