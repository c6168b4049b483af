"""`.venv/bin/python -m deployment --stage prod`: check that everything is ready for a deployment."""

from __future__ import annotations

from chalicelib.runtime import shell

if __name__ == "__main__":
    shell.begin()

import argparse
import os
from collections.abc import Sequence

from chalicelib.errors import ContributorMetricsError
from deployment.checks import check_stage
from deployment.stage import load_stage

EPILOG = """example: make check-setup STAGE=prod

Exit codes: 0 everything is ready, 1 something is missing, 2 wrong arguments or no such stage."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks from a shell; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog=".venv/bin/python -m deployment",
        description="Check what a stage needs: AWS, secrets in SSM, settings, the database, permissions on GitHub.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--stage", default="dev", help="a stage of .chalice/config.json; default: dev")
    name = parser.parse_args(arguments).stage
    try:
        with shell.stoppable():
            return check(name)
    except ContributorMetricsError as error:
        return shell.print_error(error)
    except KeyboardInterrupt as stop:
        return shell.print_stop(stop, "stopped; nothing was changed")


def check(name: str) -> int:
    """Print each finding, then how many to fix; returns the exit code."""
    faults = 0
    for finding in check_stage(load_stage(name, os.environ)):
        faults += finding.fault
        print(f"{'MISSING' if finding.fault else 'ok':<8} {finding.what}: {finding.sentence}", flush=True)
    if faults:
        print(f"{faults} to fix before stage {name} can be deployed")
    return shell.FAILED if faults else 0


if __name__ == "__main__":
    shell.run_command(main)
