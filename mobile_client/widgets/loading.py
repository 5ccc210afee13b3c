"""A module's rules stand in the .kv file of the same name and are loaded once, when it is imported."""

from __future__ import annotations

from pathlib import Path

from kivy.lang import Builder


def load_rules(module_file: str) -> None:
    Builder.load_file(str(Path(module_file).with_suffix(".kv")))
