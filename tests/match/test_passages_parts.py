"""The parts of an index of passages: numbers of words, places, kept places, rows, files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upright.match.passages import Document, anchors, build, documents, layout, places, tokens
from upright.match.words import words

HASHES = st.lists(st.integers(0, 40), max_size=60)
SMALL = st.integers(0, 40)
NAMES = st.text(max_size=12)


def spread(numbers):
    """Return hashes that differ in their first bits, and some that do not."""
    return np.array([(n % 7) << 60 | n for n in numbers], np.uint64)


def numbered(values, gaps=()):
    """Number some words, with gaps between documents at some places."""
    between = np.zeros(len(values), np.bool_)
    between[[gap for gap in gaps if gap < len(values)]] = True
    numbers, arrays = tokens.number(spread(values), between)
    return numbers, tokens.Tokens(arrays), between


@given(values=HASHES, gaps=st.sets(SMALL, max_size=5))
def test_equal_words_have_equal_numbers_and_gaps_have_none(values, gaps):
    numbers, read, between = numbered(values, gaps)
    for number, value, gap in zip(numbers, values, between, strict=True):
        assert (number == tokens.BETWEEN) == gap
        same = [n for n, v, g in zip(numbers, values, between, strict=True) if v == value and not g]
        assert gap or set(same) == {number}
    assert (read.slice(0, len(read)) == numbers).all()


@given(values=HASHES, asked=HASHES)
def test_words_are_known_again_with_their_counts(values, asked):
    numbers, read, _ = numbered(values)
    found, counts = read.numbers(spread(asked))
    for value, number, count in zip(asked, found, counts, strict=True):
        assert count == values.count(value)
        assert (number == tokens.UNKNOWN) == (value not in values)
        if value in values:
            assert number == numbers[values.index(value)]


@given(values=HASHES, gaps=st.sets(SMALL, max_size=5))
def test_hashes_come_back_from_numbers(values, gaps):
    numbers, read, between = numbered(values, gaps)
    expected = np.where(between, 0, spread(values))
    assert (read.hashes(numbers) == expected).all()


@pytest.fixture(scope="module")
def many():
    """More words than two bytes can number: each of 70,000 twice, one of them often."""
    draw = np.random.default_rng(3)
    hashes = draw.integers(1, 2**63, 70_000, dtype=np.uint64)
    stream = np.concatenate((hashes, hashes[::-1], np.repeat(hashes[:1], 500)))
    numbers, arrays = tokens.number(stream, np.zeros(len(stream), np.bool_))
    return stream, numbers, tokens.Tokens(arrays), arrays


def test_rare_words_come_back_from_their_table(many):
    stream, numbers, read, arrays = many
    assert len(arrays["common_hash"]) == 65_534
    assert len(arrays["rare_hash"]) == 70_000 - 65_534
    assert (read.slice(0, len(read)) == numbers).all()
    assert (read.hashes(numbers) == stream).all()


def test_the_most_frequent_words_are_among_the_frequent_and_counts_are_right(many):
    stream, _, read, arrays = many
    assert stream[0] in arrays["common_hash"]
    _, counts = read.numbers(stream[:5])
    assert counts.tolist() == [502, 2, 2, 2, 2]


def test_places_may_come_in_any_shape(many):
    _, numbers, read, _ = many
    wanted = np.array([[0, 69_999], [140_000, 5]])
    assert (read.at(wanted) == numbers[wanted]).all()


SIZES = st.lists(st.tuples(st.integers(-2, 40), st.integers(1, 300)), min_size=1, max_size=150)


@given(sizes=SIZES, data=st.data())
@example(sizes=[(0, 3)] * 64, data=None)
def test_places_of_words_come_back_as_they_were_packed(sizes, data):
    gaps, lengths = (np.array(column) for column in zip(*sizes, strict=True))
    numbers = np.array([1 + length % 5 for length in lengths])
    arrays = {**tokens_of(numbers), **places.pack(gaps, lengths, numbers)}
    read = places.Places(arrays, tokens.Tokens(arrays))
    every_gap, every_length = read.every()
    assert every_gap.tolist() == gaps.tolist()
    assert every_length.tolist() == lengths.tolist()
    sums = np.concatenate(([0], np.cumsum(gaps + lengths)))
    asked = np.arange(len(gaps) + 1)
    if data is not None:
        asked = np.array(data.draw(st.lists(st.sampled_from(asked.tolist()), min_size=1)))
    assert read.before(asked).tolist() == sums[asked].tolist()
    words_asked = asked[asked < len(gaps)]
    assert read.gaps(words_asked).tolist() == gaps[words_asked].tolist()


def tokens_of(numbers):
    """Return a shard's arrays of words with these very numbers."""
    return {
        "word": numbers.astype(np.uint16),
        "rare_at": np.empty(0, np.uint32),
        "rare_word": np.empty(0, np.uint32),
        "common_hash": np.arange(6, dtype=np.uint64),
        "common_count": np.ones(6, np.uint32),
        "rare_hash": np.empty(0, np.uint64),
        "rare_count": np.empty(0, np.uint8),
    }


@given(values=st.lists(st.integers(1, 3), min_size=3, max_size=300), data=st.data())
def test_three_words_are_found_at_all_their_kept_places_and_no_others(values, data):
    numbers = np.array([*values, 0])
    kept = np.array(sorted(data.draw(st.sets(st.integers(0, len(values) - 3), min_size=1))))
    arrays = {**tokens_of(numbers), **anchors.pack(numbers, kept)}
    read = anchors.Anchors(arrays, tokens.Tokens(arrays))
    asked = np.array([[a, b, c] for a in (1, 2, 3) for b in (1, 2, 3) for c in (1, 2, 3)])
    for three, first, last in zip(asked, *read.ranges(asked), strict=True):
        found = read.at(np.arange(first, last)).tolist()
        assert sorted(found) == [at for at in kept if (numbers[at : at + 3] == three).all()]


@given(
    shared=st.lists(st.integers(0, 9), min_size=8, max_size=8),
    sides=st.lists(st.lists(st.integers(0, 9), max_size=20), min_size=4, max_size=4),
)
def test_two_texts_that_share_eight_words_keep_the_same_place_of_them(shared, sides):
    one, other = (
        words(" ".join(f"w{n}" for n in [*a, *shared, *b])).hashes
        for a, b in (sides[:2], sides[2:])
    )
    kept = [
        {int(at) - len(before) for at in anchors.kept(hashes, 8)}
        for hashes, before in ((one, sides[0]), (other, sides[2]))
    ]
    inside = set(range(8 - anchors.GRAM + 1))
    assert kept[0] & kept[1] & inside


@pytest.mark.parametrize("piece", [1, 7, 50])
@given(values=st.lists(st.integers(0, 3), max_size=120), least=st.integers(4, 10))
def test_places_kept_piece_by_piece_are_those_kept_of_the_whole(piece, values, least):
    hashes = spread(values)
    whole = anchors.kept(hashes, least)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(anchors, "_PIECE", piece)
        assert anchors.kept(hashes, least).tolist() == whole.tolist()


@given(
    rows=st.lists(
        st.tuples(NAMES, NAMES, NAMES, NAMES, st.integers(0, 2**40), st.integers(0, 2**31)),
        max_size=8,
    )
)
@example(rows=[("\ud800", "a\nb", "", "é", 0, 0)])
def test_rows_come_back_as_they_were_packed(rows):
    made = [
        documents.row_of(Document(id_, text, owner, licence, file="f", offset=at, length=length))
        for id_, text, owner, licence, at, length in rows
    ]
    table = documents.Table(documents.pack(made))
    assert [table[number] for number in range(len(table))] == made
    assert table.ids() == [row.id for row in made]
    for owner in {row.owner for row in made}:
        found = table.owned_by(lambda one, owner=owner: one == owner)
        assert found == [number for number, row in enumerate(made) if row.owner == owner]


TEXTS = st.lists(st.text(st.sampled_from("ab é½\u200b'-漢"), max_size=40), min_size=1, max_size=5)


@given(texts=TEXTS, gone=st.sets(st.integers(0, 4)))
def test_documents_come_back_from_a_shard_without_those_that_are_gone(texts, gone):
    read = [build.read(Document(f"d{number}", text)) for number, text in enumerate(texts)]
    back = build.disassemble(build.assemble(read, 4), gone)
    left = [one for number, one in enumerate(read) if number not in gone]
    assert [one.row for one in back] == [one.row for one in left]
    for one, other in zip(back, left, strict=True):
        assert one.text_bytes == other.text_bytes
        for name in ("hashes", "gaps", "lengths"):
            assert getattr(one, name).tolist() == getattr(other, name).tolist()


@given(columns=st.lists(st.lists(st.integers(0, 255), max_size=30), max_size=5))
def test_arrays_come_back_from_a_file(tmp_path_factory, columns):
    folder = tmp_path_factory.mktemp("shard")
    arrays = {f"c{n}": np.array(column, np.uint8) for n, column in enumerate(columns)}
    arrays["numbers"] = np.arange(3, dtype=np.uint64)
    shard = layout.write(folder, arrays, documents=1, words=2, text_bytes=3)
    back = layout.read(folder, shard)
    assert {name: array.tolist() for name, array in back.items()} == {
        name: array.tolist() for name, array in arrays.items()
    }
    assert not back["numbers"].flags.writeable
    assert shard.bytes == (folder / shard.file).stat().st_size
