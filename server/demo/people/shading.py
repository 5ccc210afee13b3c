"""Light on surfaces and strands: shadowed irradiance, scattering below the skin, highlights.

Subsurface scattering blurs the light that falls on the skin, red the widest, in the chart itself.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from server.demo.people import shadow
from server.demo.people.colour import grey
from server.demo.people.fibres import Fibres
from server.demo.people.lighting import LAMP_POWER, Light, LightSamples, sample
from server.demo.people.shaping import Field, normals, unit
from server.demo.people.surface import Patch

CASTER_STRIDE, GATHER_STRIDE = 4, 2
SURFACE_BIAS, SURFACE_SOFTNESS = 4.5, 2.5
STRAND_BIAS, SHORT_STRAND_SOFTNESS, LONG_STRAND_SOFTNESS = 3.0, 25.0, 9.0
LOWEST_CASTER_Y = -330
SCATTER_TEXELS, SCATTERED = (4.2, 2.0, 1.2), 0.85
SKIN_REFLECTANCE, WET_EXPONENT, WET_STRENGTH = 0.028, 420, 1.8
STRAND_DIFFUSE, STRAND_HIGHLIGHT, STRAND_EXPONENT = 0.55, 0.10, 40
STRAND_SAMPLES, HIGHLIGHT_LIGHTS = 9, 12
TOWARDS_CAMERA = np.array([0, 0, 1.0])


@dataclass(frozen=True)
class PosedPatch:
    """A patch with its vertices where the pose has put them."""

    patch: Patch
    points: Field


@dataclass(frozen=True)
class PosedFibres:
    """Strands where the pose has put them; light is gathered at the points `at` of every strand."""

    fibres: Fibres
    points: Field
    at: Field


@dataclass(frozen=True)
class StrandLight:
    """Linear light on strands at their gathering points, (n, len(at), 3): diffuse and highlight."""

    diffuse: Field
    highlight: Field


@dataclass
class _Gathered:
    """Light gathered on one patch: irradiance, its mean vector, and each lamp's visibility."""

    points: Field
    normals: Field
    irradiance: Field
    vector: Field
    lamps: Field


class Shader:
    """Gathers the light of one scene on all of its surfaces and strands."""

    def __init__(self, patches: list[PosedPatch], fibres: list[PosedFibres], light: Light) -> None:
        self.light, self.samples = light, sample(light)
        self.patches, self.fibres = patches, fibres
        self._maps = self._cast_shadows()

    def _cast_shadows(self) -> list[shadow.ShadowMap]:
        surfaces = [p.points[::CASTER_STRIDE, ::CASTER_STRIDE].reshape(-1, 3) for p in self.patches]
        strands = [f.points[::2, ::2].reshape(-1, 3) for f in self.fibres if f.fibres.shading]
        casters = np.concatenate([*surfaces, *strands]).astype(np.float32)
        casters = casters[casters[:, 1] > LOWEST_CASTER_Y]
        return [shadow.cast(direction, casters, casters.mean(0)) for direction in self.samples.directions]

    def surface_colour(self, posed: PosedPatch) -> Field:
        """Linear colour (h, w, 3) of a lit patch."""
        gathered = self._gather(posed)
        flat = normals(posed.points)
        bumped = normals(posed.points + flat * grey(posed.patch.bump))
        irradiance = _up(gathered.irradiance, posed.points)
        tilt = ((bumped - flat) * _up(gathered.vector, posed.points)).sum(-1)
        relief = 1 + tilt / np.maximum(irradiance.mean(-1), 0.05)
        lit = np.maximum(irradiance * grey(relief), 0).astype(np.float32)
        highlight = self._highlight(posed.patch, bumped, _up(gathered.lamps, posed.points))
        return (posed.patch.albedo * _scatter(lit, posed.patch) + highlight).astype(np.float32)

    def _gather(self, posed: PosedPatch) -> _Gathered:
        sparse = np.ascontiguousarray(posed.points[::CASTER_STRIDE, ::CASTER_STRIDE])
        points = np.ascontiguousarray(posed.points[::GATHER_STRIDE, ::GATHER_STRIDE])
        zeros = np.zeros(points.shape, np.float32)
        lamps = np.zeros((*points.shape[:2], 2), np.float32)
        total = _Gathered(points, normals(points), zeros, zeros.copy(), lamps)
        for i, shadow_map in enumerate(self._maps):
            soft = cv2.GaussianBlur(shadow_map.visibility(sparse, SURFACE_BIAS, SURFACE_SOFTNESS), (0, 0), 1.0)
            _add(total, self.samples, i, _up(soft, points))
        return total

    def _highlight(self, patch: Patch, surface_normals: Field, lamps: Field) -> Field:
        total = np.zeros_like(surface_normals)
        for i, lamp in enumerate(self.light.lamps):
            half = unit(lamp.direction + TOWARDS_CAMERA)
            grazing = SKIN_REFLECTANCE + 0.97 * (1 - float(half @ TOWARDS_CAMERA)) ** 5
            mirror = np.maximum(surface_normals @ half.astype(np.float32), 0)
            lit = np.maximum(surface_normals @ lamp.direction.astype(np.float32), 0)
            gloss = lamps[..., i] * lit * grazing * (patch.exponent + 2) / 8 * mirror**patch.exponent * patch.shine
            wet = patch.wet * mirror**WET_EXPONENT * WET_STRENGTH
            total += grey(gloss * LAMP_POWER + wet) * lamp.colour.astype(np.float32)
        return total

    def strand_light(self, posed: PosedFibres) -> StrandLight:
        """Light on strands after Kajiya and Kay, thinned by the hair above them."""
        points = np.ascontiguousarray(posed.points[:, posed.at], np.float32)
        tangents = unit(np.gradient(posed.points, axis=1)[:, posed.at]).astype(np.float32)
        softness = LONG_STRAND_SOFTNESS if posed.fibres.is_long else SHORT_STRAND_SOFTNESS
        diffuse, highlight = np.zeros(points.shape, np.float32), np.zeros(points.shape, np.float32)
        brightest = set(np.argsort(-self.samples.intensity.mean(1))[:HIGHLIGHT_LIGHTS].tolist())
        for i, direction in enumerate(self.samples.directions):
            visible = self._maps[i].visibility(points, STRAND_BIAS, softness)
            along = tangents @ direction
            across = np.sqrt(np.clip(1 - along * along, 0, 1))
            diffuse += grey(visible * across * STRAND_DIFFUSE) * self.samples.intensity[i]
            if i in brightest:
                glint = _strand_glint(tangents, along, across)
                highlight += grey(visible * glint * STRAND_HIGHLIGHT) * self.samples.intensity[i]
        return StrandLight(diffuse, highlight)


def gathering_points(points: Field) -> Field:
    """Indices of the points of a strand at which light is gathered."""
    count = points.shape[1]
    return np.unique(np.linspace(0, count - 1, min(count, STRAND_SAMPLES)).astype(int))


def _add(total: _Gathered, samples: LightSamples, i: int, visible: Field) -> None:
    facing = np.maximum(total.normals @ samples.directions[i], 0)
    total.irradiance += grey(visible * facing) * samples.intensity[i]
    seen = visible * (facing > 0) * samples.intensity[i].mean()
    total.vector += grey(seen) * samples.directions[i]
    total.lamps += grey(visible) * samples.lamp_share[:, i]


def _up(field: Field, like: Field) -> Field:
    return np.asarray(cv2.resize(field, (like.shape[1], like.shape[0]), interpolation=cv2.INTER_LINEAR))


def _scatter(light: Field, patch: Patch) -> Field:
    blurred = [cv2.GaussianBlur(light[..., c], (0, 0), sigma) for c, sigma in enumerate(SCATTER_TEXELS)]
    scattered = SCATTERED * np.stack(blurred, -1) + (1 - SCATTERED) * light
    skin = grey(patch.skin * (1 - patch.wet))
    return np.asarray(scattered * skin + light * (1 - skin))


def _strand_glint(tangents: Field, along: Field, across: Field) -> Field:
    to_camera = tangents[..., 2]
    mirrored = across * np.sqrt(np.clip(1 - to_camera * to_camera, 0, 1)) - along * to_camera
    return np.asarray(np.clip(mirrored, 0, 1) ** STRAND_EXPONENT)
