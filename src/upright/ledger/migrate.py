"""Bringing a database to the tables that this version writes."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from upright.ledger.database import Database, no_ledger
from upright.ledger.errors import LedgerError

HEAD = "0002"
"""The newest revision under `migrations/versions`."""


def migrate(database: Database, *, create: bool) -> None:
    """Make or alter the tables where needed; any number of processes may do so at once.

    Args:
        database: which one.
        create: make the tables of a database that has none.

    Raises:
        NotFoundError: if it has none and none are to be made.
        LedgerError: if a newer upright wrote the database.
    """
    with database.reading() as connection:
        found = _revision(connection)
    if found == HEAD:
        return
    if found is None and not create:
        raise no_ledger(database.name)
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
