"""What the routers share: identifiers in paths, and the problems each route documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path, Query, Response

from server.web.api.views import ProblemView
from server.web.errors import PROBLEM_JSON
from server.web.thumbnail import LARGEST, SMALLEST, shrunk

Identifier = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="32 hexadecimal digits")]
Size = Annotated[
    int | None, Query(ge=SMALLEST, le=LARGEST, description="of the long side in pixels; left out: as it is stored")
]
Label = Annotated[str, Path(pattern=r"^[A-Z]$", description="the letter of a candidate")]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for the given statuses, each a problem document."""
    content = {PROBLEM_JSON: {"schema": ProblemView.model_json_schema()}}
    return {status: {"description": "Problem", "content": content} for status in statuses}


def multipart_body(optional: Sequence[str] = (), **parts: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI request body of a route that reads its form itself."""
    schema = {"type": "object", "properties": parts, "required": [name for name in parts if name not in optional]}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def jpeg(photograph: bytes, size: int | None) -> Response:
    """A stored photograph as it is, or made smaller for this answer alone."""
    return Response(photograph if size is None else shrunk(photograph, size), media_type="image/jpeg")


BINARY = {"type": "string", "format": "binary"}
