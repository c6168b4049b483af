"""Rules about people: who owns the code, whom to ask, and who else may write."""

from __future__ import annotations

from typing import Any

from chalicelib.security.rules.codeowners import Codeowners, read_codeowners
from chalicelib.security.rules.facts import Facts, UnknownError, field_of
from chalicelib.security.rules.rule import MOST_SHOWN, POLICY, SECURITY, Rule, Tuning, Verdict

MEMBERS = {"OWNER", "MEMBER"}
BOT, MANNEQUIN = "Bot", "Mannequin"


def judge_external_pull_requests(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether open pull requests are members' and bots'; a deleted account is nobody's."""
    pulls, total = facts.nodes("pullRequests"), facts.read("pullRequests", "totalCount", of=int)
    if total and not pulls:
        raise UnknownError("GitHub left out some of pullRequests")
    authors, apps = set[str](), set[str]()
    for pull in pulls:
        author = pull.get("author")
        if not author:
            continue
        kind, login = field_of(author, "__typename", of=str), field_of(author, "login", of=str)
        if kind == BOT:
            apps.add(login)
        elif kind != MANNEQUIN and not _is_member(facts, pull, login):
            authors.add(login)
    evidence = {"authors": sorted(authors), "apps": sorted(apps), "looked_at": len(pulls), "open": total}
    return Verdict.of(
        evidence,
        passes=not authors,
        good="no open pull request is a stranger's",
        bad=f"open pull requests of people who are no members: {_listed(sorted(authors))}",
    )


def _is_member(facts: Facts, pull: dict[str, Any], login: str) -> bool:
    return field_of(pull, "authorAssociation", of=str) in MEMBERS or login.lower() in facts.members


def judge_codeowners(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether somebody owns the code, by the file that GitHub uses."""
    found = read_codeowners(facts)
    evidence = {
        "path": found.path,
        "paths": found.paths,
        "owners": found.owners[:MOST_SHOWN],
        "errors": _codeowners_errors(facts),
    }
    return Verdict.of(
        evidence,
        passes=bool(found.owners),
        good=f"{found.path} names owners",
        bad=f"{found.path} names no owner" if found.path else "it has no CODEOWNERS",
    )


def _codeowners_errors(facts: Facts) -> list[str] | None:
    """Give the kinds of mistake that GitHub sees; None when it doesn't say."""
    try:
        if facts.find("codeowners", of=dict) is None:
            return []
        errors = facts.read("codeowners", "errors", of=list)
        return sorted({field_of(each, "kind", of=str) for each in errors if type(each) is dict})
    except UnknownError:
        return None


def judge_point_of_contact(facts: Facts, tuning: Tuning) -> Verdict:
    """Judge whether somebody can be asked: by a custom property, CODEOWNERS, or an owner's public e-mail."""
    if contact := contact_of_property(facts, tuning):
        return _with_contact(contact, "custom_property", _emails_or_none(facts))
    found = read_codeowners(facts)
    if found.emails:
        return _with_contact(found.emails[0], "codeowners", _emails_or_none(facts))
    emails = _emails_of(facts, found)
    if not emails and facts.known.custom_properties is None:
        raise UnknownError("GitHub does not tell these credentials the custom properties")
    return _with_contact(emails[0], "owner", emails) if emails else _with_contact(None, None, emails)


def _emails_or_none(facts: Facts) -> list[str] | None:
    """Give the public e-mails of the owners where the contact is known without them; None when they are not known."""
    try:
        return _emails_of(facts, read_codeowners(facts))
    except UnknownError:
        return None


def _with_contact(contact: str | None, source: str | None, emails: list[str] | None) -> Verdict:
    return Verdict.of(
        {"contact": contact, "source": source, "emails": emails},
        passes=contact is not None,
        good="somebody can be asked",
        bad="nobody can be asked: no custom property, no CODEOWNERS with an e-mail or with users who show theirs",
    )


def contact_of_property(facts: Facts, tuning: Tuning) -> str | None:
    """Give the contact that a custom property names."""
    value = (facts.known.custom_properties or {}).get(tuning.contact)
    texts = value if isinstance(value, list) else [value]
    return ", ".join(text.strip() for text in texts if isinstance(text, str) and text.strip()) or None


def _emails_of(facts: Facts, found: Codeowners) -> list[str]:
    """Give the public e-mails of the owners; UnknownError when there are none, and some could not be looked up."""
    emails = [email for user in found.users if (email := facts.emails.get(user))]
    if not emails and not set(found.users) <= facts.emails.keys():
        raise UnknownError("the e-mails of the code owners could not be looked up")
    return list(dict.fromkeys(emails))[:MOST_SHOWN]


def wanted_users(facts: Facts) -> list[str]:
    """Name those whose e-mails the rule about a contact asks for, in lower case."""
    if facts.is_archived:
        return []
    try:
        return read_codeowners(facts).users[:MOST_SHOWN]
    except UnknownError:
        return []


def judge_repository_access(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether people have access through teams only."""
    people, count = facts.nodes("collaborators"), facts.read("collaborators", "totalCount", of=int)
    logins = sorted(field_of(each, "login", of=str) for each in people)
    return Verdict.of(
        {"collaborators": logins, "count": count},
        passes=not count and not logins,
        good="nobody has access of their own",
        bad=f"people with access of their own: {_listed(logins)}",
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown}, …" if len(names) > 5 else shown  # noqa: PLR2004 - as many as are shown


EXTERNAL_PULL_REQUESTS = Rule(
    "external_pull_requests",
    "No open pull request, of the first 50, is by a person who is no member; bots don't count",
    (POLICY, SECURITY),
    judge_external_pull_requests,
    "external_pr",
)
CODEOWNERS = Rule(
    "codeowners",
    "The `CODEOWNERS` that GitHub uses (in `.github/`, the root or `docs/`) names an owner",
    (POLICY,),
    judge_codeowners,
    "codeowners_missing",
)
POINT_OF_CONTACT = Rule(
    "point_of_contact",
    "Somebody can be asked: by the custom property `CHECK_CONTACT_PROPERTY`, an e-mail in `CODEOWNERS`, or the public "
    "e-mail of a user in it",
    (POLICY,),
    judge_point_of_contact,
    "point_of_contact_missing",
)
REPOSITORY_ACCESS = Rule(
    "repository_access",
    "No single person is a collaborator: access comes by teams",
    (SECURITY,),
    judge_repository_access,
)
