"""Numbers that tell texts apart: how predictable a text is, and how evenly it is written.

Each is a mean, a share or a ratio, so that texts of different lengths can be compared. None looks
at layout, which says how a file was made. Of the words themselves only what told texts apart in
kinds of text that the fit had not seen is here: punctuation, dialogue and the lengths of words tell
kinds of text apart, and thereby kinds of writers.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from upright.verify.surprise import Surprise

Floats = NDArray[np.float64]

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]* +(?=[\"'(\[]?\w)")
_OPEN = 3.0  # nats; above it there was a real choice of words
_STRETCH = 16  # tokens of a stretch whose mean surprise is compared with the others'
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
        "repeated": _repeated(view.ids),
    }


def _repeated(ids: NDArray[np.int64]) -> float:
    """Return the share of runs of three tokens that stood there before."""
    runs = list(zip(ids.tolist(), ids[1:].tolist(), ids[2:].tolist(), strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def of_text(text: str) -> dict[str, float]:
    """Return the features that come from the words alone."""
    words = [word.lower() for word in _WORD.findall(text)]
    sentences = [len(_WORD.findall(part)) for part in _SENTENCE_END.split(text)]
    count = max(len(words), 1)
    return {
        "different": _different(words),
        "sentence_length": float(np.log(np.mean([n for n in sentences if n] or [1]))),
        "contractions": sum("'" in word for word in words) / count,
        "ing": sum(word.endswith("ing") and len(word) >= _STEM for word in words) / count,
    }


def _stretches(values: Floats) -> Floats:
    parts = len(values) // _STRETCH
    if parts < 2:  # noqa: PLR2004 (one alone has no spread)
        return np.zeros(1)
    means: Floats = values[: parts * _STRETCH].reshape(parts, _STRETCH).mean(axis=1)
    return means


def _different(words: list[str]) -> float:
    """Return the mean share of different words in runs of equal length."""
    if len(words) <= _RUN:
        return len(set(words)) / max(len(words), 1) if words else 0.0
    runs = [words[at : at + _RUN] for at in range(0, len(words) - _RUN + 1, 10)]
    return float(np.mean([len(set(run)) / _RUN for run in runs]))
