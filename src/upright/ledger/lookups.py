"""Deleting what finds a certificate, together with the vault record that shows it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select

from upright.ledger.tables import certificates, sketches

TAG_BYTES = 8
"""Size of one keyed tag."""


def forget_within(connection: Connection, records: Sequence[str]) -> None:
    """Delete the look-ups of certificates whose vault records go in the same transaction."""
    query = select(certificates.c.leaf, certificates.c.tags)
    gone = connection.execute(query.where(certificates.c.record.in_(records))).all()
    pairs = [{"gone_tag": tag, "gone_leaf": row.leaf} for row in gone for tag in _split(row.tags)]
    if pairs:
        same = (sketches.c.tag == bindparam("gone_tag")) & (
            sketches.c.leaf == bindparam("gone_leaf")
        )
        connection.execute(delete(sketches).where(same), pairs)
    if gone:
        leaves = [row.leaf for row in gone]
        connection.execute(delete(certificates).where(certificates.c.leaf.in_(leaves)))


def _split(tags: bytes) -> list[bytes]:
    return [tags[start : start + TAG_BYTES] for start in range(0, len(tags), TAG_BYTES)]
