"""An organisation's runners and their groups; hosted runners are GitHub's own and belong to nobody."""

from random import Random

from sandbox.world.ci.model import JobSpec, Runner, RunnerGroup
from sandbox.world.core import Core
from sandbox.world.founding import Plan
from sandbox.world.items import Organisation

DEFAULT_GROUP, HOSTED_GROUP = 1, 2
SELF_HOSTED = ("self-hosted", "Linux", "X64")


class Runners(Core):
    """The part of the state that is about runners, and the ways to change it."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._runners: dict[Organisation, list[Runner]] = {}
        self._groups: dict[Organisation, list[RunnerGroup]] = {}
        self._runner_ids = Random(f"{plan.seed}/runners")
        self._last_runner = self._last_hosted = 0

    def runners(self, organisation: Organisation) -> list[Runner]:
        """Return the runners that are on the organisation's list, oldest first."""
        return list(self._runners.get(organisation, ()))

    def runner_groups(self, organisation: Organisation) -> list[RunnerGroup]:
        """Return the organisation's groups: one that is the default, GitHub's, and those that were added."""
        with self.lock:
            if organisation not in self._groups:
                default = RunnerGroup(DEFAULT_GROUP, organisation, "Default", default=True)
                self._groups[organisation] = [default, RunnerGroup(HOSTED_GROUP, organisation, "GitHub Actions")]
            return self._groups[organisation]

    def add_runner_group(self, organisation: Organisation, name: str) -> RunnerGroup:
        """Make a group of runners."""
        with self.lock:
            groups = self.runner_groups(organisation)
            groups.append(RunnerGroup(groups[-1].id + 1, organisation, name))
            self.version += 1
            return groups[-1]

    def add_runner(
        self,
        organisation: Organisation,
        name: str | None = None,
        *,
        labels: tuple[str, ...] = SELF_HOSTED,
        group: RunnerGroup | None = None,
        ephemeral: bool = False,
    ) -> Runner:
        """Register a runner; an ephemeral one leaves after one job."""
        with self.lock:
            self._last_runner += self._runner_ids.randrange(1, 5)
            runner = Runner(
                id=self._last_runner,
                organisation=organisation,
                group=group or self.runner_groups(organisation)[0],
                name=name or f"runner-{self._last_runner}",
                labels=labels,
                ephemeral=ephemeral,
            )
            self._runners.setdefault(organisation, []).append(runner)
            self.version += 1
            return runner

    def set_runner(self, runner: Runner, *, status: str) -> None:
        """Let a runner go offline or come online; ValueError for another state."""
        if status not in ("online", "offline"):
            raise ValueError(f"{status}: online or offline")
        with self.lock:
            runner.status = status
            self.version += 1

    def remove_runner(self, runner: Runner) -> None:
        """Take a runner off the list; ValueError if it isn't there."""
        with self.lock:
            self._runners.get(runner.organisation, []).remove(runner)
            self.version += 1

    def free_runner(self, organisation: Organisation, spec: JobSpec) -> Runner | None:
        """Return a runner for such a job, if one is free; there is always a hosted one."""
        if not spec.self_hosted:
            return self._hosted(organisation, spec)
        return next((one for one in self.runners(organisation) if one.takes(spec.labels)), None)

    def _hosted(self, organisation: Organisation, spec: JobSpec) -> Runner:
        self._last_hosted += 1
        return Runner(
            id=1_000_000_000 + self._last_hosted,
            organisation=organisation,
            group=self.runner_groups(organisation)[1],
            name=f"GitHub Actions {self._last_hosted}",
            labels=spec.labels,
            hosted=True,
        )
