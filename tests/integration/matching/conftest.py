"""The matching tests run on a real Redis."""

from tests.real_redis import embedded_redis, own_redis, redis_client

__all__ = ["embedded_redis", "own_redis", "redis_client"]
