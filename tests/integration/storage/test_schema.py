"""The migrations build exactly the tables that the code names, and can run again."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from server.storage.engine import open_engine, writing
from server.storage.schema import upgrade
from server.storage.tables import metadata

TABLES_AND_INDEXES = text("SELECT name, sql FROM sqlite_master WHERE tbl_name != 'alembic_version' ORDER BY name")


def test_migrations_make_the_tables_of_the_code(sql_url: str) -> None:
    engine = writing(open_engine(sql_url))
    with engine.begin() as connection:
        upgrade(connection)
    with engine.begin() as connection:
        upgrade(connection)
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    engine.dispose()


def test_indexes_and_their_conditions_agree_too(sqlite_url: str) -> None:
    """Alembic does not compare the condition of a partial index; SQLite keeps it word for word."""
    migrated, created = open_engine(sqlite_url), create_engine("sqlite://")
    with migrated.begin() as by_migration, created.begin() as by_code:
        upgrade(by_migration)
        metadata.create_all(by_code)
        assert _definitions(by_migration) == _definitions(by_code)
        assert "one_undecided_search" in _definitions(by_code)
    migrated.dispose()
    created.dispose()


def test_a_migration_that_is_not_committed_leaves_no_table(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    with engine.begin() as connection:
        upgrade(connection)
        connection.rollback()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sqlite_master")) == 0
    engine.dispose()


def _definitions(connection: Connection) -> dict[str, list[str]]:
    """What defines each table and index, without regard to spacing and order: a column added later stands last."""
    rows = connection.execute(TABLES_AND_INDEXES)
    return {
        row.name: sorted(
            " ".join(row.sql.split())
            .replace(" )", ")")
            .replace("( ", "(")
            .replace("(", "(, ")
            .removesuffix(")")
            .split(", ")
        )
        for row in rows
        if row.sql
    }
