"""An operator's desk: `oifr` commands run in this process, over a home and a folder of manifests of the test's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
from typer.testing import CliRunner, Result

from server import stores
from server.cli import commands
from server.config import MODELS, Settings
from server.domain.events import Act, Event, Json
from server.domain.face import Template
from server.domain.gallery import Reference, Source, Subject, Supplement
from server.storage.unit_of_work import SqlDatabase


class Desk:
    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.models = Path(shutil.copytree(MODELS, folder / "models"))
        self.variables = {"OIFR_HOME": str(self.home), "OIFR_MODELS": str(self.models)}

    def oifr(self, *words: str) -> Result:
        """Run one command; a refusal of ours is in `exception`, as `main` would tell it."""
        return CliRunner().invoke(commands, words, env=self.variables)

    def refusal(self, *words: str) -> str:
        """The sentence of the error that the command ends with, and its kind."""
        error = self.oifr(*words).exception
        return f"{type(error).__name__}: {error}"

    def rewrite(self, model: str, before: str, after: str) -> None:
        """Change one place of a manifest."""
        path = self.models / f"{model}.toml"
        text = path.read_text("utf-8")
        assert text.count(before) == 1
        path.write_text(text.replace(before, after), "utf-8")

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, models=self.models)

    @contextmanager
    def database(self) -> Iterator[SqlDatabase]:
        with stores.opened_database(self.settings) as database:
            yield database

    def enrol(self, count: int, model: str) -> None:
        """References whose images nobody can read, known to `model`."""
        with self.database() as database, database.write() as unit:
            for number in range(count):
                name = f"{number:032x}"
                unit.subjects.add(Subject(name, f"D-{number}", "Drawn", "Person"))
                reference = Reference(name, name, Source.CUSTODY, "Custody record", date(2024, 1, 1))
                unit.subjects.enrol(reference, _template(number, model), b"no image")
            unit.commit(Event(Act.SUBJECT_ADDED, None))

    def erase(self, number: int) -> int:
        """Erase one reference that `enrol` made, and tell nobody; returns the index of the erasure's entry."""
        name = f"{number:032x}"
        with self.database() as database, database.write() as unit:
            version = unit.subjects.erase_reference(name)
            details: dict[str, Json] = {"subject": name, "reference": name, "version": version}
            return unit.commit(Event(Act.REFERENCE_ERASED, None, details=details)).index

    def supplement(self, model: str, templates: int, rejections: int) -> None:
        """What a re-embedding would have left behind."""
        names = [f"{number:032x}" for number in range(templates + rejections)]
        made = Supplement(
            model,
            {name: _template(number, model) for number, name in enumerate(names[:templates])},
            dict.fromkeys(names[templates:], "no-face"),
        )
        with self.database() as database, database.write() as unit:
            unit.subjects.supplement(made)
            unit.commit(Event(Act.TEMPLATES_MADE, None))


def _template(seed: int, model: str) -> Template:
    vector = np.random.default_rng(seed).standard_normal(128)
    return Template(model, (vector / np.linalg.norm(vector)).astype(np.float32))
