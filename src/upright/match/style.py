"""How close a text is to the style of a registered author.

Two measures that read different things are put together: cosines of character 2- to 4-grams to
centroids, weighted by rarity (Stamatatos, 2009), and Burrows' Delta over the most frequent words
(2002). Both are taken against other authors, and a logistic fit on passages that were held out
turns them into a probability. It is closeness of style, and no proof of authorship.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.terms import ConfigError

FEWEST_WORDS = 300
"""Below it nothing is said."""
_PASSAGE = 300
_FEWEST_PASSAGES = 6
_BINS = 1 << 14
_FREQUENT = 200
_FOLDS = 3
_STEPS = 30
_SIZES = (2, 3, 4)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_NAMED = re.compile(r"(?<=[^\W\d_] )[A-Z]\w+|(?<=, )[A-Z]\w+")
_SPACE = re.compile(r"\s+")
_MULTIPLIER = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(50)
"""Leaves the number of a bin."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close a text is.

    Attributes:
        score: the calibrated probability, 0 to 1; None for fewer than `FEWEST_WORDS` words.
        words: of the text.
    """

    score: float | None
    words: int


@dataclass(frozen=True, slots=True)
class Style:
    """The style of an author, against that of others.

    Attributes:
        author: the name under which it is registered.
        frequent: the words that Delta counts, the most frequent first.
        rarity: weight of each bin of character n-grams, shape (bins,).
        own: centroid of the author's n-grams, shape (bins,).
        other: centroid of the others', shape (bins,).
        mean: of the words' frequencies, shape (words,).
        spread: their standard deviations, shape (words,).
        own_words: the author's mean z-scores, shape (words,).
        other_words: the others', shape (words,).
        fit: intercept and slopes of the calibration, shape (3,).
    """

    author: str
    frequent: tuple[str, ...]
    rarity: Matrix
    own: Matrix
    other: Matrix
    mean: Matrix
    spread: Matrix
    own_words: Matrix
    other_words: Matrix
    fit: Matrix

    @classmethod
    def register(cls, author: str, own: Sequence[str], others: Sequence[str]) -> Style:
        """Learn a style.

        Args:
            author: a name for it.
            own: texts of the author.
            others: texts of several other authors, best of the same time and kind.

        Raises:
            ConfigError: if either has too few words.
        """
        mine, theirs = passages(own), passages(others)
        for name, found in (("own", mine), ("others'", theirs)):
            if len(found) < _FEWEST_PASSAGES:
                raise ConfigError(
                    f"{author}: the {name} texts are too short to tell a style",
                    mend=f"give at least {_FEWEST_PASSAGES * _PASSAGE} words",
                )
        folds = [_held_out(author, mine, theirs, fold) for fold in range(_FOLDS)]
        features, labels = (np.concatenate(parts) for parts in zip(*folds, strict=True))
        return _unfitted(author, mine, theirs, fit=_logistic(features, labels))

    def closeness(self, text: str) -> Closeness:
        """Return how close a text is; nothing is said of short ones."""
        count = sum(1 for _ in _WORD.finditer(text))
        if count < FEWEST_WORDS:
            return Closeness(None, count)
        features = np.concatenate(([1.0], self.features([text])[0]))
        return Closeness(float(1 / (1 + np.exp(-features @ self.fit))), count)

    def features(self, texts: Sequence[str]) -> Matrix:
        """Return both measures of each text, shape (n, 2); the more, the closer."""
        grams = _unit(_grams(texts) * self.rarity)
        cosines = grams @ self.own - grams @ self.other
        scores = (_frequencies(texts, self.frequent) - self.mean) / self.spread
        delta = np.abs(scores - self.other_words).mean(1) - np.abs(scores - self.own_words).mean(1)
        return np.stack([cosines, delta], 1)


def passages(texts: Sequence[str], size: int = _PASSAGE) -> list[str]:
    """Cut texts into passages of about so many words; shorter rests are left out."""
    cut = []
    for text in texts:
        ends = [match.end() for match in _WORD.finditer(text)][size - 1 :: size]
        cut += [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return cut


def _held_out(
    author: str, own: Sequence[str], others: Sequence[str], fold: int
) -> tuple[Matrix, Matrix]:
    """Return features and labels of passages that a style was not learnt from."""

    def parted(texts: Sequence[str]) -> tuple[list[str], list[str]]:
        # Whole stretches, since neighbours share their subject.
        low, high = (len(texts) * at // _FOLDS for at in (fold, fold + 1))
        return [*texts[:low], *texts[high:]], list(texts[low:high])

    (own_kept, own_out), (others_kept, others_out) = parted(own), parted(others)
    features = _unfitted(author, own_kept, others_kept).features([*own_out, *others_out])
    return features, np.repeat([1.0, 0.0], [len(own_out), len(others_out)])


def _unfitted(
    author: str, own: Sequence[str], others: Sequence[str], fit: Matrix | None = None
) -> Style:
    counts = Counter(word for text in [*own, *others] for word in _read(text))
    frequent = tuple(word for word, _ in counts.most_common(_FREQUENT))
    grams = _grams([*own, *others])
    standing = (grams > 0).sum(0)
    rarity = np.log((1 + len(grams)) / (1 + standing)) + 1
    grams = _unit(grams * rarity)
    frequencies = _frequencies([*own, *others], frequent)
    mean, spread = frequencies.mean(0), frequencies.std(0) + 1e-6
    scores = (frequencies - mean) / spread
    return Style(
        author,
        frequent,
        rarity,
        _unit(grams[: len(own)].mean(0, keepdims=True))[0],
        _unit(grams[len(own) :].mean(0, keepdims=True))[0],
        mean,
        spread,
        scores[: len(own)].mean(0),
        scores[len(own) :].mean(0),
        np.zeros(3) if fit is None else fit,
    )


def _read(text: str) -> list[str]:
    """Return the words of a text without names, which belong to the subject and not the style."""
    return [
        match[0].lower().replace("\u2019", "'") for match in _WORD.finditer(_NAMED.sub("", text))
    ]


def _frequencies(texts: Sequence[str], frequent: Sequence[str]) -> Matrix:
    rows = []
    for text in texts:
        counts = Counter(_read(text))
        total = max(1, counts.total())
        rows.append([counts[word] / total for word in frequent])
    return np.array(rows)


def _grams(texts: Sequence[str]) -> Matrix:
    """Return the log-scaled counts of character n-grams in bins, shape (n, bins)."""
    rows = np.zeros((len(texts), _BINS))
    for at_row, text in enumerate(texts):
        plain = _SPACE.sub(" ", _NAMED.sub("*", text).replace("\u2019", "'")).lower()
        codes = np.array([ord(sign) for sign in plain], np.uint64)
        for size in _SIZES:
            hashes = np.full(max(0, len(codes) - size + 1), size, np.uint64)
            for at in range(size):
                hashes = hashes * _MULTIPLIER + codes[at : at + len(hashes)]
            bins = (hashes * _MULTIPLIER >> _SHIFT).astype(np.int64)
            rows[at_row] += np.bincount(bins, minlength=_BINS)
    return np.log1p(rows)


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def _logistic(features: Matrix, labels: Matrix) -> Matrix:
    """Return intercept and slopes; a measure that would count against itself does not count."""
    fit = np.zeros(1 + features.shape[1])
    kept = np.ones(features.shape[1], np.bool_)
    while kept.any():
        found = _newton(features[:, kept], labels)
        if (found[1:] >= 0).all():
            fit[np.concatenate(([True], kept))] = found
            break
        kept[np.flatnonzero(kept)[found[1:].argmin()]] = False
    return fit


def _newton(features: Matrix, labels: Matrix) -> Matrix:
    """Fit with a small ridge, both labels weighing the same."""
    scale = features.std(0) + 1e-9
    x = np.column_stack([np.ones(len(features)), features / scale])
    weights = np.where(labels == 1, 0.5 / labels.sum(), 0.5 / (1 - labels).sum()) * len(labels)
    fit = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-x @ fit))
        slope = x.T @ (weights * (chance - labels)) + fit
        curve = (x.T * (weights * chance * (1 - chance))) @ x + np.eye(len(fit))
        fit -= np.linalg.solve(curve, slope)
    solved: Matrix = fit / np.concatenate(([1.0], scale))
    return solved
