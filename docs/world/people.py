"""The organisation's people, teams and repositories, and what it releases."""

from __future__ import annotations

from chalicelib.models import Member, Membership, Release, Repository, Team, TeamMember
from docs.world.writer import FIRST_LOOK, ORG, PEOPLE, REPOSITORIES, Writer, at, place

MEMBERS = ("ada", "bob", "chloe", "dan")
TEAMS = {"platform": (1, {"bob": "maintainer", "dan": "member"}), "web": (2, {"ada": "maintainer", "chloe": "member"})}
RELEASES = (
    ("shop", "v1.0", at(4, 2, 9), False),
    ("shop", "v1.1", at(4, 9, 9), False),
    ("shop", "v1.2-rc1", at(4, 20, 9), True),
    ("shop", "v1.2", at(4, 23, 9), False),
    ("shop", "v1.3", at(5, 21, 9), False),
    ("api", "2025.4", at(4, 30, 15), False),
)


def employ(writer: Writer) -> None:
    """Write who is in the organisation and its teams, its repositories, and their releases."""
    for login in MEMBERS:
        key, role = PEOPLE[login], "admin" if login == "ada" else "member"
        writer.add(Member, id=key, login=login, inserted_dt=FIRST_LOOK, inactive=False)
        writer.add(Membership, org=ORG, member_id=key, role=role, inserted_dt=FIRST_LOOK, inactive=False)
    for slug, (key, stays) in TEAMS.items():
        writer.add(Team, id=key, org=ORG, slug=slug, name=slug.capitalize(), first_seen_at=FIRST_LOOK)
        for login, role in stays.items():
            stay = {"team_id": key, "member_id": PEOPLE[login], "login": login, "role": role}
            writer.add(TeamMember, stay, org=ORG, first_seen_at=FIRST_LOOK)
    for name, key in REPOSITORIES.items():
        visibility = "public" if name == "website" else "private"
        row = {"id": key, "name": name, "visibility": visibility, "archived": False}
        writer.add(Repository, row, org=ORG, first_seen_at=FIRST_LOOK)
    for key, (repo, tag, published, is_early) in enumerate(RELEASES, start=1):
        row = place(repo) | {"id": key, "tag_name": tag, "draft": False, "prerelease": is_early}
        writer.add(Release, row, published_at=published, first_seen_at=published)
