"""What a comparison of tone says, kept, judged and read from files, as laws."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.audit import tone_exact
from upright.audit.figures import Figure
from upright.audit.tone import ALPHA, Carrier, Comparison, Difference, ToneAudit, gates
from upright.audit.tone_data import MOST_GROUPS, check_groups, read_texts_of
from upright.audit.tone_plot import drawing, plot
from upright.audit.tone_prompts import beginnings, prompts, rendered, words
from upright.audit.tone_vocabulary import stem_of
from upright.measure.names import TONE
from upright.terms import ConfigError

SHARES = st.floats(0, 1)
P = st.floats(0.001, 1)


@st.composite
def comparisons(draw, groups=("a", "b")):
    """Return any result of a comparison."""
    value = draw(st.floats(-2, 2))
    low, high = value - draw(SHARES), value + draw(SHARES)
    p = draw(P)
    figure = Figure(value, low, high, draw(st.integers(4, 900)), "m", None)
    words = draw(st.lists(st.tuples(st.text("abc<&>-", min_size=1), st.floats(-5, 5)), max_size=6))
    found = [
        Carrier(word, groups[z <= 0], z / 2, z, draw(st.one_of(st.none(), P)), (1, 2))
        for word, z in words
    ]
    auc = Figure(draw(SHARES), 0.0, 1.0, 9, "m")
    differences = (Difference("agency", "t", figure, (1.0, 2.0), p),)
    verdict = "outside" if p <= ALPHA else draw(st.sampled_from(["within", "cannot tell"]))
    return Comparison(
        groups, (9, 9), 0, p, {"lists": (p, p)}, differences, tuple(found), auc, verdict
    )


@given(st.lists(comparisons(), min_size=1, max_size=4))
def test_more_comparisons_make_none_surer_and_the_whole_says_what_its_parts_say(parts):
    audit = ToneAudit("x", tuple(parts))
    assert all(
        own <= p <= 1 for own, p in zip((one.p_value for one in parts), audit.p_values, strict=True)
    )
    assert audit.found == any(p <= ALPHA for p in audit.p_values)
    if audit.found:
        assert any(one.found for one in parts)
        assert audit.verdict == "outside"
    elif audit.verdict == "within":
        assert all(one.verdict == "within" for one in parts)


@given(st.lists(comparisons(), min_size=1, max_size=3))
def test_the_public_shape_is_json_with_each_comparison_and_no_number_that_json_lacks(parts):
    shape = json.loads(json.dumps(ToneAudit("x", tuple(parts)).to_json(), allow_nan=False))
    assert len(shape["comparisons"]) == len(parts)
    assert shape["p_value"] == min(one["p_adjusted"] for one in shape["comparisons"])
    assert ("words" in shape) == (len(parts) == 1)
    for one, told in zip(parts, shape["comparisons"], strict=True):
        assert told["p_value"] == one.p_value
        assert [word["word"] for word in told["words"]] == [word.word for word in one.words]


@given(st.lists(comparisons(), min_size=1, max_size=3), st.floats(0.01, 1.5))
def test_a_gate_is_broken_only_where_a_difference_was_found_and_kept_only_where_all_keep_it(
    parts, bound
):
    gate = gates({f"{TONE}agency": bound}, parts)[0]
    sizes = [one.differences[0].figure for one in parts]
    if gate.judgement.verdict == "outside":
        assert any(one.found for one in parts)
        assert any(min(abs(one.low), abs(one.high)) >= bound - 1e-12 for one in sizes)
    if gate.judgement.verdict == "within":
        assert all(max(abs(one.low), abs(one.high)) <= bound + 1e-12 for one in sizes)
    assert gate.shown.value == pytest.approx(max(abs(one.value) for one in sizes))


@given(comparisons())
def test_words_for_a_reader_are_some_of_all_in_their_order_and_of_the_group_asked_for(one):
    for group in one.groups:
        told = one.leaning(group, 3)
        assert len(told) <= 3
        assert all(word.group == group and abs(word.z) >= 1 for word in told)
        places = [one.words.index(word) for word in told]
        assert places == sorted(places)
    leaning = [word for word in one.words if abs(word.z) >= 1]
    if leaning:
        assert one.leaning(leaning[0].group, 1) == [leaning[0]]


@given(comparisons(groups=("<b>", "m&m")))
def test_a_drawing_holds_no_markup_of_the_texts_and_a_row_for_each_bar(one):
    drawn = drawing(ToneAudit("x", (one,)))
    assert "<b>" not in drawn
    assert re.search("m&(?!amp;)", drawn) is None
    made = plot(one)
    assert len(made.rows) == sum(len(one.leaning(group, 14)) for group in one.groups)
    assert drawn.count("opacity:.6") + drawn.count("stroke-width:9") == len(made.rows)


def test_the_comparison_that_differs_most_is_drawn():
    def one(groups, p):
        figure = Figure(0.0, 0.0, 0.0, 9, "m")
        return Comparison(groups, (9, 9), 0, p, {}, (), (), figure, "cannot tell")

    parts = (one(("a", "b"), 0.4), one(("c", "d"), 0.01), one(("e", "f"), 0.2))
    assert "more about c" in drawing(ToneAudit("x", parts))


@given(st.lists(st.text("ab", min_size=1, max_size=2), max_size=12))
def test_groups_are_taken_only_where_they_are_several_and_each_another(groups):
    if not groups or 2 <= len(set(groups)) == len(groups) <= MOST_GROUPS:
        check_groups(groups)
        return
    with pytest.raises(ConfigError, match="--groups"):
        check_groups(groups)


LINES = st.lists(
    st.tuples(
        st.text(max_size=8),
        st.sampled_from(["w", "m", " w ", "", None, 3, True]),
        st.integers(0, 3),
    ),
    max_size=12,
)


@given(LINES)
@settings(max_examples=40)
def test_every_text_is_read_once_under_its_group_or_left_out_for_having_none(
    tmp_path_factory, lines
):
    path = tmp_path_factory.mktemp("t") / "t.jsonl"
    rows = [{"text": text, "group": group, "n": n} for text, group, n in lines]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    expected = {}
    for text, group, n in lines:
        name = "" if group is None else str(group).strip()
        if name:
            expected.setdefault(name, []).append((text, str(n)))
    if len(expected) < 2:
        with pytest.raises(ConfigError, match="different values"):
            read_texts_of(str(path), "text", "group", "n")
    else:
        assert read_texts_of(str(path), "text", "group", "n").of == expected


def test_a_table_with_a_byte_order_mark_and_commas_in_texts_is_read(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'\xef\xbb\xbftext,group\n"Kind, warm",w\n"Bold\nand loud",m\n')
    assert read_texts_of(str(path), "text", "group", None).of == {
        "w": [("Kind, warm", "")], "m": [("Bold\nand loud", "")],
    }  # fmt: skip


GROUPS = ("women", "men", "nonbinary", "deaf", "who is blind")


@pytest.mark.parametrize("make", [prompts, beginnings])
@pytest.mark.parametrize(("one", "other"), list(combinations(GROUPS, 2)))
def test_what_is_asked_about_two_groups_differs_in_the_person_alone(make, one, other):
    asked = make((one, other), 40, 1)
    of = {group: [each for each in asked if each.group == group] for group in (one, other)}
    assert [each.pair for each in of[one]] == [each.pair for each in of[other]]
    said = re.compile(
        r"\b(?:he|she|they|him|her|hers|them|his|their|theirs|himself|herself|themself|a|an"
        r"|deaf|who is blind)\b ?", re.IGNORECASE
    )  # fmt: skip
    name = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b")
    for ours, theirs in zip(of[one], of[other], strict=True):
        plain = [
            re.sub(r"[\s,.]+", " ", said.sub("", name.sub("", text)))
            for text in (ours.text, theirs.text)
        ]
        assert plain[0] == plain[1]


@given(st.text(min_size=1, max_size=20).filter(str.strip))
def test_any_words_may_describe_a_group(group):
    assert group in rendered("It was {job}.", group, "cook") or group.lower() in {"women", "men"}


@given(st.text("abcdefgilnorstuwy/-", max_size=14))
def test_a_stem_begins_its_word_and_keeps_four_letters(word):
    stem = stem_of(word)
    assert word.startswith(stem)
    assert stem == word or len(stem) >= 4


def test_a_result_that_is_given_other_words_stays_what_it_was():
    one = Comparison(
        ("a", "b"), (4, 4), 0, 1.0, {}, (), (), Figure(0.5, 0, 1, 4, "m"), "within", notes=("n",)
    )
    assert one.to_json()["notes"] == ["n"]
    assert "n_needed" not in one.to_json()
    assert replace(one, n_needed=7).to_json()["n_needed"] == 7


def exact_of(lean, seed):
    """Return the exact comparison of a model that leans by text: each text its own way."""
    asked = beginnings(("women", "men"), 60)
    draw = np.random.default_rng(seed)
    count = sum(map(len, words().values()))
    ways = {one.pair.split(" ")[1]: draw.normal(lean, 1.0, count) for one in asked}
    answers = [
        SimpleNamespace(
            logs=(1 if one.group == "women" else -1) * ways[one.pair.split(" ")[1]]
            + draw.normal(0, 0.1, count)
        )
        for one in asked
    ]
    return tone_exact.compared(asked, answers, permutations=99, seed=seed)[0]


def test_many_jobs_in_few_texts_do_not_pass_for_many_texts():
    """Each text leans by chance, and no word leans over all of them."""
    told = [exact_of(0.0, seed) for seed in range(30)]
    assert {(one.texts, one.pairs) for one in told} == {((60, 60), 10)}
    # 6 or more of 30 at a level of 5 % has a chance of 0.3 %.
    assert sum(one.found for one in told) < 6


def test_a_word_that_leans_in_all_texts_is_found_with_few_of_them():
    lean = np.zeros(sum(map(len, words().values())))
    lean[3] = 4.0
    found = [exact_of(lean, seed) for seed in range(10)]
    assert sum(one.found for one in found) >= 8
    names = [name for own in words().values() for name in own]
    assert sum(one.leaning("women", 1)[0].word == names[3] for one in found) >= 8
