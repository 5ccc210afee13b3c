"""Labelled photographs of invented people for the fake face engine: files of text, and the CSV that names them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.face_engine import photo


@dataclass
class Labelled:
    """A folder that fills with photographs; `sheet` writes the CSV of all of them."""

    folder: Path
    rows: list[dict[str, str]] = field(default_factory=list)

    def add(self, person: str, role: str, *conditions: str, **labels: str) -> Path:
        """One photograph of the person under the fake engine's conditions, with labels for the CSV."""
        path = self.folder / f"{len(self.rows):04d}.jpg"
        path.write_bytes(photo(person, *conditions) + f"\nphotograph {len(self.rows)}".encode())
        self.rows.append({"path": path.name, "subject": person, "role": role, **labels})
        return path

    def people(self, names: Sequence[str], *conditions: str, **labels: str) -> None:
        """A reference and a probe of each."""
        for name in names:
            self.add(name, "gallery", **labels)
            self.add(name, "probe", *conditions, **labels)

    def sheet(self) -> Path:
        columns = list(dict.fromkeys(column for row in self.rows for column in row))
        sheet = self.folder / "photographs.csv"
        with sheet.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(self.rows)
        return sheet


def families(count: int) -> list[str]:
    """Twice as many people: two of each family look alike."""
    return [f"family{number}-{member}" for number in range(count) for member in (1, 2)]
