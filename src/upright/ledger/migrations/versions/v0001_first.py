"""The first tables, with triggers that keep the chain append-only.

There is no way back: a ledger is not taken apart.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_APPEND_ONLY = ("events", "checkpoints", "policy_versions")


def upgrade() -> None:
    """Make tables and triggers."""
    _make_chain()
    _make_policies()
    _make_vault()
    _make_api_keys()
    if op.get_context().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _make_chain() -> None:
    op.create_table(
        "events",
        sa.Column("sequence", _COUNT, primary_key=True, autoincrement=False),
        *_text("time", "kind", "use_case", "request", "body", "previous", "digest"),
    )
    op.create_index("events_by_request", "events", ["request"])
    op.create_index("events_by_kind", "events", ["kind", "sequence"])
    op.create_table(
        "checkpoints",
        sa.Column("count", _COUNT, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, primary_key=True),
        *_text("head", "time", "signature"),
    )


def _make_policies() -> None:
    op.create_table(
        "policy_versions",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        *_text("digest", "text", "time", "published_by"),
    )
    op.create_table(
        "uses",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("stopped", sa.Boolean, nullable=False),
        *_text("reason"),
    )


def _make_vault() -> None:
    op.create_table(
        "vault",
        sa.Column("id", sa.Text, primary_key=True),
        *_text("kind", "use_case", "request", "time"),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_index("vault_by_request", "vault", ["request"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text, primary_key=True),
        *_text("time", "use_case", "request", "kind", "findings", "record", "state"),
        *_text("decision", "decision_reason", "decided_by", "decided_time"),
    )
    op.create_index("reviews_by_state", "reviews", ["state", "time"])


def _make_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text, primary_key=True),
        *_text("name", "use_case", "digest", "created", "revoked"),
    )


def _guard_sqlite() -> None:
    for table in _APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    # INSERT OR REPLACE deletes without asking the triggers above.
    op.execute(
        "CREATE TRIGGER events_in_order BEFORE INSERT ON events "
        "WHEN NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM events) "
        "BEGIN SELECT RAISE(ABORT, 'events is append-only: not the next sequence'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION upright_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION upright_append_only()"
        )
