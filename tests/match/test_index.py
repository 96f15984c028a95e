"""An index finds what stands in its works, exactly and nearly, with places on both sides."""

from __future__ import annotations

import gzip
import json
import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.match.works import edited, invented, work

from upright.match.index import RUN, Index, Work
from upright.match.index.tokens import SHORTEST as SHORTESTS
from upright.match.index.tokens import grams_of, kept, tokens_of
from upright.terms import ConfigError

SHORTEST = SHORTESTS["text"]
WORKS = [work(seed, 400, owner=f"owner {seed % 3}", licence="all rights") for seed in range(30)]
INDEX = Index.of(WORKS)
BY_ID = {one.id: one for one in WORKS}
FEW = st.lists(st.sampled_from(["a", "b", "c"]), max_size=60)


def longest_shared(one: list[str], other: list[str]) -> int:
    """The longest run of words that two lists share, worked out word by word."""
    best = 0
    lengths = [0] * (len(other) + 1)
    for word in one:
        lengths = [0] + [lengths[at] + 1 if word == there else 0 for at, there in enumerate(other)]
        best = max(best, *lengths)
    return best


@given(mine=FEW, theirs=FEW, run=st.integers(SHORTEST, SHORTEST + 4))
def test_an_exact_hit_is_there_exactly_where_a_run_is_shared(mine, theirs, run):
    index = Index.of([Work("w", " ".join(theirs))])
    hits = [hit for hit in index.query(" ".join(mine), run=run) if hit.exact]
    assert bool(hits) == (longest_shared(mine, theirs) >= run)


@given(mine=FEW, theirs=FEW)
def test_the_words_of_an_exact_hit_are_the_same_on_both_sides_and_as_many_as_can_be(mine, theirs):
    text, protected = " ".join(mine), " ".join(theirs)
    for hit in Index.of([Work("w", protected)]).query(text):
        if hit.exact:
            copied = text[hit.start : hit.end]
            assert copied == protected[hit.document_start : hit.document_end]
            before = (text[: hit.start].split() or [None])[-1]
            there = (protected[: hit.document_start].split() or [0])[-1]
            assert before != there, "it could begin one word earlier"


@given(
    seed=st.integers(0, len(WORKS) - 1),
    start=st.integers(0, 380),
    size=st.integers(RUN, 20),
    before=st.integers(0, 20),
)
def test_places_are_those_of_the_stretch(seed, start, size, before):
    words = WORKS[seed].text.split()
    copied = " ".join(words[start : start + size])
    if len(copied.split()) < RUN:
        return
    text = " ".join(["other"] * before + [copied.upper(), "indeed"])
    hits = [hit for hit in INDEX.query(text) if hit.document.id == WORKS[seed].id]
    assert any(text[hit.start : hit.end] == copied.upper() for hit in hits)
    assert any(WORKS[seed].text[hit.document_start : hit.document_end] == copied for hit in hits)


@pytest.mark.parametrize(
    "spell",
    [
        str.upper,
        lambda text: text.replace(" ", "\n\n  "),
        lambda text: text.replace(" ", ", "),
        lambda text: unicodedata.normalize("NFD", text.replace("e", "\u00e9")),
        lambda text: text.replace("o", "\u043e").replace("a", "\u0430"),
        "\u200b".join,
        lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in text),
    ],
    ids=["case", "space", "punctuation", "accents", "lookalikes", "invisible", "full width"],
)
def test_spelling_hides_no_copy(spell):
    for one in WORKS[:10]:
        copied = " ".join(one.text.split()[100:130])
        hits = INDEX.query("so it says: " + spell(copied))
        assert [(hit.document.id, hit.exact) for hit in hits] == [(one.id, True)]


@pytest.mark.parametrize("size", [40, 60])
def test_nine_in_ten_copies_with_a_tenth_of_their_words_edited_are_found(size):
    draw = random.Random(5)
    found = 0
    for number in range(200):
        one = draw.choice(WORKS)
        start = draw.randrange(340)
        copied = edited(one.text.split()[start : start + size], 0.1, number)
        found += any(hit.document.id == one.id for hit in INDEX.query(" ".join(copied)))
    assert found >= 180


def test_a_near_hit_covers_the_copy_and_says_how_near_it_is():
    words = WORKS[3].text.split()[50:150]
    for at in range(7, 100, 11):
        words[at] = "otherwise"
    text = " ".join(["before", *words, "behind"])
    (hit,) = INDEX.query(text)
    assert (hit.document.id, hit.exact) == ("work 3", False)
    assert hit.score == pytest.approx(0.91, abs=0.02)
    assert hit.end - hit.start > 0.9 * len(text)
    assert WORKS[3].text.find(" ".join(words[:7])) == hit.document_start


@pytest.mark.parametrize("edit", [["other"], [], ["one", "more"], ["two", "others"]])
def test_a_near_copy_goes_on_across_a_small_edit_and_ends_where_the_work_does(edit):
    words = WORKS[3].text.split()[50:80]
    text = " ".join(["before", "it", *words[:10], *edit, *words[11:20], *edit, *words[21:], "and"])
    (hit,) = INDEX.query(text)
    assert (hit.document.id, hit.exact) == ("work 3", False)
    assert text[hit.start : hit.end].split()[0] == words[0]
    assert text[hit.start : hit.end].split()[-1] == words[-1]


def test_texts_that_share_no_passage_have_no_hit():
    assert all(INDEX.query(" ".join(invented(10_000 + seed, 300))) == [] for seed in range(200))


@pytest.mark.shared
def test_at_most_one_unrelated_real_text_in_a_thousand_has_a_hit(shared_data):
    with gzip.open(shared_data / "corpora" / "wikitext2.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [row["text"] for row in map(json.loads, file) if len(row["text"]) > 500]
    half = len(texts) // 2
    index = Index.of([Work(str(number), text) for number, text in enumerate(texts[:half])])
    flagged = sum(bool(index.query(text)) for text in texts[half:])
    assert flagged <= len(texts[half:]) / 1000


def test_a_run_that_is_too_short_to_be_found_is_refused():
    with pytest.raises(ConfigError, match="too short"):
        INDEX.query("text", run=SHORTEST - 1)


def test_a_hit_names_owner_and_licence_where_they_are_known():
    line = INDEX.query(WORKS[4].text)[0].to_json()
    assert (line["document"], line["owner"], line["licence"]) == ("work 4", "owner 1", "all rights")
    nameless = Index.of([work(1)]).query(work(1).text)[0].to_json()
    assert not {"owner", "licence"} & nameless.keys()


def test_an_empty_index_and_an_empty_text_have_no_hits():
    assert Index.of([]).query("any text") == []
    assert Index.of([Work("short", "two words")]).query(WORKS[0].text) == []
    assert INDEX.query("") == INDEX.query("one two") == []


@given(words=st.lists(st.sampled_from("abcd"), min_size=SHORTEST, max_size=80))
def test_every_stretch_of_the_shortest_length_holds_a_kept_gram(words):
    grams = grams_of(tokens_of(" ".join(words), "text").values, "text")
    places = set(kept(grams, "text").tolist())
    for start in range(len(words) - SHORTEST + 1):
        assert places & set(range(start, start + SHORTEST - 4))


@settings(max_examples=30)
@given(
    text=st.text(st.sampled_from("aZ \u00e9\u65e5\u672c\ufdfa'\u200b,\n\u0301"), max_size=60),
    gap=st.sampled_from(["", " " * 300, "\u200b" * 300]),
)
def test_places_of_a_work_are_kept_whatever_stands_between_its_words(text, gap):
    whole = text + gap + "end " + text
    (segment,) = Index.of([Work("before", "x y"), Work("w", whole)]).segments
    found = tokens_of(whole, "text")
    starts, ends = segment.places(1)
    assert (starts.tolist(), ends.tolist()) == (found.starts.tolist(), found.ends.tolist())
