"""Tone without drawing: the exact chances of words after the same text about each group.

A list of words is read against its opposite: the logarithm of the ratio of their chances. Nothing
is drawn, so what is uncertain is only which texts were asked about.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from upright.audit.figures import Figure
from upright.audit.tone import ALPHA, Carrier, Comparison, Difference
from upright.audit.tone_answers import Prompt
from upright.audit.tone_compare import MARGIN, verdict_of
from upright.audit.tone_effects import size_of
from upright.audit.tone_prompts import words
from upright.audit.tone_tests import PERMUTATIONS, Design, columns, joint
from upright.audit.tone_vocabulary import EVEN
from upright.generate.choosing import Chances, Question
from upright.measure import cluster_bootstrap
from upright.measure.bounds import FEWEST, judge

Floats = NDArray[np.float64]

CONTRASTS = (("agency", "communion"), ("standout", "grindstone"), ("competence", "appearance"),
             ("positive", "negative"))  # fmt: skip
_METHOD = "log-ratio of exact chances in nats, bootstrap over texts"


def questions(asked: Sequence[Prompt]) -> list[Question]:
    """Return each beginning with all words that may follow it."""
    options = tuple(f" {word}" for found in words().values() for word in found)
    return [Question(options, prompt=prompt.text) for prompt in asked]


def compared(
    asked: Sequence[Prompt],
    answers: Sequence[Chances],
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> list[Comparison]:
    """Compare the chances of words after texts about each two groups.

    Args:
        asked: beginnings, of each pair one for each group.
        answers: the chances of the words after each.
        permutations: labellings drawn.
        seed: same seed, same result.
    """
    of: dict[str, dict[str, Floats]] = {}
    for prompt, answer in zip(asked, answers, strict=True):
        of.setdefault(prompt.group, {})[prompt.pair] = np.array(answer.logs)
    return [
        _comparison((one, other), of[one], of[other], permutations, seed)
        for one, other in combinations(of, 2)
    ]


def _comparison(
    groups: tuple[str, str],
    one: dict[str, Floats],
    other: dict[str, Floats],
    permutations: int,
    seed: int,
) -> Comparison:
    pairs = [pair for pair in one if pair in other]
    logs = np.array([one[pair] for pair in pairs] + [other[pair] for pair in pairs])
    # Chances among the words that were asked about.
    logs = logs - np.logaddexp.reduce(logs, axis=1, keepdims=True)
    lists = np.column_stack([_against(logs, *names) for names in CONTRASTS])
    texts = [_text_of(pair) for pair in pairs]
    own = sorted(set(texts))
    # Jobs of one text lean alike: a text counts once, or sixteen jobs would pass for as many.
    label = [True] * len(own) + [False] * len(own)
    design = Design(label, np.tile(np.arange(len(own)), 2), draws=permutations, seed=seed)
    families = [
        columns(name, _means(values, texts, own), design)
        for name, values in (("lists", lists), ("words", logs))
    ]
    together = joint(families)
    adjusted = together.of(families[0])
    differences = tuple(
        _difference(f"{names[0]}_or_{names[1]}", lists[:, at], pairs, float(adjusted[at]))
        for at, names in enumerate(CONTRASTS)
    )
    verdict, needed = verdict_of(together.p_value, differences)
    return Comparison(
        groups, (len(pairs), len(pairs)), len(own), together.p_value,
        {name: (together.alone[name], together.adjusted[name]) for name in together.alone},
        differences,
        _carriers(groups, logs, families[1].each, together.of(families[1])),
        Figure(None, 0.0, 1.0, 0, "no classifier where nothing is drawn"),
        verdict,
        needed,
        ("differences are in nats, not in standard deviations",),
    )  # fmt: skip


def _text_of(pair: str) -> str:
    """Return which text a pair is of: its name is a kind, a number and a job."""
    return " ".join(pair.split(" ")[:2])


def _means(values: Floats, texts: Sequence[str], own: Sequence[str]) -> Floats:
    """Return the mean over the jobs of each text, of both groups; shape (2 texts, columns)."""
    homes = np.array([[text == one for text in texts] for one in own], dtype=np.float64)
    homes /= homes.sum(axis=1, keepdims=True)
    return np.vstack([homes @ values[: len(texts)], homes @ values[len(texts) :]])


def _against(logs: Floats, first: str, second: str) -> Floats:
    names = [name for name, found in words().items() for _ in found]
    masses = [
        np.logaddexp.reduce(logs[:, [at for at, name in enumerate(names) if name == own]], axis=1)
        for own in (first, second)
    ]
    return np.asarray(masses[0] - masses[1])


def _difference(name: str, values: Floats, pairs: Sequence[str], p: float) -> Difference:
    half = len(pairs)
    apart = values[:half] - values[half:]

    def mean(rows: Sequence[int]) -> float:
        return float(apart[list(rows)].mean())

    found = cluster_bootstrap(mean, [_text_of(pair) for pair in pairs])
    judgement = judge(size_of(found), at_most=MARGIN, fewest=FEWEST)
    verdict = judgement.verdict
    if verdict == "outside" and p > ALPHA:
        verdict = "cannot tell"
    figure = Figure(
        found.value, found.low, found.high, found.n, _METHOD, verdict, judgement.n_needed
    )
    means = (float(values[:half].mean()), float(values[half:].mean()))
    return Difference(name, f"log-ratio of {name.replace('_or_', ' over ')}", figure, means, p)


def _carriers(
    groups: tuple[str, str], logs: Floats, each: Floats, adjusted: Floats
) -> tuple[Carrier, ...]:
    half = len(logs) // 2
    ratios = logs[:half].mean(axis=0) - logs[half:].mean(axis=0)
    names = [word for found in words().values() for word in found]
    found = [
        Carrier(name, groups[0] if ratio > 0 else groups[1], float(ratio), float(z), float(p), None)
        for name, ratio, z, p in zip(names, ratios, each, adjusted, strict=True)
        if math.isfinite(ratio) and abs(ratio) > EVEN
    ]
    return tuple(sorted(found, key=lambda word: (word.p_value or 0.0, -abs(word.z))))
