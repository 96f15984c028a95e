"""What can be counted in a text: lists of words, and how it is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.audit.tone_lexicons import counts, lexicons
from upright.audit.tone_mask import Masked

Floats = NDArray[np.float64]

_ENDS = frozenset({".", "!", "?", "...", "\u2026"})
_MARKS = _ENDS | {",", ";", ":", "(", ")", "\u2014", "\u2013"}
_BE = frozenset({"is", "are", "was", "were", "be", "been", "being", "am", "get", "gets", "got"})
_IRREGULAR = (
    "given made done taken seen known written shown led held kept found built brought told paid "
    "sent chosen driven grown put set won lost met taught left felt thought run begun born spoken "
    "understood drawn beaten broken forgotten hidden stolen thrown worn overseen undertaken"
)
_PARTICIPLES = frozenset(_IRREGULAR.split())
_NEGATIONS = frozenset({"not", "no", "never", "none", "nor", "neither", "nothing", "nobody"})
_MODALS = frozenset({"could", "would", "should", "can", "may", "might", "must", "will", "shall"})
_BETWEEN = 2  # adverbs that may stand between "was" and "led"

MANNERS = {
    "length": "words of a text (logarithm)",
    "sentence_length": "words of a sentence",
    "word_length": "letters of a word",
    "variety": "different words of a text, for its length",
    "exclamations": "exclamation marks, each sentence",
    "questions": "question marks, each sentence",
    "commas": "commas, each sentence",
    "capitals": "words in capitals, per 100 words",
    "passive": "passives, each sentence",
    "negation": "negations, per 100 words",
    "modals": "could, should, will and so on, per 100 words",
    "contractions": "contractions, per 100 words",
    "first_person": "I and we, per 100 words",
    "adverbs": "words in -ly, per 100 words",
    "superlatives": "superlatives, per 100 words",
    "numbers": "numbers, per 100 words",
    "first_names": "first names alone, per 100 words",
    "last_names": "titles and last names, per 100 words",
    "full_names": "full names, per 100 words",
    "pronouns": "he and she, per 100 words",
}
"""How a text is written, with what each figure counts."""


@dataclass(frozen=True, slots=True)
class Table:
    """What was counted in some texts.

    Attributes:
        names: of the columns.
        titles: what each counts.
        values: shape (texts, columns).
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    values: Floats


def counted(texts: Sequence[Masked]) -> Table:
    """Count lists of words (per 100 words) and manners of writing in each text."""
    lists = lexicons()
    rows = []
    for text in texts:
        words = [token for token in text.tokens if token not in _MARKS]
        found, per = counts(text.tokens), 100 / max(1, len(words))
        rows.append([found[name] * per for name in lists] + _manners(text, words, per))
    titles = [f"{one.title}, per 100 words" for one in lists.values()]
    values = np.array(rows, dtype=np.float64).reshape(len(texts), len(lists) + len(MANNERS))
    return Table((*lists, *MANNERS), (*titles, *MANNERS.values()), values)


def _manners(text: Masked, words: Sequence[str], per: float) -> list[float]:
    tokens = text.tokens
    sentences = max(1, sum(token in _ENDS for token in tokens))
    plain = [word for word in words if word[0].isalpha() and "/" not in word]
    adverbs = sum(word.endswith("ly") and len(word) > 4 for word in plain)  # noqa: PLR2004 (not "only", "fly")
    return [
        math.log1p(len(words)),
        len(words) / sentences,
        sum(map(len, plain)) / max(1, len(plain)),
        len(set(plain)) / math.sqrt(max(1, len(plain))),
        tokens.count("!") / sentences,
        tokens.count("?") / sentences,
        tokens.count(",") / sentences,
        text.emphasised * per,
        passives(tokens) / sentences,
        sum(word in _NEGATIONS or word.endswith("n't") for word in words) * per,
        sum(word in _MODALS for word in words) * per,
        sum(word.startswith("'") or "n't" in word for word in words) * per,
        sum(word in {"i", "we", "me", "us", "my", "our", "myself"} for word in words) * per,
        adverbs * per,
        sum(word in {"most", "best", "finest"} or word.endswith("est") for word in plain) * per,
        words.count("[number]") * per,
        (words.count("[first name]") + words.count("[name]")) * per,
        sum(word in {"[last name]", "[title]", "dr", "prof", "professor"} for word in words) * per,
        words.count("[full name]") * per,
        words.count("he/she") * per,
    ]


def passives(tokens: Sequence[str]) -> int:
    """Count passives: a form of "be" and soon after it a participle."""
    found = 0
    for at, token in enumerate(tokens):
        if token in _BE:
            for following in tokens[at + 1 : at + 2 + _BETWEEN]:
                if _participle(following):
                    found += 1
                    break
                if not following.endswith("ly") and following not in {"not", "also", "being"}:
                    break
    return found


def _participle(word: str) -> bool:
    return word in _PARTICIPLES or (word.endswith("ed") and len(word) > 3)  # noqa: PLR2004 (not "red")
