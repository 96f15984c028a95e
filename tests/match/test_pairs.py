"""Pairs of texts and of programs: scores put them in order, spans point at what is shared."""

from __future__ import annotations

import gzip
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.match.pairs import Pair, Span, compare_code, compare_texts
from upright.terms import ConfigError

TALE = (
    "It was a bright cold day in the north and the clocks of the harbour were striking as the "
    "old captain came down the stairs with a lamp in one hand and a letter in the other."
)
FIRST = """
import java.util.Scanner;
public class Bill {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        System.out.print("How many loaves? ");
        int loaves = in.nextInt();
        double total = loaves * 1.25;
        if (loaves > 12) { total = total * 0.9; }
        System.out.println("That makes " + total + " pounds");
    }
}
"""
RENAMED = (
    FIRST.replace("loaves *", "n *").replace("int loaves", "int n").replace("(loaves", "(n")
).replace("total", "sum")
MOVED = """
public class Shop {
    static double price(int k) {
        double sum = k * 1.25;
        while (k > 12) { return sum * 0.9; }
        return sum;
    }
    public static void main(String[] args) {
        java.util.Scanner input = new java.util.Scanner(System.in);
        System.out.print("How many loaves? ");
        System.out.println("That makes " + price(input.nextInt()) + " pounds");
    }
}
"""
OTHERS = [
    f"""
import java.util.*;
public class Task{n} {{
    public static void main(String[] a) {{
        Scanner s{n} = new Scanner(System.in);
        System.out.print("{ask}");
        int x{n} = s{n}.nextInt();
        double y{n} = {way};
        System.out.println("{say}" + Math.round(y{n}));
    }}
}}
"""
    for n, (ask, way, say) in enumerate(
        [
            ("Loaves:", "x0 > 12 ? x0 * 1.125 : x0 * 1.25", "Price: "),
            ("Number of loaves: ", "1.25 * x1 - (x1 > 12 ? 0.125 * x1 : 0)", "You pay "),
            ("Enter loaves ", "x2 * 125 / 100.0", "Total = "),
            ("loaves? ", "Math.max(x3 * 1.25, 0)", "Sum is "),
            ("How much bread ", "x4 + x4 / 4.0", "GBP "),
            ("Bread: ", "5 * x5 / 4.0", "costs "),
            ("Count: ", "x6 * 1.25", "to pay: "),
            ("n= ", "x7 / 0.8", "answer "),
        ]
    )
]


def scores(*pairs):
    return [one.score for one in compare_code([Pair(a, b, "java") for a, b in pairs])]


def test_disguised_copies_score_above_independent_programs():
    exercise = [(FIRST, other) for other in OTHERS]
    found = scores((FIRST, FIRST), (FIRST, RENAMED), (FIRST, MOVED), *exercise)
    same, renamed, moved, *independent = found
    assert same == pytest.approx(1, abs=0.05)
    assert renamed == same
    assert renamed > moved > max(independent)
    assert max(independent) < 0.5 <= renamed


def test_a_score_does_not_depend_on_the_side():
    pairs = [(FIRST, RENAMED), (FIRST, MOVED), *((FIRST, other) for other in OTHERS)]
    assert scores(*pairs) == pytest.approx(scores(*((b, a) for a, b in pairs)))


def test_spans_of_code_point_at_the_same_statements():
    (found,) = compare_code([Pair(FIRST, RENAMED, "java")])
    (span,) = found.spans
    assert FIRST[span.a_start : span.a_end] == FIRST.strip()
    assert RENAMED[span.b_start : span.b_end] == RENAMED.strip()


def test_short_programs_that_everybody_writes_are_no_copies():
    short = "def search(x, seq):\n    for i in range(len(seq)):\n        if x <= seq[i]:\n"
    short += "            return i\n    return len(seq)\n"
    renamed = (
        short.replace("seq", "lst").replace("i", "k").replace("kn ", "in ").replace("kf", "if")
    )
    (found,) = compare_code([Pair(short, renamed, "python")])
    assert found.score < 0.5


def test_a_group_keeps_other_exercises_out():
    copies = [Pair(FIRST, RENAMED, "java", "one")] + [
        Pair(FIRST, other, "java", "one") for other in OTHERS
    ]
    alone = [one.score for one in compare_code(copies)]
    others = [Pair(f"def f{n}(x):\n    return x + {n}\n", FIRST, "python", "two") for n in range(9)]
    assert [one.score for one in compare_code(copies + others)][: len(copies)] == alone


def test_every_pair_is_told_of():
    told = []
    compare_code([Pair(FIRST, MOVED, "java")] * 3, advance=lambda: told.append(1))
    assert len(told) == 3


@pytest.mark.parametrize(("a", "b"), [("", ""), ("", FIRST), ("x", "x")])
def test_programs_without_content_are_no_copies(a, b):
    (found,) = compare_code([Pair(a, b, "java")])
    assert found.score <= 0.1


def test_code_that_cannot_be_recognised_is_told():
    with pytest.raises(ConfigError, match="no programming language"):
        compare_code([Pair("hello there", "well")])


@given(
    gap=st.sampled_from([" ", "\n", "  ", " - ", ", "]),
    upper=st.booleans(),
    mark=st.sampled_from(["", "\u200b", "\u00ad"]),
)
def test_case_space_punctuation_and_unicode_do_not_hide_a_text(gap, upper, mark):
    other = gap.join(word[:1] + mark + word[1:] for word in TALE.split())
    other = other.upper() if upper else other.replace("a", "\u0430")
    found = compare_texts(Pair(TALE, other))
    assert found.score == 1
    (span,) = found.spans
    assert TALE[span.a_start : span.a_end] == TALE.rstrip(".")


@given(seed=st.integers(0, 10**6))
def test_a_tenth_of_the_words_replaced_does_not_hide_a_text(seed):
    rng = random.Random(seed)
    words = TALE.split()
    for at in rng.sample(range(len(words)), len(words) // 10):
        words[at] = f"other{at}"
    assert compare_texts(Pair(TALE, " ".join(words))).score >= 0.5


@given(before=st.text("xyz .", max_size=30), after=st.text("xyz .", max_size=30))
def test_spans_of_text_point_at_the_copy(before, after):
    (span,) = compare_texts(Pair(f"{before} {TALE} {after}", TALE)).spans
    text = f"{before} {TALE} {after}"
    assert text[span.a_start : span.a_end] == TALE.rstrip(".")
    assert span == Span(span.a_start, span.a_end, 0, len(TALE) - 1)


def test_unrelated_texts_score_nothing():
    other = (
        "Preheat the oven, grease the tin and beat the eggs with the sugar until pale and thick."
    )
    assert compare_texts(Pair(TALE, other)).score == 0
    assert compare_texts(Pair("", TALE)).score == 0


@pytest.mark.shared
def test_copies_of_students_programs_stand_before_independent_ones(shared_data):
    path = shared_data / "code_plagiarism" / "ir_plag_java.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["case"] == "case-03"]
    (original,) = [row for row in rows if row["role"] == "original"]
    others = [row for row in rows if row["role"] != "original"]
    found = scores(*((original["code"], row["code"]) for row in others))
    copied, independent = (
        [score for score, row in zip(found, others, strict=True) if row["role"] == role]
        for role in ("plagiarized", "non-plagiarized")
    )
    wins = sum(one > other for one in copied for other in independent)
    assert wins / len(copied) / len(independent) > 0.75
