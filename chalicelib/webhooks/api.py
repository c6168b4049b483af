"""The logs of what webhooks delivered, and asking for a delivery again.

https://docs.github.com/en/rest/orgs/webhooks#list-deliveries-for-an-organization-webhook
https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from chalicelib.errors import BadAnswerError
from chalicelib.github import PER_PAGE, GitHubAPI
from chalicelib.ingest.fields import cleaned, converted, identity, moment, number, positive, required, text


@dataclass(frozen=True)
class Try:
    """A try to deliver something: another one of the same has another `id` and the same `guid`."""

    id: int
    guid: str
    event: str
    delivered_at: datetime
    action: str | None = None
    repository_id: int | None = None
    installation_id: int | None = None
    status: str | None = None
    status_code: int | None = None

    @property
    def has_arrived(self) -> bool:
        """Whether it was answered with 2xx."""
        return self.status_code is not None and HTTPStatus(200) <= self.status_code < HTTPStatus.MULTIPLE_CHOICES


def read_try(record: Any) -> Try:
    """Read an entry of a log; RejectedError when it is malformed."""
    found = cleaned(record)
    needed = required(found, {"id": positive, "guid": text, "event": text, "delivered_at": moment})
    ids = {"repository_id": identity, "installation_id": identity, "status_code": number}
    return Try(**needed, **converted(found, {"action": text, "status": text, **ids}))


@dataclass(frozen=True)
class DeliveryLog:
    """The log of one webhook, by its path; `github` is whoever may read it.

    Of an App's, which has what happened in all organisations, only what is `installation_id`'s is ours.
    """

    github: GitHubAPI
    path: str
    installation_id: int | None = None

    def fetch_pages(self) -> Iterator[list[Any]]:
        """Fetch what was delivered in three days, page by page, the newest first."""
        for answer in self.github.pages(self.path, params={"per_page": str(PER_PAGE)}):
            if not isinstance(answer.body, list):
                raise BadAnswerError("the answer is not a list", status=answer.status, path=self.path)
            yield answer.body

    def redeliver(self, delivery_id: int) -> None:
        """Ask for a delivery again; to ask twice does no harm."""
        self.github.post(f"{self.path}/{delivery_id}/attempts", allow_empty=True)

    def is_ours(self, one: Try) -> bool:
        """Tell whether a delivery may be of this organisation."""
        return None in (self.installation_id, one.installation_id) or one.installation_id == self.installation_id


def organisation_log(github: GitHubAPI, org: str, hook_id: int) -> DeliveryLog:
    """Give the log of an organisation's webhook."""
    return DeliveryLog(github, f"/orgs/{org}/hooks/{hook_id}/deliveries")


def app_log(app: GitHubAPI, org: str) -> DeliveryLog:
    """Give the log of an App's webhook; `app` is authenticated as the App."""
    body = app.get(f"/orgs/{org}/installation").body
    found = body.get("id") if isinstance(body, dict) else None
    return DeliveryLog(app, "/app/hook/deliveries", found if type(found) is int else None)
