"""The reports' rows as GitHub writes them: a user's day, an organisation's day, who is in which team.

https://docs.github.com/copilot/reference/copilot-usage-metrics/example-schema
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.api.copilot.versions import cli_version, ide_versions
from sandbox.world.copilot.habits import Cell, CliUse, Counts, UserDay
from sandbox.world.copilot.publication import Publication
from sandbox.world.copilot.settings import day_name, draw
from sandbox.world.copilot.usage import Usage
from sandbox.world.hours import DAY

JSON = dict[str, Any]
# How many days before the world's present a field came: older days are without it.
INTRODUCED = {"cli": 300, "cloud": 200, "credits": 120, "review": 45}
# What nobody's row accounts for: organisations' totals are some of it above the sum of their users'.
UNATTRIBUTED = 0.03
WITHOUT_LANGUAGE_MODEL = 0.2
GROUPS: tuple[tuple[str, tuple[int, ...], int], ...] = (
    # name, which of a cell's parts make a group, and the first of the counts that it has
    ("totals_by_ide", (0,), 0),
    ("totals_by_feature", (1,), 0),
    ("totals_by_language_feature", (2, 1), 1),
    ("totals_by_language_model", (2, 3), 1),
    ("totals_by_model_feature", (3, 1), 0),
)


def user_rows(usage: Usage, publication: Publication, revision: int) -> list[JSON]:
    """Return the users' days as a revision of a day has them."""
    share = publication.shares[revision]
    return [_user_row(usage, one, share) for one in _present_users(usage, publication, revision)]


def _user_row(usage: Usage, one: UserDay, share: float) -> JSON:
    cells = _scaled(one.cells, share)
    counts, lines = _top_counts(cells)
    groups = _groups(cells)
    groups["totals_by_ide"] = [row | ide_versions(one, row["ide"]) for row in groups["totals_by_ide"]]
    if draw(usage.seed, one.person.id, one.day, "language-model") < WITHOUT_LANGUAGE_MODEL:
        del groups["totals_by_language_model"]
    return {
        "user_id": one.person.id,
        "user_login": one.person.login,
        "day": day_name(one.day),
        "organization_id": str(usage.organisation.account.id),
        **counts,
        **groups,
        "used_agent": "agent" in one.used,
        "used_chat": "chat" in one.used,
        **lines,
        **_newer_fields(usage, one, share),
    }


def _newer_fields(usage: Usage, one: UserDay, share: float) -> JSON:
    """Return what rows have only since it was introduced."""
    row: JSON = {}
    if _has(usage, one.day, "cli"):
        row["used_cli"] = one.cli is not None
        if one.cli is not None:
            row["totals_by_cli"] = {**_cli_totals([one.cli], share), "last_known_cli_version": cli_version(one)}
    if _has(usage, one.day, "cloud"):
        row["used_copilot_coding_agent"] = row["used_copilot_cloud_agent"] = "cloud" in one.used
    if _has(usage, one.day, "credits"):
        phase = 1 + len(usage.habits(one.person).skills & {"chat", "agent", "cli"})
        row["ai_adoption_phase"] = {"phase_number": phase, "phase": f"Phase {phase}", "version": "v1"}
        row["ai_credits_used"] = round(sum(cell.counts[1] for cell in one.cells) * 0.04 * share, 2)
    if _has(usage, one.day, "review"):
        row["used_copilot_code_review_active"] = "review" in one.used
        row["used_copilot_code_review_passive"] = False
    return row


def organisation_row(usage: Usage, publication: Publication, revision: int) -> JSON:
    """Return an organisation's day as a revision has it."""
    share = publication.shares[revision]
    users = _present_users(usage, publication, revision)
    cells = _scaled([cell for one in users for cell in one.cells], share) + _unattributed(users, share)
    counts, lines = _top_counts(cells)
    cli = [one.cli for one in users if one.cli is not None]
    day = publication.day
    row = {
        "day": day_name(day),
        "organization_id": str(usage.organisation.account.id),
        "daily_active_users": len(users),
        **({"daily_active_cli_users": len(cli)} if _has(usage, day, "cli") else {}),
        **_active_users(usage, users, day),
        **counts,
        **_groups(cells),
        **lines,
        "pull_requests": _pull_requests(usage, day, share),
    }
    return row | ({"totals_by_cli": _cli_totals(cli, share)} if cli and _has(usage, day, "cli") else {})


def _present_users(usage: Usage, publication: Publication, revision: int) -> list[UserDay]:
    known = publication.present[revision]
    return [one for one in usage.user_days(publication.day) if one.arrival < known]


def _active_users(usage: Usage, users: Sequence[UserDay], day: int) -> JSON:
    week, month = day - 6 * DAY, day - 27 * DAY
    row: JSON = {
        "weekly_active_users": usage.users(week, day),
        "monthly_active_users": usage.users(month, day),
        "monthly_active_chat_users": usage.users(month, day, having=lambda one: "chat" in one.used),
        "monthly_active_agent_users": usage.users(month, day, having=lambda one: "agent" in one.used),
    }
    if _has(usage, day, "cloud"):
        row |= _activity_of(usage, users, day, skill="cloud", name="active_copilot_cloud_agent_users")
    if _has(usage, day, "review"):
        row |= _activity_of(usage, users, day, skill="review", name="active_copilot_code_review_users")
        row |= {f"{period}_passive_copilot_code_review_users": 0 for period in ("daily", "weekly", "monthly")}
    return row


def _activity_of(usage: Usage, users: Sequence[UserDay], day: int, *, skill: str, name: str) -> JSON:
    def has(one: UserDay) -> bool:
        return skill in one.used

    return {
        f"daily_{name}": sum(map(has, users)),
        f"weekly_{name}": usage.users(day - 6 * DAY, day, having=has),
        f"monthly_{name}": usage.users(day - 27 * DAY, day, having=has),
    }


def team_rows(usage: Usage, day: int) -> list[JSON]:
    """Return a row for each user with a seat in each team of at least five of them.

    https://docs.github.com/copilot/reference/copilot-usage-metrics/team-level-metrics names the fields.
    """
    return [
        {
            "user_id": person.id,
            "user_login": person.login,
            "day": day_name(day),
            "organization_id": str(usage.organisation.account.id),
            "team_id": team.id,
            "slug": slug,
        }
        for person, team, slug in usage.teams(day)
    ]


def _has(usage: Usage, day: int, field: str) -> bool:
    return day >= usage.world.plan.now - INTRODUCED[field] * DAY


def _scaled(cells: Sequence[Cell], share: float) -> list[Cell]:
    if share == 1.0:
        return list(cells)
    return [Cell(*cell[:4], Counts(*(int(count * share) for count in cell.counts))) for cell in cells]


def _unattributed(users: Sequence[UserDay], share: float) -> list[Cell]:
    """Return what the organisation counts and no user does."""
    if not users:
        return []
    generated = 1 + int(sum(cell.counts[1] for one in users for cell in one.cells) * UNATTRIBUTED * share)
    accepted = generated // 4
    counts = Counts(0, generated, accepted, generated * 2, 0, accepted * 2, 0)
    return [Cell("vscode", "code_completion", "others", "auto", counts)]


def _top_counts(cells: Iterable[Cell]) -> tuple[JSON, JSON]:
    """Return the sums of all cells: the activities, and the lines, which rows have further below."""
    sums = [sum(column) for column in zip(*(cell.counts for cell in cells), strict=True)] or [0] * len(Counts._fields)
    named = list(zip(Counts._fields, sums, strict=True))
    return dict(named[:3]), dict(named[3:])


def _groups(cells: Sequence[Cell]) -> dict[str, list[JSON]]:
    return {name: _group(cells, parts, start) for name, parts, start in GROUPS}


def _group(cells: Sequence[Cell], parts: tuple[int, ...], start: int) -> list[JSON]:
    """Return the sums of the cells that have these parts alike, the most generations first."""
    sums: dict[tuple[Any, ...], Sequence[int]] = {}
    for cell in cells:
        key = tuple([cell[part] for part in parts])
        known = sums.get(key)
        sums[key] = cell.counts if known is None else [a + b for a, b in zip(known, cell.counts, strict=True)]
    names, fields = [Cell._fields[part] for part in parts], Counts._fields[start:]
    ordered = sorted(((key, counts) for key, counts in sums.items() if key != ("",)), key=lambda one: (-one[1][1], one))
    return [{**dict(zip(names, key, strict=True)), **dict(zip(fields, c[start:], strict=True))} for key, c in ordered]


def _cli_totals(uses: Sequence[CliUse], share: float) -> JSON:
    sessions, requests, prompts, output, prompt = (int(sum(column) * share) for column in zip(*uses, strict=True))
    return {
        "session_count": sessions,
        "request_count": requests,
        "prompt_count": prompts,
        "token_usage": {
            "output_tokens_sum": output,
            "prompt_tokens_sum": prompt,
            "avg_tokens_per_request": round((output + prompt) / requests, 2) if requests else 0,
        },
    }


def _pull_requests(usage: Usage, day: int, share: float) -> JSON:
    """Return a day's pull requests as Copilot's reports count them: made up, not those of the repositories."""
    size = len(usage.user_days(day)) * share

    def drawn(name: str, most: float) -> int:
        return int(size * most * draw(usage.seed, day, name))

    created, reviewed = drawn("created", 0.8), drawn("reviewed", 0.9)
    merged, by_copilot = int(created * 0.8), int(created * 0.2)
    suggestions = reviewed * 2
    row: JSON = {
        "total_reviewed": reviewed,
        "total_created": created,
        "total_created_by_copilot": by_copilot,
        "total_reviewed_by_copilot": reviewed // 3,
        "total_merged": merged,
        "total_suggestions": suggestions,
        "total_applied_suggestions": suggestions // 3,
        "total_merged_created_by_copilot": int(by_copilot * 0.8),
        "total_copilot_suggestions": suggestions // 2,
        "total_copilot_applied_suggestions": suggestions // 6,
    }
    if merged:
        row["median_minutes_to_merge"] = round(5 + 900 * draw(usage.seed, day, "minutes"), 2)
    return row
