"""The tables of a ledger's database; `migrations` makes them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

# SQLite makes the sequence its row id only when it is spelled INTEGER.
Count = BigInteger().with_variant(Integer, "sqlite")

events = Table(
    "events",
    metadata,
    Column("sequence", Count, primary_key=True, autoincrement=False),
    Column("time", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("use_case", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("events_by_request", "request"),
    Index("events_by_kind", "kind", "sequence"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("count", Count, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("head", Text, nullable=False),
    Column("time", Text, nullable=False),
    Column("signature", Text, nullable=False),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("time", Text, nullable=False),
    Column("published_by", Text, nullable=False),
)

uses = Table(
    "uses",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
)

vault = Table(
    "vault",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("use_case", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("time", Text, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("vault_by_request", "request"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Text, primary_key=True),
    Column("time", Text, nullable=False),
    Column("use_case", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("decision_reason", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_time", Text, nullable=False),
    Index("reviews_by_state", "state", "time"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("use_case", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("revoked", Text, nullable=False),
)

# Complete nodes of the transparency log's Merkle tree; see `log.py` for the numbering.
log_nodes = Table(
    "log_nodes",
    metadata,
    Column("number", Count, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

certificates = Table(
    "certificates",
    metadata,
    Column("leaf", Count, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("use_case", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("time", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Column("exact", LargeBinary, nullable=False),
    Column("tags", LargeBinary, nullable=False),
    Index("certificates_by_id", "id", unique=True),
    Index("certificates_by_exact", "exact"),
    Index("certificates_by_record", "record"),
    Index("certificates_by_use", "use_case", "epoch"),
)

sketches = Table(
    "sketches",
    metadata,
    Column("tag", LargeBinary, primary_key=True),
    Column("leaf", Count, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

revocations = Table(
    "revocations",
    metadata,
    Column("certificate", Text, primary_key=True),
    Column("time", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
