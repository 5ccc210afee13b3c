"""Templates of drawn people, kept to tell when another Python, library or machine makes others.

`python -m tests.golden.templates` makes them anew: after a change on purpose, which also counts up the pipeline.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from server.face.engine import Engine

ROOT: Final = Path(__file__).resolve().parents[2]
KEPT: Final = Path(__file__).with_name("templates.json")
PEOPLE: Final = 8
DIGITS: Final = 6

Templates = dict[str, list[float]]


def templates(engine: Engine) -> Templates:
    """One for each of the first drawn people, by file."""
    frontals = sorted((ROOT / "server" / "demo" / "gallery").glob("*.jpg"))[:PEOPLE]
    return {frontal.name: engine.template_of([frontal.read_bytes()]).vector.tolist() for frontal in frontals}


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        engine = Engine.load(ROOT / "models", Path(home))
    rows = {name: [round(value, DIGITS) for value in vector] for name, vector in templates(engine).items()}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(vector)}" for name, vector in rows.items())
    KEPT.write_text("{\n" + f'  "model": {json.dumps(engine.model)},\n{lines}\n' + "}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
