"""What GitHub's alerts mean: pure functions."""

from chalicelib.security.rows.alerts import COMMENTS, without_secrets
from chalicelib.security.rows.transitions import find_transitions

__all__ = ["COMMENTS", "find_transitions", "without_secrets"]
