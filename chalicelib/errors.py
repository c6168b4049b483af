"""Every error this app raises on purpose.

ContributorMetricsError
├── SettingsError                 configuration or arguments missing or malformed (exit 2)
│   └── MissingParameterError     SSM has no parameter of that name
├── DatabaseNotReadyError         down, not migrated, or newer than the code (exit 2)
├── GitHubError                   a request failed: status, request id, GitHub's message; never the token
│   ├── UnauthorizedError         401: the token is wrong, expired or revoked
│   ├── ForbiddenError            403 without a sign of a rate limit: a permission is missing
│   │   └── SingleSignOnError     the token isn't authorised for an organisation's SSO; also in a 200 that is not whole
│   ├── NotFoundError             404: it doesn't exist, or this token may not see it
│   ├── GoneError                 410: deleted
│   ├── BlockedError              451: blocked for a legal reason, and for good
│   ├── UnprocessableError        422: GitHub refuses the query
│   ├── QueryTooLargeError        GraphQL: it asks for too much at once, or takes too long
│   ├── BadAnswerError            an answer that is not what the API describes (not JSON, not the expected shape)
│   └── UnavailableError          5xx, resets, timeouts or truncated bodies, and all retries failed
├── NotNowError                   the rate limit is low, or another run has the job: nothing was read (exit 3)
├── OutOfTimeError                going on or waiting would pass the run's deadline; what was fetched is committed
├── IncompleteReadError           GitHub announced more than it listed; a missing item need not be gone
├── BrakeError                    so much would be marked as gone that GitHub's answer is not believed
├── RejectedError                 one record can't be mapped to a row: why, in a sentence
├── SlackError                    Slack refused a message, or could not be reached; never the token
├── AwsError                      AWS refused a call: a permission, a name or the region is wrong
└── JobFailedError                some steps of a job failed; the ledger names each
"""

from __future__ import annotations


class ContributorMetricsError(Exception):
    """The root of every error raised on purpose."""


class SettingsError(ContributorMetricsError):
    """A setting or an argument is missing or malformed."""


class MissingParameterError(SettingsError):
    """SSM has no parameter of that name."""


class DatabaseNotReadyError(ContributorMetricsError):
    """The database is down, not migrated, or newer than this code."""


class GitHubError(ContributorMetricsError):
    """GitHub refused a request or could not be understood.

    `status` is the HTTP status (0 when there was no answer or no request), `message` GitHub's own sentence,
    `request_id` the id that GitHub's support asks for. `method` and `path` are the request's, without its query.
    """

    def __init__(
        self, message: str, *, status: int = 0, path: str = "", request_id: str = "", method: str = "GET"
    ) -> None:
        self.status = status
        self.message = message
        self.method = method
        self.path = path
        self.request_id = request_id
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        request = f" (request id {self.request_id})" if self.request_id else ""
        return f"{self._beginning()}: {self.message}{request}"

    def _beginning(self) -> str:
        if not self.status:
            return f"{self.method} {self.path} failed" if self.path else "a request to GitHub failed"
        return f"GitHub answered {self.status}" + (f" to {self.method} {self.path}" if self.path else "")


class UnauthorizedError(GitHubError):
    """401: the token is wrong, expired or revoked."""


class ForbiddenError(GitHubError):
    """403 without a sign of a rate limit: a permission is missing."""


class SingleSignOnError(ForbiddenError):
    """The token isn't authorised for an organisation's single sign-on; what was answered is not whole."""


class NotFoundError(GitHubError):
    """404: it doesn't exist, or this token may not see it."""


class GoneError(GitHubError):
    """410: deleted."""


class BlockedError(GitHubError):
    """451: blocked for a legal reason."""


class UnprocessableError(GitHubError):
    """422: GitHub refuses the query."""


class QueryTooLargeError(GitHubError):
    """A GraphQL query asks for too much at once, or takes GitHub too long: ask for less."""


class BadAnswerError(GitHubError):
    """An answer that is not what the API describes."""


class UnavailableError(GitHubError):
    """5xx, resets, timeouts or truncated bodies, and all retries failed."""


class NotNowError(ContributorMetricsError):
    """What was asked for must wait: the rate limit is low, or another run is doing it."""


class OutOfTimeError(ContributorMetricsError):
    """Going on would pass the run's deadline."""


class IncompleteReadError(ContributorMetricsError):
    """GitHub announced more than it listed."""


class BrakeError(ContributorMetricsError):
    """So much would be marked as gone that GitHub's answer is not believed."""


class RejectedError(ContributorMetricsError):
    """One record can't be mapped to a row."""


class AwsError(ContributorMetricsError):
    """AWS refused a call, or could not be reached; `reason` is AWS's error code, or boto3's message."""

    def __init__(self, message: str, *, reason: str = "") -> None:
        self.reason = reason
        super().__init__(message)


class SlackError(ContributorMetricsError):
    """Slack refused a message, or could not be reached."""


class JobFailedError(ContributorMetricsError):
    """Some steps of a job failed."""
