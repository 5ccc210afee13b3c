"""A real HTTP server on this machine that serves one file of weights, well or badly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HDF5 = b"\x89HDF\r\n\x1a\n"


class WeightServer(ThreadingHTTPServer):
    """`content` is served; each number of `cuts` ends one answer after so many bytes. `requests` keeps the headers."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.etag: str | None = '"one"'
        self.status = 200
        self.takes_ranges = True
        self.cuts: list[int] = []
        self.tells_length = True
        self.short_by = 0  # bytes that a partial answer leaves out at its end, and says so
        self.requests: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/weights.h5"


class _Handler(BaseHTTPRequestHandler):
    server: WeightServer

    def do_GET(self) -> None:
        server = self.server
        server.requests.append({name.lower(): value for name, value in self.headers.items()})
        if server.status != 200:
            self.send_error(server.status)
            return
        start = self._start()
        if start >= len(server.content) > 0 and start:
            self.send_error(416)
            return
        self._answer(start)

    def _start(self) -> int:
        asked, known = self.headers.get("Range"), self.headers.get("If-Range")
        if asked is None or not self.server.takes_ranges or known not in {None, self.server.etag}:
            return 0
        return int(asked.removeprefix("bytes=").removesuffix("-"))

    def _answer(self, start: int) -> None:
        content = self.server.content
        partial = start or self.server.short_by
        content = content[: len(content) - self.server.short_by] if partial else content
        self.send_response(206 if partial else 200)
        if self.server.tells_length:
            self.send_header("Content-Length", str(len(content) - start))
        if partial:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(self.server.content)}")
        if self.server.etag:
            self.send_header("ETag", self.server.etag)
        self.end_headers()
        end = start + self.server.cuts.pop(0) if self.server.cuts else len(content)
        self.wfile.write(content[start:end])
        if end < len(content):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving(content: bytes) -> Iterator[WeightServer]:
    with WeightServer(content) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
