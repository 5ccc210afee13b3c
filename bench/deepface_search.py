"""DeepFace's own search beside ours on the same 10,000 templates, where DeepFace keeps them in SQLite and in Redis.

Only its making of the probe's template is left out, in both: DeepFace is handed a ready one.

python -m bench.deepface_search [--rows 10000]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from bench.galleries import Line, drawn, median_ms, print_table
from bench.population import Vectors
from server.domain.gallery import Source
from server.matching.embedded import EmbeddedRedis
from server.matching.matrix import Matrix
from server.matching.rows import Rows
from server.matching.scan import Asked

PROBES = 5
LIST = 6
ALL = frozenset(Source)
CRITERIA = {"model_name": "Dlib", "detector_backend": "skip", "align": True, "l2_normalize": False}


class DeepFaceSearch:
    """DeepFace.search over one of its databases."""

    def __init__(self, database: str, place: str) -> None:
        os.environ.update(DEEPFACE_LOG_LEVEL="50", TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="3")
        # Not before: the variables above are read on import.
        self._module: Any = import_module("deepface.modules.datastore")
        inventory: Any = import_module("deepface.modules.database.inventory").database_inventory
        self._database = database
        self._client: Any = inventory[database]["client"](connection_details=place)
        self._place = place

    def register(self, rows: Rows) -> None:
        face = np.zeros((1, 1, 3))
        records = [
            {
                "img_name": reference.decode(),
                "face": face,
                "model_name": CRITERIA["model_name"],
                "detector_backend": CRITERIA["detector_backend"],
                "aligned": CRITERIA["align"],
                "l2_normalized": CRITERIA["l2_normalize"],
                "embedding": vector.tolist(),
            }
            for reference, vector in zip(rows.references.tolist(), rows.vectors, strict=True)
        ]
        self._client.insert_embeddings(records, batch_size=100)

    def best(self, probe: Vectors) -> str:
        """The name of the row that it puts first."""
        self._module.represent = lambda **_: [{"embedding": probe.tolist(), "facial_area": {}}]
        (found,) = self._module.search(
            img="ready",
            database_type=self._database,
            connection_details=self._place,
            search_method="exact",
            similarity_search=True,
            k=LIST,
            return_type="dict",
            **CRITERIA,
        )
        return str(found[0]["img_name"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args()
    rows, probes = drawn(options.rows, 128)
    with tempfile.TemporaryDirectory(prefix="oifr-bench-") as home, EmbeddedRedis(Path(home) / "redis") as redis:
        places = {"sqlite": str(Path(home) / "deepface.db"), "redis": redis.url}
        print_table(f"{options.rows:,} references, the best {LIST}", compared(rows, probes[:PROBES], places))


def compared(rows: Rows, probes: Vectors, places: dict[str, str]) -> list[Line]:
    matrix = Matrix.holding(rows, 0)
    ours = median_ms(lambda probe: best(matrix, probe), np.repeat(probes, 20, axis=0))
    lines = [Line("OIFR, exact", ours, "ms")]
    for database, place in places.items():
        peer = DeepFaceSearch(database, place)
        peer.register(rows)
        agreed = sum(peer.best(probe) == best(matrix, probe) for probe in probes)
        theirs = median_ms(peer.best, probes)
        lines += [
            Line(f"DeepFace {database}, exact", theirs, "ms"),
            Line("    in times of ours", theirs / ours, "times"),
            Line(f"    puts the same first, of {len(probes)} probes", agreed, "probes"),
        ]
    return lines


def best(matrix: Matrix, probe: Vectors) -> str:
    return matrix.scan([Asked(probe, ALL, -1.1, LIST)])[0].scored[0].reference_id


if __name__ == "__main__":
    main()
