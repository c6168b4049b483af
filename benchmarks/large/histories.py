"""What happens to an issue or a pull request, from its opening to the present, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from benchmarks.large.people import DAY, Person
from benchmarks.large.repositories import Repo, picked
from benchmarks.large.texts import Json, bodies, sha

HOUR = 3600
STATES = ("approved", "approved", "approved", "changes_requested", "commented", "commented")
QUIET = ("commented", "dismissed")
NOTHING: dict[str, Any] = {}


class Happening(NamedTuple):
    """An event: when, of which kind, by whom (nobody is known for a commit), and what only it has."""

    at: int
    kind: str
    person: Person | None
    body: str | None = None
    state: str | None = None
    label: Json | None = None
    about: Person | None = None
    details: dict[str, Any] = NOTHING


@dataclass
class Opening:
    """How an issue or pull request begins."""

    key: int
    repo: Repo
    is_pull: bool
    author: Person
    at: int
    is_draft: bool = False


class Histories:
    """Makes histories, each from what the ones before left of the random numbers."""

    def __init__(self, rng: Random, *, until: int) -> None:
        self.rng, self.until, self.bodies, self.commits = rng, until, bodies(), 0

    def of(self, item: Opening) -> list[Happening]:
        """What has happened by now, in its order."""
        made = self._pull(item) if item.is_pull else self._issue(item)
        return sorted((each for each in made if each.at <= self.until), key=by_time)

    def body(self) -> str:
        """Some text."""
        return self.rng.choice(self.bodies)

    def _after(self, at: int, median_hours: float) -> int:
        """A time after another: mostly soon, sometimes much later."""
        return at + 20 + int(self.rng.lognormvariate(0, 1.4) * median_hours * HOUR)

    def _member(self, item: Opening) -> Person:
        return picked(self.rng, item.repo.members)

    def _anybody(self, item: Opening) -> Person:
        draw = self.rng.random()
        if draw < 0.5:
            return picked(self.rng, item.repo.members)
        if draw < 0.65:
            return item.author
        return picked(self.rng, item.repo.outsiders) if draw < 0.93 else picked(self.rng, item.repo.bots)

    def _issue(self, item: Opening) -> Iterator[Happening]:
        rng, spent = self.rng, self._after(item.at, 140)
        yield from self._triage(item)
        yield from self._talk(item, int(rng.lognormvariate(0.75, 1.0)), spent)
        for _ in range(rng.random() < 0.25):
            yield Happening(self._between(item.at, spent), "cross-referenced", self._member(item), details=NOTHING)
        if rng.random() < 0.82:
            reason = "completed" if rng.random() < 0.75 else "not_planned"
            yield Happening(spent, "closed", self._member(item), details={"state_reason": reason})
            yield from self._reopening(item, spent)

    def _reopening(self, item: Opening, closed: int) -> Iterator[Happening]:
        """One in 25 is opened again, and most of these are closed again."""
        if self.rng.random() < 0.04:
            again = self._after(closed, 60)
            yield Happening(again, "reopened", self._anybody(item))
            yield Happening(again + 60, "commented", self._anybody(item), body=self.body())
            if self.rng.random() < 0.7:
                yield Happening(self._after(again + 60, 100), "closed", self._member(item))

    def _triage(self, item: Opening) -> Iterator[Happening]:
        """Labels, mentions and assignees, soon after the opening."""
        rng, at = self.rng, item.at
        for each in rng.sample(item.repo.labels, rng.choice((0, 1, 1, 2, 2, 3))):
            at = self._after(at, 0.3)
            yield Happening(at, "labeled", self._labeller(item), label=each)
            if rng.random() < 0.08:
                yield Happening(self._after(at, 40), "unlabeled", self._member(item), label=each)
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            someone, when = self._member(item), self._after(item.at, 4)
            yield Happening(when, "mentioned", someone)
            yield Happening(when, "subscribed", someone)
        if rng.random() < 0.35:
            someone, when = self._member(item), self._after(item.at, 8)
            yield Happening(when, "assigned", self._member(item), about=someone)
            if rng.random() < 0.06:
                yield Happening(self._after(when, 90), "unassigned", self._member(item), about=someone)

    def _labeller(self, item: Opening) -> Person:
        return picked(self.rng, item.repo.bots) if self.rng.random() < 0.4 else self._member(item)

    def _talk(self, item: Opening, count: int, until: int) -> Iterator[Happening]:
        """Comments, a tenth of them after all else is over."""
        for _ in range(min(count, 150)):
            at = self._between(item.at, until) if self.rng.random() < 0.9 else self._after(until, 50)
            yield Happening(at, "commented", self._anybody(item), body=self.body())

    def _between(self, first: int, last: int) -> int:
        return first + 30 + int(max(1, last - first) * self.rng.random() ** 1.5)

    def _pull(self, item: Opening) -> Iterator[Happening]:
        if item.author.kind == "bot":
            yield from self._routine(item)
            return
        rng, spent = self.rng, self._after(item.at, 30)
        yield from self._commits(item.at - rng.randrange(600, 3 * DAY), item.at, item, rng.choice((1, 1, 1, 2, 3, 5)))
        yield from self._triage(item)
        yield from self._talk(item, int(rng.lognormvariate(0.35, 1.0)), spent)
        yield from self._drafts(item, spent)
        yield from self._reviews(item, spent)
        if rng.random() < 0.15:
            yield Happening(self._between(item.at, spent), "referenced", item.author, details={"commit_id": sha(spent)})
        yield from self._end(item, spent, merged=0.78, ended=0.93)

    def _routine(self, item: Opening) -> Iterator[Happening]:
        """A bot's update of a dependency: approved and merged within hours, or superseded by the next one."""
        spent = self._after(item.at, 15)
        yield from self._commits(item.at - 60, item.at, item, 1)
        yield Happening(item.at + 5, "labeled", item.author, label=item.repo.labels[-2])
        if self.rng.random() < 0.7:
            yield Happening(spent - 10, "reviewed", self._member(item), state="approved")
        yield from self._end(item, spent, merged=0.65, ended=0.97)

    def _end(self, item: Opening, at: int, *, merged: float, ended: float) -> Iterator[Happening]:
        """Merged, closed unmerged, or left open: two shares of one."""
        draw = self.rng.random()
        if draw < merged:
            someone = self._member(item)
            yield Happening(at, "merged", someone, details={"commit_id": sha(at + item.key)})
            yield Happening(at, "closed", someone)
            if self.rng.random() < 0.6:
                yield Happening(at + 3, "head_ref_deleted", someone)
        elif draw < ended:
            yield Happening(at, "closed", item.author if self.rng.random() < 0.4 else self._member(item))
            yield from self._reopening(item, at)

    def _commits(self, first: int, last: int, item: Opening, count: int) -> Iterator[Happening]:
        for _ in range(count):
            self.commits += 1
            at, name = self.rng.randrange(first, max(last, first + 1)), item.author.login
            signature = {"name": name, "email": f"{name}@users.noreply.github.com"}
            dated = signature | {"date": at}
            message = self.body()[:80].replace("\n", " ")
            details = {"sha": sha(self.commits), "message": message, "author": dated, "committer": dated}
            yield Happening(at, "committed", None, details=details)

    def _drafts(self, item: Opening, until: int) -> Iterator[Happening]:
        if item.is_draft and self.rng.random() < 0.85:
            yield Happening(self._between(item.at, until), "ready_for_review", item.author)
        elif self.rng.random() < 0.02:
            at = self._between(item.at, until)
            yield Happening(at, "convert_to_draft", item.author)
            if self.rng.random() < 0.8:
                yield Happening(self._between(at, max(until, at + HOUR)), "ready_for_review", item.author)

    def _reviews(self, item: Opening, until: int) -> Iterator[Happening]:
        """Requests, then rounds of reviews with answers by the author; some reviews without any request."""
        rng = self.rng
        asked = [self._member(item) for _ in range(rng.choice((0, 0, 1, 1, 2)))]
        for reviewer in dict.fromkeys(asked):
            yield Happening(item.at + rng.randrange(5, 9 * HOUR), "review_requested", item.author, about=reviewer)
        reviewers = [reviewer for reviewer in asked if rng.random() < 0.75 and reviewer != item.author]
        if not reviewers and rng.random() < 0.5:
            reviewers = [self._anybody(item)]
        at = item.at
        for reviewer in reviewers:
            at = self._between(at, until)
            yield from self._rounds(item, reviewer, at)

    def _rounds(self, item: Opening, reviewer: Person, at: int) -> Iterator[Happening]:
        """One person's reviews, until the approval or until the person says no more."""
        for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3))):
            state = self.rng.choice(STATES) if reviewer != item.author else self.rng.choice(QUIET)
            text = self.body() if self.rng.random() < (0.25 if state == "approved" else 0.6) else ""
            yield Happening(at, "reviewed", reviewer, body=text, state=state, details={"commit_id": sha(at)})
            if state == "approved":
                return
            changed = self._after(at, 5)
            if self.rng.random() < 0.3:
                details = {"commit_id": sha(changed)}
                yield Happening(changed, "head_ref_force_pushed", item.author, details=details)
            else:
                yield from self._commits(at, changed, item, 1)
            yield Happening(changed, "commented", item.author, body=self.body())
            at = self._after(changed, 6)


def by_time(each: Happening) -> int:
    """What histories are sorted by."""
    return each.at


def openings(rng: Random, found: Sequence[Repo], *, count: int, first: int, since: int, until: int) -> list[Opening]:
    """The issues and pull requests of all repositories in the order of their openings, with ids from `first` on."""
    times = sorted(working_time(rng, since, until) for _ in range(count))
    places = rng.choices(found, [each.weight for each in found], k=count)
    return [opening(rng, repo, first + 7 * n, at) for n, (repo, at) in enumerate(zip(places, times, strict=True))]


def opening(rng: Random, repo: Repo, key: int, at: int) -> Opening:
    """An issue, or in three of five cases a pull request: these are mostly by members, and one in eight by a bot."""
    is_pull, draw = rng.random() < 0.6, rng.random()
    by_members, by_bots = (0.68, 0.13) if is_pull else (0.4, 0.03)
    people = repo.members if draw < by_members else repo.bots if draw > 1 - by_bots else repo.outsiders
    author = picked(rng, people)
    return Opening(key, repo, is_pull, author, at, is_draft=is_pull and author.kind != "bot" and rng.random() < 0.14)


def working_time(rng: Random, since: int, until: int) -> int:
    """A time, more of them later than earlier, by day rather than by night, few of them at weekends."""
    while True:
        at = since + int((until - since) * rng.random() ** 0.8)
        day, hour = (at // DAY + 3) % 7, at % DAY / HOUR  # 1970 began on a Thursday; 0 is Monday
        if rng.random() < (0.2 if day > 4 else 1) * (1 if 7 <= hour < 18 else 0.3):
            return at
