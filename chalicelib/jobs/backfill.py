"""History from the shell: plan, read and verify the past of every domain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domains import DOMAINS
from chalicelib.errors import SettingsError
from chalicelib.ingest.comparisons import Report
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain, Files, Plan, Request
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
    """What a backfill will read of one domain."""

    domain: Domain
    request: Request
    plan: Plan


def plan(context: Context, request: Request) -> list[DomainPlan]:
    """Ask GitHub how much there is to read; stores nothing."""
    return [
        DomainPlan(domain, own, domain.plan(context, own))
        for domain in DOMAINS
        if (own := replace(request, kinds=_own_kinds(domain, request.kinds))).kinds
    ]


def _own_kinds(domain: Domain, names: Sequence[str]) -> tuple[str, ...]:
    own = {kind.name for kind in domain.all_kinds}
    return tuple(name for name in names if name in own)


def read(runner: Runner, plans: Sequence[DomainPlan]) -> Iterator[str]:
    """Read what was planned; yields each unit's name before the unit begins. `runner.runs` gets a row for each.

    It ends as jobs do: with the steps that stand on what was read.
    """
    for planned in plans:
        yield from planned.domain.read(runner, planned.request, planned.plan)
    for domain in DOMAINS:
        for step in domain.steps:
            if step.is_last and domain.enabled(runner.settings):
                yield step.name
                runner.run(step.name, step.run)


def counted(names: Sequence[str]) -> tuple[str, ...]:
    """Choose the kinds that GitHub can count; raises SettingsError when there are none."""
    found = tuple(name for name in names if name in COUNTED_KINDS)
    if not found:
        raise SettingsError(
            f"GitHub can't count {', '.join(names)}, so there is nothing to verify: use --only with "
            f"{' or '.join(COUNTED_KINDS)}"
        )
    return found


def first_backfill(runner: Runner, names: Sequence[str]) -> datetime | None:
    """Give the oldest date that a backfill of these kinds was asked for; None when there was no backfill."""
    org = runner.scope.org
    begun = [first_window(runner.session, job="backfill", step=f"{name}.created", org=org) for name in names]
    return min(filter(None, begun), default=None)


def verify(runner: Runner, names: Sequence[str], window: Window, report: Report) -> Iterator[str]:
    """Compare with GitHub's counts, repair, and compare again; yields each unit's name before the unit begins."""
    for domain in DOMAINS:
        own = _own_kinds(domain, names)
        if own and domain.verify:
            yield from domain.verify(runner, kinds=own, window=window, report=report)


def files_of(names: Sequence[str]) -> Files:
    """Choose the saved files' domain by the one kind in `names`; raises SettingsError when the kind has no files."""
    with_files = [domain.files for domain in DOMAINS if domain.files]
    for files in with_files:
        if tuple(names) == (files.kind,):
            return files
    kinds = " or ".join(files.kind for files in with_files)
    raise SettingsError(f"--from-file needs --only {kinds}, and one organisation: --orgs my-org")
