"""How githubkit calls the endpoints of CI, of webhooks and of boards."""

from collections.abc import Callable
from typing import Any

from githubkit import GitHub
from githubkit_schemas.latest.models import (
    AppHookDeliveriesDeliveryIdAttemptsPostResponse202,
    HookDelivery,
    HookDeliveryItem,
    Job,
    OrgHook,
    OrgsOrgActionsRunnerGroupsGetResponse200,
    OrgsOrgActionsRunnersGetResponse200,
    ProjectsV2,
    ProjectsV2Field,
    ProjectsV2ItemWithContent,
    ReposOwnerRepoActionsRunsGetResponse200,
    ReposOwnerRepoActionsRunsRunIdAttemptsAttemptNumberJobsGetResponse200,
    ReposOwnerRepoActionsRunsRunIdJobsGetResponse200,
    WorkflowRun,
)

from sandbox import Organisation, Repository, RunningSandbox

# Of a client and a `test_githubkit.Target`.
Call = Callable[[GitHub[Any], Any], Any]
REPO, NUMBERED_REPO = "/repos/<owner>/<repo>", "/repositories/<int:repository_id>"
ORG, NUMBERED_ORG = "/orgs/<org>", "/organizations/<int:organization_id>"
RUN, HOOK = "/actions/runs/<int:run_id>", "/hooks/<int:hook_id>"
BOARD = "/projectsV2/<int:project_number>"
ATTEMPT, DELIVERY = f"{RUN}/attempts/<int:attempt_number>", f"{HOOK}/deliveries/<int:delivery_id>"


class CiTarget:
    """A run, a job, a webhook and a delivery to ask for."""

    def __init__(self, sandbox: RunningSandbox, organisation: Organisation, repository: Repository) -> None:
        run = next(run for run in sandbox.world.runs(repository) if run.jobs)
        hook = sandbox.hooks.of(organisation)
        self.parts: dict[str, object] = {
            "<owner>/<repo>": repository.full_name,
            "<int:repository_id>": repository.id,
            "<org>": organisation.login,
            "<int:organization_id>": organisation.id,
            "<int:run_id>": run.id,
            "<int:attempt_number>": 1,
            "<int:job_id>": run.jobs[0].id,
            "<int:hook_id>": hook.id,
            "<int:project_number>": organisation.projects[0].number,
            "<int:delivery_id>": sandbox.hooks.logged(hook)[0].id,
        }

    def path(self, path: str) -> str:
        for name, value in self.parts.items():
            path = path.replace(name, str(value))
        return path


def _asked(path: str, model: Any, method: str = "GET") -> Call:
    return lambda kit, target: kit.request(method, target.ci.path(path), response_model=model)


_OF_REPOSITORY: dict[str, Any] = {
    "/actions/runs": ReposOwnerRepoActionsRunsGetResponse200,
    RUN: WorkflowRun,
    f"{RUN}/jobs": ReposOwnerRepoActionsRunsRunIdJobsGetResponse200,
    ATTEMPT: WorkflowRun,
    f"{ATTEMPT}/jobs": ReposOwnerRepoActionsRunsRunIdAttemptsAttemptNumberJobsGetResponse200,
    "/actions/jobs/<int:job_id>": Job,
}
_OF_ORGANISATION: dict[str, Any] = {
    "/actions/runners": OrgsOrgActionsRunnersGetResponse200,
    "/actions/runner-groups": OrgsOrgActionsRunnerGroupsGetResponse200,
    "/hooks": list[OrgHook],
    f"{HOOK}/deliveries": list[HookDeliveryItem],
    DELIVERY: HookDelivery,
    "/projectsV2": list[ProjectsV2],
    BOARD: ProjectsV2,
    f"{BOARD}/fields": list[ProjectsV2Field],
    f"{BOARD}/items": list[ProjectsV2ItemWithContent],
}
_AGAIN = AppHookDeliveriesDeliveryIdAttemptsPostResponse202
CI_CALLS: dict[str, Call] = {
    **{
        base + path: _asked(base + path, model)
        for base in (REPO, NUMBERED_REPO)
        for path, model in _OF_REPOSITORY.items()
    },
    **{
        base + path: _asked(base + path, model)
        for base in (ORG, NUMBERED_ORG)
        for path, model in _OF_ORGANISATION.items()
    },
    **{
        f"{base}{DELIVERY}/attempts": _asked(f"{base}{DELIVERY}/attempts", _AGAIN, "POST")
        for base in (ORG, NUMBERED_ORG)
    },
}
