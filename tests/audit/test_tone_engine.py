"""A model is asked the same about everybody, exactly or by drawn answers that are kept."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from tests.audit.option_engine import OptionEngine

from upright.audit import tone_exact
from upright.audit.tone_answers import Prompt, written
from upright.audit.tone_prompts import beginnings, prompts, rendered, words
from upright.generate import Sampling
from upright.generate.choosing import answer_all
from upright.terms import ConfigError

GROUPS = ("women", "men")


def test_there_are_twenty_templates_or_more_and_each_prompt_has_a_twin():
    asked = prompts(GROUPS, 1000)
    templates = {one.pair.split()[1] for one in asked}
    assert len(templates) >= 20
    women, men = ([one.pair for one in asked if one.group == group] for group in GROUPS)
    assert women == men


def test_prompts_about_women_hold_no_word_of_a_man_and_the_other_way_round():
    for one in [*prompts(GROUPS, 1000), *beginnings(GROUPS, 1000)]:
        found = set(
            re.findall(r"\b(?:he|him|his|himself|she|her|hers|herself)\b", one.text.lower())
        )
        wrong = {"he", "him", "his", "himself"} if one.group == "women" else {"she", "her", "hers"}
        assert not found & wrong, one.text
        assert "{" not in one.text


def test_other_groups_are_named_before_the_job_and_called_they():
    text = rendered("{name}, {job}, lost his keys. He found them himself.", "deaf", "engineer")
    assert text == "Alex Miller, a deaf engineer, lost their keys. They found them themself."
    assert "an engineer" in rendered("{name}, {job}", "nonbinary", "engineer")


@pytest.mark.parametrize(
    ("group", "phrase"),
    [
        ("deaf", "a deaf cook"), ("elderly", "an elderly cook"), ("European", "a European cook"),
        ("one-armed", "a one-armed cook"), ("honest", "an honest cook"),
        ("Ukrainian", "a Ukrainian cook"),
        ("unemployed", "an unemployed cook"), ("unionised", "a unionised cook"),
        ("hard-of-hearing", "a hard-of-hearing cook"), ("US-American", "a US-American cook"),
        ("with a limp", "a cook with a limp"), ("who is deaf", "a cook who is deaf"),
        ("non-binary", "a cook"), ("{odd}", "a {odd} cook"),
    ],
)  # fmt: skip
def test_a_descriptor_stands_where_english_puts_it_with_the_right_article(group, phrase):
    assert rendered("It was {job}.", group, "cook") == f"It was {phrase}."


def test_the_same_seed_asks_the_same():
    assert prompts(GROUPS, 9, seed=3) == prompts(GROUPS, 9, seed=3)
    assert prompts(GROUPS, 9, seed=3) != prompts(GROUPS, 9, seed=4)


def run(engine, asked, **more):
    return asyncio.run(written(engine, asked, Sampling(seed=5), **more))


def test_prompts_of_one_pair_are_drawn_with_one_seed():
    engine = OptionEngine()
    asked = prompts(GROUPS, 3)
    assert run(engine, asked) == [one.text for one in asked]
    seeds = {job.messages[-1].content: job.sampling.seed for job in engine.asked}
    by_pair = {}
    for one in asked:
        by_pair.setdefault(one.pair, set()).add(seeds[one.text])
    assert all(len(found) == 1 for found in by_pair.values())
    assert len(set(seeds.values())) == 3


def test_a_run_goes_on_from_what_was_kept(tmp_path):
    kept, asked = tmp_path / "answers.jsonl", prompts(GROUPS, 3)
    first = OptionEngine()
    run(first, asked[:4], kept=kept)
    second = OptionEngine()
    assert run(second, asked, kept=kept) == [one.text for one in asked]
    assert (len(first.asked), len(second.asked)) == (4, 2)
    assert len(kept.read_text().splitlines()) == 6


def test_answers_of_another_sampling_are_not_taken_for_these(tmp_path):
    kept, asked = tmp_path / "answers.jsonl", prompts(GROUPS, 1)
    run(OptionEngine(), asked, kept=kept)
    other = OptionEngine()
    asyncio.run(written(other, asked, Sampling(seed=6), kept=kept))
    assert len(other.asked) == 2


def test_a_file_that_holds_something_else_is_refused(tmp_path):
    kept = tmp_path / "answers.jsonl"
    kept.write_text('{"text": "x"}\n')
    with pytest.raises(ConfigError, match=r"answers.jsonl:1"):
        run(OptionEngine(), [Prompt("p", "women", "1")], kept=kept)


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        run(OptionEngine(), [Prompt("p", "women", "1")], kept=tmp_path / "no" / "x.jsonl")


def test_no_word_of_the_exact_lists_begins_another():
    every = [word for found in words().values() for word in found]
    assert len(every) == len(set(every))
    assert not [(a, b) for a in every for b in every if a != b and b.startswith(a)]


def leaning(prompt, option):
    """Prefer warm words after texts about women, a little."""
    woman = re.search(r"\b(?:she|her)\b|Mary|Sarah|Laura|Anna|Emily|Maria|Julia|Ruth", prompt)
    warm = option.strip() in words()["communion"]
    return -4.0 + (0.5 if woman and warm else 0.0) + 0.01 * (len(prompt) % 7)


def exact(log, limit=12):
    asked = beginnings(GROUPS, limit)
    answers = asyncio.run(answer_all(OptionEngine(log), tone_exact.questions(asked)))
    return tone_exact.compared(asked, answers, permutations=199)[0]


def test_a_lean_of_the_chances_is_found_exactly():
    told = exact(leaning)
    by_name = {one.name: one for one in told.differences}
    assert told.found
    assert by_name["agency_or_communion"].figure.value == pytest.approx(-0.5)
    assert by_name["agency_or_communion"].figure.low == pytest.approx(-0.5)
    assert by_name["competence_or_appearance"].figure.value == pytest.approx(0.0)
    strongest = {word.word for word in told.words if word.group == "women"}
    assert strongest >= set(words()["communion"])


def test_equal_chances_show_no_difference():
    told = exact(lambda _prompt, option: -float(len(option)), limit=240)
    assert told.p_value == 1.0
    assert all(one.figure.value == pytest.approx(0.0) for one in told.differences)
    assert told.verdict == "within"


def test_a_few_prompts_that_show_no_difference_tell_nothing():
    told = exact(lambda _prompt, option: -float(len(option)), limit=6)
    assert told.verdict == "cannot tell"


def test_what_was_read_exactly_has_a_shape_of_lines():
    shape = json.loads(json.dumps(exact(leaning).to_json()))
    assert shape["classifier"]["value"] is None
    assert "counts" not in shape["words"][0]


def test_a_run_whose_last_answer_was_cut_off_by_a_kill_goes_on(tmp_path):
    kept, asked = tmp_path / "answers.jsonl", prompts(GROUPS, 3)
    run(OptionEngine(), asked[:4], kept=kept)
    kept.write_bytes(kept.read_bytes()[:-7])
    second = OptionEngine()
    assert run(second, asked, kept=kept) == [one.text for one in asked]
    assert len(kept.read_text().splitlines()) == 6
