"""Security alerts: an organisation's three lists, and a repository's single ones."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.api.alert_forms import code_alert, dependabot_alert, secret_alert
from sandbox.api.call import JSON, Call
from sandbox.api.errors import DOCUMENTATION, ApiError
from sandbox.api.messages import Answer
from sandbox.api.pages import cursor_page, pages_by_cursor
from sandbox.world.alerts import RESOLUTIONS, Alert, CodeAlert, DependabotAlert, SecretAlert

# What an argument may say (None: anything), and what of an alert it is compared with.
Filter = tuple[Iterable[str] | None, Callable[[Any], set[Any]]]
SORTS: dict[str, Callable[[Alert], int]] = {
    "created": lambda alert: alert.created_at,
    "updated": lambda alert: alert.updated_at,
}
SEVERITIES = ("low", "medium", "high", "critical")
# These answers have no ETag: they are never a 304.
UNCONDITIONAL = {"Cache-Control": "private, max-age=60, s-maxage=60"}


@dataclass(frozen=True, slots=True)
class AlertList:
    """A list of alerts: of which kind, how it is filtered, what it says when it is off, and its page of the docs."""

    kind: type[Alert]
    filters: Mapping[str, Filter]
    off: tuple[int, str]
    page: str

    def refusal(self, status: int, message: str) -> ApiError:
        """Return an error that names the endpoint's page."""
        return ApiError(status, message, documentation=f"{DOCUMENTATION}/{self.page}")

    def found(self, call: Call) -> list[Any]:
        """Return the alerts that the token sees and that the query asks for, in its order; raise the API's errors."""
        organisation = call.organisation()
        feature = self.kind.feature
        if not getattr(organisation.security, feature):
            raise self.refusal(*self.off)
        wanted = [(names, told) for name, (_, told) in self.filters.items() if (names := self._wanted(call, name))]
        places = [one for one in organisation.repositories if getattr(one.security, feature) and call.token.reads(one)]
        alerts = (alert for place in places for alert in call.world.alerts(self.kind, place))
        found = [alert for alert in alerts if all(names & told(alert) for names, told in wanted)]
        moment = SORTS[self._choice(call, "sort", ("created", "updated"))]
        found.sort(key=lambda alert: (moment(alert), alert.id), reverse=self.descending(call))
        return found

    def descending(self, call: Call) -> bool:
        """Whether the newest come first."""
        return self._choice(call, "direction", ("desc", "asc")) == "desc"

    def keys(self, call: Call, alerts: list[Any]) -> list[tuple[int, int]]:
        """Return the places of alerts in their order."""
        moment = SORTS[call.argument("sort", "created")]
        return [(moment(alert), alert.id) for alert in alerts]

    def _choice(self, call: Call, name: str, choices: tuple[str, ...]) -> str:
        """Return an argument that is one of some words, by default the first."""
        said = call.argument(name, choices[0])
        if said not in choices:
            raise self.refusal(422, f"Invalid {name}: {said}")
        return said

    def _wanted(self, call: Call, name: str) -> set[str]:
        """Return what a comma list names."""
        said = call.argument(name, "")
        names = {part.strip() for part in said.split(",") if part.strip()}
        known = self.filters[name][0]
        if known is not None and not names <= set(known):
            raise self.refusal(422, f"Invalid {name}: {said}")
        return names


DEPENDABOT = AlertList(
    DependabotAlert,
    {
        "state": (("auto_dismissed", "dismissed", "fixed", "open"), lambda alert: {alert.state}),
        "severity": (SEVERITIES, lambda alert: {alert.severity}),
        "ecosystem": (None, lambda alert: {alert.ecosystem}),
        "package": (None, lambda alert: {alert.package}),
        "scope": (("development", "runtime"), lambda alert: {alert.scope}),
    },
    # The words for a repository are known; those for an organisation are unverified, here and below.
    (403, "Dependabot alerts are disabled for this organization."),
    "dependabot/alerts#list-dependabot-alerts-for-an-organization",
)
SECRETS = AlertList(
    SecretAlert,
    {
        "state": (("open", "resolved"), lambda alert: {alert.state}),
        "secret_type": (None, lambda alert: {alert.secret_type}),
        "resolution": (RESOLUTIONS, lambda alert: {alert.resolution}),
        "validity": (("active", "inactive", "unknown"), lambda alert: {alert.validity}),
    },
    (404, "Secret scanning is disabled on this organization."),
    "secret-scanning/secret-scanning#list-secret-scanning-alerts-for-an-organization",
)
CODE = AlertList(
    CodeAlert,
    {
        "state": (
            ("open", "closed", "dismissed", "fixed"),
            lambda alert: {alert.state, *(() if alert.state == "open" else ("closed",))},
        ),
        "severity": (
            (*SEVERITIES, "warning", "note", "error"),
            lambda alert: {alert.severity, alert.security_severity},
        ),
        "tool_name": (None, lambda alert: {alert.tool}),
    },
    (404, "Code scanning is not enabled for this organization."),
    "code-scanning/code-scanning#list-code-scanning-alerts-for-an-organization",
)


def list_dependabot_alerts(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/dependabot/alerts`: by cursor alone."""
    if "page" in dict(call.arguments):
        raise DEPENDABOT.refusal(400, "Pagination using the `page` parameter is not supported.")
    alerts = DEPENDABOT.found(call)
    rows, headers = _by_cursor(call, DEPENDABOT, alerts, "dependabot/alerts", numbered=False)
    return Answer([dependabot_alert(call.payloads, alert) for alert in rows], headers=headers)


def list_secret_alerts(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/secret-scanning/alerts`: generic patterns only when they are named."""
    alerts = SECRETS.found(call)
    if not call.argument("secret_type", ""):
        alerts = [alert for alert in alerts if not alert.is_generic]
    rows, headers = _page(call, SECRETS, alerts, "secret-scanning/alerts")
    hidden = call.argument("hide_secret", "false") == "true"
    return Answer([secret_alert(call.payloads, alert, hidden=hidden) for alert in rows], headers=headers)


def list_code_alerts(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/code-scanning/alerts`: those of default branches."""
    alerts = [alert for alert in CODE.found(call) if alert.branch == alert.repository.default_branch]
    rows, headers = _page(call, CODE, alerts, "code-scanning/alerts")
    return Answer([code_alert(call.payloads, alert) for alert in rows], headers=headers)


def get_dependabot_alert(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/dependabot/alerts/{number}`."""
    off = DEPENDABOT.refusal(403, "Dependabot alerts are disabled for this repository.")
    return Answer(_alone(dependabot_alert(call.payloads, _one(call, DEPENDABOT, off))))


def get_secret_alert(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/secret-scanning/alerts/{number}`."""
    alert = _one(call, SECRETS, SECRETS.refusal(404, "Secret scanning is disabled on this repository."))
    hidden = call.argument("hide_secret", "false") == "true"
    return Answer(_alone(secret_alert(call.payloads, alert, hidden=hidden)), headers=UNCONDITIONAL)


def get_code_alert(call: Call) -> Answer:
    """Answer `GET /repos/{owner}/{repo}/code-scanning/alerts/{number}`."""
    off = CODE.refusal(403, "Code scanning is not enabled for this repository.")
    return Answer(_alone(code_alert(call.payloads, _one(call, CODE, off))), headers=UNCONDITIONAL)


def _one(call: Call, declared: AlertList, off: ApiError) -> Any:
    """Return the alert that the path numbers; raise what is said of a feature that is off there, or the API's 404."""
    repository, feature = call.repository(), declared.kind.feature
    if not getattr(repository.security, feature) or not getattr(repository.owner.security, feature):
        raise off
    found = [alert for alert in call.world.alerts(declared.kind, repository) if alert.number == call.path["number"]]
    if not found:
        raise declared.refusal(404, "Not Found")
    return found[0]


def _alone(alert: JSON) -> JSON:
    """Return what a repository's own answer says: not where it is."""
    return {name: value for name, value in alert.items() if name != "repository"}


def _page(call: Call, declared: AlertList, alerts: list[Any], path: str) -> tuple[list[Any], dict[str, str]]:
    """Return a page by number, or by cursor once one is asked for, be it empty."""
    if pages_by_cursor(call.arguments):
        rows, headers = _by_cursor(call, declared, alerts, path, numbered=True)
    else:
        rows, headers = call.numbered(alerts, f"organizations/{call.organisation().id}/{path}")
    return rows, headers | UNCONDITIONAL


def _by_cursor(
    call: Call, declared: AlertList, alerts: list[Any], path: str, *, numbered: bool
) -> tuple[list[Any], dict[str, str]]:
    url = f"{call.payloads.links}/organizations/{call.organisation().id}/{path}"
    keys, descending = declared.keys(call, alerts), declared.descending(call)
    span, headers = cursor_page(keys, call.arguments, url, descending=descending, numbered=numbered)
    return alerts[span], headers
