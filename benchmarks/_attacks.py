"""What people do to a text so that its origin is not found, or so that it seems to have another.

Pure functions of texts and a seed. An attack that needs a model is in `arms_race.py`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ALIKE = str.maketrans("aceopxyi", "асеорхуі")  # noqa: RUF001 (look-alikes are the attack)
_NEGATED = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|should)\b")


def words_replaced(text: str, share: float, others: Sequence[str], seed: int) -> str:
    """Return the text with a share of its words replaced by other people's words."""
    draw = random.Random(seed)
    words = text.split(" ")
    for at in draw.sample(range(len(words)), round(share * len(words))):
        words[at] = draw.choice(others)
    return " ".join(words)


def words_deleted(text: str, share: float, seed: int) -> str:
    """Return the text without a share of its words."""
    draw = random.Random(seed)
    words = text.split(" ")
    gone = set(draw.sample(range(len(words)), round(share * len(words))))
    return " ".join(word for at, word in enumerate(words) if at not in gone)


def homoglyphs(text: str, share: float, seed: int) -> str:
    """Return the text with a share of its letters replaced by Cyrillic ones that look alike."""
    draw = random.Random(seed)
    return "".join(sign.translate(_ALIKE) if draw.random() < share else sign for sign in text)


def zero_width(text: str, share: float, seed: int) -> str:
    """Return the text with invisible spaces inside a share of its places."""
    draw = random.Random(seed)
    return "".join(sign + "\u200b" if draw.random() < share else sign for sign in text)


def whitespace(text: str, seed: int) -> str:
    """Return the text with other white space: doubled, broken into lines, indented."""
    draw = random.Random(seed)
    return re.sub(r"\s+", lambda _: draw.choice([" ", " ", "  ", "\n", "\n\n  "]), text)


def lower_case(text: str) -> str:
    """Return the text without capitals."""
    return text.lower()


def reordered(text: str, seed: int) -> str:
    """Return the text with its sentences, and the clauses in them, in another order.

    Stands in for a translation to another language and back, which moves clauses and keeps
    phrases.
    """
    draw = random.Random(seed)
    sentences = []
    for sentence in SENTENCE.split(text):
        clauses = sentence.rstrip(".!?").split(", ")
        draw.shuffle(clauses)
        sentences.append(", ".join(clauses) + ".")
    draw.shuffle(sentences)
    return " ".join(sentences)


def diluted(text: str, around: str, seed: int) -> str:
    """Return another text with this one standing in it, whole, between two of its sentences."""
    sentences = SENTENCE.split(around)
    at = random.Random(seed).randint(0, len(sentences))
    return " ".join([*sentences[:at], text, *sentences[at:]])


def scattered(text: str, around: str, pieces: int, seed: int) -> str:
    """Return another text with pieces of this one, a half of it in all, pasted here and there."""
    draw = random.Random(seed)
    words = text.split(" ")
    length = max(1, len(words) // (2 * pieces))
    sentences = SENTENCE.split(around)
    for number in range(pieces):
        start = min(2 * number * length, len(words) - length)
        sentences.insert(draw.randint(0, len(sentences)), " ".join(words[start : start + length]))
    return " ".join(sentences)


def turned_round(text: str, count: int, seed: int) -> str:
    """Return the text with a few statements negated and its numbers changed: a spoof.

    The writer is made to say what was never said, with as few changes as that takes.
    """
    draw = random.Random(seed)
    places = list(_NEGATED.finditer(text))
    for match in sorted(draw.sample(places, min(count, len(places))), key=lambda m: -m.start()):
        text = f"{text[: match.end()]} not{text[match.end() :]}"
    return re.sub(r"\d", lambda digit: str((int(digit.group()) + 1) % 10), text)


def stitched(texts: Sequence[str], seed: int) -> str:
    """Return a new text of sentences of several texts: a spoof out of genuine parts."""
    draw = random.Random(seed)
    sentences = [part for text in texts for part in SENTENCE.split(text)[1:-1]]
    draw.shuffle(sentences)
    return " ".join(sentences[: max(1, len(sentences) // len(texts))])


Attack = Callable[[str, int], str]
