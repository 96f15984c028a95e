"""What is settled in a growing text stays, and no run leaves before it is found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.match.works import invented, work

from upright.match.index import REACH, Index, Watch, Work
from upright.match.index.near import LONGEST

WORKS = [work(seed, 80) for seed in range(3)]
REPETITIVE = Work("again", "a b a a b " * 30)
INDEX = Index.of([*WORKS, REPETITIVE, Work("twin", WORKS[0].text)])
GAPS = st.sampled_from([" ", " ", " ", ", ", "\n", "'", "\u200b", " " * 90, "\u200b" * 90, "-"])


@st.composite
def texts(draw):
    """Stretches of the works, words of one's own, joined in any way."""
    words: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        source = draw(st.sampled_from([one.text.split() for one in [*WORKS, REPETITIVE]]))
        start = draw(st.integers(0, 60))
        stretch = source[start : start + draw(st.integers(0, 40))]
        if stretch and draw(st.booleans()):
            stretch[draw(st.integers(0, len(stretch) - 1))] = "otherwise"
        words += [*stretch, *draw(st.lists(st.sampled_from(["my", "own", "a"]), max_size=8))]
    return "".join(word + draw(GAPS) for word in words)


@settings(max_examples=150)
@given(
    text=texts(), shares=st.lists(st.floats(0, 1), min_size=1, max_size=6), run=st.integers(12, 14)
)
def test_what_starts_before_the_settled_position_never_changes(text, shares, run):
    watch = Watch(run)
    final = watch.copies(INDEX.read(text))
    for share in shares:
        prefix = INDEX.read(text[: round(share * len(text))])
        settled = watch.settled(prefix)
        assert max(0, len(prefix.text) - REACH) <= settled <= len(prefix.text)
        before = [found for found in watch.copies(prefix) if found.start < settled]
        assert before == [found for found in final if found.start < settled]


@given(text=texts())
def test_every_exact_hit_of_a_query_is_covered_by_findings_and_nothing_else_is(text):
    watch = Watch(13, near=False)
    covered = {at for f in watch.copies(INDEX.read(text)) for at in range(f.start, f.end)}
    hits = {at for h in INDEX.query(text) if h.exact for at in range(h.start, h.end)}
    assert covered == hits


@pytest.mark.parametrize("gap", [" ", " " * 300, "\u200b" * 200 + " "])
def test_a_long_copy_is_found_in_pieces_of_bounded_length(gap):
    long = Work("long", " ".join(invented(77, 2500)))
    text = gap.join(long.text.split())
    watch = Watch(13)
    found = watch.copies(Index.of([long]).read(text))
    assert all(one.end - one.start <= LONGEST and one.exact for one in found)
    assert {at for one in found for at in range(one.start, one.end)} == set(range(len(text)))


def test_ordinary_text_waits_for_a_dozen_words_only():
    text = " ".join(invented(99, 300)) + " "
    settled = Watch(13).settled(INDEX.read(text))
    assert len(text[settled:].split()) == 12


def test_the_source_of_a_finding_is_the_work_that_most_of_it_stands_in():
    words = WORKS[1].text.split()
    index = Index.of([Work("part", " ".join(words[:20])), WORKS[1]])
    (found,) = Watch(13).copies(index.read(WORKS[1].text))
    assert found.source.id == "work 1"
    allowed = Watch(13, counts=lambda document: document.id == "part")
    (found,) = allowed.copies(index.read(WORKS[1].text))
    assert (found.source.id, found.tokens) == ("part", 20)
