"""Merkle trees against the published vectors of RFC 6962 and 9162, and against a plain tree."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.certify import offline
from upright.ledger import merkle

# The eight leaves, roots and proofs of Certificate Transparency's reference implementation.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    bytes.fromhex(root)
    for root in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def plain_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1 as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return hashlib.sha256(
        b"\x01" + plain_root(leaves[:middle]) + plain_root(leaves[middle:])
    ).digest()


def hashed(count: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def vector_tree():
    return merkle.tree([merkle.leaf_hash(leaf) for leaf in LEAVES])


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size):
    assert vector_tree()((0, size)) == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_the_published_ones(index, size):
    root_of = vector_tree()
    path = [root_of(span) for span in merkle.inclusion(index, size)]
    assert [step.hex() for step in path] == INCLUSION[index, size]
    assert offline.root_of(offline.leaf_hash(LEAVES[index]), index, size, path) == ROOTS[size]


@pytest.mark.parametrize(("first", "size"), CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(first, size):
    root_of = vector_tree()
    path = [root_of(span) for span in merkle.consistency(first, size)]
    assert [step.hex() for step in path] == CONSISTENCY[first, size]
    offline.check_consistency(first, ROOTS[first], size, ROOTS[size], path)


@given(size=st.integers(0, 300))
def test_the_root_is_that_of_the_definition(size):
    assert merkle.tree(hashed(size))((0, size)) == plain_root(hashed(size))


@given(data=st.data(), size=st.integers(1, 300))
def test_every_leaf_is_proved_and_by_no_other_path(data, size):
    leaves = hashed(size)
    index = data.draw(st.integers(0, size - 1))
    root_of = merkle.tree(leaves)
    path = [root_of(span) for span in merkle.inclusion(index, size)]
    root = plain_root(leaves)
    assert offline.root_of(leaves[index], index, size, path) == root
    other = data.draw(st.integers(0, size))
    if other not in {index, size} and leaves[other] != leaves[index]:
        assert leads_elsewhere(leaves[index], other, size, path, root)
    for at in range(len(path)):
        changed = [*path[:at], bytes(32), *path[at + 1 :]]
        assert leads_elsewhere(leaves[index], index, size, changed, root)
    assert leads_elsewhere(leaves[index], index, size, path[:-1] if path else [bytes(32)], root)
    assert leads_elsewhere(leaves[index], index, size, [*path, bytes(32)], root)


def leads_elsewhere(leaf, index, size, path, root) -> bool:
    try:
        return offline.root_of(leaf, index, size, path) != root
    except offline.Refused:
        return True


@given(data=st.data(), size=st.integers(1, 300))
def test_every_older_tree_is_proved_to_be_contained(data, size):
    leaves = hashed(size)
    first = data.draw(st.integers(1, size))
    root_of = merkle.tree(leaves)
    path = [root_of(span) for span in merkle.consistency(first, size)]
    old, new = plain_root(leaves[:first]), plain_root(leaves)
    offline.check_consistency(first, old, size, new, path)


@given(data=st.data(), size=st.integers(2, 200))
def test_a_forked_log_has_no_proof(data, size):
    leaves = hashed(size)
    first = data.draw(st.integers(1, size - 1))
    forged = [*leaves]
    at = data.draw(st.integers(0, first - 1))
    forged[at] = bytes(32)
    root_of = merkle.tree(leaves)
    honest = [root_of(span) for span in merkle.consistency(first, size)]
    forged_of = merkle.tree(forged)
    lying = [forged_of(span) for span in merkle.consistency(first, size)]
    old = plain_root(leaves[:first])
    for path in (honest, lying, honest[:-1], [*honest, bytes(32)], []):
        with pytest.raises(offline.Refused, match="forked"):
            offline.check_consistency(first, old, size, plain_root(forged), path)


@pytest.mark.parametrize(("first", "size"), [(0, 5), (6, 5), (-1, 5)])
def test_a_tree_of_impossible_size_is_refused(first, size):
    with pytest.raises(offline.Refused):
        offline.check_consistency(first, bytes(32), size, bytes(32), [])


@given(cuts=st.lists(st.integers(1, 40), max_size=12))
def test_a_tree_grown_in_steps_is_the_tree_grown_at_once(cuts):
    leaves = hashed(sum(cuts))
    kept: dict[merkle.Node, bytes] = {}
    size = 0
    for cut in cuts:
        peaks = {node: kept[node] for node in merkle.cover((0, size))}
        fresh = list(merkle.grow(peaks, size, leaves[size : size + cut]))
        assert not kept.keys() & dict(fresh).keys()
        kept |= dict(fresh)
        size += cut
    found = merkle.fold([kept[node] for node in merkle.cover((0, size))])
    assert found == plain_root(leaves)
