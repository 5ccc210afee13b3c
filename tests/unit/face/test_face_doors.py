"""What the engine must not do, read from its source."""

import ast
from pathlib import Path

import pytest

FACE = Path(__file__).resolve().parents[3] / "server" / "face"
DOOR_TO_OTHERS = "deepface.modules.modeling"
"""Imported by name where DeepFace's clients are called. Those of its ONNX models have a `predict` of their own."""


@pytest.mark.parametrize("module", sorted(FACE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_net_is_called_by_keras_predict(module: Path) -> None:
    # It builds a data pipeline for each call, is slow, and is not safe between threads.
    tree = ast.parse(module.read_text("utf-8"))
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr.startswith("predict")]
    if any(isinstance(node, ast.Constant) and node.value == DOOR_TO_OTHERS for node in ast.walk(tree)):
        called = [node for node in called if isinstance(node.value, ast.Attribute)]  # client.model.predict
    assert [node.lineno for node in called] == []
