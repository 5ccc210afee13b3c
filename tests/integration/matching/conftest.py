"""The matching tests run on real Redis servers."""

from tests.real_cluster import own_cluster, redis8, redis8_cluster
from tests.real_redis import embedded_redis, own_redis, redis_client

__all__ = ["embedded_redis", "own_cluster", "own_redis", "redis8", "redis8_cluster", "redis_client"]
