"""The whole committee at once: tables, the guard model, and linear models on the labels so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from upright.terms import ConfigError
from upright.train.active.choose import Bools, Choice, choose, committee
from upright.train.active.features import features
from upright.train.active.logistic import Floats
from upright.train.active.members import opinion, rule_of
from upright.train.guard.examples import read_examples

Known = list[tuple[str, float]]

_HALF = 0.5
_BLOCK = 2_000


def read_labels(paths: Iterable[Path], head: str) -> Known:
    """Return texts with their share of votes for a head; lines that do not label it are passed.

    Raises:
        ConfigError: for a head that there is not.
        UprightError: for a line that `upright train guard` would refuse.
    """
    try:
        rule_of(head)
    except KeyError:
        raise ConfigError(
            f"no head is named {head!r}", mend="give hate, threat, harmful, jailbreak, … or toxic"
        ) from None
    return [
        (example.text, example.labels[head])
        for path in paths
        for example in read_examples(path)
        if head in example.labels
    ]


def rank(
    texts: Sequence[str], known: Known, head: str, count: int, *, model: bool = True, seed: int = 0
) -> list[Choice]:
    """Return the texts that a person should label next, the most telling first.

    Texts that are labelled already are passed over.

    Args:
        texts: unlabelled, in any order.
        known: labels so far.
        head: what is labelled.
        count: at most so many.
        model: ask the trained guard model too.
        seed: of the linear models' draws.

    Raises:
        MissingExtraError: if the model is wanted and the extra `guard` is not installed.
        ConfigError: where nobody can judge: no detector speaks of the head and the labels so
            far are of one class.
    """
    done = {text for text, _ in known}
    places = [place for place, text in enumerate(texts) if text not in done]
    pool = [texts[place] for place in places]
    said = _linear(pool, known, seed)
    votes: dict[str, Bools] = {}
    tables = opinion(pool, head, model=False)
    if tables is not None:
        votes["tables"] = tables
    guard = opinion(pool, head, model=True) if model else None
    if guard is not None:
        votes["model"] = guard
    for number, member in enumerate(said, 1):
        votes[f"linear {number}"] = member >= _HALF
    if not votes:
        raise ConfigError(
            f"nobody can judge {head!r} yet", mend="give labels of both kinds with --labels"
        )
    probability = said.mean(axis=0) if len(said) else np.full(len(pool), _HALF)
    chosen = choose(pool, votes, probability, count)
    return [
        Choice(places[one.index], one.disagreement, one.uncertainty, one.votes) for one in chosen
    ]


def _linear(pool: Sequence[str], known: Known, seed: int) -> Floats:
    """Return what the linear models say, shape (members, m); none without both classes."""
    labels = np.array([share for _, share in known], dtype=np.float64)
    positives = int((labels >= _HALF).sum())
    if not 0 < positives < len(labels):
        return np.zeros((0, len(pool)))
    rows = features([text for text, _ in known])
    parts = [
        committee(rows, labels, features(pool[start : start + _BLOCK]), seed=seed)
        for start in range(0, len(pool), _BLOCK)
    ]
    return np.concatenate(parts, axis=1) if parts else np.zeros((1, 0))
