"""A stage of `.chalice/config.json`, and the settings that its Lambdas will have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chalice.config import Config

from chalicelib.errors import SettingsError
from chalicelib.settings import SSM_NAMES, Settings
from chalicelib.utils import get_parameter

ROOT = Path(__file__).resolve().parents[1]
CONFIG = Path(".chalice") / "config.json"


@dataclass(frozen=True)
class Stage:
    """A stage's name, the environment of its Lambdas, and the settings that they will read."""

    name: str
    variables: Mapping[str, str]
    settings: Settings
    db_url_from_shell: bool = False

    def parameter(self, name: str) -> str:
        """Name the SSM parameter that holds a setting."""
        return f"/contributor-metrics/{self.settings.env_name}/{SSM_NAMES[name]}"


def load_stage(name: str, environ: Mapping[str, str], *, root: Path = ROOT) -> Stage:
    """Read a stage; raises SettingsError when the file can't be read, or has no stage of that name.

    `DB_URL` of this shell wins: it may lead to the database through a tunnel, which a Lambda doesn't need.
    """
    try:
        document = json.loads((root / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{CONFIG} can't be read: {error}") from error
    stages = document.get("stages", {})
    if name not in stages:
        raise SettingsError(f"{CONFIG} has no stage {name!r}: use one of {', '.join(stages)}")
    variables = Config(chalice_stage=name, config_from_disk=document).environment_variables
    for variable, value in variables.items():
        if not isinstance(value, str):
            raise SettingsError(f'{CONFIG}: {variable} must be a text in quotes: "{value}"')

    def lookup(setting: str) -> str | None:
        value = (environ.get(setting) if setting == "DB_URL" else None) or variables.get(setting)
        if value or setting not in SSM_NAMES:
            return (value or "").strip() or None
        return get_parameter(f"/contributor-metrics/{variables.get('ENV_NAME') or 'dev'}/{SSM_NAMES[setting]}").strip()

    return Stage(name, variables, Settings(lookup, root, in_lambda=True), bool(environ.get("DB_URL")))
