"""A guard is gone on from: nothing of what it knows is lost, and what it is not is refused."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from tests.train.guard.tiny import WORDS, write_lines

from upright.guard.model.reader import Reader
from upright.terms import UprightError
from upright.train.guard.build import build
from upright.train.guard.encoder import GuardEncoder
from upright.train.guard.export import export
from upright.train.guard.fit import Recipe
from upright.train.guard.start import take_up
from upright.weights.guard import FACTS, MODEL, TOKENIZER, GuardWeights, open_guard

RECIPE = Recipe(epochs=6, batch=16, rate=3e-3, seed=3, threads=1)
STILL = Recipe(epochs=1, batch=16, rate=1e-8, seed=3, threads=1, steps=1)
TEXTS = ("you are vile awful rotten .", "the tide was low and quiet .")


def trained_network(base, seed):
    """Return a network of which no two weights are alike."""
    torch.manual_seed(seed)
    model = GuardEncoder(base)
    with torch.no_grad():
        for value in model.parameters():
            if value.requires_grad:
                value.add_(torch.randn_like(value) * 0.1)
    return model


def guard_of(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    export(model.eval(), folder / MODEL)
    return GuardWeights((folder / MODEL).read_bytes(), "", {}, "sha256:made-up")


@pytest.fixture(scope="module")
def earlier(base, tmp_path_factory):
    """A guard that was trained before."""
    folder = tmp_path_factory.mktemp("earlier")
    data = write_lines(folder / "labels.jsonl", 240)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("upright.train.guard.build.sentences", lambda split: iter(()))
        build([data], base, folder / "model", RECIPE, lambda *_: None)
    return folder / "model", data


@pytest.mark.parametrize("seed", range(3))
def test_a_network_that_takes_up_a_guard_says_what_the_first_network_said(base, tmp_path, seed):
    first = trained_network(base, seed)
    again = trained_network(base, seed + 100)
    take_up(again, guard_of(first, tmp_path))
    ids = torch.randint(len(WORDS), (1, 9))
    mask = torch.ones_like(ids)
    for said, wanted in zip(again.eval()(ids, mask), first.eval()(ids, mask), strict=True):
        assert torch.allclose(said, wanted, atol=0.1)
    for (name, value), other in zip(first.named_parameters(), again.parameters(), strict=True):
        if value.dim() == 1:
            assert torch.equal(value, other), f"{name} is stored as it is"
        else:
            # Half a step of eight bits, of the widest column.
            assert (value - other).abs().max() <= value.abs().max() / 127, name


def test_taking_up_what_was_taken_up_changes_nothing_more(base, tmp_path):
    once, twice = trained_network(base, 1), trained_network(base, 2)
    take_up(once, guard_of(trained_network(base, 3), tmp_path / "a"))
    take_up(twice, guard_of(once, tmp_path / "b"))
    for left, right in zip(once.parameters(), twice.parameters(), strict=True):
        assert torch.allclose(left, right, atol=1e-3)


def test_a_guard_of_another_shape_is_refused_with_the_mend(base, tmp_path):
    model = trained_network(base, 1)
    model.hidden = torch.nn.Linear(64, 32, bias=False)
    with pytest.raises(UprightError, match=r"no hidden\.bias") as caught:
        take_up(GuardEncoder(base), guard_of(model, tmp_path))
    assert "--base" in caught.value.mend


def test_a_start_that_hardly_moves_still_knows_what_the_guard_knew(
    base, tmp_path, only_lines, earlier
):
    folder, data = earlier
    before = open_guard(folder)
    facts = build([data], base, tmp_path / "on", STILL, lambda *_: None, start=before)
    assert facts["start"] == before.digest
    assert facts["recipe"]["steps"] == 1
    card = (tmp_path / "on" / "CARD.md").read_text(encoding="utf-8")
    assert f"Fitted on from the guard `{before.digest}`." in card
    assert "at most 16 were met" in card
    said = [
        np.array([reading.heads for reading in Reader(guard).read(TEXTS)])
        for guard in (before, open_guard(tmp_path / "on"))
    ]
    assert np.abs(said[0] - said[1]).max() < 0.05
    rude, calm = said[1].max(axis=1)
    assert rude > calm + 0.2, "one step from new heads could not tell them apart"


def test_a_checkpoint_of_another_start_is_not_taken_up(base, tmp_path, only_lines, earlier):
    folder, data = earlier

    def stop(step, total, loss):
        raise KeyboardInterrupt

    recipe = Recipe(epochs=1, batch=16, rate=1e-3, seed=3, threads=1)
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    told = json.loads((other / FACTS).read_text(encoding="utf-8")) | {"said": "otherwise"}
    (other / FACTS).write_text(json.dumps(told), encoding="utf-8")
    names = set()
    for start in (None, open_guard(folder), open_guard(other)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("upright.train.guard.fit._KEEP_EVERY", 1)
            patch.setattr("upright.train.guard.fit._State.learn", lambda state, *_: _count(state))
            with pytest.raises(KeyboardInterrupt):
                build([data], base, tmp_path / "out", recipe, _after(2, stop), start=start)
        names = {path.name for path in (tmp_path / "out").glob("*.checkpoint")}
    assert len(names) == 3
    assert TOKENIZER not in {path.name for path in (tmp_path / "out").iterdir()}


def _count(state):
    state.step += 1


def _after(step, stop):
    return lambda at, *rest: stop(at, *rest) if at >= step else None
