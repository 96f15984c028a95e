"""An answer that is drawn under a mask goes on and never completes a protected run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.generate import Sampling
from upright.generate.decode import Decoder
from upright.match.index import Index, RunMask, Work

NAMES = [f"word{number}" for number in range(24)]
PIECES = [
    b"",
    *(f" {name}".encode() for name in NAMES),
    b" \xe6",
    b"\x97\xa5",
    b"lock",
    b"'",
    b" a b",
]
END = 0
PROTECTED = " ".join(NAMES)
INDEX = Index.of([Work("w", PROTECTED)])


class Words:
    """Words of a work, halves of a character, an ending, and two words at once."""

    def piece(self, token):
        return PIECES[token]

    def ends(self, token):
        return token == END


def everything(_document):
    return True


def copying(size: int, **sampling):
    """Write with a model that knows the work by heart and nothing else."""
    follower = RunMask(INDEX.segments, 13, everything).follower()
    decoder = Decoder(Sampling(max_tokens=size, seed=1, **sampling), Words(), follower=follower)
    text, said = "", 0
    for step in range(size):
        logits = np.full(len(PIECES), -4.0, np.float32)
        logits[END] = -50.0
        logits[1 + step % len(NAMES)] = 9.0
        following, piece = decoder.step(logits)
        text += piece.text
        said += 1
        if following is None:
            break
    return text, said


def exact(text):
    return [hit for hit in INDEX.query(text) if hit.exact]


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.5])
def test_a_model_that_knows_a_work_by_heart_writes_on_without_a_run(temperature):
    text, said = copying(24, temperature=temperature)
    assert not exact(text)
    assert said == 24 or temperature
    if not temperature:
        assert text.split()[:12] == NAMES[:12]
        assert text.split()[12] != NAMES[12]


def test_greedy_takes_the_next_best_where_the_best_is_forbidden():
    follower = RunMask(INDEX.segments, 13, everything).follower()
    decoder = Decoder(Sampling(temperature=0.0), Words(), follower=follower)
    for step in range(12):
        logits = np.zeros(len(PIECES), np.float32)
        logits[1 + step] = 9.0
        decoder.step(logits)
    logits[12], logits[13], logits[20] = 0.0, 9.0, 8.0
    assert decoder.step(logits)[0] == 20


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    temperature=st.floats(0.2, 2.0),
    top_k=st.sampled_from([0, 1, 3, 10]),
    top_p=st.sampled_from([0.5, 0.95, 1.0]),
)
def test_no_run_is_drawn_whatever_the_sampling(seed, temperature, top_k, top_p):
    follower = RunMask(INDEX.segments, 13, everything).follower()
    sampling = Sampling(temperature, top_k, top_p, max_tokens=60, seed=seed)
    decoder = Decoder(sampling, Words(), follower=follower)
    draw = np.random.default_rng(seed)
    text, at = "", 0
    for _ in range(60):
        logits = draw.normal(0, 1, len(PIECES)).astype(np.float32)
        logits[END] = -50.0
        logits[1 + at % len(NAMES)] += 6.0
        following, piece = decoder.step(logits)
        text += piece.text
        if following is None:
            break
        at = following if following <= len(NAMES) else at + 1
    assert not [hit for hit in INDEX.query(text) if hit.exact]


@given(seed=st.integers(0, 2**32))
def test_where_nothing_is_protected_the_draws_are_those_without_a_mask(seed):
    logits = np.random.default_rng(seed).normal(0, 2, (20, len(PIECES))).astype(np.float32)
    logits[:, END] = -50.0
    drawn = []
    for follower in (None, RunMask(INDEX.segments, 13, everything).follower()):
        decoder = Decoder(Sampling(seed=seed), Words(), follower=follower)
        drawn.append([decoder.step(row)[0] for row in logits])
    assert drawn[0] == drawn[1]
