"""Rules about branches: their protection, and the signatures of their commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.security.rules.facts import Facts, UnknownError, field_of
from chalicelib.security.rules.rule import MOST_SHOWN, POLICY, SECURITY, Rule, Tuning, Verdict, not_applicable

DEFAULT = "defaultBranchRef"
EMPTY = "it is empty"


def judge_protected_branches(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether all branches are protected, of those that GitHub shows first."""
    branches, total = facts.nodes("refs"), facts.read("refs", "totalCount", of=int)
    ruled = _ruled_branch(facts) if total else None
    unprotected = [name for each in branches if not _is_protected(each, name := field_of(each, "name", of=str), ruled)]
    evidence = {"unprotected": unprotected, "looked_at": len(branches), "branches": total}
    if not total:
        return not_applicable(EMPTY, evidence)
    if not branches:
        raise UnknownError("GitHub left out some of refs")
    if unprotected:
        facts.check_settings_shown()
    return Verdict.of(
        evidence,
        passes=not unprotected,
        good="its branches are protected",
        bad=f"{len(unprotected)} of {len(branches)} branches are not protected",
    )


def _ruled_branch(facts: Facts) -> str | None:
    """Name the default branch when a ruleset has a rule for it."""
    if not facts.has_branch() or not facts.read(DEFAULT, "rules", "totalCount", of=int):
        return None
    return facts.read(DEFAULT, "name", of=str)


def _is_protected(branch: dict[str, Any], name: str, ruled: str | None) -> bool:
    if not {"branchProtectionRule", "refUpdateRule"} <= branch.keys():
        raise UnknownError("GitHub's answer has odd refs")
    return bool(branch["branchProtectionRule"] or branch["refUpdateRule"] or name == ruled)


def judge_signed_commits(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether the last commits are signed; whether their signatures are valid is only counted."""
    if not facts.has_branch():
        return not_applicable(EMPTY, {"commits": 0, "unsigned": [], "invalid": 0})
    commits = facts.nodes(DEFAULT, "target", "history")
    if not commits:
        raise UnknownError("GitHub shows no commits of the default branch")
    unsigned = [field_of(each, "oid", of=str) for each in commits if _signature(each) is None]
    invalid = sum(signature.get("isValid") is False for each in commits if (signature := _signature(each)))
    return Verdict.of(
        {"commits": len(commits), "unsigned": unsigned, "invalid": invalid},
        passes=not unsigned,
        good=f"the last {len(commits)} commits are signed",
        bad=f"{len(unsigned)} of the last {len(commits)} commits are not signed",
    )


def _signature(commit: dict[str, Any]) -> dict[str, Any] | None:
    if "signature" not in commit:
        raise UnknownError("GitHub's answer has an odd signature")
    return commit["signature"] or None


@dataclass(frozen=True)
class Protection:
    """What protects a branch: whether it can't be deleted, and how many must approve of a change."""

    source: str | None
    restricts_deletions: bool = False
    approvals: int = 0

    def satisfies(self, approvals: int) -> bool:
        """Tell whether it is enough."""
        return self.restricts_deletions and self.approvals >= approvals

    def joined_with(self, other: Protection) -> Protection:
        """Give what both do together: GitHub applies the stricter one."""
        if other.source is None or self.source is None:
            return self if other.source is None else other
        restricts = self.restricts_deletions or other.restricts_deletions
        return Protection("both", restricts, max(self.approvals, other.approvals))


def judge_branch_protection(facts: Facts, tuning: Tuning) -> Verdict:
    """Judge the default branch's protection: the branch's own first, then the rulesets, then both together."""
    if not facts.has_branch():
        return not_applicable(EMPTY, _protection_evidence(Protection(None), []))
    own, (rules, names) = _own_protection(facts), _rulesets(facts)
    together = own.joined_with(rules)
    enough = [each for each in (own, rules, together) if each.satisfies(tuning.approvals)]
    if not enough and facts.read(DEFAULT, "rules", "totalCount", of=int) > len(facts.nodes(DEFAULT, "rules")):
        raise UnknownError("the default branch has more rules than GitHub shows at once")
    if not enough and own.source is None:
        facts.check_settings_shown()
    if not enough and together.source is None and _is_hidden(facts):
        raise UnknownError("the default branch is protected, but GitHub does not show these credentials how")
    return Verdict.of(
        _protection_evidence(enough[0] if enough else together, names),
        passes=bool(enough),
        good="its default branch is protected",
        bad=f"its default branch needs {tuning.approvals} approvals, and no deletions",
    )


def _protection_evidence(protection: Protection, names: list[str]) -> dict[str, Any]:
    return {
        "source": protection.source,
        "approvals": protection.approvals,
        "deletions": "restricted" if protection.restricts_deletions else "allowed",
        "rulesets": names,
    }


def _own_protection(facts: Facts) -> Protection:
    rule = facts.find(DEFAULT, "branchProtectionRule", of=dict)
    if rule is None:
        return Protection(None)
    needs_reviews = field_of(rule, "requiresApprovingReviews", of=bool)
    approvals = field_of(rule, "requiredApprovingReviewCount", of=int) if needs_reviews else 0
    return Protection("protection", not field_of(rule, "allowsDeletions", of=bool), approvals)


def _rulesets(facts: Facts) -> tuple[Protection, list[str]]:
    """Add up the rules of rulesets; and name these."""
    rules = facts.nodes(DEFAULT, "rules")
    kinds = [field_of(each, "type", of=str) for each in rules]
    approvals = [_approvals(each) for each, kind in zip(rules, kinds, strict=True) if kind == "PULL_REQUEST"]
    names = {field_of(each["repositoryRuleset"], "name", of=str) for each in rules if each.get("repositoryRuleset")}
    source = "rulesets" if rules else None
    return Protection(source, "DELETION" in kinds, max(approvals, default=0)), sorted(names)[:MOST_SHOWN]


def _approvals(rule: dict[str, Any]) -> int:
    return field_of(field_of(rule, "parameters", of=dict), "requiredApprovingReviewCount", of=int)


def _is_hidden(facts: Facts) -> bool:
    """Tell whether the default branch has a protection of its own that only administrators may see."""
    name = facts.read(DEFAULT, "name", of=str)
    return any(each.get("name") == name and each.get("refUpdateRule") for each in facts.nodes("refs"))


PROTECTED_BRANCHES = Rule(
    "protected_branches",
    "Its branches are protected, of the first 30; a rule of a ruleset counts for the default branch",
    (SECURITY, POLICY),
    judge_protected_branches,
    "unprotected_branches",
    about="not empty",
)
SIGNED_COMMITS = Rule(
    "signed_commits",
    "The last `CHECK_SIGNED_COMMITS` commits of its default branch are signed; whether validly is only counted",
    (SECURITY, POLICY),
    judge_signed_commits,
    "unsigned_commits",
    about="not empty",
)
BRANCH_PROTECTION = Rule(
    "branch_protection",
    "Its default branch can't be deleted, and changes need `CHECK_APPROVALS` approvals: by its own protection, by "
    "rulesets, or by both together",
    (SECURITY,),
    judge_branch_protection,
    about="not empty",
)
