"""Writes the results of checks, with each change of one, and the ratings that follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row as DatabaseRow
from sqlalchemy import select

from chalicelib.ingest.context import Context
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.security.models import RepositoryCheck, RepositoryCheckChange
from chalicelib.security.rules import ERROR, Facts, Rule, Verdict
from chalicelib.security.rules.policy import Policy
from chalicelib.security.sync.ratings import save_ratings
from chalicelib.security.sync.subjects import Subject
from chalicelib.store.among import among
from chalicelib.store.upsert import Row

Key = tuple[int, str]
Checked = tuple[Subject, Facts]


@dataclass(frozen=True)
class Past:
    """What is stored of a repository and a rule: its last check, and the last change of its result."""

    check: DatabaseRow[Any] | None
    change: DatabaseRow[Any] | None

    @property
    def known_result(self) -> str | None:
        """The last result that was no error."""
        last = self.change.after if self.change is not None else None
        found: str | None = last if self.check is None else self.check.known_result
        return found

    def since(self, result: str, now: datetime) -> datetime:
        """Tell since when a result has been the same: errors in between don't count, nor times that have not come."""
        since: datetime = now
        if self.check is not None and self.check.result == result:
            since = self.check.since
        elif self.change is not None and result == self.known_result:
            since = self.change.changed_at
        return min(since, now)


def save_results(context: Context, policy: Policy, checked: Sequence[Checked]) -> None:
    """Judge repositories, and write their results and ratings in the session's transaction."""
    now = context.now()
    pasts = _pasts(context, [subject.id for subject, _ in checked], policy.rules)
    rows, changes = list[Row](), list[Row]()
    for subject, facts in checked:
        for rule in policy.rules:
            past, verdict = pasts[subject.id, rule.name], rule.check(facts, policy.tuning)
            rows.append(_row(subject, rule, past, verdict, now) | _exemption(policy, subject, rule, now))
            if verdict.result not in {ERROR, past.known_result}:
                changes.append(_change(subject, rule, past, verdict, now))
            context.run.stored += past.check is None or past.check.result != verdict.result
    save_own_rows(context, RepositoryCheck, rows)
    save_own_rows(context, RepositoryCheckChange, changes)
    save_ratings(context, policy.criteria, rows, now=now)
    context.run.fetched += len(checked)


def _row(subject: Subject, rule: Rule, past: Past, verdict: Verdict, now: datetime) -> Row:
    return {
        **_place(subject, rule),
        "result": verdict.result,
        "known_result": past.known_result if verdict.result == ERROR else verdict.result,
        "since": past.since(verdict.result, now),
        "checked_at": now,
        "message": verdict.message,
        "evidence": verdict.evidence,
    }


def _change(subject: Subject, rule: Rule, past: Past, verdict: Verdict, now: datetime) -> Row:
    return {**_place(subject, rule), "changed_at": now, "before": past.known_result, "after": verdict.result}


def _place(subject: Subject, rule: Rule) -> Row:
    return {"repository_id": subject.id, "rule": rule.name, "org": subject.org, "repo": subject.known.name}


def _exemption(policy: Policy, subject: Subject, rule: Rule, now: datetime) -> Row:
    found = policy.exemptions.find(subject.org, subject.known.name, rule.name, on=now.date())
    reason, until = (found.reason, found.until) if found else (None, None)
    return {"exception_reason": reason, "exception_until": until}


def _pasts(context: Context, ids: Sequence[int], rules: Iterable[Rule]) -> Mapping[Key, Past]:
    """Read what is stored of repositories, by repository and rule."""
    checks = _by_key(context, RepositoryCheck, ids)
    keys = [(number, rule.name) for number in ids for rule in rules]
    # The changes are needed where the last check says nothing of the last result.
    unclear = {key[0] for key in keys if key not in checks or checks[key].result == ERROR}
    changes = _by_key(context, RepositoryCheckChange, unclear, "changed_at") if unclear else {}
    return {key: Past(checks.get(key), changes.get(key)) for key in keys}


def _by_key(context: Context, model: type[Any], ids: Iterable[int], *order: str) -> dict[Key, DatabaseRow[Any]]:
    """Read rows by repository and rule; the last one of several, in an order."""
    table = model.__table__
    rows = select(table).where(among(table.c.repository_id, ids)).order_by(*(table.c[name] for name in order))
    return {(row.repository_id, row.rule): row for row in context.session.execute(rows)}
