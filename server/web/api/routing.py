"""What the routers share: identifiers in paths, and the problems each route documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path

from server.web.api.views import ProblemView
from server.web.errors import PROBLEM_JSON

Identifier = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="32 hexadecimal digits")]
Label = Annotated[str, Path(pattern=r"^[A-Z]$", description="the letter of a candidate")]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for the given statuses, each a problem document."""
    content = {PROBLEM_JSON: {"schema": ProblemView.model_json_schema()}}
    return {status: {"description": "Problem", "content": content} for status in statuses}


def multipart_body(optional: Sequence[str] = (), **parts: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI request body of a route that reads its form itself."""
    schema = {"type": "object", "properties": parts, "required": [name for name in parts if name not in optional]}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


BINARY = {"type": "string", "format": "binary"}
