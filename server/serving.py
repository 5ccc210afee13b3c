"""A bound address, and a thread that answers on it while this one opens, or waits for, the rest."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from server.domain.errors import Unavailable

WAITING_CALLERS = 2048
GRACE_SECONDS = 10  # that those who have called already get for their answers when it ends


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens; `port` 0 takes a free one. Callers wait until somebody answers. Raises Unavailable."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place = socket.socket(family)
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((host, port))
        place.listen(WAITING_CALLERS)
    except OSError as error:
        place.close()
        raise Unavailable(f"Cannot listen on {host} port {port}: {error.strerror}.") from error
    return place


def url_of(host: str, place: socket.socket) -> str:
    """Where a server on the bound socket is reached."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{place.getsockname()[1]}"


class Answering:
    """A thread that answers callers of `place` by `application`. Signals come to the main thread, which ends it."""

    def __init__(self, place: socket.socket, application: ASGIApp) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._place = place
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uvicorn", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        """Return when it has ended. Not by joining: that, interrupted by a signal, takes the thread for ended."""
        self._ended.wait()

    def end(self) -> None:
        """Answer those who have called, and nobody any more; again, and nothing happens."""
        self._server.should_exit = True
        self.wait()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._place])
        finally:
            self._ended.set()


@contextmanager
def answering(place: socket.socket, application: ASGIApp) -> Iterator[Answering]:
    """Answer on a bound socket until the block ends, or until it is ended in it."""
    thread = Answering(place, application)
    thread.start()
    try:
        yield thread
    finally:
        thread.end()


@contextmanager
def running(application: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve from a thread of this process and yield the base URL; `port` 0 takes a free one."""
    with bound(host, port) as place, answering(place, application):
        yield url_of(host, place)
