"""Who is enrolled and searched: the drawn cast, and a visitor's own folder."""

import json
from datetime import date
from pathlib import Path

import pytest

from server.demo.drawn import drawn_script
from server.demo.script import NothingToEnrol
from server.demo.visitor import visitor_script

TODAY = date(2026, 3, 2)


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_a_folder_of_photographs_is_one_person_each(tmp_path: Path) -> None:
    photo = _touch(tmp_path / "probe.jpg")
    for name in ("4471.JPG", "4472.png", "notes.txt", ".hidden"):
        _touch(tmp_path / "gallery" / name)
    script = visitor_script(tmp_path / "gallery", photo, TODAY)
    assert [sitter.record_number for sitter in script.sitters] == ["4471", "4472"]
    assert script.sitters[0].captured_on == "2026-03-02"
    assert script.threshold is None
    assert script.scenes[0].right is None


def test_a_folder_of_folders_is_one_person_each(tmp_path: Path) -> None:
    photo = _touch(tmp_path / "probe.jpg")
    for name in ("ada/front.jpg", "ada/left.jpg", "ben/1.webp", "ben.jpg", "empty/notes.txt"):
        _touch(tmp_path / "gallery" / name)
    script = visitor_script(tmp_path / "gallery", photo, TODAY)
    assert [(sitter.record_number, len(sitter.photographs)) for sitter in script.sitters] == [("ada", 2), ("ben", 2)]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToEnrol):
        visitor_script(tmp_path, _touch(tmp_path / "probe.txt"), TODAY)


def test_a_missing_photograph_is_found_out_before_the_enrolment(tmp_path: Path) -> None:
    _touch(tmp_path / "gallery" / "ada.jpg")
    with pytest.raises(FileNotFoundError):
        visitor_script(tmp_path / "gallery", tmp_path / "nowhere.jpg", TODAY)


def test_the_drawn_story_knows_who_is_right(tmp_path: Path) -> None:
    (tmp_path / "cast.json").write_text(json.dumps(_cast(people=10)), encoding="utf-8")
    script = drawn_script(tmp_path)
    assert [sitter.record_number for sitter in script.sitters] == [f"C-{n}" for n in range(10)]
    lying, hard, stranger = script.scenes
    assert lying.photograph.name.endswith("_lying.jpg")
    assert lying.right == frozenset({f"C-{int(lying.photograph.name[:3])}"})
    assert hard.photograph.name.endswith("_hard.jpg")
    assert stranger.right == frozenset()


def test_a_short_cast_still_holds_those_who_are_searched(tmp_path: Path) -> None:
    (tmp_path / "cast.json").write_text(json.dumps(_cast(people=10)), encoding="utf-8")
    script = drawn_script(tmp_path, most=8)
    enrolled = {sitter.record_number for sitter in script.sitters}
    assert len(enrolled) == 8
    assert all(scene.right is not None and scene.right <= enrolled for scene in script.scenes)


def _cast(people: int) -> dict[str, object]:
    return {
        "enrolled": [
            {
                "person": n,
                "record_number": f"C-{n}",
                "given_name": "Fern",
                "family_name": "Elmforge",
                "date_of_birth": "1980-01-01",
                "captured_on": "2020-01-01",
                "source": "custody",
                "lawful_basis": "invented",
                "frontal": f"gallery/{n:03d}.jpg",
                "field": {kind: f"field/{n:03d}_{kind}.jpg" for kind in ("upright", "lying", "hard")},
            }
            for n in range(people)
        ],
        "strangers": [{"person": people, "field": {"upright": f"field/{people:03d}_upright.jpg"}}],
    }
