"""What webhooks tell of runs, jobs and deployments.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_job
https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run
https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment_status
"""

from __future__ import annotations

from chalicelib.ingest.context import Saving
from chalicelib.ingest.deliveries import Delivery, Event, Place
from chalicelib.ingest.mapping import reject
from chalicelib.workflows.sync.saving import DEPLOYMENTS, JOBS, RUNS, save_deployment, save_jobs, save_runs


def hear_job(saving: Saving, delivery: Delivery) -> None:
    """Store a job, and what it is to deploy."""
    if place := _place_of(saving, delivery, JOBS):
        gate = delivery.part("deployment")
        save_jobs(saving, place, [delivery.payload.get("workflow_job")], told=True, gate=gate)


def hear_run(saving: Saving, delivery: Delivery) -> None:
    """Store a run."""
    if place := _place_of(saving, delivery, RUNS):
        save_runs(saving, place, [delivery.payload.get("workflow_run")], told=True)


def hear_deployment_status(saving: Saving, delivery: Delivery) -> None:
    """Store a deployment with its status."""
    if place := _place_of(saving, delivery, DEPLOYMENTS):
        save_deployment(saving, place, delivery.payload)


def _place_of(saving: Saving, delivery: Delivery, kind: str) -> Place | None:
    """Give where it happened; keeps a delivery that doesn't say so aside."""
    if delivery.place is None:
        reject(saving, kind, dict(delivery.payload), "repository is missing, or has no id, name or owner")
    return delivery.place


EVENTS = {
    "workflow_job": Event(hear_job, frozenset({"workflow_job"})),
    "workflow_run": Event(hear_run, frozenset({"workflow_run"})),
    "deployment_status": Event(hear_deployment_status, frozenset({"deployment_status", "deployment"})),
}
