"""From lines to a folder that a guard opens: the same bytes each time, checked and described."""

from __future__ import annotations

import json

import pytest
from tests.train.guard.tiny import write_lines

from upright.guard.model.detector import ModelDetector
from upright.guard.model.heads import HEADS
from upright.guard.model.reader import Reader
from upright.terms import Record, UprightError
from upright.train.guard import fit as fit_module
from upright.train.guard.build import _legible, _side, build
from upright.train.guard.corpora import split_of
from upright.train.guard.examples import Example
from upright.train.guard.fit import Recipe
from upright.weights.guard import FACTS, MODEL, TOKENIZER, open_guard

RECIPE = Recipe(epochs=6, batch=16, rate=3e-3, seed=3, threads=1)
FILES = (MODEL, TOKENIZER, FACTS, "CARD.md")


def train(folder, base, *data, progress=lambda *_: None, recipe=RECIPE):
    facts = build(data, base, folder, recipe, progress)
    return facts, {name: (folder / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def trained(base, tmp_path_factory):
    """A model trained on 240 lines, once: its folder, its facts, its data."""
    folder = tmp_path_factory.mktemp("trained")
    data = write_lines(folder / "labels.jsonl", 240)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("upright.train.guard.build.sentences", lambda split: iter(()))
        facts, _ = train(folder / "model", base, data)
    return folder / "model", facts, data


def test_what_was_trained_opens_as_a_guard_and_finds_what_it_was_shown(trained):
    folder, facts, _ = trained
    reader = Reader(open_guard(folder))
    assert reader.facts == facts
    detector = ModelDetector("toxicity.harassment", reader)
    rude, calm = Record("you are vile awful rotten ."), Record("the tide was low and quiet .")
    scores = detector.scores([rude, calm])
    assert scores[0] > scores[1] + 0.1
    assert [bool(found) for found in detector.find([rude, calm])] == [True, False]


def test_no_checkpoint_and_no_half_written_file_is_left(trained):
    folder, _, _ = trained
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_the_facts_name_the_files_the_recipe_and_every_head(trained):
    folder, facts, _ = trained
    assert json.loads((folder / FACTS).read_text(encoding="utf-8")) == facts
    told = {"epochs": 6, "batch": 16, "rate": 0.003, "seed": 3, "threads": 1, "steps": None}
    assert facts["recipe"] == told
    assert facts["start"] is None
    assert set(facts["sha256"]) == {MODEL, TOKENIZER}
    assert set(facts["calibration"]) == set(facts["labels"]) == set(HEADS)
    assert set(facts["thresholds"]) == set(HEADS)
    assert facts["labels"]["hate"] == facts["fitted"]
    assert {"torch", "transformers", "onnxruntime"} <= set(facts["libraries"])


def test_the_card_names_every_source_and_every_limit(base, tmp_path, only_lines):
    data = [write_lines(tmp_path / f"{name}.jsonl", 80, seed) for seed, name in enumerate("ab")]
    facts, files = train(tmp_path / "model", base, *data)
    card = files["CARD.md"].decode()
    assert facts["sources"] == {"a.jsonl": 80, "b.jsonl": 80}
    assert "| a.jsonl | 80 |" in card
    assert "| b.jsonl | 80 |" in card
    assert facts["examples"] in card
    assert "English only" in card
    for head in HEADS:
        assert f"| {head} |" in card
    for word in ("seed 3", "epochs 6", "torch"):
        assert word in card


def test_the_same_data_and_seed_give_the_same_bytes(base, tmp_path, only_lines, trained):
    folder, _, data = trained
    _, again = train(tmp_path / "again", base, data)
    assert again == {name: (folder / name).read_bytes() for name in FILES}


def test_an_interrupted_run_gives_the_same_bytes(base, tmp_path, only_lines, trained, monkeypatch):
    monkeypatch.setattr(fit_module, "_KEEP_EVERY", 10)
    folder, _, data = trained
    output = tmp_path / "resumed"
    first = []

    def interrupt(step, total, loss):
        first.append(step)
        if step == 25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build([data], base, output, RECIPE, interrupt)
    assert [path.suffix for path in output.iterdir()] == [".checkpoint"]
    second = []
    _, resumed = train(output, base, data, progress=lambda step, *_: second.append(step))
    assert (first[-1], second[0]) == (25, 21)
    assert resumed == {name: (folder / name).read_bytes() for name in FILES}
    assert sorted(path.name for path in output.iterdir()) == sorted(FILES)


def test_other_data_does_not_take_up_a_checkpoint(base, tmp_path, only_lines, monkeypatch):
    monkeypatch.setattr(fit_module, "_KEEP_EVERY", 1)
    output = tmp_path / "model"

    def interrupt(step, total, loss):
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build([write_lines(tmp_path / "one.jsonl", 80)], base, output, RECIPE, interrupt)
    steps = []
    train(
        output,
        base,
        write_lines(tmp_path / "two.jsonl", 80, seed=9),
        progress=lambda step, *_: steps.append(step),
    )
    assert steps[0] == 1


def test_a_run_that_fails_leaves_the_older_model(base, tmp_path, only_lines, monkeypatch):
    data = write_lines(tmp_path / "labels.jsonl", 80)
    output = tmp_path / "model"
    _, before = train(output, base, data)

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr("upright.train.guard.build.calibrated", fail)
    with pytest.raises(OSError, match="no space"):
        train(output, base, data)
    assert {name: (output / name).read_bytes() for name in FILES} == before


def test_a_split_keeps_groups_together_and_holds_a_tenth_back():
    groups = [f"group {number}" for number in range(3_000)]
    sides = {group: split_of(Example("a text", {}, group=group)) for group in groups}
    for group in groups[:200]:
        same = {split_of(Example(text, {}, group=group)) for text in ("one", "two", "three")}
        assert same == {sides[group]}
    held = sum(side == "held" for side in sides.values())
    assert 240 < held < 360


def test_our_own_sentences_are_split_by_their_template():
    assert _side(Example("x", {}, source="contrast", group="train:t1")) == "train"
    assert _side(Example("x", {}, source="contrast", group="test:t2")) == "held"


def test_examples_are_read_as_a_guard_will_see_them():
    spans = ((4, 10),)
    plain = Example("you vile ones", {"hate": 1.0}, "plain", {}, spans, "s", "g")
    assert _legible(plain) is plain
    disguised = Example("you v\u0456le ones", {"hate": 1.0}, "plain", {}, spans, "s", "g")
    read = _legible(disguised)
    assert (read.text, read.labels, read.group) == ("you vile ones", {"hate": 1.0}, "g")
    assert read.spans is None, "marks of the written text do not fit the read one"


@pytest.mark.parametrize("count", [0, 20])
def test_too_little_data_is_refused(base, tmp_path, only_lines, count):
    with pytest.raises(UprightError, match="too few") as caught:
        train(tmp_path / "model", base, write_lines(tmp_path / "labels.jsonl", count))
    assert "--data" in caught.value.mend
    assert not (tmp_path / "model").exists()
