"""Drawing: surface grids into a buffer of chart coordinates, and strands as depth-tested points."""

from dataclasses import dataclass

import cv2
import numpy as np

from server.demo.people.shaping import Field

NOTHING = -1
FAR = -1e9
INSIDE_TOLERANCE = -1e-4
STRAND_BIAS_MM = 1.2  # a strand this little behind the skin is still drawn


@dataclass(frozen=True)
class Buffer:
    """What is nearest at each pixel: `depth` in mm (larger is nearer), chart `coordinates`, number of the `patch`."""

    depth: Field
    coordinates: Field
    patch: Field

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.depth.shape
        return rows, columns


@dataclass(frozen=True)
class Points:
    """Coloured points that passed the depth test: flat `pixel` index, `depth`, linear `colour`."""

    pixel: Field
    depth: Field
    colour: Field


def empty_buffer(rows: int, columns: int) -> Buffer:
    """A buffer in which nothing has been drawn."""
    return Buffer(
        np.full((rows, columns), FAR, np.float32),
        np.zeros((rows, columns, 2), np.float32),
        np.full((rows, columns), NOTHING, np.int32),
    )


def draw_grid(buffer: Buffer, xy: Field, depth: Field, patch: int, stride: int, *, cull: bool) -> None:
    """Draw a grid of vertices at pixels `xy` (h, w, 2); `stride` is the number of texels between vertices."""
    triangles = _triangles(*depth.shape)
    corners = xy.reshape(-1, 2)[triangles]
    triangle, x, y, weights = _cover(corners, buffer.shape, cull)
    vertices = triangles[triangle]
    z = (weights * depth.ravel()[vertices]).sum(1)
    nearest = _nearest(y * buffer.shape[1] + x, z, buffer.depth.size)
    pixel = np.nonzero(nearest >= 0)[0]
    source = nearest[pixel]
    in_front = z[source] > buffer.depth.ravel()[pixel]
    pixel, source = pixel[in_front], source[in_front]
    row, column = np.divmod(vertices[source], depth.shape[1])
    chart_xy = [(grid * weights[source]).sum(1) * stride for grid in (column, row)]
    buffer.depth.ravel()[pixel] = z[source]
    buffer.coordinates.reshape(-1, 2)[pixel] = np.stack(chart_xy, 1)
    buffer.patch.ravel()[pixel] = patch


def _triangles(rows: int, columns: int) -> Field:
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]))
    return np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)])


def _cover(corners: Field, shape: tuple[int, int], cull: bool) -> tuple[Field, Field, Field, Field]:
    """Every (triangle, pixel) pair where the pixel lies in the triangle, with its barycentric weights."""
    area = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    low = np.maximum(np.ceil(corners.min(1)).astype(np.int32), 0)
    high = np.minimum(np.floor(corners.max(1)).astype(np.int32), [shape[1] - 1, shape[0] - 1])
    extent = np.maximum(high - low + 1, 0)
    visible = area < -1e-9 if cull else np.abs(area) > 1e-9
    kept = np.nonzero((extent.prod(1) > 0) & visible)[0]
    count = extent[kept].prod(1)
    triangle = np.repeat(kept, count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    x = low[triangle, 0] + nth % extent[triangle, 0]
    y = low[triangle, 1] + nth // extent[triangle, 0]
    weights = _barycentric(corners[triangle], x, y, area[triangle])
    inside = (weights >= INSIDE_TOLERANCE).all(1)
    return triangle[inside], x[inside], y[inside], weights[inside]


def _cross(a: Field, b: Field) -> Field:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _barycentric(corners: Field, x: Field, y: Field, area: Field) -> Field:
    to_corner = corners - np.stack([x, y], -1)[:, None]
    first = _cross(to_corner[:, 1], to_corner[:, 2]) / area
    second = _cross(to_corner[:, 2], to_corner[:, 0]) / area
    return np.stack([first, second, 1 - first - second], 1)


def _nearest(pixel: Field, depth: Field, size: int) -> Field:
    """For every pixel the index of its nearest entry, or NOTHING."""
    order = np.argsort(depth, kind="stable")
    winner = np.full(size, NOTHING, np.int64)
    winner[pixel[order]] = order
    return winner


def look_up(buffer: Buffer, image: Field, colour: Field, patch: int) -> None:
    """Fill the pixels of `image` that show `patch` from its chart of colours."""
    seen = buffer.patch == patch
    if seen.any():
        x, y = (np.ascontiguousarray(buffer.coordinates[..., i]) for i in range(2))
        image[seen] = cv2.remap(colour, x, y, cv2.INTER_LINEAR)[seen]


def visible_points(buffer: Buffer, xy: Field, depth: Field, colour: Field, offset: tuple[int, int]) -> Points:
    """Those points (n, m) that lie in the picture and before the surface."""
    x = np.rint(xy[..., 0]).astype(np.int32) + offset[0]
    y = np.rint(xy[..., 1]).astype(np.int32) + offset[1]
    rows, columns = buffer.shape
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    pixel, z = (y * columns + x)[inside], depth[inside].astype(np.float32)
    visible = z > buffer.depth.ravel()[pixel] - STRAND_BIAS_MM
    return Points(pixel[visible], z[visible], colour[inside][visible])


def draw_points(image: Field, points: list[Points]) -> None:
    """Draw points; the nearest of a pixel wins."""
    pixel = np.concatenate([p.pixel for p in points])
    colour = np.concatenate([p.colour for p in points])
    winner = _nearest(pixel, np.concatenate([p.depth for p in points]), image.shape[0] * image.shape[1])
    drawn = winner >= 0
    image.reshape(-1, 3)[drawn] = colour[winner[drawn]]
