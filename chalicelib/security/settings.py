"""The settings of security: what is read, how long an alert may stay open, and which rules repositories must keep."""

from __future__ import annotations

from chalicelib.settings import Setting, switch

ENABLED = Setting(
    "SECURITY",
    default=True,
    parse=switch,
    help="`off`: the daily job reads no security alerts, and checks no repositories",
    shown="`on`",
)
SECRET_COMMENTS = Setting(
    "SECRET_COMMENTS",
    default=False,
    parse=switch,
    help="`on`: comments on secret-scanning alerts are stored, too. People may quote the secret in them. With `off`, "
    "those that were stored are emptied",
    shown="`off`",
)
SETTINGS = (ENABLED, SECRET_COMMENTS)
