"""Renamed copies are found, what is merely alike is not."""

from __future__ import annotations

import inspect
import keyword
import random
import re
import textwrap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.match.code import Familiar, Prepared, shared_runs, tokens, verified
from upright.match.code.familiar import GRAM, distances, familiar, gram_hashes
from upright.match.code.runs import LEAST_UNFAMILIAR, SHORTEST

NOTHING = Familiar(np.empty(0, np.uint32), np.empty(0, np.int32))
COPIED = textwrap.dedent(inspect.getsource(textwrap.TextWrapper._wrap_chunks))
OTHER = textwrap.dedent(inspect.getsource(random.Random.sample))
NAMES = sorted({word for word in re.findall(r"[a-z_]+", COPIED) if not keyword.iskeyword(word)})
BOILERPLATE = """
def {a}(self, {b}={n}):
    if {b} is None:
        {b} = self.{c}
    for {d} in {b}:
        self.{e}.append({d})
    return self.{e}
"""
SPELT = st.text("abcdefgh", min_size=6, max_size=10)


def prepared(text, known=NOTHING):
    return Prepared.of(tokens(text, "python"), known)


def renamed(text, spelling):
    table = {name: f"{spelling}_{number}" for number, name in enumerate(NAMES)}
    return re.sub(r"\b\w+\b", lambda match: table.get(match[0], match[0]), text)


@given(spelling=SPELT)
def test_a_copy_with_every_name_replaced_is_found_whole(spelling):
    mine, other = prepared(COPIED), prepared(renamed(COPIED, spelling))
    (run,) = shared_runs(mine, other)
    assert (run.a_start, run.b_start, run.length) == (0, 0, len(mine.tokens))
    assert run.renamed
    assert run.exceptions == 0


@given(spelling=SPELT, before=st.integers(0, 3), after=st.integers(0, 3))
def test_a_renamed_copy_inside_other_code_is_found_where_it_stands(spelling, before, after):
    extra = "value = compute(first, second)\n"
    text = extra * before + renamed(COPIED, spelling) + extra * after
    best = shared_runs(prepared(COPIED), prepared(text))[0]
    offset = len(tokens(extra * before, "python"))
    assert best.b_start - best.a_start == offset
    assert best.length >= len(tokens(COPIED, "python")) - 2


def test_a_verbatim_copy_is_not_called_renamed():
    (run,) = shared_runs(prepared(COPIED), prepared(COPIED))
    assert not run.renamed


def test_unrelated_code_shares_no_run():
    assert shared_runs(prepared(COPIED), prepared(OTHER)) == []


def test_one_name_that_does_not_agree_is_an_exception_and_many_are_no_copy():
    text = "def f(a, b):\n" + "".join(
        f"    a{i} = b.load(a{i - 1}, b) + a{i - 1} * {i}\n" for i in range(1, 12)
    )
    one = text.replace("a5 = b.load(a4, b)", "a5 = b.load(a4, a4)")
    run = shared_runs(prepared(text), prepared(one))[0]
    assert 1 <= run.exceptions <= 3
    rng = random.Random(4)
    mixed = re.sub(r"\b[ab]\d*\b", lambda _: f"x{rng.randrange(9)}", text)
    assert shared_runs(prepared(text), prepared(mixed)) == []


def test_what_is_familiar_proves_nothing_in_a_part_and_something_as_a_whole():
    def code(*names):
        return BOILERPLATE.format(**dict(zip("abcde", names, strict=True)), n="None")

    lines = "".join(f"x{i} = y{i} + {i}\n" for i in range(40))
    first = code("add", "items", "known", "item", "found") + lines
    second = code("put", "words", "others", "word", "kept") + "print('x')\n" * 9
    projects = [[tokens(code(*(f"{n}{i}" for n in "abcde")), "python")] for i in range(3)]
    known = Familiar.of(projects, least=3, least_calls=99)
    assert shared_runs(prepared(first), prepared(second))
    assert not shared_runs(prepared(first, known), prepared(second, known))
    alone = prepared(code("add", "items", "known", "item", "found"), known)
    assert shared_runs(alone, prepared(second, known))


def test_calls_of_different_known_names_prove_nothing():
    calls = ["append", "join", "split", "strip", "get", "items", "format", "startswith"]
    first = "".join(f"a{i} = b{i}.{name}(c{i})\n" for i, name in enumerate(calls))
    second = "".join(f"x{i} = y{i}.{name}(z{i})\n" for i, name in enumerate(calls[::-1]))
    known = Familiar(np.empty(0, np.uint32), familiar().calls)
    padding = "while True: pass\n" * 40
    assert shared_runs(prepared(first + padding), prepared(second), least=7)
    assert not shared_runs(prepared(first + padding, known), prepared(second, known), least=7)


@given(text=st.text("ab(=) \n", max_size=80), k=st.integers(1, 12))
def test_grams_depend_on_where_names_return_and_not_on_how_they_are_spelt(text, k):
    swapped = text.translate(str.maketrans("ab", "xy"))
    one, other = (gram_hashes(tokens(each, "python", parse=False), k) for each in (text, swapped))
    assert one.tolist() == other.tolist()


def test_grams_tell_two_names_from_one_twice():
    one, other = (gram_hashes(tokens(text, "python"), 3) for text in ("a + a", "a + b"))
    assert one.tolist() != other.tolist()


@given(words=st.lists(st.sampled_from(["a", "b", "c", "+", "1"]), max_size=30))
def test_distances_are_those_to_the_same_name_before(words):
    found = distances(tokens(" ".join(words), "python", parse=False))
    for at, word in enumerate(words):
        before = [i for i in range(at) if words[i] == word and word in "abc"]
        assert found[at] == (at - before[-1] if before else 0)


@given(cut=st.integers(0, 60), length=st.integers(25, 90))
def test_a_run_that_is_handed_over_is_verified_as_one_that_is_sought(cut, length):
    mine, other = prepared(COPIED), prepared(renamed(COPIED, "other"))
    length = min(length, len(mine.tokens) - cut)
    for run in verified(mine, other, cut, cut, length):
        assert cut <= run.a_start < run.a_start + run.length <= cut + length
        assert run.length >= SHORTEST
        assert run.unfamiliar >= LEAST_UNFAMILIAR


def test_the_packaged_table_is_sorted_and_small():
    table = familiar()
    assert np.all(np.diff(table.hashes.astype(np.int64)) > 0)
    assert np.all(np.diff(table.calls) > 0)
    assert 4 * (len(table.hashes) + len(table.calls)) <= 1_000_000
    common = "if x is None:\n    x = []\nfor y in x:\n    z.append(y)\n"
    assert table.known(gram_hashes(tokens(common, "python"))).mean() > 0.5
    assert table.called(tokens("append()", "python").names)[0]


@pytest.mark.parametrize("text", ["", "x", "x = 1"])
def test_short_code_shares_nothing(text):
    assert shared_runs(prepared(text), prepared(text)) == []
    assert len(gram_hashes(tokens(text, "python"), GRAM)) == 0
