"""DeepFace's other nets through our door: a photograph to a unit template, and no net without verified weights.

The real weights cannot be shipped. The nets are built by DeepFace's own code with weights drawn from a seed, so nothing
here speaks of accuracy; SFace's graph is a small one of our own with the same input and output.
"""

import importlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from server.domain.image_errors import FramesDisagree
from server.domain.model_errors import WeightsUnverified
from server.face.align import chip_of
from server.face.decode import decode
from server.face.deepface_backend import DeepFaceEmbedder
from server.face.engine import Engine
from server.face.fuse import unit
from server.face.pulled import Locked, WeightsHome
from server.face.weights import Manifest, digest_of
from tests.unit.face.drawn_weights import draw
from tests.unit.face.pictures import drawn_people

MODELS = Path(__file__).resolve().parents[3] / "models"
NAMES = ("ArcFace", "Facenet512", "GhostFaceNet", "SFace")
SIDES = {"ArcFace": 112, "Facenet512": 160, "GhostFaceNet": 112, "SFace": 112}
CALIBRATION = """
[calibration]
threshold = 0.999
agreement = 0.999
gallery_size = 2
strangers = 1
fpir = 0.5
data = "made up for a test with weights drawn from a seed"
"""


class Drawn:
    """A folder of manifests with one model whose weights were drawn and lie in a home, as if pulled."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.models = Path(shutil.copytree(MODELS, folder / "models"))
        self.home = folder / "home"
        shipped = Manifest.named(MODELS, name)
        file = WeightsHome(self.home).path_of(shipped.files[0])
        draw(name, file)
        self.file = file
        self._vouch(shipped, file)
        self.manifest = Manifest.named(self.models, name)

    def _vouch(self, shipped: Manifest, file: Path) -> None:
        card = self.models / f"{self.name}.toml"
        digest, published = digest_of(file), shipped.files[0].sha256
        text = card.read_text("utf-8") + CALIBRATION
        card.write_text(text.replace(published, digest) if published else text, "utf-8")
        WeightsHome(self.home).lock(shipped.files[0], Locked(digest, "drawn", "2026-03-11T12:00:00+00:00"))

    def engine(self) -> Engine:
        return Engine.load(self.models, self.home, self.name)


@pytest.fixture(scope="module", params=NAMES)
def drawn(request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Each model in turn; the session's engine comes first, so that TensorFlow is loaded as the product loads it."""
    return Drawn(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def other(drawn: Drawn) -> Engine:
    return drawn.engine()


@pytest.fixture(scope="module")
def photographs() -> list[bytes]:
    people = drawn_people()[:3]
    if not people:
        pytest.skip("no drawn people are committed: run make golden")
    return [frontal.read_bytes() for frontal, _ in people]


def test_a_photograph_gives_a_unit_template_of_the_models_dimension(
    drawn: Drawn, other: Engine, photographs: list[bytes]
) -> None:
    templates = [other.template_of([photograph]) for photograph in photographs]
    assert {template.model for template in templates} == {f"{drawn.name}/1"} == {other.model}
    assert {template.vector.shape for template in templates} == {(drawn.manifest.dimension,)}
    assert all(abs(float(np.linalg.norm(template.vector)) - 1) < 1e-6 for template in templates)
    np.testing.assert_array_equal(other.template_of([photographs[0]]).vector, templates[0].vector)
    assert templates[0].score(templates[1]) < 0.99999
    other.ping()


def test_the_net_sees_the_chip_that_its_manifest_says(drawn: Drawn, engine: Engine, photographs: list[bytes]) -> None:
    """What the engine does in one go, step by step; and DeepFace itself gives the same output for the same chip."""
    alignment = drawn.manifest.alignment
    assert alignment is not None
    assert alignment.side == SIDES[drawn.name]
    photograph = decode(photographs[0])
    face = engine.frame_of(photograph).face
    chip = chip_of(photograph.pixels, face.seen.landmarks, alignment.fixed_points, side=alignment.side)
    assert chip.shape == (alignment.side, alignment.side, 3)
    net = DeepFaceEmbedder(drawn.manifest, drawn.home)
    plain, mirrored = net.embed([chip, chip[:, ::-1]])
    np.testing.assert_allclose(plain, _as_deepface_does(drawn.name, chip), rtol=1e-3, atol=1e-4)
    whole = unit(unit(plain) + unit(mirrored))
    np.testing.assert_allclose(drawn.engine().embedded(photographs[0])[0], whole, atol=1e-5)


def _as_deepface_does(name: str, chip: np.ndarray) -> np.ndarray:
    representation = importlib.import_module("deepface.modules.representation")
    (answer,) = representation.represent(chip[..., ::-1].copy(), model_name=name, detector_backend="skip")
    return np.asarray(answer["embedding"])


def test_two_peoples_frames_are_refused_by_the_models_own_agreement(other: Engine, photographs: list[bytes]) -> None:
    scores = [other.template_of([one]).score(other.template_of([photographs[0]])) for one in photographs[1:]]
    if min(scores) >= 0.999:
        pytest.skip("weights drawn from this seed give people nearly the same template")
    with pytest.raises(FramesDisagree):
        other.template_of([photographs[0], photographs[1 + int(np.argmin(scores))]])


@contextmanager
def altered(file: Path) -> Iterator[None]:
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    yield
    file.write_bytes(whole)


def test_weights_that_were_altered_do_not_load(drawn: Drawn) -> None:
    with altered(drawn.file), pytest.raises(WeightsUnverified, match="altered"):
        drawn.engine()


def test_weights_that_are_absent_are_not_fetched(drawn: Drawn, tmp_path: Path) -> None:
    with pytest.raises(WeightsUnverified, match=f"oifr models pull {drawn.name}"):
        Engine.load(drawn.models, tmp_path / "home", drawn.name)


def test_weights_of_another_net_do_not_load(tmp_path: Path, engine: Engine) -> None:
    mixed = Drawn("GhostFaceNet", tmp_path)
    keras = importlib.import_module("tensorflow.keras")
    keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)]).save_weights(str(mixed.file))
    WeightsHome(mixed.home).lock(mixed.manifest.files[0], Locked(digest_of(mixed.file), "drawn", ""))
    with pytest.raises(WeightsUnverified, match="do not fit"):
        mixed.engine()
