"""Copies of code are found whatever their names, comments and layout are, also line by line."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.guard.detectors.copies import SAMPLE_CODE
from upright.match.index import REACH, CodeWatch, Index, Work, lines
from upright.terms import ConfigError

OTHER = Work(
    "ledger",
    """
def settle(entries, rates, *, home="EUR"):
    totals = {}
    for owner, amount, currency in entries:
        if currency != home:
            amount = round(amount * rates[currency, home], 2)
        totals[owner] = totals.get(owner, 0) + amount
    debts = sorted((value, name) for name, value in totals.items() if value < 0)
    while debts and debts[0][0] < -1:
        value, name = debts.pop(0)
        yield name, home, -value / max(len(debts), 1)
""",
    kind="code",
    language="python",
)
INDEX = Index.of([SAMPLE_CODE, OTHER])
NAMES = ["heights", "least", "rising", "found", "place", "height", "before", "one", "tides"]
FRESH = st.lists(
    st.from_regex(r"\A[a-z]{3,8}_[a-z]\Z"), min_size=len(NAMES), max_size=len(NAMES), unique=True
)


def renamed(names: list[str]) -> str:
    new = dict(zip(NAMES, names, strict=True))
    return re.sub(r"[A-Za-z_]+", lambda word: new.get(word[0], word[0]), SAMPLE_CODE.text)


@settings(max_examples=40)
@given(names=FRESH)
def test_no_renaming_hides_a_copy(names):
    text = renamed(names)
    hits = INDEX.query_code(text, "python")
    assert {hit.document.id for hit in hits} == {"tides"}
    assert max(hit.end - hit.start for hit in hits) > 0.8 * len(text)


def test_places_are_those_of_the_code_on_both_sides():
    text = "import os\n" + SAMPLE_CODE.text.replace("    rising =", "    # so far\n    rising =")
    (hit,) = INDEX.query_code(text, "python")
    copied = SAMPLE_CODE.text[hit.document_start : hit.document_end]
    assert text[hit.start : hit.end].replace("    # so far\n", "") == copied
    assert hit.exact


def test_where_names_do_not_return_as_in_the_work_the_copy_ends():
    count = iter(range(10**6))
    scrambled = re.sub(
        r"\b(?:" + "|".join(NAMES) + r")\b", lambda _: f"v{next(count)}", SAMPLE_CODE.text
    )
    hits = INDEX.query_code(scrambled, "python")
    assert all(hit.end - hit.start < len(scrambled) / 2 for hit in hits)


def test_the_language_is_guessed_and_an_unknown_one_is_told():
    assert INDEX.query_code(SAMPLE_CODE.text)
    assert INDEX.document("tides").language == "python"
    with pytest.raises(ConfigError):
        INDEX.query_code("one two", "klingon")
    with pytest.raises(ConfigError, match="too short"):
        INDEX.query_code(SAMPLE_CODE.text, "python", run=24)


def test_texts_and_code_are_kept_apart():
    both = Index.of([SAMPLE_CODE, Work("prose", SAMPLE_CODE.text)])
    assert {hit.document.id for hit in both.query(SAMPLE_CODE.text)} == {"prose"}
    assert {hit.document.id for hit in both.query_code(SAMPLE_CODE.text)} == {"tides"}


MINIFIED = " ".join(line.strip() for line in SAMPLE_CODE.text.splitlines())
OTHER_MINIFIED = " ".join(line.strip() for line in OTHER.text.splitlines())
LINES = SAMPLE_CODE.text.splitlines(keepends=True) + OTHER.text.splitlines(keepends=True)
OWN = [
    '"""',
    "'''doc'''\n",
    "x = 'open\n",
    "# note\n",
    "y = [\n",
    "\n",
    "    return 1\n",
    '"a" """b\n',
]


@st.composite
def growing(draw):
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(LINES) - 1))
        parts += LINES[start : start + draw(st.integers(1, 12))]
        parts += draw(st.lists(st.sampled_from(OWN), max_size=2))
    return "".join(parts)


SEMICOLONS = [
    "total = 0; ", "for a in b: c(a, 'x'); ", "x = {'k': [1, 2.5e-3]}; ", "'doc' ", '"""open ',
    '"""', "'", "# note ", "u8", "/", "- ", "\n", '\n"""alone""" ', " " * 96,
    "f(x)[y] += z; ",
]  # fmt: skip


@st.composite
def in_long_lines(draw):
    """Copies and own code in lines that do not end for long."""
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 5))):
        parts += draw(st.lists(st.sampled_from(SEMICOLONS), max_size=8))
        if draw(st.booleans()):
            parts.append(draw(st.sampled_from([MINIFIED, MINIFIED[40:], OTHER_MINIFIED])))
    return "".join(parts)


@settings(max_examples=250)
@given(text=in_long_lines(), shares=st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_in_a_line_that_does_not_end_what_is_settled_never_changes(text, shares):
    with patch.multiple(lines, LONG=24, SLACK=8):
        final = CodeWatch(25).copies(INDEX.read(text, "code", "python"))
        for share in shares:
            prefix = INDEX.read(text[: round(share * len(text))], "code", "python")
            settled = CodeWatch(25).settled(prefix)
            assert max(0, len(prefix.text) - REACH) <= settled <= len(prefix.text)
            before = [found for found in CodeWatch(25).copies(prefix) if found.start < settled]
            assert before == [found for found in final if found.start < settled]


@settings(max_examples=250)
@given(text=in_long_lines(), share=st.floats(0, 1))
def test_a_token_that_is_final_in_a_beginning_is_the_same_in_the_whole(text, share):
    with patch.multiple(lines, LONG=24, SLACK=8):
        whole = INDEX.read(text, "code", "python")
        part = INDEX.read(text[: round(share * len(text))], "code", "python")
        done = part.complete
        for name in ("values", "starts", "ends"):
            one, other = (getattr(read.tokens, name)[:done] for read in (part, whole))
            assert one.tolist() == other.tolist()
        assert part.closes[:done].tolist() == whole.closes[:done].tolist()


@pytest.mark.parametrize("before", [0, 3000, 5000, 200_000])
def test_a_copy_in_a_line_longer_than_a_finding_is_found(before):
    text = "x = [" + "1, " * (before // 3) + "]; " + MINIFIED + "; y = [" + "2, " * 3000 + "]"
    found = CodeWatch(25).copies(INDEX.read(text, "code", "python"))
    assert {one.source.id for one in found} == {"tides"}
    assert sum(one.end - one.start for one in found) > 0.8 * len(MINIFIED)
    hits = INDEX.query_code(text, "python")
    assert {hit.document.id for hit in hits} == {"tides"}


@settings(max_examples=150)
@given(text=growing(), shares=st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_what_starts_before_the_settled_position_never_changes(text, shares):
    watch = CodeWatch(25)
    final = watch.copies(INDEX.read(text, "code", "python"))
    for share in shares:
        prefix = INDEX.read(text[: round(share * len(text))], "code", "python")
        settled = watch.settled(prefix)
        assert max(0, len(prefix.text) - REACH) <= settled <= len(prefix.text)
        before = [found for found in watch.copies(prefix) if found.start < settled]
        assert before == [found for found in final if found.start < settled]
