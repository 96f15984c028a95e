"""The committee on real texts, and decisions that become labels."""

from __future__ import annotations

import json

import pytest

from upright.ledger import ReviewItem
from upright.terms import ConfigError
from upright.train.active.members import opinion, rule_of
from upright.train.active.rank import rank, read_labels
from upright.train.active.reviews import labelled
from upright.train.guard.examples import read_examples

KNOWN = [
    ("you stupid clown, shut your mouth", 1.0),
    ("shut up, you worthless fool", 1.0),
    ("the boat lay by the river", 0.0),
    ("a quiet morning in the garden", 0.0),
]


def item(name="a", *, rules=("toxicity.hate",), decision="withhold", **more):
    findings = tuple({"rule": rule, "hazard": "hate", "severity": 2} for rule in rules)
    fields = {"time": "1", "use_case": "u", "request": f"req_{name}", "kind": "review"}
    return ReviewItem(
        id=name,
        state="decided",
        findings=findings,
        decision=decision,
        decided_time="2",
        **{**fields, **more},
    )


def labels_of(*items):
    return [line["labels"] for line in labelled(items, lambda name: f"text {name}").lines]


def test_a_withheld_text_is_what_was_found_in_it():
    assert labels_of(item()) == [{"hate": 1.0, "toxic": 1.0}]
    assert labels_of(item(rules=("request.harmful",))) == [{"harmful": 1.0}]


def test_of_several_kinds_nobody_said_which_one_counted():
    assert labels_of(item(rules=("toxicity.hate", "toxicity.threat"))) == [{"toxic": 1.0}]
    assert labels_of(item(rules=("toxicity.hate", "request.harmful"))) == []


def test_a_released_text_is_none_of_what_was_found_in_it():
    rules = ("toxicity.hate", "toxicity.threat")
    found = labels_of(item(rules=rules, decision="release"))
    assert found == [{"hate": 0.0, "threat": 0.0, "toxic": 0.0}]


def test_findings_that_the_guard_is_not_trained_on_give_no_label():
    made = labelled([item(rules=("pii.email", "custom.wait"))], lambda _: "text")
    assert made.lines == ()
    assert made.left_out == {"no label follows": 1}


def test_texts_that_were_erased_or_never_kept_are_left_out_and_counted():
    texts = {"a": None, "b": "", "c": "kept"}
    made = labelled([item(name) for name in texts], texts.get)
    assert [line["text"] for line in made.lines] == ["kept"]
    assert made.left_out == {"text erased": 1, "no text kept": 1}


def test_an_erased_text_is_not_asked_for_where_no_label_follows():
    def refuse(_):
        raise AssertionError("the text was opened")

    labelled([item(rules=("pii.email",))], refuse)


def test_the_lines_are_what_the_training_reads(tmp_path):
    made = labelled([item("a"), item("b", decision="release", kind="appeal")], lambda n: f"t {n}")
    path = tmp_path / "reviews.jsonl"
    path.write_text("\n".join(map(json.dumps, made.lines)), encoding="utf-8")
    first, second = read_examples(path)
    assert (first.text, first.labels["hate"], first.group) == ("t a", 1.0, "req_a")
    assert (second.labels["hate"], made.lines[1]["source"]) == (0.0, "appeal")


def test_texts_that_are_labelled_already_are_not_chosen_again():
    texts = [KNOWN[0][0], "shut your boat", "a garden fool"]
    chosen = rank(texts, KNOWN, "toxic", 9, model=False)
    assert {one.index for one in chosen} == {1, 2}


def test_a_text_that_looks_like_both_kinds_comes_before_one_that_looks_like_one():
    texts = ["the boat lay by the quiet river", "the fool lay quiet, shut by the river"]
    assert rank(texts, KNOWN, "toxic", 1, model=False)[0].index == 1


def test_the_tables_vote_and_each_vote_is_told():
    (one,) = rank(["You are an idiot and nobody likes you."], KNOWN, "toxic", 1, model=False)
    assert one.votes["tables"] is True
    assert set(one.votes) == {"tables", *(f"linear {n}" for n in range(1, 6))}


def test_without_labels_the_tables_judge_alone():
    (one,) = rank(["A lovely day."], [], "threat", 1, model=False)
    assert one.votes == {"tables": False}
    assert one.uncertainty == 1


def test_where_nobody_can_judge_that_is_told():
    with pytest.raises(ConfigError, match="nobody can judge 'sexual'"):
        rank(["A lovely day."], [], "sexual", 1, model=False)


def test_the_same_seed_gives_the_same_order():
    texts = [f"the {word} and the fool by the river" for word in ("boat", "mouth", "garden")]
    assert rank(texts, KNOWN, "toxic", 3, model=False) == rank(
        texts, KNOWN, "toxic", 3, model=False
    )


def test_no_text_at_all_gives_no_choice():
    assert rank([], KNOWN, "toxic", 3, model=False) == []


def test_labels_of_another_head_are_passed_over(tmp_path):
    path = tmp_path / "labels.jsonl"
    lines = [{"text": "a", "labels": {"hate": 1}}, {"text": "b", "labels": {"threat": 1}}]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert read_labels([path], "hate") == [("a", 1.0)]
    with pytest.raises(ConfigError, match="no head is named 'rude'"):
        read_labels([path], "rude")


@pytest.mark.parametrize(
    ("head", "rule"),
    [("toxic", "toxicity.*"), ("hate", "toxicity.hate"), ("harmful", "request.harmful"),
     ("indirect", "injection.indirect")],
)  # fmt: skip
def test_a_head_is_asked_of_the_rule_of_its_name(head, rule):
    assert rule_of(head) == rule


def test_the_tables_are_asked_only_where_they_speak_of_the_head():
    rude = ["You are an idiot and nobody likes you.", "Hello."]
    assert opinion(rude, "toxic", model=False).tolist() == [True, False]
    assert opinion(rude, "copyright", model=False) is None
