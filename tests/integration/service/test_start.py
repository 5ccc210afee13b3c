"""A start that cannot succeed says why in one sentence, with exit status 1 and without a traceback."""

from __future__ import annotations

import base64
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from server.config import MODELS
from tests.integration.service.installation import Installation, free_port

Install = Callable[..., Installation]


def test_weights_without_their_digest(install: Install, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(MODELS, models)
    manifest = models / "dlib-resnet.toml"
    manifest.write_text(manifest.read_text().replace('sha256 = "5', 'sha256 = "6'))
    sentence = _refused_start(install(models=str(models)))
    assert "dlib-resnet" in sentence
    assert "digest" in sentence


def test_another_master_key(install: Install) -> None:
    first = install()
    first.add_account("eva", "officer")
    stranger = {"OIFR_MASTER_KEY": base64.b64encode(b"another key of thirty-two bytes!").decode()}
    sentence = _refused_start(Installation(first.folder, first.port, stranger))
    assert "key" in sentence
    assert stranger["OIFR_MASTER_KEY"] not in sentence


def test_port_in_use(install: Install) -> None:
    installation = install()
    with socket.create_server(("127.0.0.1", installation.port)):
        sentence = _refused_start(installation)
    assert str(installation.port) in sentence


@pytest.mark.parametrize("url", ["postgresql://oifr:hunter2@127.0.0.1:{port}/oifr", "sqlite:////proc/none/oifr.sqlite"])
def test_database_out_of_reach(url: str, install: Install) -> None:
    installation = install(database_url=url.format(port=free_port()))
    sentence = _refused_start(installation)
    assert "database" in sentence.lower()
    assert "hunter2" not in sentence


def test_a_setting_out_of_range(install: Install) -> None:
    refused = install(cap="0").oifr("serve")
    assert refused.returncode == 2
    assert "OIFR_CAP" in refused.stderr
    assert "Traceback" not in refused.stderr


def _refused_start(installation: Installation) -> str:
    """The sentence with which `oifr serve` ends."""
    refused = installation.oifr("serve", "--port", str(installation.port))
    assert refused.returncode == 1, refused.stderr
    assert "Traceback" not in refused.stderr
    *before, sentence = refused.stderr.splitlines()
    assert all(line.startswith("Starting in ") for line in before), refused.stderr
    assert sentence.startswith("oifr: ")
    return sentence
