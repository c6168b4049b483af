"""Rules about a repository as a whole: whether it lives, what it is called, and which features are on."""

from __future__ import annotations

from datetime import datetime

from chalicelib.security.rules.facts import PUBLIC, Facts, UnknownError
from chalicelib.security.rules.rule import POLICY, SECURITY, Rule, Tuning, Verdict, not_applicable

ENABLED, DISABLED = "enabled", "disabled"


def judge_active(facts: Facts, tuning: Tuning) -> Verdict:
    """Judge whether something was pushed lately; an empty repository is as old as itself."""
    said = facts.find("pushedAt", of=str) if facts.node else None
    pushed_at = _moment(said) if said else facts.known.pushed_at
    last = pushed_at
    if last is None and not facts.has_branch():
        last = facts.known.created_at
    if last is None:
        raise UnknownError("GitHub does not tell when something was last pushed")
    text = pushed_at.isoformat() if pushed_at else None
    return Verdict.of(
        {"pushed_at": text, "years": tuning.years},
        passes=last >= _years_before(facts.now, tuning.years),
        good="something was pushed lately",
        bad=f"nothing was pushed for {tuning.years} year{'' if tuning.years == 1 else 's'} or more",
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnknownError("GitHub's answer has an odd pushedAt") from None
    if moment.tzinfo is None:
        raise UnknownError("GitHub's answer has an odd pushedAt")
    return moment


def _years_before(moment: datetime, years: int) -> datetime:
    is_leap_day = (moment.month, moment.day) == (2, 29)
    return moment.replace(year=moment.year - years, day=28 if is_leap_day else moment.day)


def judge_name(facts: Facts, tuning: Tuning) -> Verdict:
    """Judge the name."""
    pattern = tuning.name.pattern
    return Verdict.of(
        {"pattern": pattern},
        passes=tuning.name.fullmatch(facts.known.name) is not None,
        good="its name is as it should be",
        bad=f"its name does not match {pattern}",
    )


def judge_secret_scanning(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether secrets are looked for."""
    return _judge_status(facts, facts.known.secret_scanning, "secret scanning")


def judge_push_protection(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether pushes of secrets are refused."""
    return _judge_status(facts, facts.known.push_protection, "push protection")


def _judge_status(facts: Facts, status: str | None, feature: str) -> Verdict:
    if facts.visibility != PUBLIC:
        return not_applicable("it is not public", {"status": status})
    if status not in {ENABLED, DISABLED}:
        raise UnknownError(f"GitHub does not tell these credentials whether {feature} is on")
    return Verdict.of(
        {"status": status}, passes=status == ENABLED, good=f"{feature} is on", bad=f"{feature} is switched off"
    )


def judge_dependabot(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether dependencies with vulnerabilities are reported."""
    enabled = facts.read("hasVulnerabilityAlertsEnabled", of=bool)
    if not enabled:
        facts.check_settings_shown()
    return Verdict.of(
        {"enabled": enabled}, passes=enabled, good="Dependabot alerts are on", bad="Dependabot alerts are switched off"
    )


def judge_security_policy(facts: Facts, _tuning: Tuning) -> Verdict:
    """Judge whether there is a security policy, its own or the organisation's."""
    enabled = facts.read("isSecurityPolicyEnabled", of=bool)
    return Verdict.of(
        {"enabled": enabled}, passes=enabled, good="it has a security policy", bad="it has no security policy"
    )


ACTIVE = Rule("active", "Something was pushed within `CHECK_INACTIVE_YEARS`", (POLICY,), judge_active, "inactive")
NAME = Rule("name", "Its name matches `CHECK_NAME_PATTERN`", (POLICY,), judge_name, "breaks_naming_convention")
SECRET_SCANNING = Rule(
    "secret_scanning",
    "Secret scanning is on",
    (SECURITY,),
    judge_secret_scanning,
    "secret_scanning_disabled",
    about="public",
)
PUSH_PROTECTION = Rule(
    "push_protection",
    "Push protection is on",
    (SECURITY,),
    judge_push_protection,
    "push_protection_disabled",
    about="public",
)
DEPENDABOT_ALERTS = Rule(
    "dependabot_alerts", "Dependabot alerts are on", (SECURITY,), judge_dependabot, "dependabot_disabled"
)
SECURITY_POLICY = Rule(
    "security_policy", "There is a security policy (`SECURITY.md`)", (SECURITY,), judge_security_policy
)
