"""Starting the client: its help teaches, a bad address is said in words, its core needs no screen."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mobile_client.main import main


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    words = capsys.readouterr().out
    for option in ("--server", "--photo", "--ca", "--theme", "examples:"):
        assert option in words


@pytest.mark.parametrize(
    "arguments",
    [
        ["--server", "http://oifr.example", "--photo", "p.jpg"],
        ["--server", "https://oifr.example", "--photo", "p.jpg", "--ca", "/absent/ca.pem"],
    ],
)
def test_a_server_that_cannot_be_used_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "The server cannot be used" in capsys.readouterr().err


def test_the_core_needs_httpx_alone() -> None:
    """What runs on the device must stay pure: no screen, no images, no arrays, no compiled models."""
    barred = ("kivy", "PIL", "numpy", "pydantic", "cryptography", "server")
    code = f"import mobile_client.core.flow, sys; print([m for m in {barred!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
