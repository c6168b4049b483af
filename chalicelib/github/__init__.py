"""Talking to GitHub: the client, its credentials, its budget, and node ids. Knows no SQL."""

from chalicelib.github.answers import Answer
from chalicelib.github.apps import AppAuth, InstallationAuth
from chalicelib.github.auth import Auth, TokenAuth
from chalicelib.github.budget import Budget, Pause
from chalicelib.github.client import PER_PAGE, GitHubAPI
from chalicelib.github.decisions import RateLimit
from chalicelib.github.graphql import FORBIDDEN, NOT_FOUND, QueryAnswer, QueryError
from chalicelib.github.limits import fetch_hourly_limits
from chalicelib.github.lists import ListAPI, ListPage, PageState
from chalicelib.github.nodes import numeric_id
from chalicelib.github.pacer import Pacer

__all__ = [
    "FORBIDDEN",
    "NOT_FOUND",
    "PER_PAGE",
    "Answer",
    "AppAuth",
    "Auth",
    "Budget",
    "GitHubAPI",
    "InstallationAuth",
    "ListAPI",
    "ListPage",
    "Pacer",
    "PageState",
    "Pause",
    "QueryAnswer",
    "QueryError",
    "RateLimit",
    "TokenAuth",
    "fetch_hourly_limits",
    "numeric_id",
]
