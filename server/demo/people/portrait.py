"""A photograph of a person who does not exist, from their identity and the setting."""

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from server.demo.people import raster
from server.demo.people.accessories import spectacles, sunglasses, wear_mask
from server.demo.people.background import surroundings, wall
from server.demo.people.camera import Camera, expose, photograph
from server.demo.people.chart import COLUMNS, ROWS
from server.demo.people.colour import Rgb
from server.demo.people.ear import build_ear
from server.demo.people.expression import NEUTRAL, Expression
from server.demo.people.fibres import Fibres, face_fibres
from server.demo.people.hair import head_hair
from server.demo.people.lighting import Light
from server.demo.people.pose import Lens, Pose, lens, pose
from server.demo.people.randomness import Stream, stream
from server.demo.people.shading import PosedFibres, PosedPatch, Shader, StrandLight, gathering_points
from server.demo.people.shaping import Field, normals
from server.demo.people.surface import Body, Patch, build_body
from server.demo.people.traits import Identity

BACKGROUND_LEVEL, BACKGROUND_GAIN = 0.22, 1.6
STRAND_GAIN, AMBIENT_ON_MATTE = 1.35, 0.25
LONG_STRAND_GLOSS, SHORT_STRAND_GLOSS = 0.45, 0.05
SPLATS_PER_PIXEL, MOST_SPLATS = 0.5, 250


class Eyewear(Enum):
    """What a person wears before the eyes."""

    NONE = "none"
    SPECTACLES = "spectacles"
    SUNGLASSES = "sunglasses"


class Backdrop(Enum):
    """What stands behind a person."""

    WALL = "wall"
    SURROUNDINGS = "surroundings"


@dataclass(frozen=True)
class Setting:
    """How a person is photographed.

    `size`: width and height in pixels. Angles in degrees. `face_pixels`: height of a face of 190 mm.
    `distance`: camera to face in mm. `centre`: where the face falls, as shares of width and height.
    `mask`: colour of a medical mask in sRGB 0..255. `supersampling`: pixels drawn per
    pixel of the picture, in each direction. `seed`: of backdrop and noise.
    """

    light: Light
    size: tuple[int, int] = (480, 600)
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    face_pixels: float = 230.0
    distance: float = 1500.0
    centre: tuple[float, float] = (0.5, 0.46)
    expression: Expression = NEUTRAL
    mask: Rgb | None = None
    eyewear: Eyewear = Eyewear.NONE
    backdrop: Backdrop = Backdrop.SURROUNDINGS
    camera: Camera = field(default_factory=Camera)
    supersampling: int = 2
    seed: int = 0

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height in pixels at which the picture is drawn."""
        return self.size[0] * self.supersampling, self.size[1] * self.supersampling


def portrait(person: Identity, setting: Setting) -> NDArray[np.uint8]:
    """The photograph (height, width, 3), uint8 sRGB. The same arguments give the same picture."""
    body, strands = _built(person, setting.expression)
    head = body.patch if setting.mask is None else wear_mask(body, setting.mask)
    seen = pose(setting.yaw, setting.pitch, setting.roll)
    patches = [_posed(patch, seen) for patch in (head, *(build_ear(person, head, side) for side in (-1, 1)))]
    fibres = [_posed_fibres(bundle, seen) for bundle in (*strands, *_worn(person, setting.eyewear))]
    shader = Shader(patches, fibres, setting.light)
    through = _lens(setting, seen)
    colours = [shader.surface_colour(posed) for posed in patches]
    buffer = _draw_surfaces(patches, through, setting)
    exposure = expose(_face_texels(colours[0], patches[0]), person.complexion.melanin, setting.camera)
    image = _backdrop(setting) / exposure
    for number, colour in enumerate(colours):
        raster.look_up(buffer, image, colour, number)
    points = [p for posed in fibres for p in _splat(posed, shader.strand_light(posed), through, buffer)]
    raster.draw_points(image, points)
    exposed = cv2.resize(image, setting.size, interpolation=cv2.INTER_AREA) * exposure
    return photograph(exposed, setting.camera, stream(Stream.CAMERA, setting.seed))


def _posed(patch: Patch, seen: Pose) -> PosedPatch:
    return PosedPatch(patch, seen.apply(patch.points, patch.head))


def _posed_fibres(fibres: Fibres, seen: Pose) -> PosedFibres:
    return PosedFibres(fibres, seen.apply_to_head(fibres.points), gathering_points(fibres.points))


@lru_cache(maxsize=2)
def _built(person: Identity, expression: Expression) -> tuple[Body, list[Fibres]]:
    """Body and strands; kept, because a person is usually photographed several times in a row."""
    body, rng = build_body(person, expression), stream(Stream.FIBRES, person.seed)
    return body, [*face_fibres(body, rng), *head_hair(body, rng)]


def _worn(person: Identity, eyewear: Eyewear) -> list[Fibres]:
    match eyewear:
        case Eyewear.SPECTACLES:
            return spectacles(person)
        case Eyewear.SUNGLASSES:
            return sunglasses(person)
        case Eyewear.NONE:
            return []


def _lens(setting: Setting, seen: Pose) -> Lens:
    width, height = setting.canvas
    centre = (width * setting.centre[0], height * setting.centre[1])
    return lens(centre, setting.supersampling * setting.face_pixels, setting.distance, seen)


def _draw_surfaces(patches: list[PosedPatch], through: Lens, setting: Setting) -> raster.Buffer:
    """Head at half the chart's resolution, ears whole; the ears are thin and seen from both sides."""
    width, height = setting.canvas
    buffer = raster.empty_buffer(height, width)
    for number, posed in enumerate(patches):
        is_head = number == 0
        stride = 2 if is_head else 1
        grid = np.ascontiguousarray(posed.points[::stride, ::stride])
        raster.draw_grid(buffer, through.project(grid), grid[..., 2], number, stride, cull=is_head)
    return buffer


def _face_texels(colour: Field, posed: PosedPatch) -> Field:
    """Colours (n, 3) of the texels of the face that look at the camera."""
    window = (
        slice(int(0.22 * ROWS), int(0.6 * ROWS), 2),
        slice(int(0.25 * COLUMNS), int(0.75 * COLUMNS), 2),
    )
    facing = normals(posed.points)[window][..., 2] > 0.35
    return np.asarray(colour[window][facing])


def _backdrop(setting: Setting) -> Field:
    """The backdrop as exposed linear light, bounded so that it never outshines the face."""
    width, height = setting.canvas
    if setting.backdrop is Backdrop.WALL:
        image = wall(height, width)
    else:
        image = surroundings(stream(Stream.BACKGROUND, setting.seed), height, width)
    gain = min(BACKGROUND_GAIN, BACKGROUND_LEVEL / max(float(image.mean()), 0.02))
    return np.asarray(image * gain, np.float32)


def _splat(posed: PosedFibres, light: StrandLight, through: Lens, buffer: raster.Buffer) -> list[raster.Points]:
    """Strands as points close enough to look like lines."""
    xy = through.project(posed.points)
    pixels = np.percentile(np.linalg.norm(np.diff(xy, axis=1), axis=-1).sum(1), 90)
    at = np.linspace(0, xy.shape[1] - 1, int(np.clip(pixels * SPLATS_PER_PIXEL, 4, MOST_SPLATS)))
    everywhere = np.arange(xy.shape[1], dtype=float)
    colour = _strand_colour(posed, light, at)
    where, depth = _between(xy, everywhere, at), _between(posed.points[..., 2:], everywhere, at)[..., 0]
    return [raster.visible_points(buffer, where, depth, colour, offset) for offset in posed.fibres.brush]


def _strand_colour(posed: PosedFibres, light: StrandLight, at: Field) -> Field:
    """Linear colour (n, len(at), 3) of strands at positions along them."""
    own = posed.fibres.colour[:, None]
    diffuse = _between(light.diffuse, posed.at.astype(float), at)
    if posed.fibres.matte:
        return (own * (AMBIENT_ON_MATTE + diffuse)).astype(np.float32)
    gloss = LONG_STRAND_GLOSS if posed.fibres.is_long else SHORT_STRAND_GLOSS
    tint = gloss * (0.25 + np.sqrt(own.mean(-1, keepdims=True)))
    highlight = _between(light.highlight, posed.at.astype(float), at)
    return np.asarray((own * diffuse * STRAND_GAIN + highlight * tint).astype(np.float32))


def _between(values: Field, known: Field, at: Field) -> Field:
    """Values (n, len(known), c) interpolated along the strand at positions `at`."""
    right = np.clip(np.searchsorted(known, at, "right"), 1, len(known) - 1)
    share = ((at - known[right - 1]) / (known[right] - known[right - 1])).astype(np.float32)[None, :, None]
    values = values.astype(np.float32)
    return np.asarray(values[:, right - 1] * (1 - share) + values[:, right] * share)
