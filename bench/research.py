"""Research photographs NNN/VH.jpg in the folder that OIFR_TEST_FACES names; only numbers leave the benches."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

GALLERY_VIEW = "33"
PROBE_VIEWS = {"34": "pitch -30", "32": "pitch +30", "23": "yaw -45", "43": "yaw +45"}
HARD_VIEWS = {"24": "yaw -45, pitch -30", "44": "yaw +45, pitch -30"}
GREY = (128, 128, 128)


@dataclass(frozen=True)
class Research:
    subjects: tuple[Path, ...]

    def photographs(self, view: str) -> Iterator[bytes]:
        """One photograph of each subject, in the order of the subjects."""
        for subject in self.subjects:
            yield (subject / f"{view}.jpg").read_bytes()


def research() -> Research | None:
    """Every subject with a frontal photograph; None, and a line that says so, without the folder."""
    folder = Path(os.environ.get("OIFR_TEST_FACES") or "absent")
    if not folder.is_dir():
        print("no accuracy figures: set OIFR_TEST_FACES to a folder of research photographs NNN/VH.jpg")
        return None
    return Research(tuple(sorted(path for path in folder.iterdir() if (path / f"{GALLERY_VIEW}.jpg").is_file())))


def turned(image: bytes, degrees: int) -> bytes:
    """The photograph turned counter-clockwise on a canvas that holds it whole, without a second loss."""
    with Image.open(io.BytesIO(image)) as upright:
        buffer = io.BytesIO()
        whole = upright.convert("RGB").rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=GREY)
        whole.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
