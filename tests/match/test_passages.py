"""Passages that stand in a corpus word for word: all are found, no other is, and removals hold."""

from __future__ import annotations

import re
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.match.passages import Document, PassageIndex, Store
from upright.match.words import words

LEAST = 4
WORDS = st.lists(st.sampled_from(["one", "two", "three"]), max_size=40).map(" ".join)
CORPORA = st.lists(WORDS, min_size=1, max_size=6)
FEW = settings(max_examples=60)
NOT_SO = "she never said so much about the weather before"


def documents(texts, owner=""):
    return [Document(f"d{number}", text, owner=owner) for number, text in enumerate(texts)]


def indexed(folder, texts, *, least=LEAST, **how):
    with Store(Path(folder), least=least, **how) as store:
        store.add(documents(texts))
    return PassageIndex(Path(folder))


def told(index, text, most=1000):
    """Return {(start, end) in characters: names of all documents that hold it}."""
    found = index.trace(text).spans(most)
    assert all(span.found == len(span.places) for span in found)
    return {(span.start, span.end): {place.document for place in span.places} for span in found}


def expected(texts, text, least):
    """The same by trying every pair of places."""
    here = text.split()
    matches = set()
    for name, other in enumerate(other.split() for other in texts):
        for i in range(len(here)):
            for j in range(len(other)):
                length = 0
                while (
                    max(i, j) + length < max(len(here), len(other))
                    and here[i + length : i + length + 1]
                    == other[j + length : j + length + 1]
                    != []
                ):
                    length += 1
                if length >= least:
                    matches.add((i, i + length, f"d{name}"))
    spans = {(start, end) for start, end, _ in matches}
    longest = {
        one
        for one in spans
        if not any(o != one and o[0] <= one[0] and one[1] <= o[1] for o in spans)
    }
    ends = [match.end() for match in re.finditer(r"\w+", text)]
    starts = [match.start() for match in re.finditer(r"\w+", text)]
    return {
        (starts[start], ends[end - 1]): {
            name for first, last, name in matches if (first, last) == (start, end)
        }
        for start, end in longest
    }


@FEW
@given(texts=CORPORA, text=WORDS, least=st.integers(4, 7))
def test_exactly_the_longest_shared_passages_are_found_with_all_documents(texts, text, least):
    with tempfile.TemporaryDirectory() as folder:
        index = indexed(folder, texts, least=least)
        assert told(index, text) == expected(texts, text, least)


@FEW
@given(texts=CORPORA, text=WORDS, gone=st.sets(st.integers(0, 5)), purge=st.booleans())
def test_a_removed_document_is_as_if_it_had_never_been_there(texts, text, gone, purge):
    with tempfile.TemporaryDirectory() as folder:
        index = indexed(folder, texts, shard_bytes=60)
        with Store(Path(folder)) as store:
            removed = store.forget({f"d{number}" for number in gone})
            if purge:
                store.purge()
        left = {number: "" if number in gone else one for number, one in enumerate(texts)}
        assert set(removed) == {f"d{number}" for number in gone if number < len(texts)}
        assert told(index, text) == expected(left.values(), text, LEAST)
        assert len(index) == len(texts) - len(removed)


@FEW
@given(
    texts=CORPORA, text=WORDS, cuts=st.sets(st.integers(1, 5)), size=st.sampled_from([40, 10_000])
)
def test_documents_added_one_after_the_other_are_as_those_added_together(texts, text, cuts, size):
    bounds = [0, *sorted(cuts), len(texts)]
    with tempfile.TemporaryDirectory() as folder:
        for start, end in pairwise(bounds):
            with Store(Path(folder), least=LEAST, shard_bytes=size) as store:
                store.add(documents(texts)[start:end])
        assert told(PassageIndex(Path(folder)), text) == expected(texts, text, LEAST)


ANY = st.text(st.sampled_from("ab é\uff0c漢½-'\n\t\ufe0f\ufb01\u200bЖ"), max_size=60)


@FEW
@given(before=ANY, passage=ANY, behind=ANY, there=ANY)
def test_both_sides_of_a_passage_have_the_same_words(before, passage, behind, there):
    passage = f" {passage} the very same five words {passage} "
    text, source = before + passage + behind, there + passage
    with tempfile.TemporaryDirectory() as folder:
        index = indexed(folder, [source])
        for span in index.trace(text).spans(9):
            [place] = span.places
            mine, theirs = text[span.start : span.end], source[place.start : place.end]
            middle = words(mine).hashes.tolist()
            assert span.words >= LEAST
            # A character that stands for two words brings its other word along.
            assert set(middle) & set(words(theirs).hashes.tolist())
            if not {"½", "\ufb01"} & set(mine + theirs):
                assert middle == words(theirs).hashes.tolist()


def test_case_layout_and_punctuation_hide_nothing(tmp_path):
    index = indexed(tmp_path, [f"Once, {NOT_SO}; then he left."])
    text = "He wrote: SHE never\n\nsaid so \u2013 much about, the “weather” before…"
    [span] = index.trace(text).spans(5)
    assert (
        text[span.start : span.end]
        == "SHE never\n\nsaid so \u2013 much about, the “weather” before"
    )
    assert (span.places[0].start, span.places[0].end) == (6, 6 + len(NOT_SO))


def test_the_least_likely_passage_comes_first_and_documents_are_counted_beyond_the_list(tmp_path):
    common = "and so it went on and on for days"
    rare = "zymurgy quokka vellichor sonder petrichor"
    index = indexed(tmp_path, [common] * 50 + [f"{rare} {common}"])
    first, second = index.trace(f"{common} he said {rare}").spans(3)
    assert (first.words, first.found, second.found) == (5, 1, 51)
    assert first.rarity > second.rarity
    assert len(second.places) == 3


def test_a_passage_does_not_run_over_the_end_of_a_document(tmp_path):
    index = indexed(tmp_path, ["one two three", "four five six seven"])
    assert told(index, "one two three four five six seven") == {(14, 33): {"d1"}}


def test_words_beyond_the_frequent_65534_are_known_too(tmp_path):
    many = " ".join(f"w{number}" for number in range(70_000))
    index = indexed(tmp_path, ["the " * 50 + many, "w69990 w69991 w69992 w3 w69993"])
    assert len(index.shards[0].arrays["rare_hash"]) == 70_001 - 65_534
    text = "and w69990 w69991 w69992 w3 w69993 w69994"
    assert told(index, text) == {(4, 34): {"d1"}}
    assert told(index, "w500 w501 w502 w503 w504 w505")[(0, 29)] == {"d0"}


def test_a_name_with_another_text_gets_the_new_text_and_the_same_text_is_passed_over(tmp_path):
    index = indexed(tmp_path, [NOT_SO, "something else is in the second one"])
    with Store(tmp_path) as store:
        done = store.add(documents(["this is quite another text by now", "x"])[:1])
        again = store.add(documents(["this is quite another text by now"]))
    assert (done.added, done.changed, done.unchanged) == (0, 1, 0)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 1)
    assert told(index, NOT_SO) == {}
    assert told(index, "this is quite another text by now") == {(0, 33): {"d0"}}
    assert len(index) == 2


def test_a_document_that_moved_or_got_an_owner_is_known_as_it_is_now(tmp_path):
    with Store(tmp_path, least=LEAST) as store:
        store.add([Document("a", NOT_SO, file="old", offset=3)])
        assert store.add([Document("a", NOT_SO, owner="Ann", file="new")]).changed == 1
        assert store.forget(owner="Ann") == ["a"]
    assert told(PassageIndex(tmp_path), NOT_SO) == {}


def test_of_one_name_given_twice_the_last_text_counts(tmp_path):
    with Store(tmp_path, least=LEAST) as store:
        store.add([Document("a", NOT_SO), Document("a", "one two three four five")])
    index = PassageIndex(tmp_path)
    assert len(index) == 1
    assert told(index, NOT_SO) == {}
    assert told(index, "one two three four five") == {(0, 23): {"a"}}


def test_everything_of_an_owner_goes_and_nothing_else(tmp_path):
    with Store(tmp_path, least=LEAST) as store:
        store.add([Document("a", NOT_SO, owner="Ann"), Document("b", NOT_SO, owner="Anna")])
        assert store.forget(owner="Ann") == ["a"]
        assert store.forget(owner="Ann") == []
        assert store.purge() == 1
    assert told(PassageIndex(tmp_path), NOT_SO) == {(0, len(NOT_SO)): {"b"}}


def test_what_is_purged_stands_in_no_file(tmp_path):
    index = indexed(tmp_path, [NOT_SO, "one two three four"])
    weather = words("weather").hashes[0].tobytes()
    assert any(weather in path.read_bytes() for path in tmp_path.glob("*.shard"))
    with Store(tmp_path) as store:
        store.forget(["d0"])
        store.purge()
    assert not any(weather in path.read_bytes() for path in tmp_path.glob("*.shard"))
    assert len(index) == 1


def test_many_small_additions_do_not_leave_many_files(tmp_path):
    for number in range(30):
        with Store(tmp_path, least=LEAST) as store:
            store.add([Document(f"n{number}", f"{NOT_SO} and then {number} times more")])
    assert len(list(tmp_path.glob("*.shard"))) < 9
    [span] = PassageIndex(tmp_path).trace(NOT_SO).spans(100)
    assert span.found == 30


def test_a_document_too_long_for_any_shard_is_named_and_the_rest_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr("upright.match.passages.build.MOST_WORDS", 20)
    with Store(tmp_path, least=LEAST) as store:
        done = store.add([Document("long", "word " * 21), Document("b", NOT_SO)])
    assert (done.added, done.too_long) == (1, ("long",))
    assert told(PassageIndex(tmp_path), NOT_SO) == {(0, len(NOT_SO)): {"b"}}


@pytest.mark.parametrize("text", ["", " ", "one two", "漢字", "\ud800", "?!"])
def test_a_text_too_short_to_be_a_passage_has_none(tmp_path, text):
    index = indexed(tmp_path, ["one two three four", "", "?"])
    assert index.trace(text).spans(5) == []
