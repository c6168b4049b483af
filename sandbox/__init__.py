"""GitHub's REST and GraphQL APIs on localhost with a generated organisation, for demos, tests and benchmarks."""

from sandbox.api.payloads import Payloads
from sandbox.server.faults import Fault
from sandbox.server.limits import Limits, LimitSettings
from sandbox.server.process import NotStartedError, Place, running
from sandbox.server.serving import RunningSandbox, serve
from sandbox.world.alerts import Alert, CodeAlert, DependabotAlert, SecretAlert
from sandbox.world.apps import Integration
from sandbox.world.audit import Audit, OwnersError, Protection, Rule
from sandbox.world.board_items import BoardItem
from sandbox.world.boards import Layout, Project
from sandbox.world.ci.model import Job, JobSpec, Run, Runner, RunnerGroup, Workflow
from sandbox.world.founding import Plan
from sandbox.world.items import Change, Item, Kind, Organisation, Release, Repository, Team
from sandbox.world.world import World

__all__ = [
    "Alert",
    "Audit",
    "BoardItem",
    "Change",
    "CodeAlert",
    "DependabotAlert",
    "Fault",
    "Integration",
    "Item",
    "Job",
    "JobSpec",
    "Kind",
    "Layout",
    "LimitSettings",
    "Limits",
    "NotStartedError",
    "Organisation",
    "OwnersError",
    "Payloads",
    "Place",
    "Plan",
    "Project",
    "Protection",
    "Release",
    "Repository",
    "Rule",
    "Run",
    "Runner",
    "RunnerGroup",
    "RunningSandbox",
    "SecretAlert",
    "Team",
    "Workflow",
    "World",
    "running",
    "serve",
]
