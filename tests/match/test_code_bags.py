"""What programs say: own names are masked, those of others are not, disguise changes little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.match.code import tokens
from upright.match.code.bags import Bag, common, own_names, said, telling
from upright.match.code.familiar import familiar
from upright.match.code.programs import Exercise, Program, score

JAVA = """import java.util.Scanner;
class Shop { static int total(int count) {
    Scanner in = new Scanner(System.in); int price = in.nextInt();
    for (int i = 0; i < count; i++) { price += i; }
    System.out.println("Total " + price); return price; } }
"""
PYTHON = """import os
def total(count, price=2):
    for item in range(count):
        price += item
    print("Total", os.path.join(str(price)))
    return price
"""
NAMES = st.lists(st.text("abcdef", min_size=4, max_size=9), min_size=4, max_size=4, unique=True)


def heard(text, language):
    return said(tokens(text, language), text).tolist()


def own(text, language):
    read = tokens(text, language)
    marked = own_names(read)
    return {text[a:b] for a, b in zip(read.starts[marked], read.ends[marked], strict=True)}


def program(text, language="java"):
    return Program.of(tokens(text, language), text)


def test_a_program_s_own_names_are_those_that_it_gives():
    assert own(JAVA, "java") == {"Shop", "total", "count", "in", "price", "i"}
    assert own(PYTHON, "python") >= {"total", "count", "price", "item"}
    assert not own(PYTHON, "python") & {"os", "path", "join", "range", "str"}


@given(spelt=NAMES)
def test_no_renaming_of_own_names_changes_what_is_said(spelt):
    for text, language in ((JAVA, "java"), (PYTHON, "python")):
        renamed = text
        for old, new in zip(("total(", "count", "price", "item"), spelt, strict=True):
            renamed = renamed.replace(old, new + "_q(" * old.endswith("("))
        assert heard(renamed, language) == heard(text, language)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import java.util.Scanner;\n", "import java.util.*;\nimport java.io.File;\n"),
        ("static int", "public static final int"),
        ("{ price += i; }", "price += i;"),
    ],
)
def test_imports_access_and_brackets_make_no_difference(old, new):
    assert heard(JAVA.replace(old, new), "java") == heard(JAVA, "java")


def test_loops_are_alike_and_texts_are_not():
    assert heard("while (x) f();", "c") == heard("for (x) f();", "c")
    assert heard('f("a");', "c") != heard('f("b");', "c")
    assert heard("f(1);", "c") != heard("g(1);", "c")


def test_what_tells_are_texts_and_rare_names_of_others():
    read = tokens(PYTHON, "python")
    found = telling(read, PYTHON, familiar())
    without = PYTHON.replace('"Total", ', "")
    assert len(found) > len(telling(tokens(without, "python"), without, familiar()))
    assert len(np.unique(found)) == len(found)


@given(a=st.lists(st.integers(0, 9)), b=st.lists(st.integers(0, 9)))
def test_common_parts_are_counted_as_often_as_both_have_them(a, b):
    one, other = (Bag.of(np.array(each, np.uint64)) for each in (a, b))
    mine, counts = common(one, other)
    expected = {n: min(a.count(n), b.count(n)) for n in set(a) & set(b)}
    assert dict(zip(one.parts[mine].tolist(), counts.tolist(), strict=True)) == expected


def test_parts_that_every_program_has_weigh_little():
    programs = [program(JAVA.replace("Total ", f"Sum {n}: ")) for n in range(9)]
    exercise = Exercise.of([(programs[0], other) for other in programs])
    weights = exercise.weights(programs[0].bag.parts)
    assert exercise.programs >= 4
    assert weights.max() > 3 * weights.min()
    alone = Exercise.of([(programs[0], programs[1])])
    assert set(alone.weights(programs[0].bag.parts)) == {1.0}


@given(text=st.text("ab=+(); \n\"'", max_size=60))
def test_scores_are_between_none_and_one_and_do_not_depend_on_the_side(text):
    nothing = Exercise.of([])
    one, other = program(text), program(JAVA)
    assert 0 <= score(one, other, nothing) <= 1
    assert score(one, other, nothing) == pytest.approx(score(other, one, nothing))
