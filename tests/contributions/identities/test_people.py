"""Organisations and people that are renamed: each stays one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from chalicelib.errors import JobFailedError
from chalicelib.models import Base, Event, create_db_session
from chalicelib.store.organisations import rename_organisation
from tests.contributions.identities.conftest import (
    JOBS,
    STORED,
    filled,
    names,
    notes,
    values,
    values_of,
)
from tests.contributions.sync.test_timelines import assert_equal_to_timelines
from tests.organisation import ORG, Organisation

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("way", ["the setting has the new name", "GitHub leads on"])
def test_a_renamed_organisation_is_still_the_same(org: Organisation, way: str) -> None:
    """It was two: marks began anew, and everybody was a member of both for ever."""
    world = org.sandbox.world
    marks = values_of(org, select(STORED["Watermark"].name, STORED["Watermark"].value))
    world.rename_organisation(world.organisations[ORG], "acme-corp")
    org.advance(2 * 86_400)
    leads_on = way == "GitHub leads on"
    if not leads_on:
        org.environment["GH_ORGS"] = "acme-corp"

    def answer(request: Any, given: Any) -> Any:
        url = f"{org.sandbox.url}/orgs/acme-corp"
        return type(given)({}, 301, {"Location": url}) if request.path == f"/orgs/{ORG}" else given

    with org.sandbox.oddities.telling(answer if leads_on else lambda request, given: given):
        for job in JOBS:
            org.run_job(job)
    for table in Base.metadata.sorted_tables:
        if "org" in table.c and table.name != "rejected_records":
            assert names(org, table.name, "org") <= {"acme-corp"}, table.name
    organisation_row = values(org, select(STORED["Organisation"]))[0]
    assert (organisation_row.login, organisation_row.renamed_from) == ("acme-corp", ORG)
    assert notes(org, "access")[-1] == "acme is acme-corp now"
    members = values(org, select(STORED["Membership"].member_id).where(STORED["Membership"].inactive.is_(False)))
    assert sorted(members) == sorted(person.id for person in world.organisations["acme-corp"].people)
    after = dict(values_of(org, select(STORED["Watermark"].name, STORED["Watermark"].value)))
    assert all(after[name] >= value for name, value in marks)
    assert values(org, select(STORED["Lease"])) == []
    org.assert_equal_to_truth()


def test_an_organisation_that_takes_a_name_over_does_not_get_the_rows(db_url: str) -> None:
    with filled(db_url, organisations=(ORG, "globex")) as org:
        world = org.sandbox.world
        acme, globex = world.organisations.values()
        world.rename_organisation(acme, "acme-corp")
        world.rename_organisation(globex, ORG)
        org.advance(2 * 86_400)
        org.environment["GH_ORGS"] = ORG
        with create_db_session(org.db_url) as session:  # as if globex had never been read
            session.execute(delete(STORED["Organisation"]).where(STORED["Organisation"].id == globex.id))
            session.commit()
        with pytest.raises(JobFailedError, match="acme is another organisation now than the one whose rows are stored"):
            org.run_job()
        org.environment["GH_ORGS"] = f"acme-corp,{ORG}"
        for _ in range(2):
            for job in JOBS:
                org.run_job(job)
        found = values_of(org, select(STORED["Organisation"].id, STORED["Organisation"].login))
        assert sorted(found) == sorted([(acme.id, "acme-corp"), (globex.id, ORG)])
        org.assert_equal_to_truth()


def test_of_two_rows_of_one_thing_the_one_under_the_new_name_stays(org: Organisation) -> None:
    """A version that did not know it had read the organisation under both names."""
    world, (mark, membership) = org.sandbox.world, (STORED["Watermark"], STORED["Membership"])
    earlier, later = org.now() - timedelta(days=2), org.now() - timedelta(days=1)
    with create_db_session(org.db_url) as session:
        person = session.scalars(select(membership.member_id).limit(1)).one()
        session.execute(update(mark).where(mark.name == "updated:issues").values(value=earlier))
        session.add(mark(name="updated:issues", org="acme-corp", scope="*", value=later))
        times = {"inserted_dt": org.now(), "inactive": False}
        session.add(membership(org="acme-corp", member_id=person, role="newer", **times))
        session.flush()
        assert rename_organisation(session, ORG, "acme-corp") == 2
        session.commit()
    assert values(org, select(mark.value).where(mark.name == "updated:issues")) == [earlier]
    assert values(org, select(membership.role).where(membership.member_id == person)) == ["newer"]
    assert values(org, select(membership.org).distinct()) == ["acme-corp"]
    world.rename_organisation(world.organisations[ORG], "acme-corp")
    org.environment["GH_ORGS"] = "acme-corp"
    org.run_job()
    org.assert_equal_to_truth()


def test_a_renamed_person_is_still_the_same(org: Organisation) -> None:
    """Old rows had the old login, so they were nobody's; somebody else who takes it over must not get them."""
    world = org.sandbox.world
    people = world.organisations[ORG].members
    item = next(one for one in world.items.values() if one.author and one.author.login in people and not one.is_pull)
    person = item.author
    assert person is not None
    heir = next(one for one, _ in people.values() if one is not person and theirs(org, one.login))
    before, heirs = person.login, theirs(org, heir.login)
    mine = theirs(org, before)
    world.rename_person(person, "somebody-else")
    world.rename_person(heir, before)
    org.advance(25 * 3_600)
    org.run_job("every_30_min")
    assert theirs(org, "somebody-else") >= mine
    assert theirs(org, before) >= heirs
    assert theirs(org, before).isdisjoint(mine)
    logins = dict(values_of(org, select(STORED["Member"].id, STORED["Member"].login)))
    assert (logins[person.id], logins[heir.id]) == ("somebody-else", before)
    stays = dict(values_of(org, select(STORED["TeamMember"].member_id, STORED["TeamMember"].login)))
    assert (stays[person.id], stays[heir.id]) == ("somebody-else", before)
    org.run_job("nrt_events")
    assert_equal_to_timelines(org)


def theirs(org: Organisation, login: str) -> set[tuple[str, int]]:
    """The rows that name a person."""
    return {
        (model.__tablename__, key)
        for model in (STORED["Issue"], STORED["PullRequest"], Event)
        for key in values(org, select(model.id).where(func.lower(model.username) == login.lower()))
    }
