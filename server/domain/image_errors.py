"""What is wrong with photographs, or with the faces on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from server.domain.errors import OifrError

if TYPE_CHECKING:
    from server.domain.face import Box


class ImageRefused(OifrError):
    slug = "image-refused"
    message = "The image cannot be used."


class ImageUnreadable(ImageRefused):
    slug = "image-unreadable"
    message = "The file is not a whole JPEG, PNG or WebP photograph. Take the photograph again."


class ImageTooLarge(ImageRefused):
    slug = "image-too-large"
    message = "The image has too many pixels or bytes. Send at most 50 megapixels (20 as PNG or WebP) and 20 megabytes."


class ImageTooSmall(ImageRefused):
    slug = "image-too-small"
    message = "The image is too small to hold a face. Send at least 80 pixels on each side."


class ImageAnimated(ImageRefused):
    slug = "image-animated"
    message = "The file holds several pictures. Send a single still photograph."


class ImageCountInvalid(ImageRefused):
    slug = "image-count"
    message = "Send one to five photographs of the same person."


class FaceNotFound(ImageRefused):
    slug = "no-face"
    message = "No face was found. Come nearer, hold still, and let light fall on the face."


class SeveralFaces(ImageRefused):
    """`boxes`: every face found, in pixels of the upright image, largest first. `image`: its number, from 0."""

    slug = "several-faces"
    message = "Several faces are in the picture. Choose the person who is meant, or photograph them alone."

    def __init__(self, boxes: Sequence[Box], image: int = 0) -> None:
        super().__init__()
        self.boxes = tuple(boxes)
        self.image = image


class FaceNotNamed(ImageRefused):
    slug = "face-not-there"
    message = "No face stands where you pointed. Choose one of the faces shown, on the same photograph."


class PoorImage(ImageRefused):
    """`advice`: what the officer can do about it, a sentence for each fault."""

    slug = "poor-image"
    message = "The photograph is too poor to search with. Take it again, or state that a life is at risk."

    def __init__(self, advice: Sequence[str] = ()) -> None:
        super().__init__()
        self.advice = tuple(advice)


class PoorReference(PoorImage):
    slug = "poor-reference"
    message = "The photograph is too poor to be a reference: searches would miss the person. Give a better one."


class ImageAbsent(ImageRefused):
    slug = "image-absent"
    message = "There is no such image file, or it cannot be read."


class FramesDisagree(ImageRefused):
    slug = "frames-disagree"
    message = "The photographs do not seem to show the same person. Take them again."
