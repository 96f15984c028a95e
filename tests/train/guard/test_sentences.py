"""Of our own sentences no template drowns the others, and a frame says more than a sentence."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from upright.train.contrast.example import Example
from upright.train.guard.sentences import _OF_A_FRAME, _OF_A_TEMPLATE, _balanced


def made(template, count, kind="k"):
    return [
        Example(f"{template} {at}", kind, "train", {}, 0, template=template) for at in range(count)
    ]


def balanced(*parts, frames=()):
    return _balanced([one for part in parts for one in part], set(frames), random.Random(0))


def test_a_frame_gives_more_sentences_than_a_template_and_both_have_a_limit():
    kept = balanced(made("frame", 200), made("plain", 200), frames=["frame"])
    taken = Counter(text.split()[0] for text in {sentence.text for sentence in kept})
    assert taken == {"frame": _OF_A_FRAME, "plain": _OF_A_TEMPLATE}
    assert _OF_A_FRAME > _OF_A_TEMPLATE


@pytest.mark.parametrize(("count", "times"), [(1, 4), (10, 4), (22, 4)])
def test_what_is_rare_is_met_more_than_once_and_at_most_four_times(count, times):
    kept = balanced(made("plain", count))
    assert set(Counter(sentence.text for sentence in kept).values()) == {times}


def test_a_kind_with_enough_sentences_is_met_once():
    kept = balanced(*(made(f"t{at}", 22) for at in range(8)))
    assert set(Counter(sentence.text for sentence in kept).values()) == {1}


def test_the_same_draw_gives_the_same_sentences():
    first, second = (balanced(made("a", 90), made("b", 90), frames=["a"]) for _ in range(2))
    assert first == second
