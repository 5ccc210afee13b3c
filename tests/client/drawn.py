"""Pictures for the client's tests: the repository's drawn people where they exist, else a plain drawing."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path

from PIL import Image, ImageDraw

PEOPLE = Path(__file__).parents[2] / "server" / "demo"


def portrait(seed: str) -> bytes:
    """A JPEG of a plain drawn head whose colours follow from `seed`."""
    tone = sha256(seed.encode()).digest()
    image = Image.new("RGB", (480, 600), (96 + tone[0] % 40, 104, 112))
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 470, 420, 900), fill=(tone[1] % 90, 50, 80))
    draw.ellipse((130, 110, 350, 420), fill=(150 + tone[2] % 70, 130, 105))
    draw.chord((130, 90, 350, 330), 180, 360, fill=(tone[3] % 80, 30, 25))
    for x in (190, 290):
        draw.ellipse((x - 14, 245, x + 14, 265), fill=(35, 30, 30))
    draw.arc((205, 320, 275, 365), 20, 160, fill=(120, 50, 50), width=5)
    target = io.BytesIO()
    image.save(target, "JPEG", quality=90)
    return target.getvalue()


def reference(person: int) -> bytes:
    """The custody-style photograph of a drawn person; a plain drawing before they have been rendered."""
    return _read(PEOPLE / "gallery" / f"{person:03d}.jpg")


def field_photograph(person: int, kind: str) -> bytes:
    """A photograph from the street, `kind` upright or lying; a plain drawing before they have been rendered."""
    return _read(PEOPLE / "field" / f"{person:03d}_{kind}.jpg")


def people_together(*people: int) -> bytes:
    """One JPEG of several people side by side, each the middle of their upright field photograph."""
    pictures = [Image.open(io.BytesIO(field_photograph(person, "upright"))) for person in people]
    width, height = pictures[0].width // 3 * 2, pictures[0].height
    together = Image.new("RGB", (width * len(pictures), height))
    for place, picture in enumerate(pictures):
        left = (picture.width - width) // 2
        together.paste(picture.crop((left, 0, left + width, height)), (place * width, 0))
    target = io.BytesIO()
    together.save(target, "JPEG", quality=92)
    return target.getvalue()


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else portrait(path.stem[:3])
