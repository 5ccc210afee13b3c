"""Weights are vouched for by a digest, or the engine does not start."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from server.domain.model_errors import WeightsUnverified
from server.face.engine import Engine
from server.face.weights import Manifest, Package, WeightFile, place, verified_files

MODELS = Path(__file__).resolve().parents[3] / "models"


@pytest.mark.parametrize("name", ["mtcnn", "dlib-resnet"])
def test_the_installed_weights_have_their_digests(name: str) -> None:
    manifest = Manifest.read(MODELS / f"{name}.toml")
    assert all(path.is_file() for path in verified_files(manifest))


@pytest.mark.parametrize("name", ["mtcnn", "dlib-resnet"])
def test_every_manifest_has_a_model_card(name: str) -> None:
    assert (MODELS / f"{name}.md").read_text("utf-8").startswith(f"# {name}")


def test_the_file_that_is_not_free_is_never_named() -> None:
    models = list(MODELS.glob("*.toml"))
    named = [file.path for path in models for file in Manifest.read(path).files]
    assert not [path for path in named if "landmarks" in path]


def test_a_calibration_says_what_it_holds_for() -> None:
    manifest = Manifest.read(MODELS / "dlib-resnet.toml")
    assert manifest.calibration is not None
    assert 0 < manifest.calibration.agreement < manifest.calibration.threshold < 1
    assert np.isclose(manifest.calibration.fpir, 0.01, atol=0.01)


def test_the_calibration_is_a_whole_record_of_this_model_and_pipeline(tmp_path: Path) -> None:
    text = (MODELS / "dlib-resnet.toml").read_text("utf-8")
    own = Manifest.read(MODELS / "dlib-resnet.toml")
    assert own.calibration is not None
    assert own.calibration.model == own.model_id
    pasted = tmp_path / "dlib-resnet.toml"
    pasted.write_text(text.replace(f'model = "{own.model_id}"', 'model = "dlib-resnet/1"'))
    with pytest.raises(WeightsUnverified, match="record of another model"):
        Manifest.read(pasted)


def test_a_wrong_digest_names_the_package_to_install() -> None:
    manifest = Manifest.read(MODELS / "mtcnn.toml")
    altered = replace(manifest, files=(WeightFile(manifest.files[0].path, "00" * 32),))
    with pytest.raises(WeightsUnverified, match="install the Python package mtcnn=="):
        verified_files(altered)


DETECTOR = Manifest.read(MODELS / "mtcnn.toml")


@pytest.mark.parametrize(
    "absent",
    [
        replace(DETECTOR, package=Package("no_such_package", "no-such-package")),
        replace(DETECTOR, files=(WeightFile("none", "00" * 32),)),
    ],
)
def test_absent_weights_name_the_package_to_install(absent: Manifest) -> None:
    with pytest.raises(WeightsUnverified, match="not installed"):
        verified_files(absent)


def test_an_engine_does_not_start_on_a_wrong_digest(tmp_path: Path) -> None:
    models = Path(shutil.copytree(MODELS, tmp_path / "models"))
    card = models / "dlib-resnet.toml"
    digest = str(Manifest.read(card).files[0].sha256)
    card.write_text(card.read_text("utf-8").replace(digest, "00" * 32), "utf-8")
    with pytest.raises(WeightsUnverified):
        Engine.load(models, tmp_path / "home")


@pytest.mark.parametrize("text", ["", "name = ", "name = 'x'", "files = 3"])
def test_a_malformed_manifest_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(WeightsUnverified, match=r"model\.toml"):
        Manifest.read(path)


def test_a_missing_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnverified):
        Manifest.read(tmp_path / "absent.toml")


def test_placing_replaces_what_was_there(tmp_path: Path) -> None:
    source = tmp_path / "weights.dat"
    source.write_bytes(b"new")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "weights.dat").write_bytes(b"damaged")
    assert place(source, tmp_path / "home").read_bytes() == b"new"
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["weights.dat"]
