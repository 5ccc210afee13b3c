"""Structured logs: one JSON object a line, with a request id, and only fields that are on the list."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)

FIELDS = ("method", "route", "status", "milliseconds", "fault", "place", "part", "count", "version")
"""What a log line may carry beside its message: kinds and counts. Anything else given to a logger is dropped."""

log = logging.getLogger("oifr.http")


class JsonLines(logging.Formatter):
    """Never writes arguments, exception texts or the messages of others: they could hold what must not leak."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        if (request_id := REQUEST_ID.get()) is not None:
            line["request"] = request_id
        if record.exc_info and record.exc_info[0]:
            line["fault"] = record.exc_info[0].__name__
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        return json.dumps(line)


def _event(record: logging.LogRecord) -> str:
    ours = record.name == "oifr" or record.name.startswith("oifr.")
    return record.msg if ours and isinstance(record.msg, str) else "withheld"


def start_logging(level: int = logging.INFO) -> None:
    """Send our logs, and warnings of everybody else, to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("oifr").setLevel(level)


class RequestLog:
    """Gives each request an id (returned as X-Request-Id) and logs its route pattern, status and duration."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], str], timer: Callable[[], float]) -> None:
        self.app = app
        self._new_id = new_id
        self._timer = timer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began, status = self._new_id(), self._timer(), 500
        mark = REQUEST_ID.set(request_id)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self._log(scope, status, self._timer() - began)
            REQUEST_ID.reset(mark)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        fields = {"method": scope["method"], "route": route, "status": status, "milliseconds": round(seconds * 1000)}
        log.info("request", extra=fields)
