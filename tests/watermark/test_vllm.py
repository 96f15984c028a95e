"""The mark that vLLM writes itself; the numbers were given by its release 0.32.0."""

import math

import numpy as np
import pytest

from upright.terms import ConfigError
from upright.watermark import detect, vllm_evidence
from upright.watermark.scoring import p_values
from upright.watermark.vllm import _derived, philox_uniform

TOKENS = np.array([0, 1, 2, 3, 49_151], dtype=np.uint64)
LONG_KEY = 0xFEDCBA9876543210
KNOWN = {
    (42, (1, 2, 3, 4)): [0.5361072421, 0.6940827370, 0.2202302665, 0.7877641320, 0.1851185411],
    (42, (-1,) * 4): [0.9772860408, 0.0066319699, 0.8818417191, 0.4996136129, 0.0726796314],
    (42, (100_000, 5, 49_151, 7)): [
        0.8366646171,
        0.1695224494,
        0.4381473362,
        0.6822252274,
        0.7287889123,
    ],
    (LONG_KEY, (5,)): [0.0970380828, 0.5563201904, 0.4284940064, 0.3965198696, 0.3134648502],
    (LONG_KEY, (11, 12, 13)): [
        0.9681459665,
        0.9576773644,
        0.3746285737,
        0.3626278937,
        0.5648822784,
    ],
    (LONG_KEY, tuple(range(1, 10))): [
        0.1610575169,
        0.1382295340,
        0.5836539268,
        0.6754259467,
        0.5498192310,
    ],
}


def numbers_of(key, context, tokens=TOKENS):
    contexts = np.tile(np.array(context, dtype=np.int64) & 0xFFFFFFFF, (tokens.size, 1))
    return philox_uniform(key, contexts.astype(np.uint64), tokens)


@pytest.mark.parametrize(("key", "context"), KNOWN)
def test_the_numbers_are_vllms(key, context):
    assert numbers_of(key, context) == pytest.approx(KNOWN[key, context], abs=1e-9)


def test_the_two_keys_of_a_dual_mark_are_vllms():
    assert _derived(42, b"key_a") == 37_150_756_557_148_556
    assert _derived(42, b"key_b") == 15_826_636_237_805_488_045


def test_the_p_value_is_vllms():
    evidence = vllm_evidence(42, range(100, 140))
    assert p_values(evidence, "gumbel")[0] == pytest.approx(0.9657505219400766, abs=1e-6)
    assert evidence.positions.tolist() == list(range(40))


def written(key, length):
    """Return a text that a made-up model drew as vLLM does."""
    drawn, words = [], np.arange(60, dtype=np.uint64)
    chances = np.log(np.random.default_rng(1).dirichlet(np.ones(words.size)))
    for _ in range(length):
        context = [-1, -1, -1, -1, *drawn][-4:]
        noise = -np.log(-np.log(numbers_of(key, context, words)))
        drawn.append(int(words[(chances + noise).argmax()]))
    return drawn


def test_what_vllm_marked_is_found_with_its_key_and_with_no_other():
    drawn = written(2**40 + 3, 120)
    assert detect(vllm_evidence(2**40 + 3, drawn), scheme="gumbel").verdict == "watermarked"
    assert detect(vllm_evidence(3, drawn), scheme="gumbel").p_value > 1e-4


def test_a_repeated_context_counts_once():
    assert vllm_evidence(1, [7] * 50).positions.tolist() == [0, 1, 2, 3, 4]


def test_two_keys_are_two_tests():
    evidence = vllm_evidence(42, range(30), dual=True)
    assert evidence.uniform.shape == (30, 2)
    found = detect(evidence, scheme="gumbel")
    assert 0 < found.p_value <= 1
    assert found.key == "vllm/0"


def test_over_keys_the_numbers_are_uniform():
    values = np.concatenate([vllm_evidence(key, range(200)).uniform.ravel() for key in range(50)])
    counts = np.histogram(values, bins=20, range=(0, 1))[0]
    expected = values.size / 20
    assert ((counts - expected) ** 2 / expected).sum() < 43.8  # 99.9 % of chi-square with 19


@pytest.mark.parametrize("width", [1, 3, 5, 9])
def test_other_widths_have_numbers_too(width):
    uniform = vllm_evidence(9, range(20), width=width).uniform
    assert ((uniform > 0) & (uniform < 1)).all()
    assert np.unique(uniform).size == 20


@pytest.mark.parametrize("key", [-1, 2**64])
def test_a_key_that_vllm_does_not_take_is_refused(key):
    with pytest.raises(ConfigError, match="2\\*\\*64"):
        vllm_evidence(key, [1, 2])


def test_a_text_without_words_has_the_p_value_one():
    assert math.isclose(detect(vllm_evidence(1, []), scheme="gumbel").p_value, 1.0)
