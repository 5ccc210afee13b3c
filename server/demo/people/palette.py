"""Colours and styles people are given. Skin, hair colour and hair form are correlated; nothing carries a label."""

import numpy as np

from server.demo.people.colour import Rgb

FRECKLED_BELOW = 0.3
LIGHT_BELOW = 0.25
STRAIGHT_BELOW = 0.5
GREYING_FROM = 0.65

MELANIN_MIXTURE = ((0.45, 0.14, 0.07), (0.30, 0.36, 0.10), (0.25, 0.78, 0.14))  # share, mean, sigma

# colour (sRGB), weight on light skin, weight on darker skin, factor once greying
HAIR = (
    ((18, 14, 12), 0.15, 0.72, 0.5),
    ((38, 26, 20), 0.25, 0.20, 0.5),
    ((70, 46, 30), 0.22, 0.03, 0.5),
    ((112, 78, 48), 0.12, 0.00, 0.6),
    ((168, 130, 82), 0.12, 0.00, 0.6),
    ((120, 58, 30), 0.07, 0.00, 0.4),
    ((128, 126, 123), 0.03, 0.03, 4.0),
    ((160, 156, 150), 0.02, 0.02, 4.0),
)
LIGHT_IRISES = (
    ((74, 48, 28), 0.30),
    ((98, 70, 38), 0.15),
    ((110, 112, 70), 0.15),
    ((96, 128, 150), 0.25),
    ((118, 130, 130), 0.15),
)
DARK_IRISES = (((52, 32, 20), 0.5), ((72, 44, 24), 0.5))

# (robust features, straight hair) -> weight of each style
STYLES = {
    (True, True): {"crop": 28, "part": 20, "back": 15, "buzz": 14, "bald": 10, "curly": 13},
    (True, False): {"crop": 12, "back": 10, "buzz": 38, "bald": 15, "afro": 25},
    (False, True): {"long": 32, "bun": 20, "bob": 18, "wavy": 22, "part": 8},
    (False, False): {"long": 12, "bun": 30, "bob": 8, "wavy": 20, "afro": 25, "crop": 5},
}
BEARDS = {"none": 38, "stubble": 24, "short": 14, "full": 8, "goatee": 8, "moustache": 8}
CLOTH_LEVELS = (28, 45, 70, 110, 160, 210)


def melanin(rng: np.random.Generator) -> float:
    """Amount of melanin in 0.02..1."""
    _, mean, sigma = MELANIN_MIXTURE[_index(rng, [share for share, _, _ in MELANIN_MIXTURE])]
    return float(np.clip(rng.normal(mean, sigma), 0.02, 1))


def hair(rng: np.random.Generator, melanin_amount: float, age: float) -> Rgb:
    """Hair colour in sRGB 0..255."""
    light, greying = melanin_amount < LIGHT_BELOW, age > GREYING_FROM
    weights = [
        (on_light if light else on_dark) * (when_grey if greying else 1) for _, on_light, on_dark, when_grey in HAIR
    ]
    red, green, blue = HAIR[_index(rng, weights)][0]
    shade = float(rng.uniform(0.85, 1.15))
    return (red * shade, green * shade, blue * shade)


def iris(rng: np.random.Generator, melanin_amount: float) -> Rgb:
    """Iris colour in sRGB 0..255."""
    irises = LIGHT_IRISES if melanin_amount < LIGHT_BELOW else DARK_IRISES
    return irises[_index(rng, [weight for _, weight in irises])][0]


def hair_style(rng: np.random.Generator, melanin_amount: float, robust: bool) -> str:
    """Name of a hair style; see `hair_styles`."""
    return _pick(rng, STYLES[robust, melanin_amount < STRAIGHT_BELOW])


def beard(rng: np.random.Generator) -> str:
    """Name of a beard form; see `scalp.BEARD_COVER`."""
    return _pick(rng, BEARDS)


def cloth(rng: np.random.Generator) -> Rgb:
    """Colour of a pullover in sRGB 0..255."""
    red, green, blue = np.clip(rng.choice(CLOTH_LEVELS) + rng.normal(0, 22, 3), 12, 235)
    return (float(red), float(green), float(blue))


def _pick(rng: np.random.Generator, weights: dict[str, int]) -> str:
    return list(weights)[_index(rng, list(weights.values()))]


def _index(rng: np.random.Generator, weights: list[float] | list[int]) -> int:
    share = np.asarray(weights, float)
    return int(rng.choice(len(share), p=share / share.sum()))
