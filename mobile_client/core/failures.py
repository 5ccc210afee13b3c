"""How an exchange with the server can fail, in four kinds the flow can act upon."""

from __future__ import annotations

Box = tuple[int, int, int, int]
"""Left, top, width and height of a face, in pixels of the upright photograph as it was sent."""


class ServerFailure(Exception):
    """Base of every failed exchange; its text is a sentence for the officer."""


class Offline(ServerFailure):
    """The server was not reached, or its answer never came back: the act may or may not have taken effect."""

    def __init__(self) -> None:
        super().__init__("The server cannot be reached. Move to where there is a signal and try again.")


class ServerBusy(ServerFailure):
    """The server answered that it cannot do this now, and did nothing; `retry_after` in seconds."""

    def __init__(self, sentence: str, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class AnswerUnclear(ServerFailure):
    """What came back is not an answer of this system."""

    def __init__(self) -> None:
        super().__init__("The server's answer could not be understood. Tell your system's operator.")


class Problem(ServerFailure):
    """The server refused the act and said why.

    `slug` is stable; `boxes` are the faces on the photograph numbered `image`, from 0, where it shows several;
    `search` is the id of the search that waits for its decision; `advice` are sentences on how to take a better
    photograph.
    """

    def __init__(
        self,
        slug: str,
        sentence: str,
        status: int,
        *,
        image: int | None = None,
        boxes: tuple[Box, ...] = (),
        search: str | None = None,
        advice: tuple[str, ...] = (),
    ) -> None:
        super().__init__(sentence)
        self.slug = slug
        self.status = status
        self.image = image
        self.boxes = boxes
        self.search = search
        self.advice = advice
