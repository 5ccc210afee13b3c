"""Files below the manifest's folder, whatever a manifest names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from server.domain.image_errors import ImageAbsent, ImageTooLarge
from server.intake.files import MOST_BYTES, reader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "import"
    (inside / "deep").mkdir(parents=True)
    (inside / "deep" / "ada.jpg").write_bytes(b"ada")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return inside


@pytest.mark.parametrize("place", ["deep/ada.jpg", "./deep/../deep/ada.jpg"])
def test_a_file_is_read_when_it_is_asked_for(folder: Path, place: str) -> None:
    assert reader(folder, place)() == b"ada"


@pytest.mark.parametrize("place", ["nobody.jpg", "", "deep", "deep/ada.jpg/x", "a\0b.jpg", "x" * 5000])
def test_what_is_no_file_is_absent(folder: Path, place: str) -> None:
    with pytest.raises(ImageAbsent):
        reader(folder, place)()


def test_nothing_outside_is_read(folder: Path, tmp_path: Path) -> None:
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "all").symlink_to(tmp_path)
    for place in ("../secret.jpg", str(tmp_path / "secret.jpg"), "link.jpg", "all/secret.jpg", "deep/../../secret.jpg"):
        with pytest.raises(ImageAbsent, match="outside"):
            reader(folder, place)()


def test_a_link_to_a_file_inside_is_followed(folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder / "deep" / "ada.jpg")
    assert reader(folder, "link.jpg")() == b"ada"


def test_a_loop_of_links_and_a_pipe_end(folder: Path) -> None:
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    os.mkfifo(folder / "pipe.jpg")
    for place in ("loop.jpg", "pipe.jpg"):
        with pytest.raises(ImageAbsent):
            reader(folder, place)()


def test_a_huge_file_is_not_read(folder: Path) -> None:
    with (folder / "huge.jpg").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(ImageTooLarge):
        reader(folder, "huge.jpg")()
