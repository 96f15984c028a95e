"""What is unknown teaches nothing, and a fit is the same each time, interrupted or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.train.guard.tiny import lines

from upright.guard.model.heads import CONTEXTS, HEADS, OUTPUTS, TARGETS
from upright.train.guard import fit as fit_module
from upright.train.guard.encoder import open_tokenizer
from upright.train.guard.examples import Example
from upright.train.guard.fit import Recipe, _batches, _loss, encode, fit

RECIPE = Recipe(epochs=2, batch=8, rate=1e-3, seed=5, threads=1)


def gradients(base, examples):
    """Return the gradients of the loss by the outputs, of stretches and of tokens."""
    data = encode(open_tokenizer(base), examples)
    width = max(map(len, data.ids))
    whole = torch.zeros((len(examples), OUTPUTS), requires_grad=True)
    tokens = torch.zeros((len(examples), width), requires_grad=True)
    _loss(data, range(len(examples)), whole, tokens).backward()
    return whole.grad.numpy(), tokens.grad.numpy()


def examples(count=40):
    return [
        Example(
            line["text"],
            line["labels"],
            line.get("context"),
            {},
            tuple(map(tuple, line["spans"])) if "spans" in line else None,
        )
        for line in lines(count)
    ]


def test_a_label_that_nobody_gave_has_no_gradient(base):
    told = [
        Example("the tide was low", {"hate": 0.3}),
        Example("you are vile", {"toxic": 1.0, "threat": 0.0}),
    ]
    whole, tokens = gradients(base, told)
    for row, example in enumerate(told):
        for column, head in enumerate(HEADS):
            assert (whole[row, column] != 0) == (head in example.labels), (row, head)
    assert not whole[:, len(HEADS) :].any(), "nobody was asked for context or groups"
    assert not tokens.any(), "nobody was asked for spans"


def test_a_group_that_nobody_was_asked_about_has_no_gradient(base):
    told = [Example("the tide", {}, None, {"muslims": 0.0, "men": 1.0}), Example("was low", {})]
    whole, _ = gradients(base, told)
    asked = whole[:, -len(TARGETS) :] != 0
    assert [TARGETS[at] for at in np.flatnonzero(asked[0])] == ["muslims", "men"]
    assert not asked[1].any()


def test_a_context_that_nobody_named_has_no_gradient(base):
    told = [Example("the tide", {}, "quotation"), Example("was low", {"hate": 1.0}, None)]
    whole, _ = gradients(base, told)
    contexts = whole[:, len(HEADS) :][:, : len(CONTEXTS)]
    assert contexts[0].all()
    assert not contexts[1].any()


def test_tokens_learn_only_where_spans_were_asked_for_and_never_from_padding(base):
    told = [
        Example("you are vile", {}, spans=((8, 12),)),
        Example("the tide was low and the harbour lay quiet", {}, spans=None),
        Example("quiet ships", {}, spans=()),
    ]
    data = encode(open_tokenizer(base), told)
    assert data.marks[0].tolist() == [-1, 0, 0, 1, -1], "the marks of start and end are no words"
    assert data.marks[2].tolist() == [-1, 0, 0, -1], "asked, and nothing marked"
    _, tokens = gradients(base, told)
    assert (tokens[0] != 0).tolist()[:6] == [False, True, True, True, False, False]
    assert not tokens[1].any()


def test_a_share_of_votes_pulls_towards_the_share(base):
    whole, _ = gradients(base, [Example("the tide", {"hate": 0.5, "threat": 0.9, "bias": 0.1})])
    pulls = dict(zip(HEADS, whole[0], strict=False))
    assert pulls["hate"] == 0, "at even odds already"
    assert pulls["threat"] < 0 < pulls["bias"]


def test_every_example_is_seen_once_in_each_pass(base):
    data = encode(open_tokenizer(base), examples(37))
    for epoch in range(2):
        rows = [row for batch in _batches(data, RECIPE, epoch) for row in batch]
        assert sorted(rows) == list(range(37))
    orders = [list(_batches(data, RECIPE, epoch)) for epoch in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize(("asked", "taken"), [(None, 10), (3, 3), (99, 10)])
def test_a_fit_takes_at_most_the_steps_that_were_asked_for(base, asked, taken):
    told = []
    recipe = replace(RECIPE, steps=asked)
    fit(base, examples(), recipe, lambda step, total, loss: told.append((step, total)))
    assert told == [(step, taken) for step in range(1, taken + 1)]


def test_words_keep_their_places_and_the_rest_learns(base):
    from transformers import BertModel  # noqa: PLC0415 (an extra)

    before = BertModel.from_pretrained(str(base), add_pooling_layer=False)
    model = fit(base, examples(), RECIPE, lambda *_: None)
    words = model.encoder.embeddings.word_embeddings.weight
    assert torch.equal(words, before.embeddings.word_embeddings.weight)
    first = "encoder.layer.0.attention.self.query.weight"
    assert not torch.equal(model.encoder.state_dict()[first], before.state_dict()[first])
    assert not model.training


def test_fitting_learns_and_tells_of_every_step(base):
    told = []
    fit(base, examples(80), Recipe(8, 8, 2e-3, 5, 1), lambda *step: told.append(step))
    assert [step for step, *_ in told] == list(range(1, 81))
    assert {total for _, total, _ in told} == {80}
    assert told[-1][2] < told[2][2]


def test_twice_the_same_seed_is_twice_the_same_network(base):
    first, again = (fit(base, examples(), RECIPE, lambda *_: None).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    other = fit(base, examples(), Recipe(2, 8, 1e-3, 6, 1), lambda *_: None).state_dict()
    assert not torch.equal(first["heads.weight"], other["heads.weight"])


@pytest.mark.parametrize("stop", [1, 4, 7])
def test_an_interrupted_fit_is_taken_up_to_the_same_network(base, tmp_path, monkeypatch, stop):
    monkeypatch.setattr(fit_module, "_KEEP_EVERY", 2)
    whole = fit(base, examples(), RECIPE, lambda *_: None).state_dict()
    checkpoint, steps = tmp_path / "fit.checkpoint", []

    def interrupt(step, total, loss):
        steps.append(step)
        if step == stop and len(steps) == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(base, examples(), RECIPE, interrupt, checkpoint)
    assert checkpoint.exists() == (stop > 2)
    torch.manual_seed(99)
    resumed = fit(base, examples(), RECIPE, interrupt, checkpoint).state_dict()
    assert steps[stop] == (stop - 1) // 2 * 2 + 1, "taken up behind the last step that was kept"
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert not checkpoint.exists()


def test_the_two_heads_that_most_collections_ask_for_count_more(base):
    whole, _ = gradients(base, [Example("the tide", dict.fromkeys(HEADS, 1.0))])
    pulls = dict(zip(HEADS, abs(whole[0]), strict=False))
    assert pulls["toxic"] > pulls["hate"] > pulls["threat"]
    assert len({float(pulls[head]) for head in HEADS if head not in {"toxic", "hate"}}) == 1
