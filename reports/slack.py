"""A report in Slack: its summary as a message, and its files in the message's thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException

import typer
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryHandler, RetryState

from chalicelib.slack import words
from chalicelib.slack.settings import API_URL
from chalicelib.utils import shown
from reports.charts.sprints import told
from reports.charts.style import alternative, records
from reports.errors import ReportError
from reports.files import INTERACTIVE, STATIC, MakePng, png_here, report_files
from reports.report import Report

TIMEOUT = 30


class ShortWait(RetryHandler):
    """Waits as long as Slack says when it has had enough, once and for a minute at most."""

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(max_retry_count=1)
        self.sleep = sleep

    def _can_retry(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - the library's signature
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> bool:
        """Retry nothing else: a message whose answer got lost may stand in the channel already."""
        return (
            response is not None
            and response.status_code == HTTPStatus.TOO_MANY_REQUESTS
            and words.wait_of(response.headers) <= words.LONGEST_WAIT
        )

    def prepare_for_next_attempt(
        self,
        *,
        state: RetryState,
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> None:
        """Wait, then let the request be sent again."""
        self.sleep(words.wait_of(response.headers if response else {}))
        state.next_attempt_requested = True
        state.increment_current_attempt()


def slack_client(token: str, *, base_url: str = API_URL, sleep: Callable[[float], None] = time.sleep) -> WebClient:
    """Make the client; it retries only what Slack was too busy for, and says nothing of its own."""
    quiet = logging.getLogger(f"{__name__}.client")
    quiet.setLevel(logging.CRITICAL)
    return WebClient(token, base_url=base_url, timeout=TIMEOUT, retry_handlers=[ShortWait(sleep=sleep)], logger=quiet)


def post(
    report: Report,
    channel: str,
    client: WebClient | None,
    *,
    dry_run: bool = False,
    write: Callable[[str], None] = typer.echo,
    make_png: MakePng = png_here,
) -> None:
    """Post a report's summary, and its files in the thread below; a dry run prints what would go, and needs no client.

    All files are made before anything is sent. Raises ReportError when one can't be, and when Slack refuses.
    """
    text = message(report)
    figure = report.figure() if report.figure else None
    files = report_files(report.results, report.source, figure, make_png=make_png)
    if dry_run:
        write(preview(channel, text, files))
        return
    if client is None:
        raise ReportError("SLACK_BOT_TOKEN is not set: put the Slack app's bot token in the environment or in .env")
    alternatives = {} if figure is None else dict.fromkeys((STATIC, INTERACTIVE), alternative(figure))
    send(client, channel=channel, text=text, files=files, alternatives=alternatives)


def send(
    client: WebClient, *, channel: str, text: str, files: Mapping[str, bytes], alternatives: Mapping[str, str]
) -> None:
    """Send the message, then all files in one go; raises ReportError."""
    with one_sentence(channel):
        posted = client.chat_postMessage(
            channel=channel, text=text, link_names=False, unfurl_links=False, unfurl_media=False
        )
    # Files go to the channel's id, which the answer gives for a name too.
    with one_sentence(channel, before="the summary is posted, but not its files: "):
        client.files_upload_v2(
            channel=posted["channel"],
            thread_ts=posted["ts"],
            file_uploads=[
                {"filename": name, "content": content, "title": name, "alt_txt": alternatives.get(name)}
                for name, content in files.items()
            ],
        )


def message(report: Report) -> str:
    """Write a report's summary in Slack's own markup, with how current it is and how its days are known."""
    lines = [report.origin, *told(records(report.results))]
    return "\n".join([words.message(report.title, report.summary), *map(words.escaped, lines)])


def preview(channel: str, text: str, files: Mapping[str, bytes]) -> str:
    """Write what would be sent."""
    sizes = [f"  {name} ({len(content):,} bytes)" for name, content in files.items()]
    return "\n".join(
        [f"To {channel or '(SLACK_CHANNEL is not set)'}, if this were no dry run:", text, "Files:", *sizes]
    )


@contextmanager
def one_sentence(channel: str, *, before: str = "") -> Iterator[None]:
    """Turn whatever goes wrong between us and Slack into a ReportError of one sentence, without the token."""
    try:
        yield
    except SlackApiError as error:
        response = error.response
        sentence = words.meaning(response.status_code, response.data, response.headers, channel=channel)
        raise ReportError(f"{before}{sentence}") from None
    except (OSError, HTTPException) as error:  # URLError and timeouts are OSErrors
        reason = shown(getattr(error, "reason", None) or error, longest=words.LONGEST_NAME) or type(error).__name__
        raise ReportError(f"{before}Slack can't be reached: {reason}") from None
    except (SlackRequestError, ValueError) as error:
        raise ReportError(f"{before}Slack's answer can't be read ({type(error).__name__})") from None
