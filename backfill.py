"""History from the shell: reads the past into the tables, and verifies that they hold what GitHub has."""

from __future__ import annotations

from chalicelib.runtime import shell

if __name__ == "__main__":
    shell.begin()

import argparse
import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from tqdm import tqdm

from chalicelib.domains import DOMAINS, check_settings
from chalicelib.errors import ContributorMetricsError, JobFailedError, SettingsError
from chalicelib.github import Budget, GitHubAPI, Pause
from chalicelib.ingest.comparisons import Proof, Report
from chalicelib.ingest.domain import Request
from chalicelib.ingest.runner import ACCESS, Runner, raise_failures
from chalicelib.ingest.scopes import Scope
from chalicelib.ingest.windows import DAY, SECOND, Window
from chalicelib.jobs import backfill
from chalicelib.jobs.connections import open_database, open_github
from chalicelib.models import SyncRun
from chalicelib.settings import Settings, check_owners, load_settings, owners, parse_orgs, parse_repos
from chalicelib.store.ledger import FAILED as FAILED_RUN
from chalicelib.store.ledger import OK, PARTIAL
from chalicelib.utils import format_utc, parse_day, utc_now

# The unit and the rate limits take the place of the speed, which GitHub's rate limits decide.
BAR = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
# Without a terminal, a line of progress is printed after so many items.
ITEMS_PER_LINE = 1000
# Steps before the reading, which the summary leaves out.
PREPARATIONS = (ACCESS, "plan")
FILE_KINDS = " or ".join(domain.files.kind for domain in DOMAINS if domain.files)
EXAMPLES = (
    "--since 2024-01-01",
    "--since 2024-01-01 --until 2024-06-30 --repos my-org/api,my-org/web",
    *(example for domain in DOMAINS for example in domain.examples),
    "--verify",
    "--verify --since 2024-01-01",
)
EPILOG = """examples:
{examples}

You can stop it at any moment: the same command goes on where it stopped.
Exit codes: 0 done, 1 something failed or still differs, 2 wrong settings, arguments or database,
130 stopped (Ctrl-C, SIGTERM)."""


class Arguments(argparse.Namespace):
    """The command line's arguments, and the clock."""

    since: datetime | None
    until: datetime | None
    orgs: tuple[str, ...] | None
    repos: tuple[str, ...] | None
    only: tuple[str, ...]
    via: str
    verify: bool
    from_file: list[str]
    now: Callable[[], datetime]


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    result = argparse.ArgumentParser(
        prog=".venv/bin/python backfill.py",
        description="Read the history of GitHub organisations into the database, or verify what is stored.",
        epilog=EPILOG.format(examples=chr(10).join(f"  .venv/bin/python backfill.py {each}" for each in EXAMPLES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--since", metavar="DATE", type=day, help="oldest creation date to read (YYYY-MM-DD, UTC)")
    result.add_argument(
        "--until", metavar="DATE", type=day_end, help="newest creation date to read (YYYY-MM-DD, UTC); default: now"
    )
    result.add_argument("--orgs", metavar="A,B", type=orgs, help="organisations; default: GH_ORGS")
    result.add_argument(
        "--repos", metavar="OWNER/NAME,…", type=repos, help="only these repositories; default: GH_REPOS"
    )
    result.add_argument(
        "--only",
        metavar="KIND,…",
        type=kinds,
        help=f"only these kinds, of {', '.join(backfill.KINDS)}; default: {', '.join(backfill.DEFAULT_KINDS)}",
        default=backfill.DEFAULT_KINDS,
    )
    result.add_argument(
        "--via",
        choices=("graphql", "rest"),
        default="graphql",
        help="the API that timelines are read through; GraphQL reads a hundred for a point of its rate limit, REST one "
        "for a request; default: graphql",
    )
    result.add_argument(
        "--from-file",
        metavar="FILE",
        nargs="+",
        default=[],
        help=f"with --only {FILE_KINDS}: read saved reports instead of asking GitHub (local files, or s3://bucket/key)",
    )
    result.add_argument(
        "--verify",
        action="store_true",
        help="compare GitHub's counts with the stored rows, and items one by one: all of them when they are few, else "
        "those that changed last and a part of the others, another one each time; repair what differs",
    )
    return result


def day(text: str) -> datetime:
    """Parse a date or a timestamp of the command line."""
    try:
        return parse_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2024-01-31") from error


def day_end(text: str) -> datetime:
    """Parse a date as its last second, a timestamp as it is."""
    moment = day(text)
    return moment if "T" in text or " " in text else moment + DAY - SECOND


def kinds(text: str) -> tuple[str, ...]:
    """Parse a comma list of kinds."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in backfill.KINDS:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(backfill.KINDS)}")
    return names or backfill.DEFAULT_KINDS


def orgs(text: str) -> tuple[str, ...]:
    """Parse a comma list of organisations."""
    try:
        return parse_orgs(text, source="it")
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def repos(text: str) -> tuple[str, ...]:
    """Parse a comma list of repositories."""
    try:
        return parse_repos(text, source="it")
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def scopes(given: Arguments, settings: Settings) -> list[Scope]:
    """Give what to read: the command line's organisations and repositories, or else the settings'."""
    names = given.repos or settings.repos
    chosen = given.orgs or (owners(given.repos) if given.repos else settings.orgs)
    if given.repos:
        check_owners(given.repos, chosen)
    return [
        Scope(org, tuple(name for name in names if name.split("/")[0].casefold() == org.casefold())) for org in chosen
    ]


def window_of(given: Arguments, *, default: datetime | None) -> Window:
    """Give the span of creation dates to read; raises SettingsError when it has no start, or ends before it."""
    now = given.now()
    since, until = given.since or default, min(given.until or now, now)
    if since is None:
        raise SettingsError("--since is missing: name the oldest date to read, such as --since 2024-01-01")
    if since > until:
        raise SettingsError(
            f"--since {format_utc(since)} is later than the end, {format_utc(until)}: name an earlier date"
        )
    return Window(since, until)


class Progress:
    """A progress bar with the rate limits that are left; without a terminal, a line of progress now and then."""

    def __init__(self, *, total: int, github: GitHubAPI) -> None:
        self.github = github
        self.bar = tqdm(total=total, disable=None, dynamic_ncols=True, bar_format=BAR)
        self.total, self.read = total, 0

    def start_unit(self, name: str) -> None:
        """Show the unit that is read next."""
        self.bar.set_description(name)
        if self.bar.disable:
            print(f"{name}: {self.read:,} of about {self.total:,} read so far", flush=True)

    def count_page(self, fetched: int) -> None:
        """Count the items of a page, or the timelines."""
        limits = sorted(self.github.rate_limits.items(), reverse=True)
        left = ", ".join(f"{name} {limit.remaining}/{limit.limit}" for name, limit in limits)
        self.bar.set_postfix_str(f"left: {left}" if left else "", refresh=False)
        self.bar.update(fetched)
        before, self.read = self.read, self.read + fetched
        if self.bar.disable and self.read // ITEMS_PER_LINE > before // ITEMS_PER_LINE:
            print(f"  {self.read:,} of about {self.total:,}", flush=True)


def print_pause(pause: Pause) -> None:
    """Print until when the run waits, and why, without breaking the bar."""
    tqdm.write(f"waiting until {format_utc(pause.until)} ({pause.seconds:.0f} s): {pause.reason}", file=sys.stderr)


def run_backfill(runner: Runner, given: Arguments) -> None:
    """Plan, print the plan, and read."""
    request = Request(given.only, window_of(given, default=None), given.via)
    found: list[backfill.DomainPlan] = []
    planned = runner.run("plan", lambda context: found.extend(backfill.plan(context, request)))
    if planned.status != OK:
        return
    print_plan(runner.scope, request.window, found)
    progress = Progress(total=sum(each.plan.total for each in found), github=runner.github)
    runner.on_page = progress.count_page
    with progress.bar:
        for unit in backfill.read(runner, found):
            progress.start_unit(unit)
    print_summary(runner)


def print_plan(scope: Scope, window: Window, plans: Sequence[backfill.DomainPlan]) -> None:
    """Print what will be read, and its expected cost."""
    print(f"{scope.org}: created from {format_utc(window.since)} to {format_utc(window.until)}")
    for planned in plans:
        for line in planned.plan.lines:
            print(f"  {line}")


def print_summary(runner: Runner) -> None:
    """Print what was read, one line for each step, and each error and note."""
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
        if words := run.error or run.note:
            print(f"{scope.org} {run.step} {run.window_start or ''}: {run.status}: {words}")


def run_verify(runner: Runner, given: Arguments) -> None:
    """Compare, repair, and print what differed and what still differs."""
    kinds = backfill.counted(given.only)
    window = window_of(given, default=backfill.first_backfill(runner, kinds))
    report = Report()
    units = tqdm(backfill.verify(runner, kinds, window, report), disable=None, unit=" kinds")
    for unit in units:
        units.set_description(unit)
    print_report(runner.scope, window, report)


def print_report(scope: Scope, window: Window, report: Report) -> None:
    """Print what was compared of each kind, the counts, and every difference."""
    print(f"{scope.org}: created from {format_utc(window.since)} to {format_utc(window.until)}")
    for proof in report.proofs:
        print(f"{scope.org}: {proof.kind}: {_verdict(proof)}")
        if proof.compared:
            print(f"{scope.org}: {proof.kind}: compared {proof.compared}")
        for found in proof.found.differences:
            print(
                f"{scope.org}: {found.kind} of {found.repo} on {found.day}: {found.missing} were missing, "
                f"{found.surplus} are no longer listed by GitHub"
            )
        if proof.found.altered:
            print(f"{scope.org}: {proof.kind}: {proof.found.altered} said something else than GitHub")
    differences = sum(len(proof.found.differences) + proof.found.altered for proof in report.proofs)
    undecided = sum(not proof.holds for proof in report.proofs)
    print(f"{scope.org}: {differences} differences found, {undecided} kinds still differ")


def _verdict(proof: Proof) -> str:
    if proof.before is None:
        return "could not be compared"
    counts = f"GitHub counts {proof.before.github:,}, {proof.before.stored:,} are stored"
    if not proof.holds:
        return f"{counts}; it still differs"
    if proof.after and proof.after != proof.before:
        counts += f"; repaired: now {proof.after.stored:,}"
    return counts + (f"; {proof.found.ghosts} are counted and never listed" if proof.found.ghosts else "")


def run(given: Arguments, settings: Settings, budget: Budget) -> None:
    """Run the command, one organisation after another; a step that fails in one doesn't stop the others."""
    if given.from_file:
        run_files(given, settings)
        return
    chosen = scopes(given, settings)
    check(given, settings)
    with open_database(settings) as session, open_github(settings, budget) as github:
        job = "verify" if given.verify else "backfill"
        runners = [Runner(session, github(scope.org), scope, settings, job, given.now) for scope in chosen]
        for runner in runners:
            check_verify_start(runner, given)
        for runner in runners:
            run_scope(runner, given)
        raise_failures([run for runner in runners for run in runner.runs], statuses=(FAILED_RUN, PARTIAL))


def check_verify_start(runner: Runner, given: Arguments) -> None:
    """Raise SettingsError when a verification has no start: no `--since`, and no earlier backfill."""
    if given.verify and not given.since and backfill.first_backfill(runner, backfill.counted(given.only)) is None:
        raise SettingsError(f"{runner.scope.org} was never backfilled: name the oldest date to verify with --since")


def run_scope(runner: Runner, given: Arguments) -> None:
    """Backfill or verify one organisation; raises JobFailedError when another run does."""
    with hold_lease(runner):
        if runner.can_read(every=timedelta(0)):
            if given.verify:
                run_verify(runner, given)
            else:
                run_backfill(runner, given)


@contextmanager
def hold_lease(runner: Runner) -> Iterator[None]:
    """Hold the lease for a block; raises JobFailedError when another run holds it."""
    with runner.lease() as is_ours:
        if not is_ours:
            raise JobFailedError(f"another run is doing {runner.lease_name}: wait until it ends")
        yield


def run_files(given: Arguments, settings: Settings) -> None:
    """Load saved files into one organisation, without GitHub and without a token."""
    chosen, files = scopes(given, settings), backfill.files_of(given.only)
    if len(chosen) != 1 or given.verify:
        raise SettingsError(f"--from-file needs --only {files.kind}, and one organisation: --orgs my-org")
    documents = files.read(given.from_file)
    with open_database(settings) as session, GitHubAPI(api_url=settings.api_url) as anonymous:
        runner = Runner(session, anonymous, chosen[0], settings, "backfill", given.now)
        with hold_lease(runner):
            for line in files.load(runner, documents):
                print(line)
        raise_failures(runner.runs, statuses=(FAILED_RUN, PARTIAL))


def check(given: Arguments, settings: Settings) -> None:
    """Raise SettingsError for wrong arguments or settings, before anything is fetched."""
    if given.since or not given.verify:
        window_of(given, default=None)
    if given.verify:
        backfill.counted(given.only)
    check_settings(settings, orgs=False)


def main(
    arguments: Sequence[str] | None = None,
    settings: Settings | None = None,
    *,
    budget: Budget | None = None,
    now: Callable[[], datetime] = utc_now,
) -> int:
    """Run from a shell; returns the exit code."""
    given = parser().parse_args(arguments, Arguments(now=now))
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr, force=True)
    budget = budget or Budget(on_pause=print_pause)
    try:
        with shell.stoppable(budget.cancel):
            run(given, settings or load_settings(), budget)
    except ContributorMetricsError as error:
        return shell.print_error(error)
    except KeyboardInterrupt as stop:
        return shell.print_stop(stop, "stopped; what was read is stored: run the same command to go on")
    return 0


if __name__ == "__main__":
    shell.run_command(main)
