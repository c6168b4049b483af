"""What webhooks tell of the inventory: of repositories, releases and members of teams.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#repository
https://docs.github.com/en/webhooks/webhook-events-and-payloads#release
https://docs.github.com/en/webhooks/webhook-events-and-payloads#membership
"""

from __future__ import annotations

from chalicelib.ingest.deliveries import Event
from chalicelib.inventory.sync.told_members import hear_membership
from chalicelib.inventory.sync.told_releases import hear_release
from chalicelib.inventory.sync.told_repositories import hear_repository

EVENTS = {
    "repository": Event(hear_repository, frozenset({"repository"}), is_plain=True),
    "release": Event(hear_release, frozenset({"release", "repository"})),
    "membership": Event(hear_membership, frozenset({"member", "team"})),
}
