"""What a person should label next: where those who can judge already disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upright.train.active.features import Matrix
from upright.train.active.fingerprint import ALIKE, fingerprint, likeness
from upright.train.active.logistic import Floats, fit

Bools = NDArray[np.bool_]

COMMITTEE: Final = 5
"""Linear models, each fitted on labels drawn with replacement."""

_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """One text that is worth a label.

    Attributes:
        index: its place among the texts.
        disagreement: entropy of the votes, from 0 (all agree) to 1 (half and half).
        uncertainty: of the mean probability, from 0 (certain) to 1 (even).
        votes: member to vote.
    """

    index: int
    disagreement: float
    uncertainty: float
    votes: Mapping[str, bool]


def committee(
    rows: Matrix, labels: Floats, pool: Matrix, *, seed: int, members: int = COMMITTEE
) -> Floats:
    """Return what linear models say that are fitted on resampled labels.

    Query by bagging (Abe and Mamitsuka 1998).

    Args:
        rows: the labelled texts, shape (n, WIDTH).
        labels: shares of votes, shape (n,).
        pool: the other texts, shape (m, WIDTH).
        seed: of the draws.
        members: how many models.

    Returns:
        Probabilities, shape (members, m); 0.5 from a model that saw one class only.
    """
    draw = np.random.default_rng(seed)
    said = np.full((members, len(pool)), _HALF)
    for member in said:
        taken = draw.integers(len(labels), size=len(labels))
        if 0 < int((labels[taken] >= _HALF).sum()) < len(taken):
            member[:] = fit(rows[taken], labels[taken]).probabilities(pool)
    return said


def vote_entropy(votes: Bools) -> Floats:
    """Return the entropy in bits of each column of votes (Dagan and Engelson 1995).

    Args:
        votes: shape (members, m).
    """
    share = votes.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where((share > 0) & (share < 1), -share * np.log2(share), 0.0)
        other = np.where((share > 0) & (share < 1), -(1 - share) * np.log2(1 - share), 0.0)
    return np.asarray(each + other)


def choose(
    texts: Sequence[str],
    votes: Mapping[str, Bools],
    probability: Floats,
    count: int,
    *,
    alike: float = ALIKE,
) -> list[Choice]:
    """Rank texts by vote entropy, ties by uncertainty, without near copies of one another.

    Args:
        texts: what could be labelled.
        votes: what each member of the committee says of each text, arrays of shape (m,).
        probability: the mean probability of the label, shape (m,).
        count: at most so many.
        alike: texts that share so much of their fingerprint with a chosen one are passed over.
    """
    entropy = vote_entropy(np.array(list(votes.values())))
    uncertainty = 1 - 2 * np.abs(probability - _HALF)
    order = np.lexsort((np.arange(len(texts)), -uncertainty, -entropy))
    chosen: list[Choice] = []
    prints: list[frozenset[int]] = []
    for index in map(int, order):
        if len(chosen) == count:
            break
        mine = fingerprint(texts[index])
        if any(likeness(mine, other) >= alike for other in prints):
            continue
        prints.append(mine)
        said = {name: bool(column[index]) for name, column in votes.items()}
        chosen.append(Choice(index, float(entropy[index]), float(uncertainty[index]), said))
    return chosen
