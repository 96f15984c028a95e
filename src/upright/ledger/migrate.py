"""Bringing a database to the tables that this version writes."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from upright.ledger.database import Database
from upright.ledger.errors import LedgerError

HEAD = "0001"
"""The newest revision under `migrations/versions`."""


def migrate(database: Database) -> None:
    """Make or alter the tables where needed; any number of processes may do so at once.

    Raises:
        LedgerError: if a newer upright wrote the database.
    """
    with database.reading() as connection:
        if _revision(connection) == HEAD:
            return
    # Under the writers' lock, so the second process finds the work of the first done.
    with database.writing() as connection:
        found = _revision(connection)
        if found != HEAD:
            _refuse_newer(found, database.name)
            _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_newer(found: str | None, name: str) -> None:
    if found is not None and found > HEAD:
        raise LedgerError(
            f"{name}: written by a newer upright (revision {found}; this one knows {HEAD})",
            mend="upgrade upright",
        )


def _upgrade(connection: Connection) -> None:
    # Imported when there is something to do: it takes longer than opening a ledger.
    from alembic import command  # noqa: PLC0415 (see above)
    from alembic.config import Config  # noqa: PLC0415 (see above)

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "upright.ledger:migrations")
    command.upgrade(config, HEAD)
