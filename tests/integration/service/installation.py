"""A real installation: `oifr` commands and a serving child process over one home."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

import httpx

from server.config import Settings

ROOT = Path(__file__).resolve().parents[3]
OIFR = (sys.executable, "-m", "server")
PASSWORD = "a password of nine words that nobody would guess"
POLL = 0.02
START_LIMIT = 120.0
STOP_LIMIT = 30.0

Answer = TypeVar("Answer")


def eventually(ask: Callable[[], Answer | None], within: float, what: str) -> Answer:
    """Ask until the answer is true, and return it; fail after `within` seconds."""
    until = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < until, f"within {within:.0f} s it did not happen: {what}"
        time.sleep(POLL)
    return answer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as place:
        port: int = place.getsockname()[1]
    return port


def processes_naming(text: str) -> list[int]:
    """Ids of the running processes whose command line contains `text`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            named = text.encode() in (entry / "cmdline").read_bytes()
        except OSError:  # it ended while we looked
            continue
        if named:
            found.append(int(entry.name))
    return found


@dataclass(frozen=True)
class Installation:
    """Everything is under `folder`; `variables` are the OIFR_* it runs with beside its home."""

    folder: Path
    port: int
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path, **variables: str) -> Self:
        (folder / "temporary").mkdir(parents=True)
        return cls(folder, free_port(), {f"OIFR_{name.upper()}": value for name, value in variables.items()})

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def temporary(self) -> Path:
        """What TMPDIR names: nothing may ever appear in it."""
        return self.folder / "temporary"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        """What the commands read from their environment."""
        named = {name[5:].lower(): value for name, value in self.variables.items()}
        return Settings.model_validate({"home": self.home, **named})

    def oifr(self, *words: str | Path, entered: str = "") -> subprocess.CompletedProcess[str]:
        """Run one `oifr` command to its end."""
        return subprocess.run(
            [*OIFR, *words],
            input=entered,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_LIMIT,
            cwd=ROOT,
            env=self.environment(),
        )

    def add_account(self, name: str, role: str) -> None:
        added = self.oifr("users", "add", name, "--role", role, entered=f"{PASSWORD}\n")
        assert added.returncode == 0, added.stderr

    @contextmanager
    def serving(self) -> Iterator[RunningServer]:
        """`oifr serve` as a child, ready when the block begins and gone when it has ended."""
        with self.log.open("ab") as log:
            command = [*OIFR, "serve", "--port", str(self.port)]
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, env=self.environment()
            )
        server = RunningServer(self, process)
        try:
            server.await_ready()
            yield server
        finally:
            server.stop()

    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("OIFR_")}
        return {**inherited, "OIFR_HOME": str(self.home), "TMPDIR": str(self.temporary), **self.variables}


class RunningServer:
    """The child process and what may be asked of it from outside."""

    def __init__(self, installation: Installation, process: subprocess.Popen[bytes]) -> None:
        self.process_id = process.pid
        self.began = time.monotonic()
        self.seconds_to_ready = 0.0
        self._installation = installation
        self._process = process

    def await_ready(self) -> None:
        eventually(self._ready, START_LIMIT, "the server gets ready")
        self.seconds_to_ready = time.monotonic() - self.began

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is closed."""
        self._process.kill()
        self._process.wait(STOP_LIMIT)

    def stop(self) -> int:
        """SIGTERM, and SIGKILL where that does not help; returns the exit status."""
        self._process.terminate()
        try:
            return self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def redis_ids(self) -> list[int]:
        """The processes of this installation's embedded redis-server: one, or none."""
        return processes_naming(f"{self._installation.home}/redis")

    def megabytes(self) -> int:
        """Resident memory of the server itself."""
        return self._memory("VmRSS:")

    def peak_megabytes(self) -> int:
        """The most memory the server itself ever had resident."""
        return self._memory("VmHWM:")

    def _memory(self, field: str) -> int:
        status = Path(f"/proc/{self.process_id}/status").read_text()
        kilobytes = next(line for line in status.splitlines() if line.startswith(field)).split()[1]
        return int(kilobytes) // 1024

    def _ready(self) -> bool:
        assert self._process.poll() is None, self._installation.log.read_text()[-2000:]
        try:
            return httpx.get(f"{self._installation.url}/readyz", timeout=10).is_success
        except httpx.TransportError:
            return False


@contextmanager
def redis_held_down(server: RunningServer) -> Iterator[None]:
    """Kill -9 the embedded Redis and keep its successor from answering; afterwards let the next one live."""
    killed = server.redis_ids()[0]
    os.kill(killed, signal.SIGKILL)
    running = eventually(lambda: set(server.redis_ids()) - {killed}, 10, "a killed Redis is started again")
    (successor,) = running
    os.kill(successor, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(successor, signal.SIGKILL)
