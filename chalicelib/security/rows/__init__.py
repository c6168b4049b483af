"""What GitHub's alerts mean: pure functions."""

from chalicelib.security.rows.alerts import COMMENTS, without_comments, without_secrets
from chalicelib.security.rows.transitions import find_transitions, is_changed, is_news, moment_of

__all__ = ["COMMENTS", "find_transitions", "is_changed", "is_news", "moment_of", "without_comments", "without_secrets"]
