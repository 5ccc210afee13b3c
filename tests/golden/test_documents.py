"""Generated documents may not lag behind the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.documents import ROOT, documents


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_generated_document_says_what_the_code_says(path: Path) -> None:
    assert path.read_text("utf-8") == documents()[path], "run: make golden"
