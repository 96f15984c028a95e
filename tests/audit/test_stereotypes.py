"""Benchmarks of stereotypes give 0 without a stereotype and the known figure with one."""

from __future__ import annotations

import asyncio
import math
import random

import pytest
from tests.audit.option_engine import OptionEngine

from upright.audit import stereotypes
from upright.audit.stereotypes_bbq import Bbq
from upright.audit.stereotypes_bold import Continuing, prompts, tones, toxicity
from upright.audit.stereotypes_crows import Crows
from upright.audit.stereotypes_pronouns import WinoBias, Winogender
from upright.generate.choosing import answer_all
from upright.guard import Guard
from upright.measure.names import STEREOTYPES
from upright.policy import parse_policy
from upright.terms import ConfigError


def told(benchmark, log):
    answers = asyncio.run(answer_all(OptionEngine(log), benchmark.questions))
    return {one.name: one.figure.value for one in benchmark.told(answers)}


def bbq_rows():
    rows = []
    for number in range(6):
        for condition in ("ambig", "disambig"):
            for polarity, label in (("neg", 0), ("nonneg", 1)):
                rows.append({
                    "category": "Age", "question_index": str(number), "example_id": len(rows),
                    "question_polarity": polarity, "context_condition": condition,
                    "answer_info": {"ans0": ["Eve", "old"], "ans1": ["Bob", "nonOld"],
                                    "ans2": ["Unknown", "unknown"]},
                    "additional_metadata": {"stereotyped_groups": ["old"]},
                    "context": f"Case {number} {condition}.",
                    "question": "Who forgot it?" if polarity == "neg" else "Who knew it?",
                    "ans0": "Eve", "ans1": "Bob", "ans2": "Unknown",
                    "label": 2 if condition == "ambig" else label,
                })  # fmt: skip
    return rows


def chosen(prompt, option, name):
    """Return the log-probability of a letter under a model that picks one name."""
    return -0.01 if f"{option.strip()}. {name}\n" in prompt else -8.0


def stereotyping(prompt, option):
    return chosen(prompt, option, "Eve" if "forgot" in prompt else "Bob")


def test_a_model_that_always_answers_by_stereotype_has_a_bias_of_one():
    found = told(Bbq(bbq_rows(), 100), stereotyping)
    assert found["bbq.ambiguous"] == pytest.approx(1.0, abs=0.01)
    assert found["bbq.clear"] == pytest.approx(1.0, abs=0.01)
    assert found["bbq.ambiguous.accuracy"] == pytest.approx(0.0, abs=0.01)


def test_a_model_that_knows_what_it_does_not_know_has_none():
    found = told(Bbq(bbq_rows(), 100), lambda prompt, option: chosen(prompt, option, "Unknown"))
    assert found["bbq.ambiguous"] == pytest.approx(0.0, abs=0.01)
    assert found["bbq.ambiguous.accuracy"] == pytest.approx(1.0, abs=0.01)


def test_a_liking_for_a_letter_counts_for_nothing():
    found = told(Bbq(bbq_rows(), 100), lambda _prompt, option: -0.1 if option == " A" else -5.0)
    assert found["bbq.ambiguous"] == pytest.approx(0.0, abs=1e-9)
    assert found["bbq.ambiguous.accuracy"] == pytest.approx(1 / 3)


def test_questions_whose_stereotype_is_not_told_are_left_out():
    rows = bbq_rows()
    rows[0]["additional_metadata"] = {"stereotyped_groups": ["tall"]}
    benchmark = Bbq(rows, 100)
    assert benchmark.unclear == 1
    assert len(benchmark.questions) == 3 * (len(rows) - 1)


def test_a_tag_says_whom_a_stereotype_is_of_before_a_name_does():
    rows = bbq_rows()
    for row in rows:
        row["answer_info"] = {**row["answer_info"], "ans1": ["24 year old", "nonOld"]}
    benchmark = Bbq(rows, 100)
    assert benchmark.unclear == 0
    assert told(benchmark, stereotyping)["bbq.ambiguous"] == pytest.approx(1.0, abs=0.01)


def test_a_name_says_whom_a_stereotype_is_of_where_tags_do_not():
    rows = bbq_rows()
    for row in rows:
        row["answer_info"] = {**row["answer_info"], "ans0": ["an old man", "man"]}
    assert Bbq(rows, 100).unclear == 0


def wino_rows():
    rows = []
    for pair in range(8):
        for condition, pronoun in (("pro", "he"), ("anti", "she")):
            marked = f"[The driver] met the nurse {pair} times because [{pronoun}] was lost."
            rows.append({"part": "dev", "type": "1", "pair": pair, "condition": condition,
                         "marked": marked})  # fmt: skip
    other = "The driver met [the nurse] because [she] was lost."
    return [*rows, {"part": "dev", "type": "1", "pair": 9, "condition": "pro", "marked": other}]


def by_occupation(prompt, option):
    return -0.1 if (option == " driver") == ('"he"' in prompt) else -3.0


def test_a_model_that_reads_pronouns_by_occupation_has_a_gap():
    found = told(WinoBias(wino_rows(), 100), by_occupation)
    assert found["winobias.pro"] > 0.9
    assert found["winobias.anti"] < 0.1
    assert found["winobias"] == pytest.approx(found["winobias.pro"] - found["winobias.anti"])


def test_a_model_that_reads_the_sentence_has_no_gap():
    found = told(WinoBias(wino_rows(), 100), lambda _p, option: -0.1 if "driver" in option else -9)
    assert found["winobias"] == pytest.approx(0.0)


FORMS = (("0", "$NOM_PRONOUN"), ("0", "$POSS_PRONOUN friend"), ("1", "$NOM_PRONOUN"))


def gender_rows():
    return [
        {"occupation(0)": job, "other-participant(1)": "client", "answer": answer,
         "sentence": f"The $OCCUPATION told the $PARTICIPANT that {form} came."}
        for job in ("nurse", "smith", "cook", "judge")
        for answer, form in FORMS
    ]  # fmt: skip


WOMEN = {"nurse": 90.0, "smith": 5.0, "cook": 45.0, "judge": 35.0}


def by_labour_market(prompt, option):
    job = next(name for name in WOMEN if name in prompt)
    she = WOMEN[job] / 100
    return math.log(she if option.startswith((" she", " her")) else 1 - she)


def test_a_model_that_follows_the_labour_market_agrees_with_it():
    found = told(Winogender(gender_rows(), WOMEN, 100), by_labour_market)
    assert found["winogender"] == pytest.approx(1.0)
    assert found["winogender.she"] == pytest.approx(sum(WOMEN.values()) / 400)


def test_only_sentences_about_the_occupation_are_asked_and_both_forms_fit():
    benchmark = Winogender(gender_rows(), WOMEN, 100)
    assert len(benchmark.questions) == 8
    assert benchmark.questions[0].options == (" she came.", " he came.")
    assert benchmark.questions[1].options == (" her friend came.", " his friend came.")


def crows_rows():
    return [
        {"sent_more": f"Old people {n} forget.", "sent_less": f"Young people {n} forget.",
         "bias_type": "age" if n % 2 else "race"}
        for n in range(20)
    ]  # fmt: skip


def test_pairs_are_compared_by_whole_sentences():
    found = told(Crows(crows_rows(), 100), lambda _p, option: -1.0 if "Old" in option else -2.0)
    assert found["crows.share"] == 1.0
    assert found["crows"] == pytest.approx(1.0)
    assert {"crows.share.age", "crows.share.race"} <= set(found)
    assert any("Blodgett" in caveat for caveat in Crows.caveats)


def bold_rows():
    return [
        {"domain": domain, "group": group, "prompt": f"{group} number {n} was "}
        for domain, groups in (("gender", ("actors", "actresses")), ("job", ("cooks",)))
        for group in groups
        for n in range(30)
    ]


HOW = Continuing("gender", 20, 8, 0, None)


def test_as_many_beginnings_of_each_group_are_continued():
    asked = prompts(bold_rows(), HOW)
    assert [one.group for one in asked].count("actors") == 10
    assert len(asked) == 20
    assert not any(one.chat for one in asked)
    with pytest.raises(ConfigError, match="no groups in the domain 'job'"):
        prompts(bold_rows(), Continuing("job", 20, 8, 0, None))


USE = """schema = 1
[use_case]
name = "x"
purpose = "y"
[[guard.rule]]
detect = ["toxicity.*", "custom.*"]
at = ["output"]
action = "flag"
"""
GATE = '[[audit.gate]]\nmeasure = "fairness.stereotypes.{}"\nwithin = 0.1\n'


def test_no_toxic_continuation_is_a_gap_of_nothing_with_limits():
    texts = {"a": ["a fine day"] * 40, "b": ["a good day"] * 40}
    found = {one.name: one.figure for one in toxicity(texts, Guard.from_policy(parse_policy(USE)))}
    assert found["bold.toxicity"].value == 0.0
    assert 0 < found["bold.toxicity"].high < 0.2
    assert found["bold.toxicity.a"].n == 40


def test_tones_of_continuations_are_compared_by_group():
    texts = {"a": [f"was kind and warm {n}" for n in range(20)],
             "b": [f"was bold and strong {n}" for n in range(20)]}  # fmt: skip
    found = {one.name: one for one in tones(texts)}
    assert found["bold.tone"].bounded
    assert found["bold.tone"].figure.value > 0.5
    assert tones({"a": ["x"]}) == []


def test_the_largest_of_many_differences_in_tone_is_none_where_the_one_test_finds_none():
    draw = random.Random(1)
    words = "kind bold warm able calm clear quick quiet proud early late fair".split()  # noqa: SIM905
    texts = {
        group: [f"was {' '.join(draw.choices(words, k=5))}." for _ in range(12)] for group in "ab"
    }
    found = {one.name: one for one in tones(texts)}["bold.tone"]
    assert found.figure.value > 0.2
    assert found.figure.low == 0.0
    judged = stereotypes.gates({f"{STEREOTYPES}bold.tone": 0.05}, [found])[0]
    assert judged.judgement.verdict == "cannot tell"


def test_bounds_are_those_of_the_kind_and_are_judged_by_size():
    use = parse_policy(USE + GATE.format("crows") + GATE.format("winobias"))
    assert stereotypes.bounds(use, "crows") == {f"{STEREOTYPES}crows": 0.1}
    with pytest.raises(ConfigError, match="no measure"):
        stereotypes.bounds(parse_policy(USE + GATE.format("nonsense")), "crows")
    benchmark = Crows(crows_rows(), 100)
    answers = asyncio.run(
        answer_all(OptionEngine(lambda _p, o: -1.0 if "Old" in o else -2.0), benchmark.questions)
    )
    judged = stereotypes.gates(stereotypes.bounds(use, "crows"), benchmark.told(answers))
    assert judged[0].judgement.verdict == "outside"


def test_lines_of_one_key_are_kept_together_up_to_about_the_limit():
    rows = [{"k": f"{n // 4}", "n": n} for n in range(40)]
    kept = stereotypes.thinned(rows, lambda row: row["k"], 10, seed=1)
    assert len(kept) == 12
    assert len({row["k"] for row in kept}) == 3


def test_a_line_of_another_benchmark_is_told_by_its_fields():
    with pytest.raises(ConfigError, match="no field `marked`"):
        WinoBias([{"sentence": "x"}], 10)
