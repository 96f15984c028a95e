"""Numbers that tell texts apart: how predictable a text is, and how evenly it is written.

Each is a mean, a share or a ratio, so that texts of different lengths can be compared. None looks
at layout, which says how a file was made.
"""

from __future__ import annotations

import itertools
import re

import numpy as np
from numpy.typing import NDArray

from upright.verify.surprise import Surprise

Floats = NDArray[np.float64]

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]* +(?=[\"'(\[]?\w)")
_ENTROPIES = (0.0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 12.0)
_PRIOR = 8
_RANKS = (1, 3, 10, 30, 100, 300, 1000, 5000)
_OPEN = 3.0  # nats; above it there was a real choice of words
_STRETCH = 16  # tokens of a stretch whose mean surprise is compared with the others'
_ENDINGS = ("ing", "ly", "ed", "tion", "ity", "ment", "ous", "ive", "s")
_STEM = 5  # letters; shorter words have no ending to speak of
_RUN = 50  # words among which different ones are counted


def features(text: str, view: Surprise) -> dict[str, float]:
    """Return all features of a text.

    Args:
        text: what was read of it, in plain form.
        view: what the model thinks of it.
    """
    return {**of_model(view), **of_text(text)}


def of_model(view: Surprise) -> dict[str, float]:
    """Return the features that come from the model, of at least two tokens."""
    logprob = view.logprob.astype(np.float64)
    rank = view.rank.astype(np.float64)
    entropy = view.entropy.astype(np.float64)
    spread = np.maximum(view.spread.astype(np.float64), 1e-6)
    above = logprob + entropy  # how much likelier than the model expected
    logrank = np.log1p(rank)
    score = above / np.sqrt(np.maximum(spread, 0.25))
    open_ = entropy > _OPEN
    stretches = _stretches(-logprob)
    half = len(logprob) // 2
    low, middle, high = np.quantile(-logprob, (0.25, 0.75, 0.95))
    return {
        "logprob": logprob.mean(),
        "logrank": logrank.mean(),
        "entropy": entropy.mean(),
        # Bao et al. 2024, Fast-DetectGPT, without its growth with length.
        "curvature": above.mean() / np.sqrt(spread.mean()),
        # Su et al. 2023, DetectLLM: log-likelihood log-rank ratio.
        "ratio": -logprob.mean() / max(logrank.mean(), 1e-3),
        "gap": (logprob - view.best).mean(),
        "first": (rank == 0).mean(),
        "first_ten": (rank < 10).mean(),  # noqa: PLR2004 (as the name says)
        "far": (rank >= 1000).mean(),  # noqa: PLR2004 (no model draws that often)
        "cold": (view.cold - logprob).mean(),
        "hot": (view.hot - logprob).mean(),
        "surprise_spread": logprob.std(),
        "surprise_low": low,
        "surprise_middle": middle,
        "surprise_high": high,
        "score_low": np.quantile(score, 0.05),
        "score_quarter": np.quantile(score, 0.25),
        "score_spread": score.std(),
        "open": open_.mean(),
        "open_above": above[open_].mean() if open_.any() else 0.0,
        "open_first_ten": (rank[open_] < 10).mean() if open_.any() else 0.0,  # noqa: PLR2004 (as above)
        "burstiness": stretches.std(),
        "memory": _memory(-logprob),
        "settling": logprob[half:].mean() - logprob[:half].mean(),
        "repeated": _repeated(view.ids),
        **_by_choice(above, entropy),
        **_by_rank(rank),
    }


def _by_choice(above: Floats, entropy: Floats) -> dict[str, float]:
    """Return how far tokens lie above expectation where little or much was open."""
    found = {}
    for low, high in itertools.pairwise(_ENTROPIES):
        chosen = above[(entropy >= low) & (entropy < high)]
        # Few tokens say little: the mean is drawn towards what it is for everybody.
        found[f"above_{low:g}"] = chosen.sum() / (len(chosen) + _PRIOR)
    return found


def _by_rank(rank: Floats) -> dict[str, float]:
    return {
        f"rank_{low}": float(((rank >= low) & (rank < high)).mean())
        for low, high in itertools.pairwise(_RANKS)
    }


def _repeated(ids: NDArray[np.int64]) -> float:
    """Return the share of runs of three tokens that stood there before."""
    runs = list(zip(ids.tolist(), ids[1:].tolist(), ids[2:].tolist(), strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def of_text(text: str) -> dict[str, float]:
    """Return the features that come from the words alone."""
    words = [word.lower() for word in _WORD.findall(text)]
    lengths = np.array([len(word) for word in words] or [0], dtype=np.float64)
    sentences = [len(_WORD.findall(part)) for part in _SENTENCE_END.split(text)]
    sentence = np.array([n for n in sentences if n] or [1], dtype=np.float64)
    count = max(len(words), 1)
    long = [word for word in words if len(word) >= _STEM]
    return {
        "word_length": lengths.mean(),
        "word_spread": lengths.std(),
        "long_words": (lengths >= 9).mean(),  # noqa: PLR2004 (letters)
        "different": _different(words),
        "sentence_length": np.log(sentence.mean()),
        "sentence_spread": sentence.std() / sentence.mean(),
        "commas": text.count(",") / count,
        "marks": sum(text.count(mark) for mark in ';:()!?"') / count,
        "contractions": sum("'" in word for word in words) / count,
        "quotes": text.count('"') / count,
        "dashes": sum(text.count(mark) for mark in "-\u2013\u2014") / count,
        **{f"end_{end}": sum(word.endswith(end) for word in long) / count for end in _ENDINGS},
    }


def _stretches(values: Floats) -> Floats:
    parts = len(values) // _STRETCH
    if parts < 2:  # noqa: PLR2004 (one alone has no spread)
        return np.zeros(1)
    means: Floats = values[: parts * _STRETCH].reshape(parts, _STRETCH).mean(axis=1)
    return means


def _memory(values: Floats) -> float:
    """Return the correlation of each token's surprise with the next one's."""
    centred = values - values.mean()
    power = float((centred**2).sum())
    return float((centred[:-1] * centred[1:]).sum()) / power if power else 0.0


def _different(words: list[str]) -> float:
    """Return the mean share of different words in runs of equal length."""
    if len(words) <= _RUN:
        return len(set(words)) / max(len(words), 1) if words else 0.0
    runs = [words[at : at + _RUN] for at in range(0, len(words) - _RUN + 1, 10)]
    return float(np.mean([len(set(run)) / _RUN for run in runs]))
