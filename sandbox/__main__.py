"""`.venv/bin/python -m sandbox`: serve a generated organisation until it is interrupted."""

import argparse
import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from io import TextIOWrapper
from queue import SimpleQueue
from time import time

from sandbox.api.times import parse_moment
from sandbox.server import control
from sandbox.server.faults import Faults, FaultSettings
from sandbox.server.limits import Limits, LimitSettings
from sandbox.server.serving import HOST, serve
from sandbox.world.founding import Plan
from sandbox.world.world import World

EXAMPLES = """examples:
  .venv/bin/python -m sandbox                                  a small organisation on a free port, its time going on
  .venv/bin/python -m sandbox --port 8080 --speed 60           a minute of its life in each second
  .venv/bin/python -m sandbox --now 2026-06-01T12:00:00Z --speed 0
                                                               the same answers each time, nothing happens by itself
  .venv/bin/python -m sandbox --repos 1000 --items 25000 --latency-ms 80
                                                               a big one behind a slow network
  .venv/bin/python -m sandbox --fault-rate 0.05 --search-limit 10
                                                               a bad day
  curl -H 'Authorization: Bearer sandbox-token' http://127.0.0.1:8080/rate_limit

"""
# The numbers of a plan and of the limits, by option.
PLAN_OPTIONS = {
    "seed": ("--seed", "another number is another organisation"),
    "repositories": ("--repos", "repositories in all"),
    "people": ("--people", "people in all"),
    "days": ("--days", "days of history"),
    "items": ("--items", "issues and pull requests in all, about"),
    "transfers": ("--transfers", "issues transferred a day, by themselves"),
    "deletions": ("--deletions", "issues deleted a day, by themselves"),
    "silent_changes": ("--silent-changes", "labels and milestones changed a day"),
    "releases": ("--releases", "releases a day of each repository"),
    "team_changes": ("--team-changes", "changes of teams and of who is in them a day, of each organisation"),
    "alerts": ("--alerts", "security alerts of each kind in the history, of each repository"),
    "runs": ("--runs", "runs of workflows a day of each repository"),
    "told_days": ("--told-days", "for how many days of the history webhooks tell of deployments to production"),
    "rush_hours": (
        "--rush-hours",
        "how long after the history's end jobs wait for runners, after an hour of many runs",
    ),
    "turnover": ("--turnover", "members of each organisation who leave on the two days after; the first comes back"),
    "boards": ("--boards", "boards of each organisation"),
    "board_items": ("--board-items", "rows of one more board, on which nothing happens"),
    "copilot_days": ("--copilot-days", "how long everybody has had Copilot"),
}
LIMIT_OPTIONS = {
    "core": ("--core-limit", "requests an hour"),
    "search": ("--search-limit", "searches a minute"),
    "graphql": ("--graphql-limit", "points an hour of GraphQL"),
    "points": ("--points-limit", "secondary limit: requests a minute"),
    "concurrency": ("--concurrency-limit", "secondary limit: requests at once"),
}
# A queue, for unlike an Event's lock its `put` may interrupt its `get`, as signal handlers do.
Ends = SimpleQueue[None]


def _speak_any_encoding() -> None:
    """Show what a terminal's encoding lacks as a question mark, instead of ending with an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _add_numbers(cli: argparse.ArgumentParser, options: dict[str, tuple[str, str]], defaults: object) -> None:
    for name, (option, text) in options.items():
        default = getattr(defaults, name)
        number = type(default)
        cli.add_argument(option, dest=name, type=number, default=default, metavar="N", help=f"{text} ({default})")


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    cli = argparse.ArgumentParser(
        prog=".venv/bin/python -m sandbox",
        description="GitHub's REST and GraphQL APIs on localhost with a generated organisation.",
        epilog=EXAMPLES + control.describe(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = cli.add_argument
    add("--port", type=int, default=0, help="port to listen on (0: a free one)")
    add("--public-url", default="", metavar="URL", help="base of the API URLs in objects (this address)")
    add("--org", action="append", metavar="NAME", help="organisation, may be repeated (octo-sandbox)")
    _add_numbers(cli, PLAN_OPTIONS, Plan(now=0))
    add("--now", type=parse_moment, metavar="ISO", help="the time at which history ends (the real time)")
    add("--speed", type=float, default=1.0, help="world seconds in a second, 0 freezes (1)")
    add("--index-lag", type=int, default=0, metavar="SECONDS", help="how far behind search is (0)")
    add("--latency-ms", type=float, default=0.0, help="wait before each answer (0)")
    _add_numbers(cli, LIMIT_OPTIONS, LimitSettings())
    add("--fault-rate", type=float, default=0.0, help="share of answers that go wrong (0)")
    add("--webhook-url", default="", metavar="URL", help="post webhooks of what happens there, each second (none)")
    add("--webhook-secret", default="sandbox-secret", metavar="TEXT", help="sign them with it (sandbox-secret)")
    add("--until-stdin-closes", action="store_true", help="end with the process that holds the other end of a pipe")
    return cli


def make_world(options: argparse.Namespace) -> World:
    """Generate the world that the options describe."""
    numbers = {name: getattr(options, name) for name in PLAN_OPTIONS}
    plan = Plan(now=options.now or int(time()), **numbers)
    if options.org:
        plan = replace(plan, organisations=tuple(options.org))
    return World(plan, index_lag=options.index_lag)


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, or the end of standard input if so asked."""
    _speak_any_encoding()
    ends: Ends = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ends.put(None))
    options = parser().parse_args(arguments)
    if options.until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(ends,), daemon=True).start()
    world = make_world(options)
    # It stays: the garbage collector need not walk through it while queries are answered.
    gc.collect()
    gc.freeze()
    limits = LimitSettings(**{name: getattr(options, name) for name in LIMIT_OPTIONS})
    try:
        sandbox = serve(
            world,
            port=options.port,
            speed=options.speed,
            latency=options.latency_ms / 1000,
            public_url=options.public_url.rstrip("/"),
            faults=Faults(FaultSettings(options.fault_rate), seed=options.seed),
            limits=Limits(limits),
        )
    except OSError as error:
        sys.exit(f"sandbox: can't listen on {HOST}:{options.port}: {error.strerror}")
    with sandbox:
        names = ",".join(world.plan.organisations)
        if not _say(f"sandbox: {sandbox.url} organisation={names} token={sandbox.token}"):
            sys.exit(1)
        if options.webhook_url:
            sandbox.keep_delivering(options.webhook_url, options.webhook_secret)
        ends.get()


def _watch_stdin(ends: Ends) -> None:
    """Report the end of standard input: nobody holds the pipe any more, however its holder ended."""
    # Not through sys.stdin, whose lock the interpreter would miss when it ends before this thread. Where there is no
    # standard input at all, it has ended as well.
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    ends.put(None)


def _say(line: str) -> bool:
    """Print a line; False when nobody reads it any more."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        # What is left in the buffer would be complained of when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


if __name__ == "__main__":
    main()
