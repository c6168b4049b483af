"""GitHub's status page, which is no part of the API: what works, and what somebody reported that doesn't."""

from typing import Any

from sandbox.api.messages import Request, encode
from sandbox.api.times import timestamp
from sandbox.server.responses import Response
from sandbox.world.world import World

PREFIX = "/_status/"
SUMMARY = f"{PREFIX}summary.json"
COMPONENTS = (
    "Git Operations",
    "Webhooks",
    # GitHub's page has a component that is none.
    "Visit www.githubstatus.com for more information",
    "API Requests",
    "Issues",
    "Pull Requests",
    "Actions",
    "Packages",
    "Pages",
    "Codespaces",
    "Copilot",
)
STATES = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
INDICATORS = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}
JSON = dict[str, Any]


class StatusPage:
    """The page; `components` maps a component to its state, `incidents` are those that are open."""

    def __init__(self, world: World, base_url: str) -> None:
        self._world, self._base = world, base_url
        self.components = dict.fromkeys(COMPONENTS, STATES[0])
        self.incidents: list[JSON] = []
        self.indicator = "none"
        self.reachable = True

    def report(self, name: str, *, impact: str = "minor", component: str = "Actions", state: str = STATES[1]) -> JSON:
        """Open an incident of a component; ValueError for an unknown impact, component or state."""
        if impact not in INDICATORS or component not in self.components or state not in STATES:
            raise ValueError(f"{impact}, {component}, {state}: unknown")
        with self._world.lock:
            self.components[component], self.indicator = state, impact
            now = timestamp(self._world.now)
            update = {"status": "investigating", "body": f"We are looking into {component}.", "created_at": now}
            incident = {
                "id": f"incident{len(self.incidents) + 1:04}",
                "name": name,
                "status": "investigating",
                "impact": impact,
                "shortlink": f"{self._base}{PREFIX}incidents",
                "created_at": now,
                "started_at": now,
                "updated_at": now,
                "resolved_at": None,
                "incident_updates": [update],
            }
            self.incidents.insert(0, incident)
            return incident

    def resolve(self) -> None:
        """Close all incidents: everything works."""
        with self._world.lock:
            self.components = dict.fromkeys(COMPONENTS, STATES[0])
            self.incidents, self.indicator = [], "none"

    def summary(self) -> JSON:
        """Return what `summary.json` says."""
        with self._world.lock:
            now = timestamp(self._world.now)
            return {
                "page": {
                    "id": "sandbox",
                    "name": "GitHub",
                    "url": self._base,
                    "time_zone": "Etc/UTC",
                    "updated_at": now,
                },
                "components": [
                    {"id": f"component{position:02}", "name": name, "status": state, "updated_at": now, "group": False}
                    | {"position": position, "description": None, "only_show_if_degraded": False}
                    for position, (name, state) in enumerate(self.components.items(), 1)
                ],
                "incidents": list(self.incidents),
                "scheduled_maintenances": [],
                "status": {"indicator": self.indicator, "description": INDICATORS[self.indicator]},
            }

    def answer(self, request: Request) -> Response:
        """Answer a request for the page; a page that isn't reachable answers 503."""
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        if not self.reachable:
            return Response(503, plain, b"Service Unavailable")
        if request.path != SUMMARY:
            return Response(404, plain, b"Not Found")
        return Response(200, {"Content-Type": "application/json; charset=utf-8"}, encode(self.summary()))
