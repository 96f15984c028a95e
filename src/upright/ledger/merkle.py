"""Merkle trees of RFC 9162: hashes, and of which stored nodes a root or a proof is made.

A node is a complete subtree: the leaves `position << level` up to `(position + 1) << level`.
Complete nodes never change when the log grows, so they are stored once and for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

Node = tuple[int, int]
"""Level and position; level 0 are the leaves."""
Range = tuple[int, int]
"""Leaves from the first number up to, but not including, the second."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a log entry, RFC 9162 §2.1.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node, RFC 9162 §2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def cover(span: Range) -> list[Node]:
    """Return the fewest complete nodes, left to right, that make up a range of the tree.

    The range is the whole tree, or one of those that `inclusion` and `consistency` name.
    """
    start, end = span
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of a range from those of the nodes that `cover` names."""
    if not hashes:
        return EMPTY_ROOT
    total = hashes[-1]
    for left in reversed(hashes[:-1]):
        total = node_hash(left, total)
    return total


def inclusion(index: int, size: int) -> list[Range]:
    """Return the ranges whose hashes are the inclusion path of a leaf, RFC 9162 §2.1.3.1."""
    path: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency(first: int, size: int) -> list[Range]:
    """Return the ranges whose hashes prove that a tree grew from `first` leaves, §2.1.4.1."""
    path: list[Range] = []
    start, end, whole = 0, size, True
    while first != end:
        middle = start + _largest_power_below(end - start)
        if first <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if not whole:
        path.append((start, end))
    return path[::-1]


def grow(
    peaks: dict[Node, bytes], size: int, leaves: Sequence[bytes]
) -> Iterator[tuple[Node, bytes]]:
    """Yield the nodes that become complete when leaves are added, the leaves themselves too.

    Args:
        peaks: hashes of `cover((0, size))`; complete nodes are added to it.
        size: leaves before.
        leaves: leaf hashes.
    """
    for position, leaf in enumerate(leaves, size):
        node, value = (0, position), leaf
        peaks[node] = value
        yield node, value
        while node[1] & 1:
            level, right = node
            value = node_hash(peaks[level, right - 1], value)
            node = (level + 1, right >> 1)
            peaks[node] = value
            yield node, value


def tree(leaves: Sequence[bytes]) -> Callable[[Range], bytes]:
    """Return what gives the hash of any range of a small tree that is held in memory."""
    nodes: dict[Node, bytes] = {}
    nodes.update(grow(nodes, 0, leaves))
    return lambda span: fold([nodes[node] for node in cover(span)])


def _largest_power_below(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1
