"""Which repositories break which rules, and whom to ask.

- Archived repositories and those that are gone are left out.
- A check that could not be done counts as its last known result: a failed call mends nothing and breaks nothing.
- A broken rule with an exception that has not ended (by UTC's day) is not broken, but excepted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Subquery, and_, func, or_, select

from chalicelib.inventory.models import Repository
from chalicelib.security.models import RepositoryCheck, RepositoryCheckChange, RepositoryRating
from chalicelib.security.views.contacts import REPOSITORY_CONTACTS, SOURCE
from chalicelib.store.base import UTCDateTime
from chalicelib.store.functions import DayOf, DaysAgo, count_if, days_between, later, now, ratio, true_if
from chalicelib.store.views import View, ViewColumn

PASS, FAIL, ERROR, NOT_APPLICABLE = "pass", "fail", "error", "not_applicable"
NEW_DAYS = 30


def _last_changes() -> Subquery:
    """The last change of each repository and rule."""
    change = RepositoryCheckChange
    turn = func.row_number().over(partition_by=[change.repository_id, change.rule], order_by=change.changed_at.desc())
    each = select(
        *(change.repository_id, change.rule, change.before, change.changed_at.label("at"), turn.label("turn"))
    ).subquery("each_change")
    return select(each).where(each.c.turn == 1).subquery("last")


def _checks() -> Subquery:
    """The rules that apply to a repository, each with what is known of it."""
    check: Any = RepositoryCheck
    last = _last_changes()
    holds = or_(check.exception_until.is_(None), check.exception_until >= DayOf(now()))
    excepted = true_if(and_(check.exception_reason.is_not(None), holds, func.coalesce(check.known_result, "") != PASS))
    return (
        select(
            *(check.org, check.repo, check.repository_id, check.rule, check.result, check.message),
            *(check.known_result.label("known"), excepted.label("excepted"), Repository.visibility),
            true_if(and_(check.known_result == FAIL, ~excepted)).label("broken"),
            func.coalesce(last.c.at, check.since, type_=UTCDateTime()).label("since"),
            last.c.before,
        )
        .join(Repository, Repository.id == check.repository_id)
        .outerjoin(last, and_(last.c.repository_id == check.repository_id, last.c.rule == check.rule))
        .where(Repository.deleted_at.is_(None), func.coalesce(Repository.archived, False).is_(False))
        .where(func.coalesce(check.known_result, "") != NOT_APPLICABLE)
        .subquery("checked")
    )


def _broken() -> Subquery:
    check, contact = _checks(), REPOSITORY_CONTACTS.table
    chosen = select(*check.c, contact.c.contact, contact.c.contact_source)
    joined = chosen.outerjoin(contact, contact.c.repository_id == check.c.repository_id)
    return joined.where(check.c.broken).subquery("broken")


_rule = _broken().c

BROKEN_RULES = View(
    "broken_rules",
    "A row per repository and rule that it breaks, with whom to ask. Exceptions that have not ended, archived "
    "repositories and those that are gone are left out",
    [
        ViewColumn("org", _rule.org, "Owner of the repository"),
        ViewColumn("repo", _rule.repo, "Repository's name, without the owner"),
        ViewColumn("rule", _rule.rule, "Rule"),
        ViewColumn("repository_id", _rule.repository_id, "repositories.id"),
        ViewColumn("since", _rule.since, "When this app first saw it broken, since it was last kept"),
        ViewColumn(
            "days",
            days_between(_rule.since, later(now(), _rule.since)),
            "Days (24 hours, rounded down) since then",
        ),
        ViewColumn(
            "result", _rule.result, "fail; or error: it could not be checked of late, and was broken when it last was"
        ),
        ViewColumn("message", _rule.message, "Result in a sentence"),
        ViewColumn("visibility", _rule.visibility, "public, private or internal"),
        ViewColumn("contact", _rule.contact, "Whom to ask, as in repository_contacts"),
        ViewColumn("contact_source", _rule.contact_source, SOURCE),
    ],
)


def _counted(name: str, *keys: str) -> Subquery:
    """How many rules are kept and broken, of those with the same keys."""
    check = _checks().c
    new = and_(check.broken, check.before.is_not(None), check.since > DaysAgo(NEW_DAYS))
    by = [check[key] for key in keys]
    return (
        select(
            *by,
            func.count(type_=BigInteger()).label("all"),
            count_if(check.known == PASS).label("passed"),
            count_if(check.broken).label("broken"),
            count_if(check.result == ERROR).label("errors"),
            count_if(check.excepted).label("excepted"),
            count_if(new).label("new"),
        )
        .group_by(*by)
        .subquery(name)
    )


ERRORS = "could not be checked last time. They count as they were before; those that never could be count as neither"


def _compliance() -> Subquery:
    counted, contact = _counted("counted", "org", "repo", "repository_id", "visibility"), REPOSITORY_CONTACTS.table
    return (
        select(*counted.c, RepositoryRating.rating, contact.c.contact, contact.c.contact_source)
        .outerjoin(RepositoryRating, RepositoryRating.repository_id == counted.c.repository_id)
        .outerjoin(contact, contact.c.repository_id == counted.c.repository_id)
        .subquery("compliance")
    )


_repository = _compliance().c

REPOSITORY_COMPLIANCE = View(
    "repository_compliance",
    "A row per repository: how many rules it keeps and breaks, its rating, and whom to ask. Archived repositories and "
    "those that are gone are left out",
    [
        ViewColumn("org", _repository.org, "Owner of the repository"),
        ViewColumn("repo", _repository.repo, "Repository's name, without the owner"),
        ViewColumn("repository_id", _repository.repository_id, "repositories.id"),
        ViewColumn("visibility", _repository.visibility, "public, private or internal"),
        ViewColumn("rules", _repository.all, "Rules that apply to it"),
        ViewColumn("passed", _repository.passed, "Rules that it keeps"),
        ViewColumn("broken", _repository.broken, "Rules that it breaks, without those excepted"),
        ViewColumn("errors", _repository.errors, f"Rules that {ERRORS}"),
        ViewColumn("excepted", _repository.excepted, "Rules that it need not keep now, and is not known to keep"),
        ViewColumn("rating", _repository.rating, "repository_ratings.rating; NULL: not rated yet"),
        ViewColumn("contact", _repository.contact, "Whom to ask, as in repository_contacts"),
        ViewColumn("contact_source", _repository.contact_source, SOURCE),
    ],
)

_by_rule = _counted("by_rule", "org", "rule").c

RULES_BROKEN = View(
    "rules_broken",
    "A row per rule: how many repositories keep and break it. Archived repositories and those that are gone are left "
    "out",
    [
        ViewColumn("org", _by_rule.org, "Organisation"),
        ViewColumn("rule", _by_rule.rule, "Rule"),
        ViewColumn("repositories", _by_rule.all, "Repositories that it applies to"),
        ViewColumn("passed", _by_rule.passed, "Repositories that keep it"),
        ViewColumn("broken", _by_rule.broken, "Repositories that break it, without those excepted"),
        ViewColumn("share_broken", ratio(_by_rule.broken, _by_rule.all), "broken of repositories, 0 to 1"),
        ViewColumn("errors", _by_rule.errors, f"Repositories that {ERRORS}"),
        ViewColumn("excepted", _by_rule.excepted, "Repositories that need not keep it now, and are not known to"),
        ViewColumn(
            "newly_broken",
            _by_rule.new,
            "Repositories that were seen to break it in the last 30 days, and did not before; a first look at a "
            "repository doesn't count",
        ),
    ],
)
