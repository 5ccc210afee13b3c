"""The committed documents that are made from the code: what they are to hold now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic_core import PydanticUndefined

from server.config import Settings
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]

SETTINGS_HEAD = """# Settings

Read from the environment once at start. Every setting has a default that is safe for one machine.
Made by `make golden`.

| Variable | Default | Meaning |
|---|---|---|
"""


def documents() -> Mapping[Path, str]:
    """Each document's path in the repository, and its text."""
    return {
        ROOT / "tests/golden/openapi.json": api_document(),
        ROOT / "docs/settings.md": settings_document(),
    }


def api_document() -> str:
    return json.dumps(World().app().openapi(), indent=2, sort_keys=True) + "\n"


def settings_document() -> str:
    rows = (_row(name) for name in Settings.model_fields)
    return SETTINGS_HEAD + "".join(rows)


def _row(name: str) -> str:
    field = Settings.model_fields[name]
    return f"| `OIFR_{name.upper()}` | {_default(name)} | {field.description} |\n"


def _default(name: str) -> str:
    """The default as it would be written; those that depend on the machine are told by their description."""
    default = Settings.model_fields[name].default
    machine_dependent = default is PydanticUndefined or isinstance(default, Path)
    return "" if default is None or machine_dependent else f"`{default}`"
