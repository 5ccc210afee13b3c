"""The file camera gives what a real one must: upright, bounded, without metadata, in memory."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from mobile_client.device.camera import LONG_SIDE, CameraRefused, FileCamera, Frame
from mobile_client.device.light import measure
from tests.client.drawn import portrait


def open_camera(source: Path) -> FileCamera:
    camera = FileCamera(source)
    camera.open()
    return camera


def save_turned(path: Path, size: tuple[int, int] = (400, 300)) -> None:
    """A picture lying on its side whose metadata say so, and say where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken in Example Street"
    Image.new("RGB", size, "teal").save(path, exif=exif)


def test_a_capture_is_upright_bounded_and_bare(tmp_path: Path) -> None:
    save_turned(tmp_path / "turned.jpg", (2600, 1300))
    camera = open_camera(tmp_path / "turned.jpg")
    jpeg = camera.capture_jpeg()
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        assert image.size == (LONG_SIDE // 2, LONG_SIDE)
        assert not image.getexif()
    assert b"Example Street" not in jpeg
    assert isinstance(jpeg, bytearray)


def test_frames_show_what_is_captured(tmp_path: Path) -> None:
    save_turned(tmp_path / "turned.jpg")
    frame = next(open_camera(tmp_path / "turned.jpg").frames())
    assert (frame.width, frame.height) == (300, 400)
    assert len(frame.rgb) == 300 * 400 * 3


def test_a_folder_is_leafed_through_in_order(tmp_path: Path) -> None:
    for name, width in (("b.png", 20), ("a.jpg", 10), ("notes.txt", 0)):
        if width:
            Image.new("RGB", (width, 30)).save(tmp_path / name)
        else:
            (tmp_path / name).write_text("not a picture")
    camera = open_camera(tmp_path)
    widths = []
    for _ in range(3):
        widths.append(next(camera.frames()).width)
        camera.turn()
    assert widths == [10, 20, 10]


def test_transparency_and_palettes_become_plain_colours(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 64), (200, 10, 10, 128)).save(tmp_path / "clear.png")
    with Image.open(io.BytesIO(open_camera(tmp_path).capture_jpeg())) as image:
        assert image.mode == "RGB"


def test_no_picture_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(CameraRefused, match="no picture"):
        open_camera(tmp_path)
    with pytest.raises(CameraRefused, match="no picture"):
        open_camera(tmp_path / "absent.jpg")


def test_a_damaged_picture_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "torn.jpg").write_bytes(portrait("torn")[:900])
    camera = open_camera(tmp_path)
    with pytest.raises(CameraRefused, match="cannot be read") as caught:
        camera.capture_jpeg()
    assert str(tmp_path) not in str(caught.value)


def test_a_closed_camera_shows_nothing(tmp_path: Path) -> None:
    save_turned(tmp_path / "turned.jpg")
    camera = open_camera(tmp_path)
    camera.close()
    assert list(camera.frames()) == []
    with pytest.raises(CameraRefused):
        camera.capture_jpeg()


def frame_of(image: Image.Image) -> Frame:
    return Frame(image.width, image.height, image.convert("RGB").tobytes())


def test_light_is_judged_by_the_middle_of_the_frame() -> None:
    with Image.open(io.BytesIO(portrait("light"))) as image:
        image.load()
        assert measure(frame_of(image)).good
        assert measure(frame_of(image.point(lambda level: level * 0.2))).dark
        assert measure(frame_of(image.filter(ImageFilter.GaussianBlur(9)))).blurred
    assert measure(frame_of(Image.new("RGB", (64, 64), "white"))).glaring
