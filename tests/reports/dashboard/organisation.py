"""An organisation that the pages show: items of this month and the last one, a team, boards, and a ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.facts import follow_roles
from chalicelib.models import Organisation, RejectedRecord, Repository, SyncRun, Team, TeamMember
from tests.reports.boards import write_boards
from tests.reports.dashboard import data_ci
from tests.reports.dashboard.data_copilot import write_copilot
from tests.reports.dashboard.data_people import write_people
from tests.reports.dashboard.data_security import write_security
from tests.views.world import IDS, World

NOW = datetime.now(UTC).replace(microsecond=0)
# By the calendar, so that it doesn't matter on which day of a month the tests run.
LAST = (NOW.replace(day=1, hour=8, minute=0, second=0) - timedelta(days=1)).replace(day=2)
BEFORE = (LAST - timedelta(days=5)).replace(day=3)
HOSTILE = "[a](https://evil.example) ![b](https://evil.example/b.png) <b>c</b> $x$ :red[d] =1+2"


def fill_organisation(engine: Engine) -> None:
    """Write it all."""
    with Session(engine) as session:
        write_inventory(session)
        write_items(World(session))
        write_ledger(session)
        write_people(session)
        write_copilot(session, now=NOW, last=LAST.date(), before=BEFORE.date())
        write_security(session)
        data_ci.write_ci(session)
        session.commit()
    write_boards(engine)


def write_inventory(session: Session) -> None:
    session.execute(insert(Organisation), [{"id": 1, "login": "acme"}, {"id": 2, "login": "other"}])
    repos = [{"id": 1, "org": "acme", "name": "r"}, {"id": 2, "org": "acme", "name": "s"}]
    session.execute(insert(Repository), [{**each, "first_seen_at": BEFORE} for each in repos])
    session.execute(insert(Team), [{"id": 7, "org": "acme", "slug": "core", "name": "Core", "first_seen_at": BEFORE}])
    stay = {"team_id": 7, "org": "acme", "role": "member", "first_seen_at": BEFORE - timedelta(days=400)}
    session.execute(insert(TeamMember), [{**stay, "member_id": IDS["ada"], "login": "ada"}])


def write_items(world: World) -> None:
    for start, merged in ((BEFORE, 2), (LAST, 3)):
        for place in range(merged):
            begin = start + timedelta(hours=place)
            item = world.pull(
                begin,
                "ada",
                merged_at=begin + timedelta(hours=10 + place),
                first_commit_authored_at=begin - timedelta(hours=5 + 3 * place),
                additions=40,
                deletions=place,
                repo="rs"[place % 2],
            )
            world.review(item, begin + timedelta(hours=2 + place), "bob")
            world.issue(begin, closed_at=begin + timedelta(hours=30 + place))
    world.pull(BEFORE - timedelta(days=40), "zoe", title=HOSTILE)
    waiting = world.issue(LAST, "yan", title=HOSTILE)
    world.comment(waiting, NOW - timedelta(hours=1), "zoe")
    follow_roles(world.session, "acme")
    world.store_facts()


def write_ledger(session: Session) -> None:
    run = {"job": "every_30_min", "org": "acme", "started_at": NOW, "finished_at": NOW}
    session.execute(
        insert(SyncRun),
        [
            {**run, "step": "pull_requests.updated", "status": "ok", "fetched": 5, "error": None},
            {**run, "step": "issues.updated", "status": "failed", "fetched": 0, "error": "GitHub says no"},
        ],
    )
    record = {"kind": "issues", "org": "acme", "record": "{}", "rejected_at": NOW, "reason": HOSTILE}
    session.execute(insert(RejectedRecord), [{**record, "digest": "a"}, {**record, "digest": "b", "stored_at": NOW}])
