"""Files below the manifest's folder, whatever a manifest names."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from server.domain.image_errors import ImageAbsent, ImageTooLarge
from server.intake.files import MOST_BYTES, SETTLED_SECONDS, reader, watcher


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


# --- the state of a file ---------------------------------------------------------------------------------------


TICK = 0.05  # seconds; a kernel's clock of file times moves every 10 ms at the slowest


def later() -> float:
    return time.time() + SETTLED_SECONDS + 1


def state(folder: Path, place: str = "deep/ada.jpg") -> str | None:
    return watcher(folder, place, later)()


def test_a_file_that_is_left_alone_keeps_its_state(folder: Path) -> None:
    before = state(folder)
    assert before is not None
    assert reader(folder, "deep/ada.jpg")() == b"ada"
    assert state(folder) == before


def test_every_change_is_another_state_also_with_the_old_times_and_length(folder: Path) -> None:
    file = folder / "deep" / "ada.jpg"
    old = file.stat()
    states = [state(folder)]
    for content in (b"bob", b"adam"):
        time.sleep(TICK)
        file.write_bytes(content)
        os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
        states.append(state(folder))
    (folder / "other.jpg").write_bytes(b"ada")
    os.utime(folder / "other.jpg", ns=(old.st_atime_ns, old.st_mtime_ns))
    time.sleep(TICK)
    (folder / "other.jpg").rename(file)
    states.append(state(folder))
    assert None not in states
    assert len(set(states)) == len(states)


def test_files_in_different_places_have_different_states(folder: Path) -> None:
    os.link(folder / "deep" / "ada.jpg", folder / "twin.jpg")
    assert state(folder) != state(folder, "twin.jpg")


def test_a_file_that_was_changed_a_moment_ago_has_no_state_yet(folder: Path) -> None:
    assert watcher(folder, "deep/ada.jpg")() is None
    assert watcher(folder, "deep/ada.jpg", lambda: 0.0)() is None, "a clock that was set back"


@pytest.mark.parametrize("place", ["nobody.jpg", "deep", "a\0b.jpg", "x" * 5000])
def test_what_is_no_file_has_no_state(folder: Path, place: str) -> None:
    assert state(folder, place) is None
