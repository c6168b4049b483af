"""History from the shell: every domain's past, planned and read; and its proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domains import DOMAINS
from chalicelib.errors import SettingsError
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain, Files, Plan, Request
from chalicelib.ingest.proofs import Report
from chalicelib.ingest.runner import Runner
from chalicelib.ingest.steps import Kind
from chalicelib.ingest.windows import Window
from chalicelib.store.ledger import first_window

ALL_KINDS: tuple[Kind, ...] = tuple(kind for domain in DOMAINS for kind in domain.all_kinds if kind.cost)
KINDS = tuple(kind.name for kind in ALL_KINDS)
DEFAULT_KINDS = tuple(kind.name for kind in ALL_KINDS if kind.by_default)
COUNTED_KINDS = tuple(kind.name for kind in ALL_KINDS if kind.counted)


@dataclass(frozen=True)
class DomainPlan:
    """What is to be read of one domain."""

    domain: Domain
    request: Request
    plan: Plan


def plan(context: Context, request: Request) -> list[DomainPlan]:
    """Ask GitHub how much there is to read. Stores nothing."""
    return [
        DomainPlan(domain, own, domain.plan(context, own))
        for domain in DOMAINS
        if (own := replace(request, kinds=_own_kinds(domain, request.kinds))).kinds
    ]


def _own_kinds(domain: Domain, names: Sequence[str]) -> tuple[str, ...]:
    own = {kind.name for kind in domain.all_kinds}
    return tuple(name for name in names if name in own)


def read(runner: Runner, plans: Sequence[DomainPlan]) -> Iterator[str]:
    """Read what was planned; yields the name of each unit before it begins. Each has its row in `runner.runs`."""
    for planned in plans:
        yield from planned.domain.read(runner, planned.request, planned.plan)


def counted(names: Sequence[str]) -> tuple[str, ...]:
    """Choose the kinds that GitHub can count; SettingsError when there is none."""
    found = tuple(name for name in names if name in COUNTED_KINDS)
    if not found:
        raise SettingsError(f"{', '.join(names)} can't be verified: GitHub counts only {' and '.join(COUNTED_KINDS)}")
    return found


def first_backfill(runner: Runner, names: Sequence[str]) -> datetime | None:
    """Tell since when some kinds were backfilled; None when they never were."""
    org = runner.scope.org
    begun = [first_window(runner.session, job="backfill", step=f"{name}.created", org=org) for name in names]
    return min(filter(None, begun), default=None)


def verify(runner: Runner, names: Sequence[str], window: Window, report: Report) -> Iterator[str]:
    """Compare with GitHub's counts, repair, and compare again; yields the name of each unit before it begins."""
    for domain in DOMAINS:
        own = _own_kinds(domain, names)
        if own and domain.verify:
            yield from domain.verify(runner, kinds=own, window=window, report=report)


def files_of(names: Sequence[str]) -> Files:
    """Choose the domain whose saved files are meant; SettingsError when the kind that was named has none."""
    with_files = [domain.files for domain in DOMAINS if domain.files]
    for files in with_files:
        if tuple(names) == (files.kind,):
            return files
    kinds = " or ".join(files.kind for files in with_files)
    raise SettingsError(f"--from-file goes with --only {kinds}, and one organisation: --orgs my-org")
