"""The main job runs on each pair of database and Redis that a deployment may choose."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.integration.service.installation import Installation, eventually, free_port
from tests.integration.service.staff import LOW_THRESHOLD, hire, hire_by_command
from tests.real_databases import postgresql_folder, postgresql_url
from tests.real_redis import need_redis_server

__all__ = ["postgresql_folder", "postgresql_url"]


@pytest.fixture(params=["installed", "deployed"])
def house(request: pytest.FixtureRequest) -> Installation:
    """An installation on what comes with it (SQLite, embedded Redis), then one on PostgreSQL and Redis by address."""
    made: Installation = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def installed(tmp_path: Path) -> Installation:
    need_redis_server()
    made = Installation.at(tmp_path / "own", threshold=LOW_THRESHOLD)
    hire_by_command(made)
    return made


@pytest.fixture
def deployed(tmp_path: Path, redis_url: str, postgresql_url: str) -> Installation:
    addresses = {"database_url": postgresql_url, "redis_url": redis_url}
    made = Installation.at(tmp_path / "own", threshold=LOW_THRESHOLD, **addresses)
    hire(made)
    return made


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A redis-server as Debian has it, on a TCP port of this machine."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs PostgreSQL and redis-server: make setup-all")
    port = free_port()
    folder = tmp_path / "redis"
    folder.mkdir()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: _answers(port), 10, "redis-server answers")
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with Redis(port=port) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False
