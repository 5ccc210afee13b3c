"""All features of a face put together: one depth field and the masks the paint follows."""

from dataclasses import dataclass

import numpy as np

from server.demo.people import relief
from server.demo.people.chart import Chart, lay_out
from server.demo.people.expression import Expression
from server.demo.people.eyes import EyeForm, set_eyes
from server.demo.people.mouth import MouthForm, shape_mouth
from server.demo.people.nose import NoseForm, shape_nose
from server.demo.people.shaping import Field
from server.demo.people.traits import Identity


@dataclass(frozen=True)
class Face:
    """A person's chart with everything that was shaped on it; `z` is the finished depth in mm."""

    person: Identity
    expression: Expression
    chart: Chart
    nose: NoseForm
    mouth: MouthForm
    folds: relief.Folds
    eyes: EyeForm

    @property
    def z(self) -> Field:
        return self.eyes.z


def shape_face(person: Identity, expression: Expression, rng: np.random.Generator) -> Face:
    """Shape the face of a person; `rng` places the lines of age."""
    chart = lay_out(person, expression)
    nose, mouth = shape_nose(chart, person, expression), shape_mouth(chart, person, expression)
    folds = relief.folds(chart, person, expression, nose=nose, mouth=mouth, rng=rng)
    skin_z = (
        chart.z
        + relief.bones(chart, person, expression)
        + relief.flesh(chart, person, expression)
        + nose.relief
        + mouth.relief
        + relief.chin(chart, person, expression)
        + folds.relief
    )
    return Face(person, expression, chart, nose, mouth, folds, set_eyes(chart, person, expression, skin_z))
