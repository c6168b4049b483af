"""`python -m sandbox`: serve a generated organisation until it is interrupted."""

import argparse
import os
import signal
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue
from time import time

from sandbox.api.errors import ApiError
from sandbox.api.times import parse_moment
from sandbox.server import control
from sandbox.server.faults import DEFAULT_KINDS, Fault, Faults, FaultSettings, parse_kinds
from sandbox.server.limits import Limits, LimitSettings
from sandbox.server.serving import serve
from sandbox.world.founding import Plan
from sandbox.world.world import World

EXAMPLES = """examples:
  python -m sandbox                                  a small organisation on a free port, its time going on
  python -m sandbox --port 8080 --speed 60           a minute of its life in each second
  python -m sandbox --now 2026-06-01T12:00:00Z --speed 0
                                                     the same answers each time, nothing happens by itself
  python -m sandbox --repos 1000 --items 25000 --latency-ms 80
                                                     a big one behind a slow network
  python -m sandbox --fault-rate 0.05 --search-limit 10
                                                     a bad day
  curl -H 'Authorization: Bearer sandbox-token' http://127.0.0.1:8080/rate_limit

"""


# A queue, for unlike an Event's lock its `put` may interrupt its `get`, as signal handlers do.
Ends = SimpleQueue[None]


def _kinds(text: str) -> tuple[Fault, ...]:
    try:
        return parse_kinds(text.split(","))
    except ApiError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    limits, faults = LimitSettings(), FaultSettings()
    cli = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A GitHub REST API on localhost with a generated organisation.",
        epilog=EXAMPLES + (control.__doc__ or ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = cli.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    add("--port", type=int, default=0, help="port to listen on (0: a free one)")
    add("--public-url", default="", metavar="URL", help="base of the API URLs in objects (this address)")
    add("--seed", type=int, default=1, help="another number is another organisation (1)")
    add("--org", action="append", metavar="NAME", help="organisation, may be repeated (octo-sandbox)")
    add("--repos", type=int, default=12, help="repositories in all (12)")
    add("--people", type=int, default=60, help="people in all (60)")
    add("--days", type=int, default=400, help="days of history (400)")
    add("--items", type=int, default=2_000, help="issues and pull requests in all, about (2000)")
    add("--transfers", type=float, default=0.0, metavar="RATE", help="issues transferred a day, by themselves (0)")
    add("--deletions", type=float, default=0.0, metavar="RATE", help="issues deleted a day, by themselves (0)")
    add("--silent-changes", type=float, default=0.0, metavar="RATE", help="labels and milestones changed a day (0)")
    add("--copilot-days", type=int, default=0, metavar="DAYS", help="how long everybody has had Copilot (0: not)")
    add("--now", type=parse_moment, metavar="ISO", help="the time at which history ends (the real time)")
    add("--speed", type=float, default=1.0, help="world seconds in a second, 0 freezes (1)")
    add("--index-lag", type=int, default=0, metavar="SECONDS", help="how far behind search is (0)")
    add("--latency-ms", type=float, default=0.0, help="wait before each answer (0)")
    add("--core-limit", type=int, default=limits.core, help="requests an hour (5000)")
    add("--search-limit", type=int, default=limits.search, help="searches a minute (30)")
    add("--search-window", type=int, default=limits.search_window, help="seconds of that minute (60)")
    add("--points-limit", type=int, default=limits.points, help="secondary limit: requests a minute (900)")
    add("--concurrency-limit", type=int, default=limits.concurrency, help="secondary limit: requests at once (100)")
    add("--fault-rate", type=float, default=0.0, help="share of answers that go wrong (0)")
    add("--fault-kinds", type=_kinds, default=DEFAULT_KINDS, help=f"of {', '.join(Fault)}")
    add("--retry-after", type=int, default=faults.retry_after, help="seconds that refusals by fault ask for (1)")
    add("--until-stdin-closes", action="store_true", help="end with the process that holds the other end of a pipe")
    return cli


def make_world(options: argparse.Namespace) -> World:
    """Generate the world that the options describe."""
    plan = Plan(
        now=options.now or int(time()),
        seed=options.seed,
        organisations=tuple(options.org or ("octo-sandbox",)),
        repositories=options.repos,
        people=options.people,
        days=options.days,
        items=options.items,
        silent_changes=options.silent_changes,
        transfers=options.transfers,
        deletions=options.deletions,
        copilot_days=options.copilot_days,
    )
    return World(plan, index_lag=options.index_lag)


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, or the end of standard input if so asked."""
    ends: Ends = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ends.put(None))
    options = parser().parse_args(arguments)
    if options.until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(ends,), daemon=True).start()
    world = make_world(options)
    limits = LimitSettings(
        core=options.core_limit,
        search=options.search_limit,
        search_window=options.search_window,
        points=options.points_limit,
        concurrency=options.concurrency_limit,
    )
    faults = FaultSettings(options.fault_rate, options.fault_kinds, retry_after=options.retry_after)
    try:
        sandbox = serve(
            world,
            port=options.port,
            host=options.host,
            speed=options.speed,
            latency=options.latency_ms / 1000,
            public_url=options.public_url.rstrip("/"),
            faults=Faults(faults, seed=options.seed),
            limits=Limits(limits),
        )
    except OSError as error:
        sys.exit(f"sandbox: can't listen on {options.host}:{options.port}: {error.strerror}")
    with sandbox:
        names = ",".join(world.plan.organisations)
        if not _say(f"sandbox: {sandbox.url} organisation={names} token={sandbox.token}"):
            sys.exit(1)
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
