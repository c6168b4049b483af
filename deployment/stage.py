"""A stage of `.chalice/config.json`, and the settings that its Lambdas will have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from chalice.config import Config

from chalicelib.errors import SettingsError
from chalicelib.settings import SSM_NAMES, Settings
from chalicelib.utils import get_parameter

ROOT = Path(__file__).resolve().parents[1]
CONFIG = Path(".chalice") / "config.json"


@dataclass(frozen=True)
class Stage:
    """A stage's name, and what its Lambdas will have: the environment, the settings, and the file of their policy."""

    name: str
    variables: Mapping[str, str]
    settings: Settings
    policy: Path
    db_url_from_shell: bool = False

    def parameter(self, name: str) -> str:
        """Name the SSM parameter that holds a setting."""
        return f"/contributor-metrics/{self.settings.env_name}/{SSM_NAMES[name]}"

    def allows(self, action: str, resource: str) -> bool:
        """Tell whether the Lambdas may do something; raises SettingsError when their policy can't be read."""
        statements = _read_json(self.policy, self.policy.name).get("Statement", [])
        return any(
            statement["Effect"] == "Allow"
            and _names(statement["Action"], action)
            and _names(statement["Resource"], resource)
            for statement in statements
        )


def _names(patterns: str | list[str], name: str) -> bool:
    """Tell whether one of a policy's patterns means a name."""
    return any(fnmatchcase(name, each) for each in ([patterns] if isinstance(patterns, str) else patterns))


def _read_json(path: Path, name: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{name} can't be read: {error}") from error
    return document


def load_stage(name: str, environ: Mapping[str, str], *, root: Path = ROOT) -> Stage:
    """Read a stage; raises SettingsError when the file can't be read, or has no stage of that name.

    `DB_URL` of this shell wins: it may lead to the database through a tunnel, which a Lambda doesn't need.
    """
    document = _read_json(root / CONFIG, str(CONFIG))
    stages = document.get("stages", {})
    if name not in stages:
        raise SettingsError(f"{CONFIG} has no stage {name!r}: use one of {', '.join(stages)}")
    config = Config(chalice_stage=name, config_from_disk=document)
    variables = config.environment_variables
    for variable, value in variables.items():
        if not isinstance(value, str):
            raise SettingsError(f'{CONFIG}: {variable} must be a text in quotes: "{value}"')

    def lookup(setting: str) -> str | None:
        value = (environ.get(setting) if setting == "DB_URL" else None) or variables.get(setting)
        if value or setting not in SSM_NAMES:
            return (value or "").strip() or None
        return get_parameter(f"/contributor-metrics/{variables.get('ENV_NAME') or 'dev'}/{SSM_NAMES[setting]}").strip()

    policy = root / CONFIG.parent / (config.iam_policy_file or f"policy-{name}.json")
    return Stage(name, variables, Settings(lookup, root, in_lambda=True), policy, bool(environ.get("DB_URL")))
