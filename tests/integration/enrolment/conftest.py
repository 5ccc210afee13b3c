"""Enrolling many runs on real databases."""

from tests.real_databases import clock, open_sql, postgresql_folder, postgresql_url, sql_url, sqlite_url

__all__ = ["clock", "open_sql", "postgresql_folder", "postgresql_url", "sql_url", "sqlite_url"]
