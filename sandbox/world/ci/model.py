"""Workflows, runs, attempts, jobs and runners, as they are now. Times are epoch seconds."""

from dataclasses import dataclass, field
from hashlib import sha1

from sandbox.world.items import Organisation, Repository
from sandbox.world.people import Person

# How a job or a run may end. https://docs.github.com/rest/actions/workflow-jobs
CONCLUSIONS = ("success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required")
FAILED = frozenset({"failure", "timed_out"})
SUCCEEDED = frozenset({"success", "neutral"})
PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job of a workflow's file: its name, `runs-on`, and the environment that somebody has to approve."""

    name: str
    labels: tuple[str, ...] = ("ubuntu-latest",)
    environment: str | None = None

    @property
    def self_hosted(self) -> bool:
        """Whether it needs a runner of the organisation's own."""
        return "self-hosted" in self.labels


@dataclass(slots=True, eq=False)
class Workflow:
    """A workflow of a repository."""

    id: int
    repository: Repository
    name: str
    path: str
    created_at: int


@dataclass(slots=True, eq=False)
class RunnerGroup:
    """A group of runners of an organisation."""

    id: int
    organisation: Organisation
    name: str
    default: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Runner:
    """A runner; a hosted one is on no list, an ephemeral one leaves it after one job."""

    id: int
    organisation: Organisation
    group: RunnerGroup
    name: str
    labels: tuple[str, ...]
    os: str = "Linux"
    status: str = "online"  # offline
    ephemeral: bool = False
    hosted: bool = False
    job: "Job | None" = None

    def takes(self, labels: tuple[str, ...]) -> bool:
        """Whether it is free, and has all that a job asks for."""
        return self.status == "online" and self.job is None and set(labels) <= set(self.labels)


@dataclass(slots=True, eq=False)
class Deployment:
    """What a job with an environment deploys; `updated_at` moves when somebody approves it or refuses."""

    id: int
    environment: str
    creator: Person
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job."""

    name: str
    started_at: int
    completed_at: int | None = None
    conclusion: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Job:
    """A job of an attempt; a shallow copy is a snapshot. `status` is queued, waiting, in_progress or completed.

    `started_at` is when it was queued, until a runner takes it.
    """

    id: int
    run: "Run"
    attempt: int
    spec: JobSpec
    created_at: int
    started_at: int
    status: str = "queued"
    conclusion: str | None = None
    completed_at: int | None = None
    labels: tuple[str, ...] = ()
    runner: Runner | None = None
    steps: tuple[Step, ...] = ()
    deployment: Deployment | None = None

    @property
    def is_done(self) -> bool:
        """Whether it is completed."""
        return self.status == "completed"


@dataclass(slots=True, eq=False, kw_only=True)
class Attempt:
    """One attempt of a run: its own times, state and jobs."""

    number: int
    created_at: int
    started_at: int
    updated_at: int
    triggered_by: Person
    status: str = "queued"
    conclusion: str | None = None
    begun: bool = False  # whether a runner took one of its jobs
    jobs: list[Job] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class Run:
    """A run of a workflow; `first` are the jobs that begin at once, `then` those that need all of them."""

    id: int
    number: int
    workflow: Workflow
    name: str
    title: str
    event: str
    branch: str
    actor: Person
    created_at: int
    first: tuple[JobSpec, ...]
    then: tuple[JobSpec, ...] = ()
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def repository(self) -> Repository:
        """Where it runs."""
        return self.workflow.repository

    @property
    def latest(self) -> Attempt:
        """The latest attempt, whose state is the run's."""
        return self.attempts[-1]

    @property
    def status(self) -> str:
        """The run's state: queued, pending, waiting, in_progress or completed."""
        return self.latest.status

    @property
    def conclusion(self) -> str | None:
        """How it ended, if it has."""
        return self.latest.conclusion

    @property
    def jobs(self) -> list[Job]:
        """The jobs of the latest attempt."""
        return self.latest.jobs

    @property
    def sha(self) -> str:
        """The commit that it runs on."""
        return sha1(f"run/{self.id}".encode(), usedforsecurity=False).hexdigest()
