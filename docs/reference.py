"""Writes docs/reference.md from the domains' declarations: `.venv/bin/python -m docs.reference [--check]`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from chalice.app import ScheduledEventConfig

from app import app
from chalicelib.domains import DOMAINS, SHARED_SETTINGS, ordered_steps
from chalicelib.ingest.domain import Domain
from chalicelib.ingest.permissions import Need
from chalicelib.ingest.runner import ACCESS
from chalicelib.ingest.steps import Kind, Step, Time, time_of
from chalicelib.jobs.health import ACCESS_STALE_AFTER
from chalicelib.jobs.schedules import JOBS
from chalicelib.settings import SSM_NAMES, Setting, Settings
from chalicelib.slack.settings import SETTINGS as SLACK
from chalicelib.store.health import RECONCILIATION, RECONCILING
from docs.pages import code, describe, models_of, table, tables_of, title_of, write_or_check

PATH = Path(__file__).with_name("reference.md")
CRON = re.compile(r"cron\((\d+) (\d+) \* \* \? \*\)")
RATE = re.compile(r"rate\((.+)\)")
NONE = "-"


class Common(NamedTuple):
    """A setting that no domain owns: its name, what the docs write as its default, and what it is."""

    name: str
    default: str
    help: str


COMMON = (
    Common("GH_TOKEN", NONE, "GitHub token. It is never written to a log, an error or a table"),
    Common("GH_APP_ID", NONE, "Instead of a token: a GitHub App's id or client id"),
    Common("GH_APP_PRIVATE_KEY", NONE, "The App's private key, PEM. Secret like the token"),
    Common(
        "GH_APP_INSTALLATION_ID",
        "found by the organisation's name",
        "The App's installation. It belongs to one organisation, so leave it out when there are several",
    ),
    Common("GH_ORGS", "owners in `GH_REPOS`", "Organisations to read, separated by commas"),
    Common(
        "GH_REPOS",
        "all",
        "Repositories to read (`owner/name`, separated by commas). An organisation without any here is read whole",
    ),
    Common("DB_URL", "`sqlite:///contributor-metrics.db`", "Database, as an SQLAlchemy URL"),
    Common(
        "GH_API_URL",
        "`https://api.github.com`",
        "The API: set it for GitHub Enterprise Server (`https://host/api/v3`) or for the sandbox",
    ),
    Common("SNS_TOPIC_ARN", NONE, "In Lambda: the SNS topic to send messages about failed and stale jobs to"),
    Common(
        "SNAPSHOT_URL",
        NONE,
        "Where the daily job writes [snapshots](security.md#snapshots): `s3://bucket/prefix`, or a folder. Without it, "
        "none are written",
    ),
    Common(
        "WEBHOOK_SECRET",
        NONE,
        "Secret of GitHub's [webhook](webhook.md); two with a comma between while it is changed. Without it, all "
        "deliveries are refused",
    ),
    Common("ENV_NAME", "`dev`", "In Lambda: the stage, which is part of the names of its SSM parameters"),
)

# Permissions whose title on GitHub's pages is not their name in its API.
TITLES = {
    "organization_copilot_metrics": "Organization Copilot metrics",
    "organization_copilot_seat_management": "GitHub Copilot Business",
    "organization_hooks": "Webhooks",
    "organization_self_hosted_runners": "Self-hosted runners",
    "security_events": "Code scanning alerts",
    "vulnerability_alerts": "Dependabot alerts",
}

INTRODUCTION = """# Reference

Settings, jobs, kinds of data, permissions and domains. This page is written from the code (`make docs`); don't edit it.

- [Settings](#settings): what you can configure
- [Jobs](#jobs): what runs when, step by step
- [Kinds of data](#kinds-of-data): how old each may be, and what a backfill of it costs
- [Permissions](#permissions): what the token or the GitHub App must be allowed
- [Domains](#domains): which tables and views belong together
"""

SETTINGS_TEXT = """A setting is looked up in this order:

1. the environment (a variable that is set counts, even when it is empty),
2. the file `.env` in the project's folder, unless this is a Lambda,
3. in Lambda, and only for secrets: SSM.

The default database file lies in the project's folder too, wherever a command is started. A missing or malformed
setting ends a command with one sentence and exit code 2, before anything is fetched.
"""

JOBS_TEXT = """In Lambda, AWS starts the jobs by these schedules. Elsewhere you start them, from cron for example:
`.venv/bin/python app.py daily`. Each step has a row in `sync_runs` for each run. A step that fails doesn't stop the
others.

`.venv/bin/python app.py refresh KIND…` runs the jobs that keep these [kinds](#kinds-of-data) current, for somebody who
waits: of several jobs the one that runs most often; without kinds, all jobs. It ends after 14 minutes. While less than
a fifth of GitHub's hourly rate limit is left, it reads nothing, says when the limit resets, and ends with exit code 3.
The [dashboard](dashboard.md#refresh)'s button does this.
"""

KINDS_TEXT = """`.venv/bin/python app.py health` and the view `data_health` judge each kind by its age.
`.venv/bin/python backfill.py --since DATE --only KIND,…` reads the past of some kinds. Without `--only`, a backfill
reads those that say *yes* below. `--verify` compares the stored rows with GitHub's own counts, where GitHub has such.
"""

PERMISSIONS_TEXT = """A GitHub App or a fine-grained token needs these, each *read-only* unless it says *write*. A
classic token needs scopes instead: see [deploy.md](deploy.md#or-a-token). `make check-setup` says which are missing.
"""

DOMAINS_TEXT = """A domain is a folder of `chalicelib/` with one source of data. The columns are in the
[data dictionary](data-dictionary.md).
"""


def render() -> str:
    """Write the whole page."""
    parts = (INTRODUCTION, *_settings(), *_jobs(), *_kinds(), *_permissions(), *_domains())
    return "\n".join(parts).rstrip("\n") + "\n"


def _settings() -> Iterator[str]:
    yield "## Settings\n"
    yield SETTINGS_TEXT
    rows = [(code(each.name), each.default, each.help) for each in COMMON]
    rows += [(code(each.name), _default(each), each.help) for each in SHARED_SETTINGS]
    yield from table("Setting", "Default", "What it is", rows=rows)
    for domain in DOMAINS:
        if domain.settings:
            yield f"### {title_of(domain)}\n"
            own = [(code(each.name), _default(each), each.help) for each in domain.settings]
            yield from table("Setting", "Default", "What it is", rows=own)
    yield "### Slack\n"
    yield from table(
        "Setting", "Default", "What it is", rows=[(code(each.name), _default(each), each.help) for each in SLACK]
    )
    yield "### Secrets in SSM\n"
    yield "In Lambda, these are read from SSM when the environment doesn't have them. They are SecureStrings.\n"
    secrets = [(code(name), code(f"/contributor-metrics/{{ENV_NAME}}/{last}")) for name, last in SSM_NAMES.items()]
    yield from table("Setting", "SSM parameter", rows=secrets)


def _default(setting: Setting[object]) -> str:
    return setting.shown or f"{setting.default}"


def _jobs() -> Iterator[str]:
    yield "## Jobs\n"
    yield JOBS_TEXT
    for job in JOBS:
        yield f"### {job}\n"
        yield f"Runs {_schedule(job)}.\n"
        rows = [(code(step.name), _deed(domain, step), _how_often(step)) for domain, step in ordered_steps(job)]
        yield from table("Step", "What it does", "How often", rows=rows)


def _schedule(job: str) -> str:
    """Say when AWS starts a job, in words."""
    expressions = {
        source.name: str(getattr(source.schedule_expression, "to_string", source.schedule_expression.__str__)())
        for source in app.event_sources
        if isinstance(source, ScheduledEventConfig)
    }
    if clock := CRON.fullmatch(expressions[job]):
        return f"every day at {int(clock[2]):02}:{int(clock[1]):02} UTC"
    return RATE.sub(r"every \1", expressions[job])


def _deed(domain: Domain, step: Step) -> str:
    """Say what a step does: in its function's words, or, of a declared list or snapshot, which one it is."""
    for stream in domain.streams:
        if stream.name == step.name:
            each = f" of each row of `{stream.parent.name}`" if stream.parent else ""
            return f"Read the list `{stream.path}`{each}"
    for snapshot in domain.snapshots:
        if snapshot.step_name == step.name:
            return f"Write the snapshot `{snapshot.name}.json`, when there is a `SNAPSHOT_URL`"
    for message in domain.messages:
        if message.step_name == step.name:
            return f"Post the message `{message.name}` to Slack, when `SLACK_MESSAGES` names it"
    function: Callable[..., None] = step.run.func if isinstance(step.run, partial) else step.run
    return " ".join((function.__doc__ or "").split("\n\n")[0].split()).rstrip(".")


def _how_often(step: Step) -> str:
    return "each run" if step.every is None else f"every {_hours(step.every)}"


def _hours(time: Time) -> str:
    """Say a time in hours, and which settings it depends on."""
    asked: list[str] = []

    def lookup(name: str) -> None:
        asked.append(name)

    hours = time_of(time, Settings(lookup)) / timedelta(hours=1)
    return f"{hours:g} h" + (f" (by `{'`, `'.join(asked)}`)" if asked else "")


def _kinds() -> Iterator[str]:
    yield "## Kinds of data\n"
    yield KINDS_TEXT
    access = (code(ACCESS), "whichever job comes first, once a day", _hours(ACCESS_STALE_AFTER), "", "", "")
    rows = [access, *(_kind(domain, kind) for domain in DOMAINS for kind in domain.all_kinds)]
    yield from table(
        "Kind", "Kept current by", "Stale after", "A backfill costs", "Without `--only`", "`--verify`", rows=rows
    )
    yield f"- `{ACCESS}`: whether the credentials still see everything that is to be read."
    yield f"- `{RECONCILIATION}`: the daily comparison with GitHub, which finds what changed silently.\n"


def _kind(domain: Domain, kind: Kind) -> tuple[str, ...]:
    stale_after = "" if kind.stale_after is None else _hours(kind.stale_after)
    by_default, counted = ("yes" if flag else "" for flag in (kind.by_default, kind.counted))
    return code(kind.name), code(*_jobs_of(domain, kind)), stale_after, kind.cost, by_default, counted


def _jobs_of(domain: Domain, kind: Kind) -> list[str]:
    return [job for job in JOBS if any(_reads(step, kind) for step in domain.steps_of(job))]


def _reads(step: Step, kind: Kind) -> bool:
    """Tell whether a step reads a kind: by its name, as health does."""
    if any(step.name.endswith(pattern.removeprefix("%")) for pattern in RECONCILING):
        return kind.name == RECONCILIATION
    return kind.name in step.name.split(".")


def _permissions() -> Iterator[str]:
    yield "## Permissions\n"
    yield PERMISSIONS_TEXT
    rows = [(code(name), _level(name), _title(name), ", ".join(data)) for name, data in needs().items()]
    yield from table("Permission", "Of a", "Name on GitHub's pages", "What for", rows=rows)


def needs() -> dict[str, list[str]]:
    """Give every permission, by its name in GitHub's API, with all that it is for."""
    # Nobody can take it away from an App.
    found: dict[str, list[str]] = {"metadata": []}
    for need in all_needs():
        found.setdefault(need.permission, []).append(need.data)
    return found


def _level(permission: str) -> str:
    is_of_organisation = permission == "members" or permission.startswith("organization_")
    return "organisation" if is_of_organisation else "repository"


def _title(permission: str) -> str:
    return TITLES.get(permission, permission.replace("_", " ").capitalize())


def all_needs() -> Iterator[Need]:
    """Give every need that a domain declares."""
    for domain in DOMAINS:
        yield from domain.needs
        yield from (stream.need for stream in domain.streams)


def _domains() -> Iterator[str]:
    yield "## Domains\n"
    yield DOMAINS_TEXT
    for domain in DOMAINS:
        yield f"**{title_of(domain)}**: {describe(domain)}\n"
        if tables := tables_of(models_of(domain)):
            yield f"- Tables: {_links(each.name for each in tables)}"
        if domain.views:
            yield f"- Views: {_links(view.name for view in domain.views)}"
        if domain.resources:
            paths = ", ".join(f"[`GET /api/{each.name}`](api.md#{each.name})" for each in domain.resources)
            yield f"- Read API: {paths}"
        if domain.events:
            yield f"- [Events](webhook.md#the-events) of the webhook: {code(*domain.events)}"
        if switches := _switches(domain):
            yield f"- Switched off by {code(*switches)}"
        yield ""


def _links(names: Iterator[str]) -> str:
    return ", ".join(f"[`{name}`](data-dictionary.md#{name})" for name in names)


def _switches(domain: Domain) -> Sequence[str]:
    """Name the settings that decide whether a domain is read."""
    asked: list[str] = []

    def lookup(name: str) -> None:
        asked.append(name)

    domain.enabled(Settings(lookup))
    return [f"{name}=off" for name in asked]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with --check only say whether it is stale (exit 1)."""
    return write_or_check(render(), PATH, arguments, name="docs.reference")


if __name__ == "__main__":
    sys.exit(main())
