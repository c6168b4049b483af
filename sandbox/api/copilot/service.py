"""Copilot in all organisations: setting it up, and the truth to compare a database with."""

from typing import Any

from sandbox.api.copilot.reports import organisation_row, team_rows, user_rows
from sandbox.api.times import moment, timestamp
from sandbox.world.copilot.publication import Publication
from sandbox.world.copilot.settings import Settings, day_name, day_of, parse_day
from sandbox.world.copilot.usage import Usage
from sandbox.world.hours import DAY
from sandbox.world.world import World

JSON = dict[str, Any]


class Copilot:
    """Who has Copilot, and what is true of it now; `Plan(copilot_days=…)` sets it up in all organisations.

    Organisations are named; a KeyError means that there is none of this name, or that it has no Copilot.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._usages: dict[str, Usage] = {}
        if world.plan.copilot_days:
            since = day_of(world.plan.now) - world.plan.copilot_days * DAY
            for name in world.organisations:
                self.set_up(name, since=day_name(since))

    def set_up(self, org: str, **wanted: Any) -> Settings:
        """Set Copilot up, by default since the world's first day, or change how it is; `Settings` tells what there is.

        What isn't named stays. A ValueError names what can't be.
        """
        with self._world.lock:
            organisation = self._world.organisations[org.lower()]
            usage = self._usages.get(org.lower())
            settings = Settings(day_of(self._world.plan.start)) if usage is None else usage.settings
            changed = settings.changed(wanted)
            self._usages[org.lower()] = Usage(self._world, organisation, changed)
            return changed

    def end(self, org: str) -> None:
        """Take Copilot away from an organisation: its endpoints answer 404; KeyError."""
        with self._world.lock:
            del self._usages[org.lower()]

    def usage(self, org: str) -> Usage:
        """Return an organisation's use of Copilot; KeyError."""
        return self._usages[org.lower()]

    def find(self, org: str) -> Usage | None:
        """Return an organisation's use of Copilot, if there is any."""
        return self._usages.get(org.lower())

    def days(self, org: str, *, every: bool = False) -> list[JSON]:
        """Return each day that is offered now: its report as it is now, and as it will be in the end (`final`).

        With `every`, all days since Copilot began that are over, those without reports as well (`offered`).
        """
        with self._world.lock:
            usage = self.usage(org)
            first = usage.settings.since if every else None
            rows = [self._day(usage, publication) for publication in usage.publications(first=first)]
            return [row for row in rows if every or row["offered"]]

    def _day(self, usage: Usage, publication: Publication) -> JSON:
        now, last = self._world.now, publication.last
        offered = usage.offered(publication.day, now) is not None
        revision = publication.revision(now)
        final = organisation_row(usage, publication, last) if offered else None
        return {
            "day": day_name(publication.day),
            "offered": offered,
            "published_at": timestamp(publication.at[0]),
            "settled_at": timestamp(publication.at[-1]),
            "revision": revision,
            "last_revision": last,
            "report": organisation_row(usage, publication, revision) if offered and revision < last else final,
            "final": final,
        }

    def users(self, org: str, *, day: str | None = None, final: bool = True) -> list[JSON]:
        """Return the users' rows of all days that are offered now, or of one; in the end, or as they are now."""
        with self._world.lock:
            usage = self.usage(org)
            now = self._world.now
            offered = [(one, one.last if final else one.revision(now)) for one in self._offered(usage, day)]
            return [row for one, revision in offered for row in user_rows(usage, one, revision)]

    def user_teams(self, org: str, *, day: str | None = None) -> list[JSON]:
        """Return the teams' rows of all days that are offered now, or of one."""
        with self._world.lock:
            usage = self.usage(org)
            return [row for one in self._offered(usage, day) for row in team_rows(usage, one.day)]

    def _offered(self, usage: Usage, day: str | None) -> list[Publication]:
        days = [one.day for one in usage.publications()] if day is None else [parse_day(day)]
        found = (usage.offered(one, self._world.now) for one in days)
        return [one for one in found if one is not None]

    def seats(self, org: str) -> list[JSON]:
        """Return every seat that was given until now, whoever holds it: one row each, without duplicates."""
        with self._world.lock:
            usage = self.usage(org)
            now = self._world.now
            return [
                {
                    "login": seat.person.login,
                    "id": seat.person.id,
                    "given_at": timestamp(seat.given_at),
                    "ended_at": moment(seat.ends_at) if seat.ends_at is not None and seat.ends_at <= now else None,
                    "held": seat.held(now),
                    "pending_cancellation": seat.pending(now),
                    "member": seat.person.login in usage.organisation.members,
                    "last_activity_at": moment(activity.at) if (activity := usage.last_activity(seat)) else None,
                }
                for seat in usage.all_seats()
                if seat.given_at <= now
            ]
