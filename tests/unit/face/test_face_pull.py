"""Pulling weights from a real server that cuts, ignores ranges, lies, or is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from server.domain.model_errors import LicenceNotAccepted, PullFailed, WeightsUnverified
from server.face.pull import TRIES, Puller, check_terms
from server.face.pulled import LOCK, Condition, WeightsHome
from server.face.weights import Manifest, WeightFile
from tests.unit.face.weight_server import HDF5, WeightServer, serving

MODELS = Path(__file__).resolve().parents[3] / "models"
CONTENT = HDF5 + bytes(range(256)) * 2000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER = HDF5 + b"another net" * 40_000


class Desk:
    """An operator with a home, a model whose weights stand on the server, and what progress told."""

    def __init__(self, folder: Path, server: WeightServer, client: httpx.Client) -> None:
        self.server = server
        self.home = WeightsHome(folder)
        self.told: list[tuple[int, int | None]] = []
        self.puller = Puller(self.home, client, lambda done, total: self.told.append((done, total)))
        self.sha256: str | None = DIGEST

    @property
    def manifest(self) -> Manifest:
        file = WeightFile("weights.h5", self.sha256, self.server.url)
        return replace(Manifest.named(MODELS, "ArcFace"), files=(file,))

    @property
    def place(self) -> Path:
        return self.home.folder / "weights.h5"

    @property
    def part(self) -> Path:
        return self.home.folder / "weights.h5.part"

    def pull(self) -> bytes:
        (pulled,) = self.puller.pull(self.manifest)
        return pulled.path.read_bytes()

    def files(self) -> set[str]:
        return {path.name for path in self.home.folder.iterdir()}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with serving(CONTENT) as server, httpx.Client() as client:
        yield Desk(tmp_path / "home", server, client)


@pytest.mark.parametrize("known", [DIGEST, None])
def test_a_whole_file_arrives_in_its_place(desk: Desk, known: str | None) -> None:
    desk.sha256 = known
    (pulled,) = desk.puller.pull(desk.manifest)
    assert pulled.path.read_bytes() == CONTENT
    assert (pulled.sha256, pulled.first_use) == (DIGEST, known is None)
    assert desk.files() == {"weights.h5"}
    assert desk.told[-1] == (len(CONTENT), len(CONTENT))
    assert desk.home.verified(desk.manifest) == (desk.place,)


def test_what_is_there_is_not_fetched_again(desk: Desk) -> None:
    desk.pull()
    desk.pull()
    assert len(desk.server.requests) == 1


@pytest.mark.parametrize("known", [DIGEST, None])
def test_a_cut_connection_is_gone_on_with(desk: Desk, known: str | None) -> None:
    desk.sha256 = known
    desk.server.cuts = [100_000, 150_000]
    assert desk.pull() == CONTENT
    assert [request.get("range") for request in desk.server.requests] == [None, "bytes=100000-", "bytes=250000-"]
    assert desk.server.requests[1]["if-range"] == '"one"'


def test_a_connection_cut_again_and_again_leaves_its_part_for_the_next_run(desk: Desk) -> None:
    desk.server.cuts = [1000] * TRIES
    with pytest.raises(PullFailed, match=f"{1000 * TRIES:,} bytes have arrived"):
        desk.pull()
    assert not desk.place.exists()
    assert desk.part.read_bytes() == CONTENT[: 1000 * TRIES]
    assert desk.pull() == CONTENT
    assert desk.server.requests[-1]["range"] == f"bytes={1000 * TRIES}-"


def test_a_server_that_ignores_ranges_is_read_from_the_beginning(desk: Desk) -> None:
    desk.server.takes_ranges = False
    desk.server.cuts = [100_000]
    assert desk.pull() == CONTENT
    assert len(desk.server.requests) == 2


@pytest.mark.parametrize("etag", ['"two"', None, 'W/"weak"'])
def test_two_versions_of_a_file_are_never_joined(desk: Desk, etag: str | None) -> None:
    desk.sha256 = None
    if etag != '"two"':
        desk.server.etag = etag
    desk.server.cuts = [1000] * TRIES
    with pytest.raises(PullFailed):
        desk.pull()
    desk.server.content, desk.server.etag = OTHER, etag
    assert desk.pull() == OTHER


def test_a_part_that_is_too_long_is_begun_anew(desk: Desk) -> None:
    desk.home.folder.mkdir(parents=True)
    desk.part.write_bytes(CONTENT + b"more")
    assert desk.pull() == CONTENT


def test_a_wrong_file_is_thrown_away(desk: Desk) -> None:
    desk.server.content = OTHER
    with pytest.raises(PullFailed, match=r"not the file weights\.h5"):
        desk.pull()
    assert desk.files() == set()
    assert not (desk.home.home / LOCK).exists()


def test_an_error_page_is_not_trusted_on_first_use(desk: Desk) -> None:
    desk.sha256 = None
    desk.server.content = b"<html>sign in to go on</html>"
    with pytest.raises(PullFailed, match="thrown away"):
        desk.pull()
    assert desk.files() == set()


def test_a_file_exchanged_after_the_first_pull_is_refused(desk: Desk) -> None:
    desk.sha256 = None
    desk.pull()
    assert desk.home.condition_of(desk.manifest) is Condition.AS_FIRST_PULLED
    desk.place.unlink()
    desk.server.content, desk.server.etag = OTHER, '"two"'
    with pytest.raises(PullFailed):
        desk.pull()
    desk.place.write_bytes(OTHER)
    assert desk.home.condition_of(desk.manifest) is Condition.ALTERED
    with pytest.raises(WeightsUnverified, match="oifr models pull"):
        desk.home.verified(desk.manifest)


def test_a_file_that_was_only_put_there_is_not_verified(desk: Desk) -> None:
    desk.sha256 = None
    assert desk.home.condition_of(desk.manifest) is Condition.ABSENT
    desk.home.folder.mkdir(parents=True)
    desk.place.write_bytes(CONTENT)
    assert desk.home.condition_of(desk.manifest) is Condition.UNVERIFIED
    with pytest.raises(WeightsUnverified, match="unverified"):
        desk.home.verified(desk.manifest)


@pytest.mark.parametrize("status", [404, 403, 500])
def test_an_address_that_answers_otherwise_is_told_with_its_status(desk: Desk, status: int) -> None:
    desk.server.status = status
    with pytest.raises(PullFailed, match=str(status)):
        desk.pull()
    assert desk.files() == set()


def test_an_address_that_does_not_answer_is_one_sentence(desk: Desk) -> None:
    manifest = desk.manifest
    desk.server.server_close()
    with pytest.raises(PullFailed, match=r"^127\.0\.0\.1 cannot be reached"):
        desk.puller.pull(manifest)


def test_a_full_disk_is_told_before_it_is_full(desk: Desk) -> None:
    desk.puller = replace(desk.puller, free=lambda _: len(CONTENT))
    with pytest.raises(PullFailed, match="disk is short"):
        desk.pull()
    assert not desk.part.exists()


def test_a_disk_that_fills_up_on_the_way_is_told(desk: Desk) -> None:
    free = iter([10**12, 10**12, 0])
    desk.server.content = HDF5 + bytes(40 * 2**20)
    desk.puller = replace(desk.puller, free=lambda _: next(free))
    with pytest.raises(PullFailed, match="disk is short"):
        desk.pull()
    assert not desk.place.exists()


def test_a_disk_that_is_full_is_one_sentence(desk: Desk) -> None:
    desk.home.folder.mkdir(parents=True)
    desk.part.symlink_to("/dev/full")
    with pytest.raises(PullFailed, match="cannot be written"):
        desk.pull()


@pytest.mark.parametrize("cut", [None, 1000])
def test_a_file_whose_end_nobody_tells_is_not_trusted_on_first_use(desk: Desk, cut: int | None) -> None:
    desk.server.tells_length, desk.server.cuts, desk.sha256 = False, [cut] if cut else [], None
    with pytest.raises(PullFailed, match="does not say where the file ends"):
        desk.pull()
    assert not desk.place.exists()


@pytest.mark.parametrize("begun", [True, False])
def test_a_part_is_never_taken_for_the_rest(desk: Desk, begun: bool) -> None:
    desk.sha256 = None
    if begun:
        desk.server.cuts = [1000] * TRIES
        with pytest.raises(PullFailed):
            desk.pull()
    desk.server.short_by = 500
    with pytest.raises(PullFailed, match="another part of the file"):
        desk.pull()
    assert not desk.place.exists()


def test_a_known_file_may_come_without_its_length(desk: Desk) -> None:
    desk.server.tells_length = False
    assert desk.pull() == CONTENT


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://198.51.100.7/other.h5", "an address without https"),
        ("/weights.h5", "sends us on to nowhere"),
        ("http://[broken", "sends us on to nowhere"),
    ],
)
def test_a_redirect_leads_to_no_plain_and_to_no_endless_way(desk: Desk, address: str, sentence: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        there = request.url.path == "/other.h5"
        return httpx.Response(200, content=CONTENT) if there else httpx.Response(302, headers={"Location": address})

    desk.puller = replace(desk.puller, client=httpx.Client(transport=httpx.MockTransport(answer)))
    with pytest.raises(PullFailed, match=sentence):
        desk.pull()
    assert not desk.place.exists()


def test_a_version_that_is_no_ascii_is_no_version(desk: Desk) -> None:
    desk.server.etag = '"\u00e9"'
    assert desk.pull() == CONTENT


def test_restricted_weights_are_fetched_only_when_their_terms_are_accepted() -> None:
    restricted = Manifest.named(MODELS, "ArcFace")
    with pytest.raises(LicenceNotAccepted, match="non-commercial"):
        check_terms(restricted, accepted=False)
    check_terms(restricted, accepted=True)
    check_terms(Manifest.named(MODELS, "dlib-resnet"), accepted=False)


def test_weights_of_a_package_are_not_pulled(desk: Desk) -> None:
    with pytest.raises(PullFailed, match="face_recognition_models"):
        desk.puller.pull(Manifest.named(MODELS, "dlib-resnet"))


def test_a_damaged_lock_file_is_named(desk: Desk) -> None:
    desk.pull()
    (desk.home.home / LOCK).write_text("[]")
    with pytest.raises(WeightsUnverified, match=LOCK):
        desk.home.condition_of(desk.manifest)
