"""Who a drawn person is: about ninety numbers from one seed. No ethnic label, no sex label.

Lengths are in millimetres in the head's own frame: the origin is the midpoint of the pupils, x runs to the
viewer's right, y up, z towards the camera. Shape numbers are drawn flat and bounded rather than Gaussian:
that spreads people further apart and makes no freaks.
"""

from dataclasses import dataclass

from server.demo.people.colour import Rgb


@dataclass(frozen=True)
class Skull:
    """Head form; `width` and `scale` are factors, the rest millimetres."""

    scale: float
    width: float
    cheekbones: float
    jaw_width: float
    chin_width: float
    forehead_width: float
    forehead_slope: float
    forehead_height: float
    midface: float
    menton_y: float
    mouth_y: float
    nose_base_y: float


@dataclass(frozen=True)
class Eyes:
    """Eye form; `half_distance` is half the distance between the pupils."""

    half_distance: float
    length: float
    upper: float
    lower: float
    tilt: float
    depth: float
    skew: float
    crease: float
    hood: float
    iris_radius: float
    bag: float


@dataclass(frozen=True)
class Brows:
    """Brow hair and the bone beneath it; `density` is a factor."""

    height: float
    arch: float
    tilt: float
    thickness: float
    inner_x: float
    outer_x: float
    density: float
    ridge: float
    glabella: float


@dataclass(frozen=True)
class Nose:
    """Nose profile in mm; widths, roundness and nostril are factors."""

    nasion: float
    bridge_bow: float
    tip: float
    tip_rise: float
    width: float
    bridge_width: float
    tip_roundness: float
    wing_x: float
    wing_height: float
    wing_rise: float
    nostril: float
    columella: float


@dataclass(frozen=True)
class Cheeks:
    """Cheek relief in mm; `fold` and `philtrum` are factors."""

    fullness: float
    rise: float
    fat: float
    fold: float
    philtrum: float


@dataclass(frozen=True)
class Mouth:
    """Mouth form in mm."""

    half_width: float
    upper_lip: float
    lower_lip: float
    protrusion: float
    bow: float
    curve: float
    muzzle: float


@dataclass(frozen=True)
class Jaw:
    """Chin, jaw, neck and ears; `neck_width` and `ear_size` are factors, `ear_angle` radians."""

    chin: float
    dimple: float
    groove: float
    angle: float
    neck_width: float
    ear_size: float
    ear_angle: float


@dataclass(frozen=True)
class Complexion:
    """Pigment and surface of the skin; shares, except `moles` which counts."""

    melanin: float
    haemoglobin: float
    warmth: float
    freckles: float
    moles: int
    lipstick: float
    blush: float
    mottle: float
    shine: float
    iris: Rgb


@dataclass(frozen=True)
class Hair:
    """Head hair and beard; `hairline` in mm, `parting` is the x of the parting in mm."""

    colour: Rgb
    style: str
    hairline: float
    recession: float
    parting: float
    length: float
    beard: str


@dataclass(frozen=True)
class Clothing:
    """A crew neck or V neck pullover."""

    colour: Rgb
    collar: float
    v_neck: float


@dataclass(frozen=True)
class Identity:
    """A person who does not exist."""

    seed: int
    robustness: float
    age: float
    skull: Skull
    eyes: Eyes
    brows: Brows
    nose: Nose
    cheeks: Cheeks
    mouth: Mouth
    jaw: Jaw
    complexion: Complexion
    hair: Hair
    clothing: Clothing
