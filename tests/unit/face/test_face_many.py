"""Many photographs for the gallery at once: each as it would come out by itself, and refusals in their places."""

from __future__ import annotations

import numpy as np

from server.domain.capture import Likeness
from server.domain.image_errors import FaceNotFound, ImageRefused, ImageUnreadable, SeveralFaces
from server.face.engine import Engine
from tests.unit.face.pictures import astronaut, drawn_people, encoded

SAME = 1e-5
"""Largest difference of a component between a template made alone and one made beside others."""

PEOPLE = [frontal.read_bytes() for frontal, _ in drawn_people()[:6]]
FACE = astronaut()[0:240, 110:350]
TWO = encoded(np.concatenate([FACE, FACE[:, ::-1]], axis=1))


def likeness(made: Likeness | ImageRefused) -> Likeness:
    assert isinstance(made, Likeness)
    return made


def test_each_comes_out_as_it_would_by_itself(engine: Engine) -> None:
    made = [likeness(one) for one in engine.likenesses_of(PEOPLE)]
    for image, one in zip(PEOPLE, made, strict=True):
        alone = engine.sample_of([image])
        assert np.abs(one.template.vector - alone.template.vector).max() <= SAME
        assert one.template.model == engine.model
        assert one.quality == alone.quality
        assert one.portrait == engine.portrait_of(image)


def test_what_is_refused_stands_in_its_place(engine: Engine) -> None:
    images = [PEOPLE[0], b"no image", PEOPLE[1], TWO, encoded(np.zeros((200, 200, 3), np.uint8)), PEOPLE[2]]
    made = engine.likenesses_of(images)
    assert [type(one) for one in made] == [Likeness, ImageUnreadable, Likeness, SeveralFaces, FaceNotFound, Likeness]
    third, alone = likeness(made[2]).template, engine.template_of([PEOPLE[1]])
    assert third.score(alone) > 1 - SAME


def test_none_and_only_refused_ones_are_no_trouble(engine: Engine) -> None:
    assert engine.likenesses_of([]) == []
    assert [type(one) for one in engine.likenesses_of([b"", b""])] == [ImageUnreadable] * 2
