"""The two palettes, and the contrast each pair of their colours must have (WCAG 2.2)."""

from __future__ import annotations

DARK = {
    "bg": "#0D1218",
    "surface": "#161D26",
    "surface2": "#212B37",
    "outline": "#5B6B7C",
    "divider": "#2A3644",
    "text": "#F3F6F9",
    "muted": "#B3C0CD",
    "primary": "#7CC0FF",
    "primary_ink": "#04203A",
    "primary_soft": "#173450",
    "ok": "#5FD3B0",
    "ok_soft": "#12352D",
    "warn": "#F5B942",
    "warn_soft": "#3B2D0E",
    "danger": "#FF9B7A",
    "danger_soft": "#43211A",
}
DAY = {
    "bg": "#F2F5F8",
    "surface": "#FFFFFF",
    "surface2": "#E6ECF2",
    "outline": "#66788A",
    "divider": "#CFD8E1",
    "text": "#0F1A24",
    "muted": "#465564",
    "primary": "#0B5CAD",
    "primary_ink": "#FFFFFF",
    "primary_soft": "#DCEBFA",
    "ok": "#006B52",
    "ok_soft": "#D5F0E7",
    "warn": "#7A4F00",
    "warn_soft": "#FCEBC8",
    "danger": "#A8330F",
    "danger_soft": "#FBE1D8",
}
PALETTES = {"dark": DARK, "day": DAY}

SCRIM = "#05080BCC"
"""Lies over the camera picture outside the oval, in both palettes."""

PAIRS = (
    ("text", ("bg", "surface", "surface2", "primary_soft", "warn_soft", "danger_soft", "ok_soft"), 7.0),
    ("muted", ("bg", "surface", "surface2"), 4.5),
    ("primary", ("bg", "surface", "primary_soft"), 4.5),
    ("primary_ink", ("primary",), 4.5),
    ("ok", ("surface", "ok_soft"), 4.5),
    ("warn", ("surface", "warn_soft"), 4.5),
    ("danger", ("surface", "danger_soft"), 4.5),
    ("outline", ("bg", "surface"), 3.0),
)
"""Ink, the grounds it lies on, and the least contrast ratio."""


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two #RRGGBB colours, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else float(((level + 0.055) / 1.055) ** 2.4)
