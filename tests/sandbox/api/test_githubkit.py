"""An independent client, generated from GitHub's own description, reads every endpoint that the sandbox serves."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from githubkit import GitHub
from githubkit.compat import GitHubModel
from githubkit_schemas.latest.models import (
    AddedToProjectIssueEvent,
    BlockedByAddedIssueEvent,
    BlockedByRemovedIssueEvent,
    BlockingAddedIssueEvent,
    BlockingRemovedIssueEvent,
    CodeScanningAlert,
    CodeScanningOrganizationAlertItems,
    Commit,
    ConvertedNoteToIssueIssueEvent,
    CopilotOrganizationDetails,
    DemilestonedIssueEvent,
    DependabotAlertWithRepository,
    FullRepository,
    Issue,
    IssueComment,
    IssueEvent,
    IssueTypeAddedIssueEvent,
    IssueTypeChangedIssueEvent,
    IssueTypeRemovedIssueEvent,
    LabeledIssueEvent,
    LockedIssueEvent,
    MilestonedIssueEvent,
    MinimalRepository,
    MovedColumnInProjectIssueEvent,
    OrganizationFull,
    OrganizationSecretScanningAlert,
    OrgsOrgCopilotBillingSeatsGetResponse200,
    ParentIssueAddedIssueEvent,
    ParentIssueRemovedIssueEvent,
    PullRequest,
    PullRequestReview,
    PullRequestReviewComment,
    PullRequestReviewRequest,
    PullRequestSimple,
    Reaction,
    Release,
    ReleaseAsset,
    RemovedFromProjectIssueEvent,
    RenamedIssueEvent,
    ReviewDismissedIssueEvent,
    ReviewRequestedIssueEvent,
    ReviewRequestRemovedIssueEvent,
    SecretScanningAlert,
    SimpleUser,
    StateChangeIssueEvent,
    SubIssueAddedIssueEvent,
    SubIssueRemovedIssueEvent,
    Team,
    TimelineAssignedIssueEvent,
    TimelineCommentEvent,
    TimelineCommitCommentedEvent,
    TimelineCommittedEvent,
    TimelineConnectedEvent,
    TimelineCrossReferencedEvent,
    TimelineDisconnectedEvent,
    TimelineLineCommentedEvent,
    TimelineReviewedEvent,
    TimelineUnassignedIssueEvent,
    UnlabeledIssueEvent,
)
from githubkit_schemas.latest.models import DependabotAlert as DependabotAlertAlone

from chalicelib.domains import DOMAINS
from sandbox import (
    CodeAlert,
    DependabotAlert,
    Item,
    Kind,
    Plan,
    Repository,
    RunningSandbox,
    SecretAlert,
    World,
)
from sandbox.api.event_kinds import GRAPHQL_ONLY
from sandbox.api.routes import ROUTES
from sandbox.api.timelines import UNSHOWN, Timelines
from tests.sandbox.api.ci_calls import CI_CALLS, NUMBERED_ORG, NUMBERED_REPO, REPO, CiTarget
from tests.sandbox.conftest import NOW, happened

Kit = GitHub[Any]
ORG = "octo-sandbox"
DAY = date(2026, 5, 29)
REPORTS = "/orgs/<org>/copilot/metrics/reports"


class Target:
    """What the calls ask about."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        world = sandbox.world
        self.repository: Repository = next(iter(world.repositories.values()))
        self.name = self.repository.name
        self.organisation = world.organisations[ORG]
        self.ci = CiTarget(sandbox, self.organisation, self.repository)
        self.member = next(iter(self.organisation.members))
        self.team = self.organisation.teams[0]
        items = self.repository.items.values()
        self.pull: Item = next(
            item
            for item in items
            if item.is_pull
            and item.assignees
            and item.merged_at
            and any(change.kind is Kind.REVIEWED for change in item.history)
        )
        changes = [(item, change) for item in items for change in item.history]
        self.remarked: Item = next(item for item, change in changes if change.kind is Kind.LINE_COMMENTED)
        self.reacted: int = next(change.id for _, change in changes if change.reactions and not change.deleted)
        self.issue: Item = next(
            item for item in items if not item.is_pull and item.closed_at and item.labels and item.comments
        )


Call = Callable[[Kit, Target], Any]


def numbered(kit: Kit, path: str, model: Any, **arguments: str) -> Any:
    return kit.request("GET", path, params=arguments, response_model=model)


def by_repository_id(path: str, model: Any) -> Call:
    def call(kit: Kit, target: Target) -> Any:
        number = target.pull.number if "/pulls" in path else target.issue.number
        parts = path.format(number=number, remarked=target.remarked.number, reacted=target.reacted)
        return numbered(kit, f"/repositories/{target.repository.id}{parts}", model, state="all")

    return call


def by_organisation_id(path: str, model: Any) -> Call:
    def call(kit: Kit, target: Target) -> Any:
        parts = path.format(member=target.member, team=target.team.id)
        return numbered(kit, f"/organizations/{target.organisation.account.id}{parts}", model)

    return call


CALLS: dict[str, Call] = {
    "/search/issues": lambda kit, _: kit.rest.search.issues_and_pull_requests(q=f"org:{ORG} is:pr", per_page=100),
    REPO: lambda kit, target: kit.rest.repos.get(ORG, target.name),
    f"{REPO}/issues": lambda kit, target: kit.rest.issues.list_for_repo(ORG, target.name, state="all", per_page=100),
    f"{REPO}/issues/<int:number>": lambda kit, target: kit.rest.issues.get(ORG, target.name, target.issue.number),
    f"{REPO}/pulls": lambda kit, target: kit.rest.pulls.list(ORG, target.name, state="all", per_page=100),
    f"{REPO}/pulls/<int:number>": lambda kit, target: kit.rest.pulls.get(ORG, target.name, target.pull.number),
    f"{REPO}/issues/<int:number>/timeline": lambda kit, t: kit.rest.issues.list_events_for_timeline(
        ORG, t.name, t.pull.number
    ),
    # GitHub's description of this one forgets all changes of state: read by the model of its neighbour.
    f"{REPO}/issues/<int:number>/events": lambda kit, t: numbered(
        kit, f"/repos/{ORG}/{t.name}/issues/{t.pull.number}/events", list[IssueEvent]
    ),
    f"{REPO}/issues/<int:number>/comments": lambda kit, t: kit.rest.issues.list_comments(ORG, t.name, t.issue.number),
    f"{REPO}/issues/events": lambda kit, target: kit.rest.issues.list_events_for_repo(ORG, target.name, per_page=100),
    f"{REPO}/issues/comments": lambda kit, target: kit.rest.issues.list_comments_for_repo(ORG, target.name),
    f"{REPO}/releases": lambda kit, target: kit.rest.repos.list_releases(ORG, target.name),
    f"{NUMBERED_REPO}/releases": by_repository_id("/releases", list[Release]),
    f"{REPO}/pulls/<int:number>/reviews": lambda kit, t: kit.rest.pulls.list_reviews(ORG, t.name, t.pull.number),
    f"{REPO}/pulls/<int:number>/commits": lambda kit, t: kit.rest.pulls.list_commits(ORG, t.name, t.pull.number),
    f"{REPO}/pulls/<int:number>/comments": lambda kit, t: kit.rest.pulls.list_review_comments(
        ORG, t.name, t.remarked.number
    ),
    f"{REPO}/pulls/<int:number>/requested_reviewers": lambda kit, t: kit.rest.pulls.list_requested_reviewers(
        ORG, t.name, t.pull.number
    ),
    f"{REPO}/pulls/comments": lambda kit, t: kit.rest.pulls.list_review_comments_for_repo(ORG, t.name),
    f"{REPO}/issues/comments/<int:comment_id>/reactions": lambda kit, t: kit.rest.reactions.list_for_issue_comment(
        ORG, t.name, t.reacted
    ),
    f"{NUMBERED_REPO}/pulls/<int:number>/commits": by_repository_id("/pulls/{number}/commits", list[Commit]),
    f"{NUMBERED_REPO}/pulls/<int:number>/comments": by_repository_id(
        "/pulls/{remarked}/comments", list[PullRequestReviewComment]
    ),
    f"{NUMBERED_REPO}/pulls/<int:number>/requested_reviewers": by_repository_id(
        "/pulls/{number}/requested_reviewers", PullRequestReviewRequest
    ),
    f"{NUMBERED_REPO}/pulls/comments": by_repository_id("/pulls/comments", list[PullRequestReviewComment]),
    f"{NUMBERED_REPO}/issues/comments/<int:comment_id>/reactions": by_repository_id(
        "/issues/comments/{reacted}/reactions", list[Reaction]
    ),
    NUMBERED_REPO: by_repository_id("", FullRepository),
    f"{NUMBERED_REPO}/issues/<int:number>/timeline": by_repository_id(
        "/issues/{number}/timeline", list[StateChangeIssueEvent | dict[str, Any]]
    ),
    f"{NUMBERED_REPO}/issues/<int:number>/events": by_repository_id("/issues/{number}/events", list[IssueEvent]),
    f"{NUMBERED_REPO}/issues/<int:number>/comments": by_repository_id("/issues/{number}/comments", list[IssueComment]),
    f"{NUMBERED_REPO}/issues/events": by_repository_id("/issues/events", list[IssueEvent]),
    f"{NUMBERED_REPO}/issues/comments": by_repository_id("/issues/comments", list[IssueComment]),
    f"{NUMBERED_REPO}/pulls/<int:number>/reviews": by_repository_id("/pulls/{number}/reviews", list[PullRequestReview]),
    f"{NUMBERED_REPO}/issues": by_repository_id("/issues", list[Issue]),
    f"{NUMBERED_REPO}/issues/<int:number>": by_repository_id("/issues/{number}", Issue),
    f"{NUMBERED_REPO}/pulls": by_repository_id("/pulls", list[PullRequestSimple]),
    f"{NUMBERED_REPO}/pulls/<int:number>": by_repository_id("/pulls/{number}", PullRequest),
    "/orgs/<org>": lambda kit, _: kit.rest.orgs.get(ORG),
    "/orgs/<org>/repos": lambda kit, _: kit.rest.repos.list_for_org(ORG),
    "/orgs/<org>/members": lambda kit, _: kit.rest.orgs.list_members(ORG, role="admin"),
    "/orgs/<org>/members/<username>": lambda kit, t: kit.rest.orgs.check_membership_for_user(ORG, t.member),
    "/orgs/<org>/outside_collaborators": lambda kit, _: kit.rest.orgs.list_outside_collaborators(ORG),
    "/orgs/<org>/teams": lambda kit, _: kit.rest.teams.list(ORG),
    "/orgs/<org>/teams/<team_slug>/members": lambda kit, t: kit.rest.teams.list_members_in_org(ORG, t.team.slug),
    f"{REPORTS}/organization-1-day": lambda kit, _: kit.rest.copilot.copilot_organization_one_day_usage_metrics(
        ORG, day=DAY
    ),
    f"{REPORTS}/users-1-day": lambda kit, _: kit.rest.copilot.copilot_organization_users_one_day_usage_metrics(
        ORG, day=DAY
    ),
    f"{REPORTS}/user-teams-1-day": lambda kit, _: kit.rest.copilot.copilot_organization_user_teams_one_day_report(
        ORG, day=DAY
    ),
    f"{REPORTS}/organization-28-day/latest": lambda kit, _: kit.rest.copilot.copilot_organization_usage_metrics(ORG),
    f"{REPORTS}/users-28-day/latest": lambda kit, _: kit.rest.copilot.copilot_organization_users_usage_metrics(ORG),
    "/orgs/<org>/copilot/billing": lambda kit, _: kit.rest.copilot.get_copilot_organization_details(ORG),
    "/orgs/<org>/copilot/billing/seats": lambda kit, _: kit.rest.copilot.list_copilot_seats(ORG),
    "/orgs/<org>/dependabot/alerts": lambda kit, _: kit.rest.dependabot.list_alerts_for_org(ORG, per_page=100),
    "/orgs/<org>/secret-scanning/alerts": lambda kit, _: kit.rest.secret_scanning.list_alerts_for_org(
        ORG, per_page=100
    ),
    "/orgs/<org>/code-scanning/alerts": lambda kit, _: kit.rest.code_scanning.list_alerts_for_org(ORG, per_page=100),
    f"{REPO}/dependabot/alerts/<int:number>": lambda kit, t: kit.rest.dependabot.get_alert(ORG, t.name, 1),
    f"{REPO}/secret-scanning/alerts/<int:number>": lambda kit, t: kit.rest.secret_scanning.get_alert(ORG, t.name, 1),
    f"{REPO}/code-scanning/alerts/<int:number>": lambda kit, t: kit.rest.code_scanning.get_alert(ORG, t.name, 1),
    f"{NUMBERED_REPO}/dependabot/alerts/<int:number>": by_repository_id("/dependabot/alerts/1", DependabotAlertAlone),
    f"{NUMBERED_REPO}/secret-scanning/alerts/<int:number>": by_repository_id(
        "/secret-scanning/alerts/1", SecretScanningAlert
    ),
    f"{NUMBERED_REPO}/code-scanning/alerts/<int:number>": by_repository_id(
        "/code-scanning/alerts/1", CodeScanningAlert
    ),
    f"{NUMBERED_ORG}/dependabot/alerts": by_organisation_id("/dependabot/alerts", list[DependabotAlertWithRepository]),
    f"{NUMBERED_ORG}/secret-scanning/alerts": by_organisation_id(
        "/secret-scanning/alerts", list[OrganizationSecretScanningAlert]
    ),
    f"{NUMBERED_ORG}/code-scanning/alerts": by_organisation_id(
        "/code-scanning/alerts", list[CodeScanningOrganizationAlertItems]
    ),
    f"{NUMBERED_ORG}/copilot/billing": by_organisation_id("/copilot/billing", CopilotOrganizationDetails),
    f"{NUMBERED_ORG}/copilot/billing/seats": by_organisation_id(
        "/copilot/billing/seats", OrgsOrgCopilotBillingSeatsGetResponse200
    ),
    NUMBERED_ORG: by_organisation_id("", OrganizationFull),
    f"{NUMBERED_ORG}/repos": by_organisation_id("/repos", list[MinimalRepository]),
    f"{NUMBERED_ORG}/members": by_organisation_id("/members", list[SimpleUser]),
    f"{NUMBERED_ORG}/members/<username>": by_organisation_id("/members/{member}", object),
    f"{NUMBERED_ORG}/outside_collaborators": by_organisation_id("/outside_collaborators", list[SimpleUser]),
    f"{NUMBERED_ORG}/teams": by_organisation_id("/teams", list[Team]),
    f"{NUMBERED_ORG}/team/<int:team_id>/members": by_organisation_id("/team/{team}/members", list[SimpleUser]),
    "/users/<username>": lambda kit, target: kit.rest.users.get_by_username(target.member),
    "/users/<username>/orgs": lambda kit, target: kit.rest.orgs.list_for_user(target.member),
    "/user": lambda kit, _: kit.rest.users.get_authenticated(),
    "/rate_limit": lambda kit, _: kit.rest.rate_limit.get(),
    **CI_CALLS,
}


# The model that is to read each kind of a timeline's rows; all others are changes of state.
VARIANTS: dict[Kind, type[GitHubModel]] = {
    Kind.COMMENTED: TimelineCommentEvent,
    Kind.REVIEWED: TimelineReviewedEvent,
    Kind.CROSS_REFERENCED: TimelineCrossReferencedEvent,
    Kind.COMMITTED: TimelineCommittedEvent,
    Kind.LINE_COMMENTED: TimelineLineCommentedEvent,
    Kind.COMMIT_COMMENTED: TimelineCommitCommentedEvent,
    Kind.ASSIGNED: TimelineAssignedIssueEvent,
    Kind.UNASSIGNED: TimelineUnassignedIssueEvent,
    Kind.LABELED: LabeledIssueEvent,
    Kind.UNLABELED: UnlabeledIssueEvent,
    Kind.MILESTONED: MilestonedIssueEvent,
    Kind.DEMILESTONED: DemilestonedIssueEvent,
    Kind.RENAMED: RenamedIssueEvent,
    Kind.REVIEW_REQUESTED: ReviewRequestedIssueEvent,
    Kind.REVIEW_REQUEST_REMOVED: ReviewRequestRemovedIssueEvent,
    Kind.REVIEW_DISMISSED: ReviewDismissedIssueEvent,
    Kind.LOCKED: LockedIssueEvent,
    Kind.ADDED_TO_PROJECT: AddedToProjectIssueEvent,
    Kind.MOVED_COLUMNS_IN_PROJECT: MovedColumnInProjectIssueEvent,
    Kind.REMOVED_FROM_PROJECT: RemovedFromProjectIssueEvent,
    Kind.CONVERTED_NOTE_TO_ISSUE: ConvertedNoteToIssueIssueEvent,
    Kind.ISSUE_TYPE_ADDED: IssueTypeAddedIssueEvent,
    Kind.ISSUE_TYPE_CHANGED: IssueTypeChangedIssueEvent,
    Kind.ISSUE_TYPE_REMOVED: IssueTypeRemovedIssueEvent,
    Kind.SUB_ISSUE_ADDED: SubIssueAddedIssueEvent,
    Kind.SUB_ISSUE_REMOVED: SubIssueRemovedIssueEvent,
    Kind.PARENT_ISSUE_ADDED: ParentIssueAddedIssueEvent,
    Kind.PARENT_ISSUE_REMOVED: ParentIssueRemovedIssueEvent,
    Kind.BLOCKED_BY_ADDED: BlockedByAddedIssueEvent,
    Kind.BLOCKED_BY_REMOVED: BlockedByRemovedIssueEvent,
    Kind.BLOCKING_ADDED: BlockingAddedIssueEvent,
    Kind.BLOCKING_REMOVED: BlockingRemovedIssueEvent,
    Kind.CONNECTED: TimelineConnectedEvent,
    Kind.DISCONNECTED: TimelineDisconnectedEvent,
}


# The last words of the lists that the app declares.
DECLARED = {stream.path.rpartition("/")[2] for domain in DOMAINS for stream in domain.streams}


@pytest.fixture(params=["2022-11-28", "2026-03-10"])
def kit(reading: RunningSandbox, request: pytest.FixtureRequest) -> Iterator[Kit]:
    def ask_for_version(asked: httpx.Request) -> None:
        asked.headers["X-GitHub-Api-Version"] = request.param

    options: dict[str, Any] = {"auto_retry": False, "http_cache": False, "trust_env": False}
    options["event_hooks"] = {"request": [ask_for_version], "response": []}
    with GitHub(reading.token, base_url=f"{reading.url}/", **options) as github:
        yield github


def test_every_route_is_called() -> None:
    """Or is one more list that the app declares: the test of those compares it with what is stored."""
    # GraphQL has tests of its own (test_graphql.py).
    paths = {route.path for route in ROUTES if not route.for_apps} - {"/graphql"}
    assert set(CALLS) <= paths
    assert {path for path in paths - set(CALLS) if path.rpartition("/")[2] not in DECLARED} == set()


@pytest.mark.parametrize("path", CALLS)
def test_answers_parse(path: str, kit: Kit, reading: RunningSandbox) -> None:
    before = reading.stats.by_route[path]
    response = CALLS[path](kit, Target(reading))
    assert reading.stats.by_route[path] == before + 1
    assert response.headers["x-github-api-version-selected"] in ("2022-11-28", "2026-03-10")
    if response.status_code == 204:
        return
    parsed = response.parsed_data
    rows = getattr(parsed, "items", parsed)
    assert rows


def test_rows_of_lists_have_no_fields_that_github_does_not_know(reading: RunningSandbox) -> None:
    forms, world = reading.app.payloads, reading.world
    cases: list[tuple[type[GitHubModel], list[dict[str, Any]]]] = [
        (Release, [forms.release(one) for one in world.releases]),
        (ReleaseAsset, [asset for one in world.releases for asset in forms.release(one)["assets"]]),
        (Team, [forms.team(one) for one in world.teams]),
        (DependabotAlertWithRepository, reading.truth.alerts(DependabotAlert)),
        (OrganizationSecretScanningAlert, reading.truth.alerts(SecretAlert)),
        (CodeScanningOrganizationAlertItems, reading.truth.alerts(CodeAlert)),
    ]
    for model, rows in cases:
        names = {field.alias or name for name, field in model.model_fields.items()}
        assert rows
        for row in rows:
            model.model_validate(row)
            assert row.keys() <= names


def test_every_kind_of_timeline_row_is_read_by_its_model() -> None:
    world = happened(World(Plan(now=NOW, items=1_200, transfers=0.2)))
    payloads = Timelines(world, "http://api.test")
    everything: dict[str, list[dict[str, Any]]] = {}
    for item in world.items.values():
        for row in payloads.timeline(item):
            everything.setdefault(row["event"], []).append(row)
    assert set(Kind) - UNSHOWN - GRAPHQL_ONLY <= set(everything)
    for event, rows in everything.items():
        model = VARIANTS.get(Kind(event), StateChangeIssueEvent)
        # The description has no room for an actor whose account is gone.
        for row in [row for row in rows if row.get("actor", row.get("user", row)) is not None][-200:]:
            # GitHub sends hyphens; githubkit looks for an underline in these two.
            known = {"event": event.replace("-", "_")} if event in ("line-commented", "commit-commented") else {}
            read = model.model_validate(row | known)
            # Nothing is left over that GitHub's description doesn't know.
            names = {field.alias or name for name, field in type(read).model_fields.items()}
            assert row.keys() <= names, event


def test_pages_through_a_repositorys_issues(kit: Kit, reading: RunningSandbox) -> None:
    repository = Target(reading).repository
    found: Any = kit.rest.paginate(
        kit.rest.issues.list_for_repo, owner=ORG, repo=repository.name, state="all", per_page=100
    )
    assert sorted(issue.number for issue in found) == sorted(repository.items)


def test_pages_through_a_repositorys_pull_requests(kit: Kit, reading: RunningSandbox) -> None:
    repository = Target(reading).repository
    found: Any = kit.rest.paginate(kit.rest.pulls.list, owner=ORG, repo=repository.name, state="all", per_page=50)
    assert {pull.id for pull in found} == {item.pull_id for item in repository.items.values() if item.is_pull}


def test_pages_through_a_search(kit: Kit, reading: RunningSandbox) -> None:
    query = f"org:{ORG} is:issue state:open"
    search = kit.rest.search.issues_and_pull_requests
    found: Any = kit.rest.paginate(search, map_func=lambda response: response.parsed_data.items, q=query, per_page=40)
    expected = {item.id for item in reading.world.items.values() if not item.is_pull and item.state == "open"}
    assert {issue.id for issue in found} == expected
    assert len(expected) > 80
