"""The limits' manifests refuse anything they do not understand, by file and key."""

import re
from pathlib import Path

import pytest

from server.domain.model_errors import WeightsUnverified
from server.domain.quality import Component, Grade
from server.face.limits import Better, Bound, QualityLimits, RecaptureLimits

MODELS = Path(__file__).resolve().parents[3] / "models"
QUALITY = (MODELS / "limits" / "quality.toml").read_text("utf-8")
RECAPTURE = (MODELS / "limits" / "recapture.toml").read_text("utf-8")


def quality_of(text: str, folder: Path) -> QualityLimits:
    path = folder / "quality.toml"
    path.write_text(text, "utf-8")
    return QualityLimits.read(path)


def test_the_committed_limits_are_complete() -> None:
    limits = QualityLimits.read(MODELS / "limits" / "quality.toml")
    assert set(limits.bounds) == set(Component)
    assert {part for part, bound in limits.bounds.items() if bound.unusable is not None} == {
        part for part in Component if part.may_gate
    }


def test_light_and_eyes_weigh_nothing() -> None:
    bounds = QualityLimits.read(MODELS / "limits" / "quality.toml").bounds
    assert all(bounds[part].factor_poor == 1 for part in (Component.DARK, Component.BRIGHT, Component.EYES))


@pytest.mark.parametrize("name", ["quality", "recapture"])
def test_every_manifest_of_limits_has_a_card(name: str) -> None:
    assert (MODELS / "limits" / f"{name}.md").read_text("utf-8").startswith(f"# {name}")


FAULTS = {
    "a component is missing": (r"(?s)\[components\.eyes\].*?\n\n", "", "`components.eyes` is missing"),
    "a key is missing": (r"(?s)(\[components\.yaw\].*?)poor = 25\.0\n", r"\1", "`components.yaw.poor` is missing"),
    "a key is unknown": (r"\[pose\]", "[components.nose]\n[pose]", "`components.nose` is not known"),
    "text for a number": (r"level = 0\.583", 'level = "half"', "`pose.level` must be a number"),
    "truth for a number": (r"level = 0\.583", "level = true", "`pose.level` must be of the type int"),
    "no finite number": (r"level = 0\.583", "level = nan", "`pose.level` must be finite"),
    "out of range": (r"level = 0\.583", "level = 1.5", "`pose.level` must lie within 0 to 1"),
    "a gate that may not be": (
        r"factor_poor = 0\.45\n",
        "factor_poor = 0.45\nunusable = 9.0\n",
        "lower-face.unusable` is not known",
    ),
    "a gate on the good side": (r"unusable = 12\.0", "unusable = 40.0", "size.unusable` must lie within -inf to 30"),
    "neither way": (r'better = "higher"', 'better = "often"', "size.better` is neither higher nor lower"),
    "no unit": (r'unit = "degrees"\n', "", "yaw.unit` is missing"),
    "no table": (r"(?s)\[pose\].*", "pose = 3\n", "`pose` is missing"),
    "no TOML": (r"\[pose\]", "[pose", "missing or malformed"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_manifest_is_refused_by_file_and_key(name: str, tmp_path: Path) -> None:
    pattern, text, words = FAULTS[name]
    faulty, changed = re.subn(pattern, text, QUALITY, count=1)
    assert changed == 1
    with pytest.raises(WeightsUnverified, match=words) as refused:
        quality_of(faulty, tmp_path)
    assert "quality.toml" in str(refused.value)


def test_an_absent_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnverified, match=r"quality\.toml is missing"):
        QualityLimits.read(tmp_path / "quality.toml")


@pytest.mark.parametrize(
    "line", ["", "periodic = -1\nedges = 3", "periodic = 4\nedges = 7", "periodic = 4\nedges = 3\nx = 1"]
)
def test_a_faulty_recapture_manifest_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "recapture.toml"
    path.write_text(f'name = "recapture"\nsource = "a test"\n[hint]\n{line}\n', "utf-8")
    with pytest.raises(WeightsUnverified, match=r"recapture\.toml is malformed: `hint\."):
        RecaptureLimits.read(path)


def test_the_committed_recapture_limits_read() -> None:
    limits = RecaptureLimits.read(MODELS / "limits" / "recapture.toml")
    assert limits.periodic > 3
    assert 2 <= limits.edges <= 4


@pytest.mark.parametrize(
    ("value", "grade"),
    [(31, Grade.GOOD), (30, Grade.GOOD), (29.9, Grade.POOR), (12, Grade.POOR), (11.9, Grade.UNUSABLE)],
)
def test_a_limit_itself_is_still_the_better_grade(value: float, grade: Grade) -> None:
    bound = Bound(Better.HIGHER, 30, 12, 0.9, 0.5)
    assert bound.finding(Component.SIZE, value).grade is grade
    mirrored = Bound(Better.LOWER, -30, -12, 0.9, 0.5)
    assert mirrored.finding(Component.YAW, -value).grade is grade
