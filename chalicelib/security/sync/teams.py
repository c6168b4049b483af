"""Checks which rules teams keep, by the stored members. GitHub is not asked."""

from __future__ import annotations

from sqlalchemy import delete, select

from chalicelib.ingest.context import Context
from chalicelib.ingest.listings import StoredLists
from chalicelib.ingest.mapping import save_own_rows
from chalicelib.ingest.streams import ListStream
from chalicelib.inventory.models import Team, TeamMember
from chalicelib.security.models import TeamCheck
from chalicelib.security.rules import TEAM_MAINTAINER, Verdict
from chalicelib.security.rules.policy import Policy
from chalicelib.security.rules.rule import MOST_SHOWN, unknown
from chalicelib.store.upsert import Row

MAINTAINER = "maintainer"


def check_teams(context: Context, policy: Policy, *, members: ListStream) -> None:
    """Check whether each team has a maintainer; one whose `members` were never listed could not be checked."""
    org, now = context.scope.org, context.now()
    if not policy.checks_teams:
        context.session.execute(delete(TeamCheck).where(TeamCheck.org == org))
        return
    listed, roles = StoredLists(context, members).last_read(), _roles(context)
    stored = {check.team_id: check for check in context.session.scalars(select(TeamCheck).where(TeamCheck.org == org))}
    rows = list[Row]()
    for team in context.session.scalars(select(Team).where(Team.org == org, Team.deleted_at.is_(None))):
        is_listed = members.path_of({"org": team.org, "slug": team.slug}) in listed
        verdict = judge(roles.get(team.id, [])) if is_listed else unknown("its members were not listed yet")
        before = stored.get(team.id)
        is_same = before is not None and before.result == verdict.result
        rows.append(
            {
                "team_id": team.id,
                "rule": TEAM_MAINTAINER.name,
                "org": org,
                "team": team.slug,
                "result": verdict.result,
                "message": verdict.message,
                "evidence": verdict.evidence,
                "since": min(before.since, now) if before is not None and is_same else now,
                "checked_at": now,
            }
        )
        context.run.stored += not is_same
    save_own_rows(context, TeamCheck, rows)
    context.run.fetched += len(rows)


def judge(people: list[tuple[str, str]]) -> Verdict:
    """Judge a team by its members' logins and roles."""
    maintainers = sorted(login for login, role in people if role == MAINTAINER)
    return Verdict.of(
        {"maintainers": maintainers[:MOST_SHOWN], "members": len(people)},
        passes=bool(maintainers),
        good="it has a maintainer",
        bad="none of its members is its maintainer",
    )


def _roles(context: Context) -> dict[int, list[tuple[str, str]]]:
    """Read who is in which team, with the role."""
    current = (TeamMember.org == context.scope.org, TeamMember.left_at.is_(None))
    people: dict[int, list[tuple[str, str]]] = {}
    for team_id, login, role in context.session.execute(
        select(TeamMember.team_id, TeamMember.login, TeamMember.role).where(*current)
    ):
        people.setdefault(team_id, []).append((login, role))
    return people
