"""The truth to compare a database with: everything there is, in the forms of the API and with what those leave out."""

from collections.abc import Iterable

from sandbox.api.alert_forms import ALERT_FORMS
from sandbox.api.board_truth import board, board_days
from sandbox.api.ci_forms import deployment_form, job_form, run_form, runner_form
from sandbox.api.forms import JSON, Forms
from sandbox.world.alerts import Alert
from sandbox.world.boards import Project
from sandbox.world.ci.model import Job
from sandbox.world.items import Repository, Team
from sandbox.world.world import World


class Truth:
    """Lists what there is now; `repo` and `org` narrow it by name. KeyError for a name that there isn't."""

    def __init__(self, world: World, forms: Forms) -> None:
        self._world, self._forms = world, forms

    def items(self, *, repo: str | None = None, kind: str | None = None) -> list[JSON]:
        """Return issues and pull requests (or one `kind`: `issue`, `pr`), in their `/issues/{n}` form.

        With each come its `repository` and, for a pull request, its `pull_id`.
        """
        with self._world.lock:
            place = self._world if repo is None else self._world.repositories[repo.lower()]
            kinds = {None: (False, True), "issue": (False,), "pr": (True,)}[kind]
            return [
                {**self._forms.single_issue(item), "repository": item.repository.full_name, "pull_id": item.pull_id}
                for item in place.items.values()
                if item.is_pull in kinds
            ]

    def releases(self, *, repo: str | None = None) -> list[JSON]:
        """Return all releases, drafts too, each with its `repository`."""
        with self._world.lock:
            return [
                {**self._forms.release(release), "repository": repository.full_name}
                for repository in self._repositories(repo)
                for release in repository.releases.values()
            ]

    def teams(self, *, org: str | None = None) -> list[JSON]:
        """Return all teams, each with its `organisation` and its `members`: `login`, `id`, `role` and `inherited`.

        Who is only in a child team is `inherited`.
        """
        with self._world.lock:
            known = self._world.organisations
            organisations = known.values() if org is None else [known[org.lower()]]
            return [self._team(team) for organisation in organisations for team in organisation.teams]

    def alerts(self, kind: type[Alert], *, org: str | None = None) -> list[JSON]:
        """Return all alerts of a kind, whatever is switched off, generic or on another branch: oldest first."""
        with self._world.lock:
            place = None if org is None else self._world.organisations[org.lower()]
            return [ALERT_FORMS[kind](self._forms, alert) for alert in self._world.alerts(kind, place)]

    def runs(self, *, repo: str | None = None) -> list[JSON]:
        """Return all runs, oldest first; `attempts` has each attempt's own form."""
        with self._world.lock:
            runs = self._world.runs(None if repo is None else self._world.repositories[repo.lower()])
            attempts = [[run_form(self._forms, run, one) for one in run.attempts] for run in runs]
            return [{**run_form(self._forms, run), "attempts": one} for run, one in zip(runs, attempts, strict=True)]

    def jobs(self, *, repo: str | None = None) -> list[JSON]:
        """Return all jobs of all attempts, oldest first; `deployment` is what somebody had to approve, or null."""
        with self._world.lock:
            jobs = self._world.jobs(None if repo is None else self._world.repositories[repo.lower()])
            return [{**job_form(self._forms, job), "deployment": self._deployment(job)} for job in jobs]

    def runners(self, *, org: str | None = None) -> list[JSON]:
        """Return the runners that are on the lists."""
        with self._world.lock:
            places = self._world.organisations.values() if org is None else [self._world.organisations[org.lower()]]
            return [runner_form(self._forms, one) for place in places for one in self._world.runners(place)]

    def boards(self, *, org: str | None = None) -> list[JSON]:
        """Return the boards: node ids of their fields by what they are for, and their sprints."""
        with self._world.lock:
            return [board(self._forms, one) for one in self._boards(org)]

    def board_days(
        self, *, org: str | None = None, number: int | None = None, first: int = 0, last: int | None = None
    ) -> list[JSON]:
        """Return what each row of a board, or of all, was at the end of each day between two moments.

        `item`, `sprint` (an iteration's id), `points`, `status`, `deliverable`, `archived`, and `closed`.
        """
        with self._world.lock:
            boards = [one for one in self._boards(org) if number in (None, one.number)]
            return [row for one in boards for row in board_days(self._forms, one, first=first, last=last)]

    def _boards(self, org: str | None) -> list[Project]:
        known = self._world.organisations
        places = known.values() if org is None else [known[org.lower()]]
        return [project for place in places for project in place.projects]

    def _deployment(self, job: Job) -> JSON | None:
        return None if job.deployment is None else deployment_form(self._forms, job, job.deployment)

    def _team(self, team: Team) -> JSON:
        members = [
            {"login": person.login, "id": person.id, "role": role, "inherited": person not in team.roles}
            for person, role in team.all_roles.items()
        ]
        return {**self._forms.team(team), "organisation": team.organisation.login, "members": members}

    def _repositories(self, repo: str | None) -> Iterable[Repository]:
        known = self._world.repositories
        return known.values() if repo is None else [known[repo.lower()]]
