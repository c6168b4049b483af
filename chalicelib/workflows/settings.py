"""The settings of workflows."""

from __future__ import annotations

from urllib.parse import urlsplit

from chalicelib.settings import LOOPBACK, Setting, Settings, is_api_url, switch

OFF = "off"
GITHUB_COM = "api.github.com"
STATUS_PAGE = "https://www.githubstatus.com/api/v2/summary.json"


def parse_status_url(text: str) -> str:
    """Parse the URL of a status page, or `off`; raises ValueError for anything else."""
    if text.lower() == OFF:
        return OFF
    parts = urlsplit(text) if is_api_url(text) else None
    if parts is None or (parts.scheme == "http" and parts.hostname not in LOOPBACK):
        raise ValueError(f"it must look like {STATUS_PAGE}, or be off")
    return text


ENABLED = Setting(
    "WORKFLOWS",
    default=True,
    parse=switch,
    help="`off` leaves out runs of workflows, their jobs, runners, deployments and GitHub's own state",
    shown="on",
)
STATUS_URL = Setting(
    "GH_STATUS_URL",
    default="",
    parse=parse_status_url,
    help="GitHub's status page, as JSON: it gets no token. `off` leaves it out, which is the default for another "
    "GH_API_URL than GitHub's own",
    shown=f"`{STATUS_PAGE}`",
)
SETTINGS = (ENABLED, STATUS_URL)


def status_url(settings: Settings) -> str | None:
    """Give the URL of the status page; None when there is none to be read."""
    url = settings.value(STATUS_URL)
    if not url:
        return STATUS_PAGE if urlsplit(settings.api_url).hostname == GITHUB_COM else None
    return None if url == OFF else url
