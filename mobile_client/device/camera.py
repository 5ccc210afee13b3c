"""The camera as the handheld sees it: frames for the eye, one JPEG in memory for the search, never a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image, ImageOps

LONG_SIDE = 1280
"""Pixels of the longer side that leave the handheld: enough for any face that fills the oval."""

_QUALITY = 92
_MAXIMUM_PIXELS = 60_000_000
_PICTURES = {".jpg", ".jpeg", ".png", ".webp"}


class CameraRefused(Exception):
    """No picture can be had from this camera; the text is a sentence for people."""


@dataclass(frozen=True)
class Frame:
    """One picture as it stands before the lens: upright, RGB, 8 bits a channel, rows from the top."""

    width: int
    height: int
    rgb: bytes


class Camera(Protocol):
    """Opened by `open`, silent after `close`."""

    has_torch: bool

    def open(self) -> None:
        """Raises CameraRefused."""

    def frames(self) -> Iterator[Frame]:
        """What the lens sees, for as long as the camera is open. Raises CameraRefused."""

    def capture_jpeg(self) -> bytearray:
        """The present picture, upright, at most LONG_SIDE, without metadata. Raises CameraRefused."""

    def turn(self) -> None:
        """The other lens, or the next picture."""

    def close(self) -> None: ...


class FileCamera:
    """A camera for desks and tests: `source` is a picture, or a folder whose pictures `turn` leafs through."""

    has_torch = False

    def __init__(self, source: Path) -> None:
        self._source = source
        self._pictures: list[Path] = []
        self._at = 0
        self._shown: Image.Image | None = None

    def open(self) -> None:
        found = sorted(self._source.iterdir()) if self._source.is_dir() else [self._source]
        self._pictures = [path for path in found if path.suffix.lower() in _PICTURES and path.is_file()]
        if not self._pictures:
            raise CameraRefused("There is no picture at the place the camera was pointed to.")
        self._at %= len(self._pictures)

    def frames(self) -> Iterator[Frame]:
        while self._pictures:
            image = self._image()
            yield Frame(image.width, image.height, image.tobytes())

    def capture_jpeg(self) -> bytearray:
        target = io.BytesIO()
        self._image().save(target, "JPEG", quality=_QUALITY)
        with target.getbuffer() as content:
            jpeg = bytearray(content)
            content[:] = bytes(len(content))
        return jpeg

    def turn(self) -> None:
        if self._pictures:
            self._at = (self._at + 1) % len(self._pictures)
            self._shown = None

    def close(self) -> None:
        self._pictures, self._shown = [], None

    def _image(self) -> Image.Image:
        if not self._pictures:
            raise CameraRefused("The camera is closed.")
        if self._shown is None:
            self._shown = _load(self._pictures[self._at])
        return self._shown


def _load(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            return _bounded(picture)
    except (OSError, ValueError, Image.DecompressionBombError):
        raise CameraRefused("The picture cannot be read.") from None


def _bounded(picture: Image.Image) -> Image.Image:
    """Upright, in plain colours, no larger than LONG_SIDE; a new image, so that no metadata follow."""
    if picture.width * picture.height > _MAXIMUM_PIXELS:
        raise ValueError("more pixels than any camera of ours has")
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((LONG_SIDE, LONG_SIDE))
    plain = Image.new("RGB", upright.size)
    plain.paste(upright)
    return plain
