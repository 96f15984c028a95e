"""The transparency log, certificates with their look-ups, and revocations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_APPEND_ONLY = ("log_nodes", "revocations")


def upgrade() -> None:
    """Make tables and triggers."""
    op.create_table(
        "log_nodes",
        sa.Column("number", _COUNT, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    _make_certificates()
    op.create_table(
        "sketches",
        sa.Column("tag", sa.LargeBinary, primary_key=True),
        sa.Column("leaf", _COUNT, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revocations",
        sa.Column("certificate", sa.Text, primary_key=True),
        *_text("time", "reason"),
    )
    if op.get_context().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _make_certificates() -> None:
    op.create_table(
        "certificates",
        sa.Column("leaf", _COUNT, primary_key=True, autoincrement=False),
        *_text("id", "use_case", "request", "time"),
        sa.Column("epoch", sa.Integer, nullable=False),
        *_text("record"),
        sa.Column("exact", sa.LargeBinary, nullable=False),
        sa.Column("tags", sa.LargeBinary, nullable=False),
    )
    op.create_index("certificates_by_id", "certificates", ["id"], unique=True)
    op.create_index("certificates_by_exact", "certificates", ["exact"])
    op.create_index("certificates_by_record", "certificates", ["record"])
    op.create_index("certificates_by_use", "certificates", ["use_case", "epoch"])


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _guard_sqlite() -> None:
    for table in _APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    # INSERT OR REPLACE deletes without asking the triggers above.
    op.execute(
        "CREATE TRIGGER log_nodes_once BEFORE INSERT ON log_nodes "
        "WHEN EXISTS (SELECT 1 FROM log_nodes WHERE number = NEW.number) "
        "BEGIN SELECT RAISE(ABORT, 'log_nodes is append-only: the node is there'); END"
    )
    op.execute(
        "CREATE TRIGGER revocations_once BEFORE INSERT ON revocations "
        "WHEN EXISTS (SELECT 1 FROM revocations WHERE certificate = NEW.certificate) "
        "BEGIN SELECT RAISE(ABORT, 'revocations is append-only: it is revoked'); END"
    )


def _guard_postgresql() -> None:
    # The function is of the first migration.
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION upright_append_only()"
        )
