"""The embedded Redis: private, lasting, restarted when it dies, gone when we are."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server.domain.errors import CacheUnavailable
from server.matching.embedded import EmbeddedRedis
from tests.real_redis import need_redis_server

LIMIT = 20.0


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LIMIT
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def gone(process_id: int) -> bool:
    """Whether the process has ended; a zombie that nobody has reaped counts."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def answers(redis: EmbeddedRedis) -> bool:
    try:
        redis.ping()
    except CacheUnavailable:
        return False
    return True


def test_it_is_private(own_redis: EmbeddedRedis, tmp_path: Path) -> None:
    with own_redis.client() as client:
        assert int(next(iter(client.config_get("port").values()))) == 0
    assert stat.S_IMODE((tmp_path / "redis").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "redis" / "redis.sock").stat().st_mode) == 0o700


def test_a_killed_server_comes_back_with_what_it_held(own_redis: EmbeddedRedis) -> None:
    with own_redis.client() as client:
        client.set("vault", b"ciphertext", ex=600)
        first = own_redis.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: own_redis.process_id not in {None, first} and answers(own_redis))
        assert client.get("vault") == b"ciphertext"
        assert 0 < client.ttl("vault") <= 600


def test_closing_stops_it_and_leaves_the_files(tmp_path: Path) -> None:
    need_redis_server()
    directory = tmp_path / "redis"
    directory.mkdir()
    (directory / "foreign").write_text("kept")
    with EmbeddedRedis(directory) as redis, redis.client() as client:
        client.set("key", "value")
        process_id = redis.process_id
    assert process_id is not None
    assert gone(process_id)
    with pytest.raises(CacheUnavailable):
        redis.ping()
    assert (directory / "foreign").read_text() == "kept"
    with redis, redis.client() as client:
        assert client.get("key") == b"value"
    redis.close()


def test_a_directory_deeper_than_a_socket_path_can_be(tmp_path: Path) -> None:
    need_redis_server()
    directory = tmp_path / ("deep" * 20) / ("deeper" * 20)
    with EmbeddedRedis(directory) as redis:
        redis.ping()
        socket = Path(redis.url.removeprefix("unix://"))
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert not socket.parent.exists()
    assert (directory / "appendonly.aof").exists() or (directory / "appendonlydir").exists()


def test_one_directory_has_one_server(own_redis: EmbeddedRedis, tmp_path: Path) -> None:
    with pytest.raises(CacheUnavailable, match="Another process"):
        EmbeddedRedis(tmp_path / "redis").start()
    own_redis.ping()


def test_a_directory_it_cannot_read_is_reported(tmp_path: Path) -> None:
    need_redis_server()
    directory = tmp_path / "redis"
    directory.mkdir()
    (directory / "appendonly.aof").write_bytes(b"this is no append-only file")
    (directory / "appendonlydir").write_bytes(b"this is no directory")
    with pytest.raises(CacheUnavailable, match="does not start"):
        EmbeddedRedis(directory).start()


CHILD = """
import sys, time
from pathlib import Path
from server.matching.embedded import EmbeddedRedis
print(EmbeddedRedis(Path(sys.argv[1])).start().process_id, flush=True)
time.sleep(600)
"""


def test_a_process_killed_outright_leaves_no_server_behind(tmp_path: Path) -> None:
    need_redis_server()
    command = [sys.executable, "-c", CHILD, str(tmp_path / "redis")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        server = int(child.stdout.readline())
        assert not gone(server)
        child.kill()
    assert eventually(lambda: gone(server))
    with EmbeddedRedis(tmp_path / "redis") as successor:
        successor.ping()


def test_a_process_that_forgets_to_close_ends_and_leaves_no_server_behind(tmp_path: Path) -> None:
    need_redis_server()
    forgetful = CHILD.replace("time.sleep(600)", "")
    command = [sys.executable, "-c", forgetful, str(tmp_path / "redis")]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=LIMIT)
    assert eventually(lambda: gone(int(ended.stdout)))
