"""Checks which rules repositories keep: GitHub is asked by several threads, and one writes what they bring.

A run that was stopped goes on in the next one with the repositories that it had not checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete

from chalicelib.errors import (
    BadAnswerError,
    ForbiddenError,
    GitHubError,
    RejectedError,
    SingleSignOnError,
    UnavailableError,
    UnprocessableError,
)
from chalicelib.ingest.ahead import fetch_ahead
from chalicelib.ingest.context import Context
from chalicelib.ingest.fields import cleaned
from chalicelib.security.api.audit import MOST_REPOSITORIES, MOST_USERS, AuditAPI, Shown
from chalicelib.security.models import RepositoryCheck, RepositoryRating
from chalicelib.security.rules import Facts
from chalicelib.security.rules.people import wanted_users
from chalicelib.security.rules.policy import Policy
from chalicelib.security.sync.exceptions import note_idle
from chalicelib.security.sync.results import Checked, save_results
from chalicelib.security.sync.subjects import Subject, find_subjects, member_logins
from chalicelib.store.among import among
from chalicelib.utils import in_parts

CHECKS = "repository_checks"
# The cursor of a round over all repositories: when it began. After so long a new one is begun.
ROUND, ROUND_TIME = f"{CHECKS}.round", timedelta(hours=20)
# So many queries are under way at once.
QUERIES = 3
# When so many in a row bring nothing, GitHub is out of order, or refuses GraphQL.
MOST_MISSED = 3
# So many repositories may wait until their code owners fill a query.
MOST_WAITING = 100

Batch = Sequence[Subject]


def check_repositories(context: Context, policy: Policy) -> None:
    """Check all repositories, those that have waited longest first, and rate them.

    Raises ForbiddenError when GraphQL is refused, though all were checked before.
    """
    rules = [rule.name for rule in policy.rules]
    since = _begin_round(context)
    begun = since or context.now()
    _forget_others(context, rules)
    note_idle(context, policy.exemptions)
    subjects = find_subjects(context, rules, since=since) if rules else []
    archived = [subject for subject in subjects if subject.known.archived]
    for part in in_parts(archived, MOST_REPOSITORIES):
        save_results(context, policy, [(each, Facts(each.known, None, context.now())) for each in part])
        context.commit()
    others = [subject for subject in subjects if not subject.known.archived]
    members = frozenset(member_logins(context))
    context.commit()
    try:
        for checked in _Reader(context, policy, members).read(others):
            save_results(context, policy, checked)
            # Not a checkpoint: what was fetched before the deadline is kept.
            context.commit()
            context.on_page(len(checked))
    except SingleSignOnError:
        raise
    except ForbiddenError as refusal:
        if context.marks.watermark(CHECKS).exists:
            raise
        context.note(f"repositories can't be checked, for GraphQL is refused: {refusal.message}")
    else:
        context.marks.watermark(CHECKS).advance(begun)
    context.marks.cursor(ROUND).drop()
    context.checkpoint()


def _begin_round(context: Context) -> datetime | None:
    """Begin a round; gives when the last one began, if it is to be gone on with."""
    cursor, now = context.marks.cursor(ROUND), context.now()
    begun = cursor.read()
    if begun is not None and now - begun < ROUND_TIME:
        return begun
    cursor.advance(now)
    return None


def _forget_others(context: Context, rules: Sequence[str]) -> None:
    """Drop the results of rules that are switched off, and ratings when all are; the changes of results stay."""
    theirs = (RepositoryCheck.org == context.scope.org, ~among(RepositoryCheck.rule, rules))
    context.session.execute(delete(RepositoryCheck).where(*theirs))
    if not rules:
        context.session.execute(delete(RepositoryRating).where(RepositoryRating.org == context.scope.org))
    context.commit()


@dataclass
class _Reader:
    """Asks GitHub about repositories, a few queries ahead of the one whose answer is written.

    `waiting` are those whose code owners are still to be looked up, `asked` the people who were.
    """

    context: Context
    policy: Policy
    members: frozenset[str]
    emails: dict[str, str | None] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    waiting: list[tuple[Subject, Shown]] = field(default_factory=list)
    api: AuditAPI = field(init=False)

    def __post_init__(self) -> None:
        self.api = AuditAPI(self.context.github)

    def read(self, subjects: Sequence[Subject]) -> Iterator[list[Checked]]:
        """Give repositories with all that is known of them; ForbiddenError when GitHub refuses every query."""
        batches, failure = in_parts(subjects, MOST_REPOSITORIES), None
        session = self.context.session
        ahead = fetch_ahead(batches, self._fetch, threads=QUERIES, name="audit", session=session)
        with closing(ahead):
            try:
                for batch, shown in self._answered(ahead):
                    self.waiting += [(subject, shown[subject.id]) for subject in batch]
                    yield self._take_ready(is_last=False)
            except GitHubError as error:
                failure = error
        yield self._take_ready(is_last=True)
        if failure is not None:
            raise failure

    def _take_ready(self, *, is_last: bool) -> list[Checked]:
        """Take the repositories whose code owners were looked up; these are asked for when they fill a query."""
        wanted = {subject.id: self._wanted(subject, shown) for subject, shown in self.waiting}
        unknown = {user: None for users in wanted.values() for user in users if user not in self.asked}
        is_crowded = is_last or len(self.waiting) > MOST_WAITING
        number = len(unknown) if is_crowded else len(unknown) // MOST_USERS * MOST_USERS
        self._look_up(list(unknown)[:number])
        ready = [(subject, shown) for subject, shown in self.waiting if self.asked.issuperset(wanted[subject.id])]
        self.waiting = [each for each in self.waiting if not self.asked.issuperset(wanted[each[0].id])]
        return [(subject, self._facts(subject, shown)) for subject, shown in ready]

    def _answered(
        self, ahead: Iterable[tuple[Batch, Future[dict[int, Shown]]]]
    ) -> Iterator[tuple[Batch, dict[int, Shown]]]:
        """Give the answers. A batch without one doesn't hold up the others: what is wrong with it comes at the end.

        Raises its error then, or at once when nothing but errors comes. A batch that is refused, while others are not,
        is an answer, too.
        """
        missed: list[tuple[Batch, GitHubError]] = []
        is_answered, in_a_row = False, 0
        for batch, future in ahead:
            try:
                shown = future.result()
            except SingleSignOnError:
                raise
            except (ForbiddenError, UnavailableError, BadAnswerError) as error:
                missed.append((batch, error))
                in_a_row += 1
                if in_a_row >= MOST_MISSED and not (is_answered and isinstance(error, ForbiddenError)):
                    raise
            else:
                is_answered, in_a_row = True, 0
                yield batch, shown
        for batch, failure in missed:
            if not is_answered or not isinstance(failure, ForbiddenError):
                raise failure
            yield batch, dict.fromkeys((each.id for each in batch), Shown.nothing(f"GitHub says: {failure.message}"))

    def _fetch(self, batch: Batch) -> dict[int, Shown]:
        """Ask about repositories, on a thread of its own."""
        ids = {subject.node_id: subject.id for subject in batch if subject.node_id}
        org, commits = self.context.scope.org, self.policy.tuning.commits
        found = self.api.fetch_repositories(org, list(ids), commits=commits) if ids else {}
        shown = {ids[key]: _cleaned(each) for key, each in found.items()}
        return shown | {each.id: Shown.nothing("its GraphQL id is not known") for each in batch if each.id not in shown}

    def _wanted(self, subject: Subject, shown: Shown) -> list[str]:
        if all(rule.name != "point_of_contact" for rule in self.policy.rules):
            return []
        return wanted_users(self._facts(subject, shown))

    def _look_up(self, users: Sequence[str]) -> None:
        """Look up public e-mails; of who could not be had, the rule about a contact says so."""
        for part in in_parts(users, MOST_USERS):
            self.asked.update(part)
            try:
                self.emails.update(self.api.fetch_emails(part))
            except SingleSignOnError:
                raise
            except (ForbiddenError, UnprocessableError, UnavailableError, BadAnswerError) as error:
                self.context.note(f"e-mails of code owners could not be looked up: {error.message}")

    def _facts(self, subject: Subject, shown: Shown) -> Facts:
        now = self.context.now()
        return Facts(subject.known, shown.node, now, dict(shown.holes), self.members, self.emails)


def _cleaned(shown: Shown) -> Shown:
    """Leave out what no database can store."""
    try:
        return shown if shown.node is None else Shown(cleaned(shown.node), shown.holes)
    except RejectedError as error:
        return Shown.nothing(f"GitHub's answer can't be stored: {error}")
