"""Real Redis 8 servers on loopback, one alone or three as a cluster; they die with the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from server.matching import tied_process

UNPACKED = Path(__file__).resolve().parents[1] / ".cache/redis8/redis-server"
SLOTS = 16384
NODES = 3
START_LIMIT = 30.0
POLL = 0.02


@cache
def redis8_executable() -> Path | None:
    """A redis-server of version 8 or later: the one on PATH, or the one that `make setup-all` unpacks."""
    found = shutil.which("redis-server")
    for candidate in (*([Path(found)] if found else []), UNPACKED):
        if candidate.exists() and _major(candidate) >= 8:
            return candidate
    return None


def need_redis8() -> Path:
    """Skip the test where there is no Redis 8."""
    executable = redis8_executable()
    if executable is None:
        pytest.skip("no redis-server of version 8; unpack one with: tests/redis8.sh .cache/redis8")
    return executable


@dataclass
class Node:
    """One server in a folder of its own; it comes back with its append-only file."""

    executable: Path
    folder: Path
    port: int
    settings: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def client(self) -> Redis:
        return Redis(host="127.0.0.1", port=self.port, protocol=2)

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        place = ("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder))
        words = (*place, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec", *self.settings)
        command = [sys.executable, "-I", "-S", tied_process.__file__, str(os.getpid()), str(self.executable), *words]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        until(self.answers, f"the server on port {self.port} answers")

    def answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@dataclass
class Servers:
    """One node, or three that form a cluster."""

    nodes: tuple[Node, ...]

    @property
    def url(self) -> str:
        return self.nodes[0].url

    def flush(self) -> None:
        for node in self.nodes:
            with node.client() as client:
                client.flushall()

    def whole(self) -> bool:
        """Whether every node knows that all slots are served."""
        for node in self.nodes:
            with node.client() as client:
                if client.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
                    return False
        return True


@contextmanager
def single(folder: Path) -> Iterator[Servers]:
    node = Node(need_redis8(), folder, free_ports(1)[0])
    node.start()
    try:
        yield Servers((node,))
    finally:
        node.kill()


@contextmanager
def cluster(folder: Path, node_timeout: int = 1000) -> Iterator[Servers]:
    """Three nodes with a third of the slots each, and no replicas; they give one up after `node_timeout` ms."""
    executable, ports = need_redis8(), free_ports(2 * NODES)
    with ExitStack() as closing:
        settings = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(node_timeout))
        nodes = tuple(
            Node(executable, folder / str(port), port, (*settings, "--cluster-port", str(bus_port)))
            for port, bus_port in zip(ports[:NODES], ports[NODES:], strict=True)
        )
        for node in nodes:
            closing.callback(node.kill)
            node.start()
        servers = Servers(nodes)
        _join(servers)
        yield servers


def until(holds: Callable[[], bool], what: str, limit: float = START_LIMIT) -> None:
    deadline = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < deadline, f"it did not happen: {what}"
        time.sleep(POLL)


def free_ports(count: int) -> list[int]:
    with ExitStack() as closing:
        places = [closing.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [place.getsockname()[1] for place in places]


@pytest.fixture(scope="session")
def redis8(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One Redis 8 for the whole session."""
    with single(tmp_path_factory.mktemp("redis8")) as servers:
        yield servers


@pytest.fixture(scope="session")
def redis8_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """One cluster of three for the whole session; tests that kill a node start their own."""
    with cluster(tmp_path_factory.mktemp("cluster")) as servers:
        yield servers


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[Servers]:
    """A cluster of the test's own, whose nodes may be killed."""
    with cluster(tmp_path) as servers:
        yield servers


def _major(executable: Path) -> int:
    said = subprocess.run([str(executable), "--version"], capture_output=True, text=True, check=False).stdout
    number = said.partition(" v=")[2].partition(".")[0]
    return int(number) if number.isdigit() else 0


def _join(servers: Servers) -> None:
    first = servers.nodes[0]
    for number, node in enumerate(servers.nodes):
        with node.client() as client:
            low, high = (SLOTS * end // NODES for end in (number, number + 1))
            client.execute_command("CLUSTER ADDSLOTSRANGE", low, high - 1)
            client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
            if node is not first:
                bus_port = int(first.settings[first.settings.index("--cluster-port") + 1])
                client.execute_command("CLUSTER MEET", "127.0.0.1", first.port, bus_port)
    until(servers.whole, "the cluster's nodes know of each other")
