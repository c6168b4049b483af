"""The endpoints of Copilot: links to the reports, the billing's summary and the seats."""

from sandbox.api.call import JSON, Call
from sandbox.api.copilot import files
from sandbox.api.errors import DOCUMENTATION, ApiError, not_found
from sandbox.api.messages import Answer
from sandbox.api.times import moment, timestamp
from sandbox.world.copilot.seats import Seat
from sandbox.world.copilot.settings import day_name, parse_day, this_month
from sandbox.world.copilot.usage import Usage
from sandbox.world.items import Team

METRICS_PAGE = f"{DOCUMENTATION}/copilot/copilot-usage-metrics"
# GitHub's words of the older metrics; what it says of these reports is unverified.
POLICY_OFF = "Your organization has disabled Copilot Metrics API access."
SEATS_PER_PAGE = 50


def _usage(call: Call) -> Usage:
    usage = call.host.copilot.find(call.organisation().login)
    if usage is None:
        raise not_found()
    return usage


def _reported(call: Call) -> Usage:
    """Return the use of Copilot whose reports may be had."""
    usage = _usage(call)
    if not usage.settings.policy:
        # No permission would help, so none is named.
        raise ApiError(403, POLICY_OFF, documentation=METRICS_PAGE, names_permissions=False)
    return usage


def _no_data(usage: Usage) -> Answer:
    if usage.settings.no_data == 404:
        raise not_found()
    return Answer(status=usage.settings.no_data)


def get_day(call: Call, *, report: str) -> Answer:
    """Answer `GET /orgs/{org}/copilot/metrics/reports/{report}-1-day?day=`: links, or nothing."""
    usage = _reported(call)
    try:
        day = parse_day(call.argument("day", ""))
    except ValueError:
        message = "Invalid day: it must be in YYYY-MM-DD format."
        raise ApiError(422, message, documentation=METRICS_PAGE) from None
    if usage.offered(day, call.world.now) is None:
        return _no_data(usage)
    return Answer({"download_links": call.host.links(usage, report, day), "report_day": day_name(day)})


def get_latest(call: Call, *, report: str) -> Answer:
    """Answer `GET /orgs/{org}/copilot/metrics/reports/{report}-28-day/latest`: links, or nothing."""
    usage = _reported(call)
    day = usage.latest(call.world.now)
    if day is None:
        return _no_data(usage)
    period = {"report_start_day": day_name(files.first_day(report, day)), "report_end_day": day_name(day)}
    return Answer({"download_links": call.host.links(usage, report, day), **period})


def get_billing(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/copilot/billing`: seats are people here, however often they are listed."""
    usage, now = _usage(call), call.world.now
    seats, cycle = usage.seats(), this_month(now)
    active = sum((used := usage.last_activity(seat)) is not None and used.at >= cycle for seat in seats)
    breakdown = {
        "total": len(seats),
        "added_this_cycle": sum(seat.given_at >= cycle for seat in seats),
        "pending_cancellation": sum(seat.pending(now) for seat in seats),
        "pending_invitation": 0,
        "active_this_cycle": active,
        "inactive_this_cycle": len(seats) - active,
    }
    policies = {"ide_chat": "enabled", "platform_chat": "enabled", "cli": "enabled", "plan_type": "business"}
    settings = {"public_code_suggestions": "block", "seat_management_setting": "assign_selected"}
    return Answer({"seat_breakdown": breakdown, **settings, **policies})


def list_seats(call: Call) -> Answer:
    """Answer `GET /orgs/{org}/copilot/billing/seats`: an object with a page of them, and how many there are."""
    usage = _usage(call)
    seats = _listed(usage)
    url = f"organizations/{usage.organisation.account.id}/copilot/billing/seats"
    rows, headers = call.numbered(seats, url, length=SEATS_PER_PAGE)
    found = [_seat(call, usage, seat, team) for seat, team in rows]
    return Answer({"total_seats": len(seats), "seats": found}, headers=headers)


def _listed(usage: Usage) -> list[tuple[Seat, Team | None]]:
    """Return the seats with the teams they come through; then again those that are listed twice."""
    teams = [(seat, usage.assigning_team(seat.person)) for seat in usage.seats()]
    once = [(seat, team if seat.through_team else None) for seat, team in teams]
    again = [(seat, team) for seat, team in teams if team is not None and not seat.through_team]
    return once + again[: usage.settings.duplicates]


def _seat(call: Call, usage: Usage, seat: Seat, team: Team | None) -> JSON:
    used = usage.last_activity(seat)
    pending = seat.ends_at if seat.pending(call.world.now) else None
    return {
        "created_at": timestamp(seat.given_at),
        "updated_at": timestamp(seat.given_at),
        "pending_cancellation_date": None if pending is None else day_name(pending),
        "last_activity_at": moment(used and used.at),
        "last_activity_editor": used and used.editor,
        "last_authenticated_at": moment(used and max(used.at - 1800, seat.given_at)),
        "plan_type": "business",
        "assignee": call.payloads.user(seat.person),
        "assigning_team": None if team is None else call.payloads.team(team),
    }
