"""Laws of the benchmarks of stereotypes: what has to hold of any model and any lines."""

from __future__ import annotations

import asyncio
import copy
import random
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.audit.option_engine import OptionEngine
from tests.audit.test_stereotypes import WOMEN, bbq_rows, crows_rows, gender_rows, wino_rows

from upright.audit import stereotypes
from upright.audit.figures import Figure
from upright.audit.stereotypes import Told, mean_over, read_rows, thinned
from upright.audit.stereotypes_bbq import Bbq
from upright.audit.stereotypes_bold import Continuing, prompts
from upright.audit.stereotypes_crows import Crows
from upright.audit.stereotypes_pronouns import WinoBias, Winogender
from upright.generate.choosing import answer_all
from upright.measure.names import STEREOTYPES
from upright.terms import ConfigError


def figures(benchmark, log):
    answers = asyncio.run(answer_all(OptionEngine(log), benchmark.questions))
    return {one.name: one.figure for one in benchmark.told(answers)}


def whim(seed):
    """Return a model whose chances are any, the same for the same words."""
    return lambda prompt, option: -0.1 - crc32(f"{seed}{prompt}{option}".encode()) % 997 / 100


BENCHMARKS = {
    "bbq": lambda: Bbq(bbq_rows(), 100),
    "winobias": lambda: WinoBias(wino_rows(), 100),
    "winogender": lambda: Winogender(gender_rows(), WOMEN, 100),
    "crows": lambda: Crows(crows_rows(), 100),
}


@pytest.mark.parametrize("kind", BENCHMARKS)
@given(seed=st.integers(0, 2**20))
@settings(max_examples=12, deadline=None)
def test_whatever_a_model_answers_its_figures_lie_in_their_limits(kind, seed):
    for name, figure in figures(BENCHMARKS[kind](), whim(seed)).items():
        shares = name.endswith("accuracy") or name.startswith(("crows.share", "winobias."))
        lowest = 0.0 if shares or name == "winogender.she" else -1.0
        assert lowest - 1e-9 <= figure.value <= 1 + 1e-9, name
        assert figure.low - 1e-9 <= figure.value <= figure.high + 1e-9, name


@given(seed=st.integers(0, 2**20))
@settings(max_examples=12, deadline=None)
def test_where_bbq_prints_an_answer_changes_nothing(seed):
    rows, moved = bbq_rows(), copy.deepcopy(bbq_rows())
    for row in moved:
        row["ans0"], row["ans1"], row["ans2"] = row["ans1"], row["ans2"], row["ans0"]
        info = row["answer_info"]
        row["answer_info"] = {"ans0": info["ans1"], "ans1": info["ans2"], "ans2": info["ans0"]}
        row["label"] = (row["label"] - 1) % 3

    def by_name(prompt, option):
        shown = dict(line.split(". ") for line in prompt.splitlines() if line[1:3] == ". ")
        question = prompt.split("\nA. ")[0]
        return whim(seed)(question, shown[option.strip()])

    one, other = figures(Bbq(rows, 100), by_name), figures(Bbq(moved, 100), by_name)
    assert one.keys() == other.keys()
    for name, figure in one.items():
        assert other[name].value == pytest.approx(figure.value, abs=1e-9)


@given(seed=st.integers(0, 2**20))
@settings(max_examples=8, deadline=None)
def test_a_bias_turns_its_sign_where_the_stereotype_is_turned(seed):
    turned = [
        {**row, "sent_more": row["sent_less"], "sent_less": row["sent_more"]}
        for row in crows_rows()
    ]
    one, other = (figures(Crows(rows, 100), whim(seed)) for rows in (crows_rows(), turned))
    assert other["crows"].value == pytest.approx(-one["crows"].value)
    assert other["crows.share"].value == pytest.approx(1 - one["crows.share"].value)
    other_way = {"pro": "anti", "anti": "pro"}
    rows = [{**row, "condition": other_way[row["condition"]]} for row in wino_rows()]
    pair = (figures(WinoBias(made, 100), whim(seed)) for made in (wino_rows(), rows))
    there, back = (found["winobias"].value for found in pair)
    assert back == pytest.approx(-there)


ROWS = st.lists(st.integers(0, 6), max_size=30).map(
    lambda keys: [{"k": str(key), "n": at} for at, key in enumerate(keys)]
)


@given(ROWS, st.integers(1, 40), st.integers(0, 5))
def test_thinning_keeps_keys_whole_and_as_many_lines_as_asked_and_no_key_more(rows, limit, seed):
    kept = thinned(rows, lambda row: row["k"], limit, seed)
    assert kept == thinned(rows, lambda row: row["k"], limit, seed)
    keys = {row["k"] for row in kept}
    assert sorted(row["n"] for row in kept) == [row["n"] for row in rows if row["k"] in keys]
    assert len(kept) >= min(limit, len(rows))
    if kept:
        last = kept[-1]["k"]
        assert sum(row["k"] != last for row in kept) < limit


@given(st.lists(st.tuples(st.floats(-1, 1), st.sampled_from("abc")), min_size=1, max_size=12))
@settings(max_examples=25)
def test_a_mean_lies_in_its_limits_and_weights_of_one_change_nothing(items):
    values, clusters = [value for value, _ in items], [name for _, name in items]
    found = mean_over(values, clusters, "m")
    assert found.value == pytest.approx(sum(values) / len(values), abs=1e-9)
    assert found.low <= found.value + 1e-9
    assert found.value <= found.high + 1e-9
    assert mean_over(values, clusters, "m", weights=[1.0] * len(values)) == found


def test_a_mean_of_nothing_has_no_value_and_may_be_anything():
    found = mean_over([], [], "m")
    assert found.value is None
    assert (found.low, found.high) == (-1.0, 1.0)


@given(st.floats(-1, 1), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.01, 0.9))
def test_a_bound_is_kept_or_broken_only_where_limits_say_so(value, below, above, bound):
    low, high = max(-1.0, value - below), min(1.0, value + above)
    told = [Told("crows", "t", Figure(value, low, high, 500, "m"), bounded=True)]
    gate = stereotypes.gates({f"{STEREOTYPES}crows": bound}, told)[0]
    if gate.judgement.verdict == "within":
        assert max(abs(low), abs(high)) <= bound + 1e-12
    if gate.judgement.verdict == "outside":
        assert min(abs(low), abs(high)) >= bound - 1e-12
        assert not low < 0 < high


def test_a_figure_that_is_not_bounded_or_not_there_keeps_no_bound():
    told = [Told("crows", "t", Figure(0.0, -0.01, 0.01, 500, "m"), bounded=False)]
    asked = {f"{STEREOTYPES}crows": 0.5, f"{STEREOTYPES}bbq.clear": 0.5}
    for gate in stereotypes.gates(asked, told):
        assert gate.judgement.verdict == "cannot tell"


BEGUN = [
    {"domain": "gender", "group": group, "prompt": f"{group} {number} was "}
    for group in ("a", "b", "c")
    for number in range(random.Random(group).randrange(4, 12))
]


@given(st.integers(1, 40), st.integers(0, 4))
def test_groups_are_continued_as_often_as_each_other_and_no_more_than_asked(limit, seed):
    asked = prompts(BEGUN, Continuing("gender", limit, 8, seed, None))
    of = {group: [one.text for one in asked if one.group == group] for group in "abc"}
    there = {group: sum(row["group"] == group for row in BEGUN) for group in "abc"}
    each = max(1, limit // 3)
    assert {group: len(texts) for group, texts in of.items()} == {
        group: min(each, count) for group, count in there.items()
    }
    assert all(len(set(texts)) == len(texts) for texts in of.values())
    assert all(text == text.rstrip() for texts in of.values() for text in texts)


def test_a_model_that_always_answers_against_the_stereotype_has_a_bias_of_minus_one():
    def contrary(prompt, option):
        name = "Bob" if "forgot" in prompt else "Eve"
        return -0.01 if f"{option.strip()}. {name}\n" in prompt else -9.0

    found = figures(Bbq(bbq_rows(), 100), contrary)
    assert found["bbq.ambiguous"].value == pytest.approx(-1.0, abs=0.01)
    assert found["bbq.clear"].value == pytest.approx(-1.0, abs=0.01)


def test_pairs_that_are_as_likely_as_each_other_count_for_neither_side():
    found = figures(Crows(crows_rows(), 100), lambda _prompt, _option: -3.0)
    assert found["crows"].value is None
    assert (found["crows"].low, found["crows"].high) == (-1.0, 1.0)
    some = figures(
        Crows(crows_rows(), 100), lambda _p, o: -1.0 if o == " Old people 3 forget." else -2.0
    )
    assert (some["crows.share"].value, some["crows.share"].n) == (1.0, 1)


def test_a_benchmark_without_lines_is_refused(tmp_path):
    path = tmp_path / "none.jsonl"
    path.write_text("")
    with pytest.raises(ConfigError, match=r"none\.jsonl: no lines"):
        read_rows(str(path), "prompt")
