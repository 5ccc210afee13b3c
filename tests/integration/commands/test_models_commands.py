"""`oifr models` over a real server on this machine, in this process and once in a process of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from server.face.pull import TRIES
from server.face.pulled import LOCK
from tests.integration.commands.desk import Desk
from tests.integration.service.installation import ROOT
from tests.unit.face.weight_server import HDF5, WeightServer, serving

CONTENT = HDF5 + bytes(range(256)) * 500
DIGEST = hashlib.sha256(CONTENT).hexdigest()
ARCFACE_URL = "https://github.com/serengil/deepface_backend/releases/download/v1.0/arcface_weights.h5"


@pytest.fixture
def server(desk: Desk) -> Iterator[WeightServer]:
    """ArcFace's weights, as far as the desk's manifest knows."""
    with serving(CONTENT) as server:
        desk.rewrite("ArcFace", ARCFACE_URL, server.url)
        yield server


def rows(desk: Desk) -> dict[str, list[str]]:
    lines = desk.oifr("models", "list").output.splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines if "/" in line}


def test_the_list_names_each_model_with_its_state(desk: Desk) -> None:
    listed = rows(desk)
    assert set(listed) == {"ArcFace/1", "Facenet512/1", "GhostFaceNet/1", "SFace/1", "dlib-resnet/2"}
    assert listed["dlib-resnet/2"] == ["CC0-1.0", "128", "verified", "yes", "yes"]
    assert listed["ArcFace/1"] == ["MIT", "*restricted*", "512", "absent", "no"]


def test_restricted_weights_are_not_fetched_before_their_terms_are_accepted(desk: Desk, server: WeightServer) -> None:
    refused = desk.refusal("models", "pull", "ArcFace")
    assert refused.startswith("LicenceNotAccepted")
    assert "non-commercial" in refused
    assert server.requests == []


def test_a_first_pull_is_told_loudly_and_holds_from_then_on(desk: Desk, server: WeightServer) -> None:
    pulled = desk.oifr("models", "pull", "ArcFace", "--accept-licence")
    assert pulled.exit_code == 0, pulled.output
    assert DIGEST in pulled.output
    assert "WARNING: nobody has published a digest" in pulled.output
    assert "oifr evaluate --calibrate" in pulled.output
    assert DIGEST in (desk.home / LOCK).read_text()
    assert rows(desk)["ArcFace/1"][2:5] == ["512", "as", "first"]
    again = desk.oifr("models", "pull", "ArcFace", "--accept-licence")
    assert "WARNING" not in again.output
    assert len(server.requests) == 1


def test_verify_names_a_file_that_was_altered(desk: Desk, server: WeightServer) -> None:
    desk.oifr("models", "pull", "ArcFace", "--accept-licence")
    assert desk.oifr("models", "verify").exit_code == 0
    (desk.home / ".deepface" / "weights" / "arcface_weights.h5").write_bytes(HDF5 + b"another net")
    every = desk.oifr("models", "verify")
    assert (every.exit_code, "ArcFace: altered" in every.output) == (3, True)
    assert "mtcnn: verified" in every.output
    assert desk.oifr("models", "verify", "ArcFace").exit_code == 3
    assert desk.oifr("models", "verify", "dlib-resnet").exit_code == 0


def test_verify_of_one_absent_model_fails_and_of_all_does_not(desk: Desk) -> None:
    assert desk.oifr("models", "verify", "SFace").exit_code == 3
    assert desk.oifr("models", "verify").exit_code == 0


def test_a_model_that_is_not_there_is_named(desk: Desk) -> None:
    assert desk.refusal("models", "pull", "VGG-Face").startswith("ModelUnknown")
    assert desk.refusal("models", "pull", "dlib-resnet").startswith("PullFailed")


def test_a_manifest_that_is_malformed_is_named_with_its_key(desk: Desk) -> None:
    desk.rewrite("SFace", "dimension = 128", 'dimension = "128"')
    assert desk.refusal("models", "list") == (
        "WeightsUnverified: The manifest SFace.toml is malformed: `dimension` must be of the type int."
    )


def test_a_process_whose_connection_breaks_says_so_and_the_next_goes_on(desk: Desk, server: WeightServer) -> None:
    server.cuts = [1000] * TRIES
    first = _process(desk, "models", "pull", "ArcFace", "--accept-licence")
    assert first.returncode == 1
    sentence = (
        "127.0.0.1 cannot be reached, or the connection broke. 4,000 bytes have arrived and stay for the next try."
    )
    assert first.stderr.splitlines() == [f"oifr: {sentence}"]
    second = _process(desk, "models", "pull", "ArcFace", "--accept-licence")
    assert second.returncode == 0, second.stderr
    assert DIGEST in second.stdout
    assert server.requests[-1]["range"] == "bytes=4000-"


def _process(desk: Desk, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **desk.variables}
    command = [sys.executable, "-m", "server", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
