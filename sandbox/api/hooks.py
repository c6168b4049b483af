"""Webhooks of organisations and of Apps, and the log of what was delivered; nothing is sent here."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from urllib.parse import urlencode
from uuid import UUID

from sandbox.api.forms import JSON, Forms
from sandbox.api.messages import encode
from sandbox.api.times import timestamp
from sandbox.api.webhook_forms import payload_of, repository_of
from sandbox.world.apps import Installation, Integration
from sandbox.world.hours import DAY
from sandbox.world.items import Organisation
from sandbox.world.journal import Occurrence
from sandbox.world.world import World

# For so long the log has a delivery, and it can be asked for again.
KEPT = 3 * DAY
# What the log says of a delivery that never arrived (the words are unverified).
UNREACHABLE = 502, "failed to connect to host"
FIRST_HOOK, FIRST_DELIVERY = 400_000_001, 180_000_000_001
ELSEWHERE = "https://metrics.example/webhook"
OK = range(200, 300)
AGENT = "GitHub-Hookshot/5a4db0c"
Headers = dict[str, str]


@dataclass(slots=True, eq=False, kw_only=True)
class Delivery:
    """One try to deliver an event: a redelivery is another one with the same `guid`.

    It is signed with `secret`; its body is a form or JSON.
    """

    id: int
    guid: str
    occurrence: Occurrence
    delivered_at: int
    redelivery: bool = False
    status_code: int = 200
    status: str = "OK"
    secret: str = ""
    form: bool = False

    def answered(self, status_code: int) -> None:
        """Note what the receiver answered."""
        self.status_code = status_code
        self.status = "OK" if status_code in OK else f"Invalid HTTP Response: {status_code}"

    def failed(self) -> None:
        """Note that nobody answered."""
        self.status_code, self.status = UNREACHABLE


@dataclass(slots=True, eq=False)
class Hook:
    """A webhook of an organisation, or of an App where it is installed; `log` has the oldest delivery first.

    `position` is how much of the world's journal was delivered; `again` are those that are to be delivered again.
    """

    id: int
    created_at: int
    organisation: Organisation | None = None
    integration: Integration | None = None
    url: str = ELSEWHERE
    position: int = 0
    log: list[Delivery] = field(default_factory=list)
    again: list[Delivery] = field(default_factory=list)

    def installation(self, organisation: Organisation) -> Installation | None:
        """Return where the App is installed, if it is an App's and is installed there."""
        return None if self.integration is None else self.integration.installations.get(organisation.login.lower())

    def hears(self, organisation: Organisation) -> bool:
        """Whether it gets what happens in an organisation."""
        return self.organisation is organisation or self.installation(organisation) is not None


class Hooks:
    """The webhooks: each organisation has one for all events, and each App that is asked about."""

    def __init__(self, world: World, forms: Forms) -> None:
        self._world, self._forms = world, forms
        world.journal.watched = True
        self._created_at = world.now
        self._ids, self._delivery_ids = count(FIRST_HOOK), count(FIRST_DELIVERY)
        self._rng = Random(f"{world.plan.seed}/hooks")
        self._by_owner: dict[Organisation | Integration, Hook] = {}
        self._lock = world.lock

    def of(self, owner: Organisation | Integration) -> Hook:
        """Return the webhook of an organisation or an App."""
        with self._lock:
            if owner not in self._by_owner:
                hook = Hook(next(self._ids), self._created_at)
                if isinstance(owner, Organisation):
                    hook.organisation = owner
                else:
                    hook.integration = owner
                self._by_owner[owner] = hook
            return self._by_owner[owner]

    def begin(self, hook: Hook) -> list[Delivery]:
        """Log the deliveries that are due: those asked for again, and what happened since the last call."""
        with self._lock:
            occurrences = self._world.journal.occurrences
            new = [one for one in occurrences[hook.position :] if hook.hears(one.organisation)]
            again, hook.again, hook.position = hook.again, [], len(occurrences)
            begun = [self._begin(one.occurrence, one.guid, redelivery=True) for one in again]
            begun += [self._begin(one, str(UUID(int=self._rng.getrandbits(128), version=4))) for one in new]
            hook.log = [one for one in hook.log if self._is_kept(one)] + begun
            return begun

    def _begin(self, occurrence: Occurrence, guid: str, *, redelivery: bool = False) -> Delivery:
        return Delivery(
            id=next(self._delivery_ids),
            guid=guid,
            occurrence=occurrence,
            delivered_at=self._world.now,
            redelivery=redelivery,
        )

    def _is_kept(self, delivery: Delivery) -> bool:
        return delivery.delivered_at > self._world.now - KEPT

    def logged(self, hook: Hook) -> list[Delivery]:
        """Return the deliveries of the last three days, the newest first."""
        return [one for one in reversed(hook.log) if self._is_kept(one)]

    def redeliver(self, hook: Hook, deliveries: Iterable[Delivery]) -> None:
        """Let deliveries be made again with the next ones."""
        with self._lock:
            hook.again.extend(deliveries)

    def payload(self, hook: Hook, delivery: Delivery) -> JSON:
        """Return a delivery's payload."""
        occurrence = delivery.occurrence
        return payload_of(self._forms, occurrence, hook.installation(occurrence.organisation))

    def request_of(self, hook: Hook, delivery: Delivery) -> tuple[Headers, bytes]:
        """Return a delivery's headers and body."""
        with self._lock:
            body = encode(self.payload(hook, delivery))
        body = urlencode({"payload": body.decode()}).encode() if delivery.form else body
        return _headers(hook, delivery, body), body

    def hook_form(self, hook: Hook, organisation: Organisation) -> JSON:
        """Return an organisation's webhook as its list shows it."""
        url = f"{self._forms.base}/orgs/{organisation.login}/hooks/{hook.id}"
        return {
            "id": hook.id,
            "url": url,
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
            "name": "web",
            "events": ["*"],
            "active": True,
            "config": {"url": hook.url, "insecure_ssl": "0", "content_type": "json", "secret": "********"},
            "updated_at": timestamp(hook.created_at),
            "created_at": timestamp(hook.created_at),
            "type": "Organization",
        }

    def delivery_form(self, hook: Hook, delivery: Delivery) -> JSON:
        """Return a delivery as the log lists it."""
        occurrence = delivery.occurrence
        repository = repository_of(occurrence)
        installation = hook.installation(occurrence.organisation)
        return {
            "id": delivery.id,
            "guid": delivery.guid,
            "delivered_at": timestamp(delivery.delivered_at),
            "redelivery": delivery.redelivery,
            "duration": 0.05,
            "status": delivery.status,
            "status_code": delivery.status_code,
            "event": occurrence.event,
            "action": occurrence.action,
            "installation_id": installation and installation.id,
            "repository_id": repository and repository.id,
            "throttled_at": None,
        }

    def whole_delivery_form(self, hook: Hook, delivery: Delivery) -> JSON:
        """Return a delivery with what was sent, and what came back."""
        headers, _ = self.request_of(hook, delivery)
        return {
            **self.delivery_form(hook, delivery),
            "url": hook.url,
            "request": {"headers": headers, "payload": self.payload(hook, delivery)},
            "response": {"headers": {}, "payload": ""},
        }


def sign(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    """Return the signature of a body, as its header has it.

    https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    """
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


def _headers(hook: Hook, delivery: Delivery, body: bytes) -> Headers:
    owner = hook.integration or hook.organisation
    return {
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded" if delivery.form else "application/json",
        "User-Agent": AGENT,
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.occurrence.event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(owner.id if owner else 0),
        "X-GitHub-Hook-Installation-Target-Type": "organization" if hook.integration is None else "integration",
        "X-Hub-Signature": sign(delivery.secret, body, "sha1"),
        "X-Hub-Signature-256": sign(delivery.secret, body),
    }
