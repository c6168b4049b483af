"""Webhooks: what GitHub could not deliver is asked for again, whichever domain keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from chalicelib.errors import ForbiddenError, NotFoundError
from chalicelib.github import GitHubAPI
from chalicelib.ingest.context import Context
from chalicelib.ingest.domain import Domain, kept_events
from chalicelib.ingest.permissions import Lack, Need
from chalicelib.ingest.steps import NRT_EVENTS, Kind, Step
from chalicelib.webhooks.sync import DELIVERIES, PERMISSION, STEP, redeliver

MISSED = "deliveries that an organisation's webhook missed, to ask for them again (*write*; an App's own needs none)"


def find_lacks(github: GitHubAPI, org: str) -> Iterator[Lack]:
    """Ask for the organisation's webhooks; whether a token may also write can't be asked."""
    try:
        github.get(f"/orgs/{org}/hooks", params={"per_page": "1"})
    except (ForbiddenError, NotFoundError) as error:
        yield Lack(f"{MISSED}: {error.message}", certain=False)


def webhooks_for(domains: Sequence[Domain]) -> Domain:
    """Declare the domain that asks again for the events that `domains` keep."""

    def redeliver_kept(context: Context) -> None:
        """Ask GitHub for what webhooks missed in the last three days, of events that are kept; forget what is old."""
        redeliver(context, kept_events(domains, context.settings))

    return Domain(
        name="webhooks",
        steps=(Step(STEP, redeliver_kept, (NRT_EVENTS,)),),
        kinds=(Kind(DELIVERIES, timedelta(hours=50)),),
        needs=(Need(PERMISSION, MISSED, find_lacks, level="write", is_optional=True),),
    )
