"""Every kind of bad file named in the threat model, and the good ones that look strange."""

import contextlib
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from server.domain.image_errors import ImageAnimated, ImageRefused, ImageTooLarge, ImageTooSmall, ImageUnreadable
from server.face.decode import LONG_SIDE, MAX_BYTES, MOST_SCANS, decode

SIZE = (160, 120)


def gradient(size: tuple[int, int] = SIZE) -> Image.Image:
    """Dark on the left, light on the right, so that turns and clipping show."""
    row = np.linspace(0, 255, size[0]).astype(np.uint8)
    return Image.fromarray(np.repeat(np.tile(row, (size[1], 1))[:, :, None], 3, axis=2))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(tag: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes whose header claims any size: what a decompression bomb looks like."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 65536, 9)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def png_of_16_bits() -> bytes:
    return encoded(Image.fromarray(np.tile(np.linspace(0, 65535, 160).astype(np.uint16), (120, 1))), "PNG")


def frames(kind: str) -> bytes:
    others = [gradient().rotate(90 * turn) for turn in (1, 2)]
    return encoded(gradient(), kind, save_all=True, append_images=others, duration=40)


REFUSED: dict[str, tuple[Callable[[], bytes], type[ImageRefused]]] = {
    "no bytes": (lambda: b"", ImageUnreadable),
    "text called .jpg": (lambda: b"I am a photograph, believe me.\n" * 50, ImageUnreadable),
    "truncated JPEG": (lambda: encoded(gradient())[:-400], ImageUnreadable),
    "truncated PNG": (lambda: encoded(gradient(), "PNG")[:-200], ImageUnreadable),
    "truncated WebP": (lambda: encoded(gradient(), "WEBP", lossless=True)[:-60], ImageUnreadable),
    "header alone": (lambda: encoded(gradient())[:30], ImageUnreadable),
    "damaged PNG": (lambda: encoded(gradient(), "PNG").replace(b"IDAT", b"IDAX"), ImageUnreadable),
    "TIFF": (lambda: encoded(gradient(), "TIFF"), ImageUnreadable),
    "BMP": (lambda: encoded(gradient(), "BMP"), ImageUnreadable),
    "one pixel": (lambda: encoded(gradient((1, 1)), "PNG"), ImageTooSmall),
    "a thread": (lambda: encoded(gradient((4000, 90)), "PNG"), ImageTooSmall),
    "60 megapixels": (lambda: encoded(Image.new("L", (10_000, 6_000)), "PNG"), ImageTooLarge),
    "100 megapixels": (lambda: png_claiming(10_000, 10_000), ImageTooLarge),
    "decompression bomb": (lambda: png_claiming(65_000, 65_000), ImageTooLarge),
    "too many bytes": (lambda: encoded(gradient()) + b"\0" * MAX_BYTES, ImageTooLarge),
    "GIF, animated": (lambda: frames("GIF"), ImageAnimated),
    "PNG, animated": (lambda: frames("PNG"), ImageAnimated),
    "WebP, animated": (lambda: frames("WEBP"), ImageAnimated),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_bad_files_are_refused_by_name(name: str) -> None:
    make, error = REFUSED[name]
    with pytest.raises(error):
        decode(make())


SOUND = [encoded(gradient((120, 90)), kind, exif=Image.Exif()) for kind in ("JPEG", "PNG", "WEBP")]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@given(st.sampled_from(SOUND), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6))
def test_altered_bytes_never_raise_anything_but_our_errors(sound: bytes, changes: list[tuple[float, int]]) -> None:
    damaged = bytearray(sound)
    for place, value in changes:
        damaged[int(place**3 * len(damaged))] = value  # headers, at the front, are where it hurts
    with contextlib.suppress(ImageRefused):
        decode(bytes(damaged))


ACCEPTED: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: encoded(gradient()),
    "progressive JPEG": lambda: encoded(gradient(), progressive=True),
    "CMYK JPEG": lambda: encoded(gradient().convert("CMYK")),
    "grey JPEG": lambda: encoded(gradient().convert("L")),
    "PNG": lambda: encoded(gradient(), "PNG"),
    "16-bit PNG": png_of_16_bits,
    "palette PNG": lambda: encoded(gradient().quantize(64), "PNG"),
    "grey and alpha PNG": lambda: encoded(gradient().convert("LA"), "PNG"),
    "RGBA PNG": lambda: encoded(gradient().convert("RGBA"), "PNG"),
    "WebP": lambda: encoded(gradient(), "WEBP"),
    "multi-picture JPEG of a phone": lambda: frames("MPO"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_every_good_file_gives_the_same_rgb(name: str) -> None:
    pixels = decode(ACCEPTED[name]()).pixels
    assert pixels.shape == (120, 160, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - np.asarray(gradient()).astype(int)).max() <= 12


def test_transparency_lies_on_mid_grey() -> None:
    clear = Image.new("RGBA", SIZE, (255, 0, 0, 0))
    assert (decode(encoded(clear, "PNG")).pixels == 128).all()


def scanned(times: int) -> bytes:
    """A progressive JPEG whose last scan stands there so many times."""
    whole = encoded(gradient(), progressive=True)
    last, end = whole.rindex(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    return whole[:last] + whole[last:end] * times + whole[end:]


def test_scans_upon_scans_are_refused_before_they_are_decoded() -> None:
    assert decode(scanned(2)).pixels.shape == (120, 160, 3)
    with pytest.raises(ImageUnreadable):
        decode(scanned(MOST_SCANS + 1))


@pytest.mark.parametrize(("orientation", "darkest"), [(3, "right"), (6, "top"), (8, "bottom")])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_applied(orientation: int, darkest: str, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode(encoded(gradient(), kind, exif=exif)).pixels
    sides = {
        "left": pixels[:, :20],
        "right": pixels[:, -20:],
        "top": pixels[:20],
        "bottom": pixels[-20:],
    }
    assert min(sides, key=lambda side: sides[side].mean()) == darkest


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_large_pictures_are_bounded_and_say_by_how_much(kind: str) -> None:
    photograph = decode(encoded(gradient((3000, 2000)), kind))
    assert photograph.pixels.shape == (853, LONG_SIDE, 3)
    assert photograph.shrink == pytest.approx(3000 / LONG_SIDE)


def test_small_pictures_keep_their_size() -> None:
    assert decode(encoded(gradient())).shrink == 1.0


def test_a_film_behind_the_picture_is_no_reason_to_refuse_it() -> None:
    film = np.random.default_rng(1).integers(0, 256, 6_000_000, np.uint8).tobytes() + b"\xff\xda" * 100
    assert decode(encoded(gradient()) + film).pixels.shape == (120, 160, 3)


def test_scans_are_counted_past_rubbish_between_them() -> None:
    whole = encoded(gradient(), progressive=True)
    last, end = whole.rindex(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    scan = whole[last:end]
    with pytest.raises(ImageUnreadable):
        decode(whole[:last] + (scan + b"rubbish \xff\xd0\xff\xff") * (MOST_SCANS + 1) + whole[end:])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_decoded_at_full_size_may_be_half_as_large(kind: str) -> None:
    flat = Image.new("L", (6000, 4300))
    with pytest.raises(ImageTooLarge):
        decode(encoded(flat.convert("RGB"), kind))
    assert max(decode(encoded(flat.convert("RGB"), "JPEG")).pixels.shape) == LONG_SIDE
