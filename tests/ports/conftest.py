"""The ports' tests run on the fakes and on real databases."""

from tests.ports.database_kinds import database
from tests.real_databases import clock, open_sql, postgresql_folder, postgresql_url, sqlite_url

__all__ = ["clock", "database", "open_sql", "postgresql_folder", "postgresql_url", "sqlite_url"]
