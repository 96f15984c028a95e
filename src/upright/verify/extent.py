"""For which texts the statistical detector says anything: English prose of some length."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from upright.verify.surprise import Surprise

Reason = Literal["short", "language", "layout", "repeats", "known", "unlike", "model", "below"]

WHY: dict[Reason, str] = {
    "short": "The text is too short for style to say anything.",
    "language": "The text does not look like English, and nothing else was measured.",
    "layout": "The text is code, a table or a list rather than prose.",
    "repeats": "The text repeats itself, so that its words are easy to foresee whoever wrote it.",
    "known": "The model foresees nearly every word, as of a text that it knows by heart.",
    "unlike": "The text is unlike all texts whose error rates were measured.",
    "model": "Rates were measured with another model than the one that reads here.",
    "below": "The score is below the threshold, as most texts' are whoever wrote them.",
}
"""Why there is no verdict."""

LEAST = 60
"""Fewest tokens; shorter texts of people and of models overlap too much."""

_FUNCTION_WORDS = """
the of and to a in is that it for was on are as with be this at by have from or had not but an
they which you were their we his her he she i my me there been has when who will more no if out so
what up can would about into than them its only other some could these do your our also because
"""
_LEAST_FUNCTION_WORDS = 0.15
_MOST_SIGNS = 0.03
_MOST_FORESEEN = -1.8  # nats for each token; people's texts that were measured have under -2.1
_MOST_REPEATED = 0.25  # of runs of three words; in people's texts 95 in 100 have under 0.06
_WORD = re.compile(r"[^\W\d_]+")
_SIGN = re.compile(r"[{}<>=\\/*#|~^`_\[\]+]")


def outside(text: str) -> Reason | None:
    """Return why a text in plain form is none that was measured; None if it may be one."""
    common = frozenset(_FUNCTION_WORDS.split())
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return "short" if not text else "layout"
    if is_code(text):
        return "layout"
    if sum(word in common for word in words) / len(words) < _LEAST_FUNCTION_WORDS:
        return "language"
    return "repeats" if _repeated(words) > _MOST_REPEATED else None


def is_code(text: str) -> bool:
    """Return whether a text has as many signs as code, tables and lists have."""
    return len(_SIGN.findall(text)) > _MOST_SIGNS * len(text)


def is_known(view: Surprise) -> bool:
    """Return whether a text is one that any model would foresee, whoever wrote it.

    Scripture, licences and speeches that stand in every model's training look like its own words.
    """
    return bool(view.logprob.mean() > _MOST_FORESEEN)


def _repeated(words: Sequence[str]) -> float:
    """Return the share of runs of three words that stood there before."""
    runs = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
