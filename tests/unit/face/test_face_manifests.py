"""Every manifest that ships can be read; one that is not of the form is refused by file and key."""

import re
import tomllib
from pathlib import Path

import pytest

from server.domain.model_errors import ModelUnknown, WeightsUnverified
from server.face.weights import Manifest

MODELS = Path(__file__).resolve().parents[3] / "models"
SHIPPED = sorted(path.stem for path in MODELS.glob("*.toml"))
PULLED = ("ArcFace", "Facenet512", "GhostFaceNet", "SFace")

WHOLE = """
name = "model"
pipeline = 3
licence = "MIT"
source = "https://example.org"
deepface = "ArcFace"
dimension = 512
normalisation = "base"
[[files]]
path = "model.h5"
url = "https://example.org/model.h5"
[alignment]
side = 112
fixed_points = [[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]]
[calibration]
threshold = 0.5
agreement = 1
gallery_size = 28
strangers = 167
fpir = 0.01
data = "drawn people"
"""


def read(tmp_path: Path, text: str) -> Manifest:
    path = tmp_path / "model.toml"
    path.write_text(text, "utf-8")
    return Manifest.read(path)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_manifest_is_whole_and_has_its_card(name: str) -> None:
    manifest = Manifest.named(MODELS, name)
    assert manifest.name == name
    assert (MODELS / f"{name}.md").read_text("utf-8").startswith(f"# {name}")


@pytest.mark.parametrize("name", PULLED)
def test_weights_that_are_pulled_say_their_terms_and_are_not_calibrated(name: str) -> None:
    manifest = Manifest.named(MODELS, name)
    assert manifest.package is None
    assert manifest.terms is not None
    assert "research" in manifest.terms
    assert manifest.calibration is None
    assert all(file.url is not None and file.url.startswith("https://") for file in manifest.files)
    card = (MODELS / f"{name}.md").read_text("utf-8")
    for promised in ("## Limits", "oifr evaluate --calibrate", "oifr models pull", manifest.files[0].name):
        assert promised in card
    assert ("none published" in card) == (manifest.files[0].sha256 is None)


def test_a_model_id_is_the_name_and_the_pipeline(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE).model_id == "model/3"
    assert Manifest.named(MODELS, "dlib-resnet").model_id == "dlib-resnet/2"


def test_a_whole_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = read(tmp_path, WHOLE)
    assert manifest.alignment is not None
    assert manifest.alignment.fixed_points.shape == (5, 2)
    assert manifest.calibration is not None
    assert (manifest.calibration.threshold, manifest.calibration.agreement) == (0.5, 1.0)
    assert (manifest.terms, manifest.files[0].sha256) == (None, None)


WRONG = {
    "colour": ('licence = "MIT"', 'licence = "MIT"\ncolour = "red"'),
    "licence": ('licence = "MIT"', "licence = 5"),
    "pipeline": ("pipeline = 3", "pipeline = 0"),
    "dimension": ("dimension = 512", "dimension = true"),
    "deepface": ('deepface = "ArcFace"\n', ""),
    "name": ('name = "model"', 'name = "another"'),
    "install": ('licence = "MIT"', 'licence = "MIT"\npackage = "somewhere"'),
    "files": ("[[files]]", "[files]"),
    "files[0].path": ('path = "model.h5"', 'path = "../model.h5"'),
    "files[0].url": ("https://example.org/model.h5", "http://example.org/model.h5"),
    "files[0].sha256": ('path = "model.h5"', 'path = "model.h5"\nsha256 = "ABC"'),
    "files[0].size": ('path = "model.h5"', 'path = "model.h5"\nsize = 3'),
    "alignment.side": ("side = 112", "side = 112.0"),
    "alignment.fixed_points": ("[38.3, 51.7], ", ""),
    "alignment.mirror": ("side = 112", "side = 112\nmirror = false"),
    "calibration.threshold": ("threshold = 0.5", 'threshold = "0.5"'),
    "calibration.threshold, no number": ("threshold = 0.5", "threshold = nan"),
    "calibration.threshold, out of range": ("threshold = 0.5", "threshold = 1.5"),
    "calibration.agreement": ("agreement = 1", "agreement = inf"),
    "calibration.gallery_size": ("gallery_size = 28", "gallery_size = 0"),
    "calibration.strangers": ("strangers = 167", "strangers = 0"),
    "calibration.fpir, no rate": ("fpir = 0.01", "fpir = 1.01"),
    "calibration.model": ("[calibration]", '[calibration]\nmodel = "model/3"'),
    "calibration.fpir": ("fpir = 0.01\n", ""),
    "calibration.tpir": ("fpir = 0.01", "fpir = 0.01\ntpir = 0.9"),
}


@pytest.mark.parametrize("key", WRONG)
def test_a_key_that_is_wrong_is_named_with_its_file(key: str, tmp_path: Path) -> None:
    before, after = WRONG[key]
    assert WHOLE.count(before) == 1
    with pytest.raises(WeightsUnverified, match=rf"model\.toml .*`{re.escape(key.partition(',')[0])}`"):
        read(tmp_path, WHOLE.replace(before, after))


def test_points_must_lie_on_the_chip(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnverified, match="fixed_points"):
        read(tmp_path, WHOLE.replace("side = 112", "side = 80"))


def test_a_packaged_file_without_a_digest_is_refused(tmp_path: Path) -> None:
    packaged = WHOLE.replace('licence = "MIT"', 'licence = "MIT"\npackage = "somewhere"\ninstall = "somewhere==1"')
    with pytest.raises(WeightsUnverified, match=r"files\[0\]\.sha256"):
        read(tmp_path, packaged.replace('url = "https://example.org/model.h5"\n', ""))


@pytest.mark.parametrize("name", ["absent", "../models/dlib-resnet", "", "dlib-resnet.toml"])
def test_a_model_without_a_manifest_is_unknown(name: str) -> None:
    with pytest.raises(ModelUnknown):
        Manifest.named(MODELS, name)


def test_three_models_share_the_public_template_of_112_pixels() -> None:
    tables = [
        tomllib.loads((MODELS / f"{name}.toml").read_text("utf-8")) for name in ("ArcFace", "GhostFaceNet", "SFace")
    ]
    assert len({str(table["alignment"]) for table in tables}) == 1
