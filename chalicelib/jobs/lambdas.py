"""What a Lambda does around a job: it starts a run for each organisation, logs, writes metrics and sends alerts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib.domains import check_settings
from chalicelib.errors import AwsError, ContributorMetricsError, JobFailedError, SettingsError
from chalicelib.github import Budget
from chalicelib.jobs.connections import open_database
from chalicelib.jobs.health import lag_of, measure, read_health
from chalicelib.jobs.schedules import run_job
from chalicelib.runtime import aws
from chalicelib.runtime.logs import COUNT, LOG, SECONDS, bound, log_json, log_metrics
from chalicelib.settings import Settings, load_settings
from chalicelib.utils import utc_now

# A run ends so long before Lambda kills it, to commit, write the ledger and give its lease back.
MARGIN_SECONDS = 15
# The same alert is sent again after so long, by each Lambda instance that stays warm (in seconds).
ALERT_INTERVAL = timedelta(hours=6).total_seconds()
ORGANISATION = "organisation"

_alerted_at: dict[tuple[str, str], float] = {}


class LambdaContext(Protocol):
    """The context that Lambda gives a handler.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    aws_request_id: str
    invoked_function_arn: str

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until Lambda ends the run."""
        ...


def handle(job: str, event: Mapping[str, Any], context: LambdaContext) -> None:
    """Run a job for its schedule: here for one organisation, else in a separate Lambda run for each.

    Sends an alert when the job fails, and raises the job's error, so that Lambda counts the run as failed.
    """
    log_json()
    settings, about = load_settings(), job
    with ExitStack() as fields:
        fields.enter_context(bound(job=job, request_id=context.aws_request_id))
        try:
            check_settings(settings)
            orgs = chosen_orgs(event, settings)
            if len(orgs) > 1:
                invoke_each(orgs, event, context)
            else:
                about = f"{job} of {orgs[0]}"
                fields.enter_context(bound(organisation=orgs[0]))
                run(job, settings, orgs[0], lambda_budget(context))
        except Exception as error:
            known = isinstance(error, ContributorMetricsError)
            sentence = str(error) if known else f"a bug ({type(error).__name__}); the log has its traceback"
            LOG.error("%s failed: %s", about, sentence)
            alert(settings, f"{about} failed", sentence)
            raise


def chosen_orgs(event: Mapping[str, Any], settings: Settings) -> Sequence[str]:
    """Give the organisations of an event: the one that it names, else all.

    Raises SettingsError when the one that it names is not in the settings.
    """
    detail = event.get("detail")
    name = detail.get(ORGANISATION) if isinstance(detail, Mapping) else None
    if name is None:
        return settings.orgs
    ours = [org for org in settings.orgs if org == name]
    if not ours:
        raise SettingsError(
            "the event names an organisation that is not in GH_ORGS: add it there, or correct the event"
        )
    return ours


def invoke_each(orgs: Sequence[str], event: Mapping[str, Any], context: LambdaContext) -> None:
    """Queue a run of this function for each organisation; raises JobFailedError at the end when AWS refused some."""
    refused = []
    for org in orgs:
        try:
            aws.invoke(context.invoked_function_arn, {**event, "detail": {ORGANISATION: org}})
        except AwsError as error:
            refused.append(f"{org}: {error}")
    LOG.info("queued a run for each of %d organisations", len(orgs) - len(refused))
    if refused:
        raise JobFailedError("; ".join(refused))


def lambda_budget(context: LambdaContext) -> Budget:
    """Give a run the time that its Lambda has left, minus a margin."""
    seconds = context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS
    return Budget(deadline=time.monotonic() + seconds)


def run(job: str, settings: Settings, org: str, budget: Budget) -> None:
    """Run a job for one organisation, and report on it even when steps failed."""
    since = utc_now()
    try:
        run_job(job, settings, orgs=[org], budget=budget)
    except JobFailedError:
        report(job, settings, org, since)
        raise
    report(job, settings, org, since)


def report(job: str, settings: Settings, org: str, since: datetime) -> None:
    """Log a run's numbers as metrics, and send an alert when data is stale."""
    with open_database(settings) as session:
        done = measure(session, job=job, org=org, since=since)
        healths = read_health(session, settings, [org])
    numbers = {
        "RowsStored": (done.stored, COUNT),
        "RecordsRejected": (done.rejected, COUNT),
        "Requests": (done.requests, COUNT),
        "StepsFailed": (done.failed_steps, COUNT),
    }
    if done.rate_limit_left is not None:
        numbers["RateLimitLeft"] = (done.rate_limit_left, COUNT)
    lag = lag_of(healths)
    if lag is not None:
        numbers["Lag"] = (int(lag.total_seconds()), SECONDS)
    log_metrics(numbers, dimensions={"Environment": settings.env_name, "Organisation": org}, now=utc_now())
    stale = {health.kind: health.state for health in healths if health.is_stale}
    if stale:
        sentences = (f"{org} {kind}: {state}" for kind, state in stale.items())
        alert(settings, f"{org} is stale: {', '.join(stale)}", "\n".join(sentences))


def alert(settings: Settings, subject: str, message: str) -> None:
    """Send an alert to the topic, if there is one, at most once in six hours; errors in sending are only logged."""
    try:
        topic, now = settings.topic_arn, time.monotonic()
        if topic is None or now - _alerted_at.get((topic, subject), -ALERT_INTERVAL) < ALERT_INTERVAL:
            return
        aws.publish(topic, subject=f"contributor-metrics {settings.env_name}: {subject}", message=message)
        _alerted_at[topic, subject] = now
    except (AwsError, SettingsError) as error:
        LOG.error("could not send the alert %r: %s", subject, error)
