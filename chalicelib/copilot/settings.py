"""The settings of Copilot."""

from __future__ import annotations

from chalicelib.settings import Setting, amount, switch

ENABLED = Setting(
    "COPILOT",
    default=True,
    parse=switch,
    help="`off`: the daily job doesn't read how Copilot is used, nor its seats",
    shown="`on`",
)
USER_DATA = Setting(
    "COPILOT_USER_DATA",
    default=True,
    parse=switch,
    help="`off`: from now on, nothing is stored about single people: figures of teams and organisations only. "
    "Stored rows about people stay, and the views of seats no longer change",
    shown="`on`",
)
SEAT_PRICE: Setting[float | None] = Setting(
    "COPILOT_SEAT_PRICE",
    default=None,
    parse=amount,
    help="What a seat costs a month, in US dollars, such as `19` or `19.50`. The list prices are 19 (business) and "
    "39 (enterprise)",
    shown="list price of the plan",
)
SETTINGS = (ENABLED, USER_DATA, SEAT_PRICE)
