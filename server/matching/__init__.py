"""Templates to scores: the exact matcher in process, and the Redis cache that fills it and keeps it in step."""
