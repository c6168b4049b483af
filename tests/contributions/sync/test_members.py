"""Members: stored as GitHub shows them, and who left, returned or changed roles is told apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chalicelib.contributions.sync.members import member_row, save_members
from chalicelib.errors import JobFailedError, RejectedError
from chalicelib.ingest.mapping import Mapped
from chalicelib.models import Member, Membership, RejectedRecord, create_db_session
from sandbox.api.messages import Answer, Request
from tests.organisation import DAY, ORG, Organisation, organisation
from tests.store.expected import NOW, make_context, stored, whole


def test_members_leave_return_and_change_roles(org: Organisation) -> None:
    org.run_job()
    world = org.sandbox.world
    company = world.organisations[ORG]
    people = [person for person, role in company.members.values() if role == "member"]
    leaver, promoted = people[0], people[1]

    world.move(company, leaver, None)
    world.move(company, promoted, "admin")
    org.advance(DAY)
    org.run_job()
    left_at = org.now()
    with create_db_session(org.db_url) as session:
        gone = session.get_one(Member, leaver.id)
        assert (gone.inactive, gone.inactive_dt) == (True, left_at)
        assert session.get_one(Membership, (ORG, promoted.id)).role == "admin"
        assert session.scalar(select(func.count()).where(Member.inactive.is_(True))) == 1
        first_seen = gone.inserted_dt

    world.move(company, leaver, "member")
    org.advance(DAY)
    org.run_job()
    with create_db_session(org.db_url) as session:
        back = session.get_one(Member, leaver.id)
        assert (back.inactive, back.inactive_dt, back.inserted_dt) == (False, None, first_seen)


def test_many_leavers_whom_another_list_still_has_are_asked_for_no_more(db_url: str) -> None:
    """A list that was cut cost a request for each member that it left out."""

    def cut(request: Request, answer: Answer) -> Answer:
        is_cut = request.path.endswith("/members") and ("role", "member") in request.arguments
        return replace(answer, data=answer.data[:3], headers={}) if is_cut else answer

    with organisation(db_url, items=10, people=60) as org:
        org.run_job()
        org.advance(DAY)
        org.sandbox.stats.reset()
        with org.sandbox.oddities.telling(cut), pytest.raises(JobFailedError, match="members of acme, and the list"):
            org.run_job()
        assert "/orgs/{org}/members/{username}" not in org.requests()
        with create_db_session(org.db_url) as session:
            assert session.scalar(select(func.count()).where(Member.inactive.is_(True))) == 0
        org.run_job()


def test_members_are_read_once_a_day(org: Organisation) -> None:
    org.run_job()
    org.advance(12 * 3600)
    org.sandbox.stats.reset()
    org.run_job()
    assert not any("members" in route for route in org.requests())


def test_a_login_that_somebody_else_took_over_does_not_stop_the_members(org: Organisation) -> None:
    org.run_job()
    with create_db_session(org.db_url) as session:
        one, two = session.scalars(select(Member).order_by(Member.id).limit(2))
        logins = {one.id: one.login, two.id: two.login}
        session.execute(update(Member).where(Member.id == one.id).values(login=None))
        session.execute(update(Member).where(Member.id == two.id).values(login=logins[one.id]))
        session.execute(update(Member).where(Member.id == one.id).values(login=logins[two.id]))
        session.commit()
    org.advance(DAY)
    org.run_job()
    with create_db_session(org.db_url) as session:
        assert {key: session.get_one(Member, key).login for key in logins} == logins


@pytest.mark.parametrize("name", ["00", "01", "02", "03"])
def test_members_are_stored_as_they_are(shared: Session, payloads: Path, name: str) -> None:
    people = json.loads((payloads / f"github-rest/members/{name}.json").read_text())["body"]
    context = make_context(shared, org="lumen")
    save_members(context, [Mapped(member_row(person), person) for person in people], role="member")
    seen = {"inserted_dt": NOW, "inactive": False, "inactive_dt": None}
    columns = Member.__table__.columns.keys()
    told = [{name: person[name] for name in columns if name in person} for person in people]
    rows = sorted((whole(Member, person | seen) for person in told), key=lambda row: row["id"])
    assert stored(shared, Member) == rows
    assert stored(shared, RejectedRecord) == []
    places = [{"org": "lumen", "member_id": row["id"], "role": "member"} | seen for row in rows]
    assert stored(shared, Membership) == places


# Rows


def test_a_member() -> None:
    urls = ["avatar", "events", "followers", "following", "gists", "html", "organizations", "received_events", "repos"]
    member: dict[str, Any] = {
        "id": 4_000_000_000,
        "login": "ada",
        "gravatar_id": "",
        "node_id": "U_1",
        "site_admin": False,
    }
    member |= {"type": "User", "url": "https://api.github.com/users/ada"}
    member |= {f"{name}_url": f"https://example.com/{name}" for name in [*urls, "starred", "subscriptions"]}
    assert member_row(member | {"user_view_type": "public", "permissions": {}}) == member
    assert member_row({"id": 1, "login": "ada"}) == {"id": 1, "login": "ada"}


@pytest.mark.parametrize("name", ["id", "login"])
def test_a_member_without_a_name_is_rejected(name: str) -> None:
    with pytest.raises(RejectedError, match=f"^{name} is missing$"):
        member_row({"id": 1, "login": "ada"} | {name: None})


@pytest.mark.parametrize(("record", "name"), [(None, "NoneType"), ([], "list"), ("x", "str"), (7, "int")])
def test_what_is_no_object_is_rejected(record: Any, name: str) -> None:
    with pytest.raises(RejectedError, match=f"^it is {name}, not an object$"):
        member_row(record)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "7"}, "id is str, not a whole number"),
        ({"login": 7}, "login is int, not text"),
        ({"site_admin": "no"}, "site_admin is str, not true or false"),
    ],
)
def test_a_member_that_is_none_is_rejected_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        member_row({"id": 1, "login": "ada"} | changes)
    assert str(caught.value) == reason


def test_what_no_database_stores_is_taken_out() -> None:
    assert member_row({"id": 1, "login": "a\x00b"}) == {"id": 1, "login": "ab"}
