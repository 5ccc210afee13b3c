"""The storage tests run on real databases and a real Redis."""

from tests.real_databases import clock, open_sql, postgresql_folder, postgresql_url, sql_url, sqlite_url
from tests.real_redis import embedded_redis, own_redis, redis_client

__all__ = [
    "clock",
    "embedded_redis",
    "open_sql",
    "own_redis",
    "postgresql_folder",
    "postgresql_url",
    "redis_client",
    "sql_url",
    "sqlite_url",
]
