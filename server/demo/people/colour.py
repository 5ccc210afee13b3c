"""Colour: sRGB and linear light, and the pigments of skin."""

import numpy as np

from server.demo.people.shaping import Field

Rgb = tuple[float, float, float]

# Reflectance of skin without pigment, and absorption per unit of pigment, for red, green and blue light.
BARE_SKIN = np.array([0.80, 0.53, 0.41])
MELANIN = np.array([1.85, 2.35, 2.75])
HAEMOGLOBIN = np.array([0.06, 0.55, 0.46])


def to_linear(srgb: Field | Rgb) -> Field:
    """sRGB in 0..255 to linear light in 0..1."""
    c = np.asarray(srgb, np.float32) / 255
    return np.where(c < 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: Field) -> Field:
    """Linear light to sRGB, both in 0..1."""
    c = np.clip(linear, 0, 1)
    return np.where(c < 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055)


def grey(field: Field) -> Field:
    """A field of shares made ready to weigh colours: one axis more."""
    return field[..., None]


def darken(colour: Field, amount: Field, tint: Field | float = 1.0) -> Field:
    """Take `amount` (0..1 per texel) of the light away; `tint` bends the loss per colour channel."""
    return np.asarray(colour * grey(1 - amount) ** tint)


def paint(colour: Field, coat: Field, cover: Field) -> Field:
    """Cover a share of every texel (0..1) with another colour."""
    return np.asarray(colour * (1 - grey(cover)) + coat * grey(cover))
