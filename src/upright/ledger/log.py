"""The transparency log: leaf hashes to which only is added, and proofs about them.

It holds blinded hashes and nothing else; whoever reads it learns how many certificates there
are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, insert, select

from upright.ledger import merkle
from upright.ledger.database import Database
from upright.ledger.errors import LedgerError, NotFoundError
from upright.ledger.merkle import Node, Range
from upright.ledger.tables import log_nodes

# A node's number: its level above 48 bits of its position, so that one integer finds it.
_LEVEL = 1 << 48
_SIZE = select(func.max(log_nodes.c.number)).where(log_nodes.c.number < _LEVEL)
_NODES = select(log_nodes.c.number, log_nodes.c.hash).where(
    log_nodes.c.number.in_(bindparam("numbers", expanding=True))
)
_INSERT = insert(log_nodes)


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The log at one moment.

    Attributes:
        size: leaves.
        root: Merkle tree hash over them, 32 bytes.
    """

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """Hashes that lead from a leaf, or from an older head, to a head.

    Attributes:
        head: the tree it is about.
        start: the leaf's index, or the older head's size.
        path: hashes of 32 bytes, in the order of RFC 9162.
    """

    head: TreeHead
    start: int
    path: tuple[bytes, ...]


class TransparencyLog:
    """Reads the log.

    Args:
        database: where its nodes are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> TreeHead:
        """Return the tree as it is now."""
        with self._database.reading() as connection:
            return head(connection)

    def inclusion(self, leaf: int) -> Proof:
        """Prove that a leaf is in the newest tree.

        Raises:
            NotFoundError: for a leaf that the log does not have.
        """
        return self.inclusions([leaf])[0]

    def inclusions(self, leaves: Sequence[int]) -> list[Proof]:
        """Prove that some leaves are in the newest tree, from one reading of the log.

        Raises:
            NotFoundError: for a leaf that the log does not have.
        """
        with self._database.reading() as connection:
            newest = size(connection)
            for leaf in leaves:
                if not 0 <= leaf < newest:
                    raise NotFoundError(f"the log has no leaf {leaf}: it holds {newest}")
            spans = _spans(leaves, newest)
            known = dict(zip(spans, _hashes(connection, spans), strict=True))
        head_ = TreeHead(newest, known[0, newest])
        return [
            Proof(head_, leaf, tuple(known[span] for span in merkle.inclusion(leaf, newest)))
            for leaf in leaves
        ]

    def consistency(self, first: int) -> Proof:
        """Prove that the newest tree has all that the tree of `first` leaves had.

        Raises:
            NotFoundError: if the log never had so many leaves, or `first` is none.
        """
        with self._database.reading() as connection:
            newest = size(connection)
            if not 0 < first <= newest:
                raise NotFoundError(f"the log holds {newest} leaves, so none of its trees {first}")
            return _proof(connection, first, newest, merkle.consistency(first, newest))

    def first_bad_leaf(self) -> int | None:
        """Recompute every node; return the first leaf under the smallest wrong one, or None."""
        with self._database.reading() as connection:
            total = size(connection)
            peaks: dict[Node, bytes] = {}
            for start in range(0, total, _AT_ONCE):
                numbers = range(start, min(start + _AT_ONCE, total))
                stored = _fetch(connection, [(0, number) for number in numbers])
                leaves = [stored.get((0, number), b"") for number in numbers]
                fresh = dict(merkle.grow(peaks, start, leaves))
                kept = _fetch(connection, fresh)
                wrong = [node for node, value in fresh.items() if kept.get(node) != value]
                if wrong:
                    level, position = min(wrong)
                    return position << level
                peaks = {node: peaks[node] for node in merkle.cover((0, numbers.stop))}
        return None


_AT_ONCE = 10_000


def append(connection: Connection, leaves: Sequence[bytes]) -> list[Proof]:
    """Add leaf hashes; return the proof of each in the tree that they make.

    Args:
        connection: from `Database.writing`, so that nobody else appends meanwhile.
        leaves: 32 bytes each.
    """
    before = size(connection)
    known = _fetch(connection, merkle.cover((0, before)))
    fresh = list(merkle.grow(known, before, leaves))
    if fresh:
        connection.execute(
            _INSERT, [{"number": _number(node), "hash": value} for node, value in fresh]
        )
    after = before + len(leaves)
    # Whatever a new leaf's path needs was a peak of the older tree or became complete just now.
    hashes = {span: _folded(known, span) for span in _spans(range(before, after), after)}
    newest = TreeHead(after, hashes[0, after])
    return [
        Proof(newest, leaf, tuple(hashes[span] for span in merkle.inclusion(leaf, after)))
        for leaf in range(before, after)
    ]


def size(connection: Connection) -> int:
    """Return how many leaves there are."""
    newest = connection.execute(_SIZE).scalar()
    return 0 if newest is None else int(newest) + 1


def head(connection: Connection) -> TreeHead:
    """Return the newest tree."""
    leaves = size(connection)
    return TreeHead(leaves, _hashes(connection, [(0, leaves)])[0])


def _proof(connection: Connection, start: int, leaves: int, path: list[Range]) -> Proof:
    root, *hashes = _hashes(connection, [(0, leaves), *path])
    return Proof(TreeHead(leaves, root), start, tuple(hashes))


def _hashes(connection: Connection, spans: Sequence[Range]) -> list[bytes]:
    """Return the hashes of ranges, all their nodes read at once."""
    found = _fetch(connection, {node for span in spans for node in merkle.cover(span)})
    return [_folded(found, span) for span in spans]


def _spans(leaves: Iterable[int], newest: int) -> list[Range]:
    """Return the ranges that the leaves' paths in a tree are made of, and the whole of it."""
    paths = (merkle.inclusion(leaf, newest) for leaf in leaves)
    return [(0, newest), *dict.fromkeys(span for path in paths for span in path)]


def _folded(known: Mapping[Node, bytes], span: Range) -> bytes:
    try:
        return merkle.fold([known[node] for node in merkle.cover(span)])
    except KeyError as error:
        raise LedgerError(
            f"the transparency log lacks the node {error.args[0]}",
            mend="the database was altered; bring it back from a copy",
        ) from None


def _fetch(connection: Connection, nodes: Iterable[Node]) -> dict[Node, bytes]:
    numbers = [_number(node) for node in nodes]
    found: dict[Node, bytes] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        rows = connection.execute(_NODES, {"numbers": numbers[start : start + _AT_ONCE]})
        found.update({divmod(row.number, _LEVEL): row.hash for row in rows})
    return found


def _number(node: Node) -> int:
    return node[0] * _LEVEL + node[1]
