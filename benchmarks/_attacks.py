"""What people do to a text so that its origin is not found, or so that it seems to have another.

Pure functions of texts and a seed. Paraphrases need a model; `_paraphrases.py` writes them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ALIKE = str.maketrans("aceopxyi", "асеорхуі")  # noqa: RUF001 (look-alikes are the attack)
_VERB = r"\b(is|are|was|were|has|have|had|can|could|will|would|should|did|do|does|may|must)\b"
_STATEMENT = re.compile(rf"{_VERB}( not\b)?", re.IGNORECASE)
_OPPOSITES = (
    ("always", "never"), ("all", "none"), ("more", "less"), ("before", "after"), ("up", "down"),
    ("good", "bad"), ("first", "last"), ("old", "new"), ("right", "wrong"), ("with", "without"),
    ("great", "small"), ("long", "short"), ("came", "went"), ("found", "lost"), ("no", "every"),
)  # fmt: skip
_OPPOSITE = dict(_OPPOSITES) | {there: here for here, there in _OPPOSITES}
_TURNED = re.compile(rf"\b({'|'.join(_OPPOSITE)})\b")


def _words(text: str) -> tuple[list[str], list[int]]:
    """Return a text's words and the spaces between them in turn, and where the words are."""
    parts = re.split(r"(\s+)", text)
    return parts, [at for at, part in enumerate(parts) if part and not part.isspace()]


def words_replaced(text: str, share: float, others: Sequence[str], seed: int) -> str:
    """Return the text with a share of its words replaced by other people's words."""
    draw = random.Random(seed)
    parts, places = _words(text)
    for at in draw.sample(places, round(share * len(places))):
        parts[at] = draw.choice(others)
    return "".join(parts)


def words_deleted(text: str, share: float, seed: int) -> str:
    """Return the text without a share of its words, each gone with the space behind it."""
    draw = random.Random(seed)
    parts, places = _words(text)
    for at in draw.sample(places, round(share * len(places))):
        parts[at : at + 2] = [""] * len(parts[at : at + 2])
    return "".join(parts)


def homoglyphs(text: str, share: float, seed: int) -> str:
    """Return the text with a share of the letters that have a Cyrillic twin replaced by it."""
    draw = random.Random(seed)
    return "".join(sign.translate(_ALIKE) if draw.random() < share else sign for sign in text)


def zero_width(text: str, share: float, seed: int) -> str:
    """Return the text with invisible spaces behind a share of its characters."""
    draw = random.Random(seed)
    return "".join(sign + "\u200b" if draw.random() < share else sign for sign in text)


def whitespace(text: str, seed: int) -> str:
    """Return the text with other white space: doubled, broken into lines, indented."""
    draw = random.Random(seed)
    return re.sub(r"\s+", lambda _: draw.choice([" ", " ", "  ", "\n", "\n\n  "]), text)


def rewrapped(text: str) -> str:
    """Return the text as one paragraph with single spaces, as pasting into a form leaves it."""
    return " ".join(text.split())


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
    for sentence in _SENTENCE.split(text):
        clauses = re.split(r"[,;]\s+", sentence.rstrip(".!?"))
        draw.shuffle(clauses)
        sentences.append(", ".join(clauses) + ".")
    draw.shuffle(sentences)
    return " ".join(sentences)


def excerpt(text: str, share: float, seed: int) -> str:
    """Return a share of the text's words, in a row."""
    words = text.split(" ")
    count = max(1, round(share * len(words)))
    start = random.Random(seed).randint(0, len(words) - count)
    return " ".join(words[start : start + count])


def beginning(text: str, words: int) -> str:
    """Return a text's first words, spaces as they are."""
    parts, places = _words(text)
    return "".join(parts[: places[words]]).rstrip() if words < len(places) else text


def diluted(text: str, around: str, seed: int) -> str:
    """Return another text with this one standing in it, whole, between two of its sentences."""
    sentences = _SENTENCE.split(around)
    at = random.Random(seed).randint(0, len(sentences))
    return " ".join([*sentences[:at], text, *sentences[at:]])


def scattered(text: str, around: str, pieces: int, seed: int) -> str:
    """Return another text with pieces of this one, a half of it in all, pasted here and there."""
    draw = random.Random(seed)
    words = text.split(" ")
    length = max(1, len(words) // (2 * pieces))
    sentences = _SENTENCE.split(around)
    for number in range(pieces):
        start = min(2 * number * length, len(words) - length)
        sentences.insert(draw.randint(0, len(sentences)), " ".join(words[start : start + length]))
    return " ".join(sentences)


def turned_round(text: str, count: int, seed: int) -> str:
    """Return the text saying the opposite in a few places: a spoof.

    Statements are negated, or no longer so; where there are too few, words are replaced by
    their opposites. Digits change. The writer is made to say what was never said, with as few
    changes as that takes.
    """
    draw = random.Random(seed)
    statements, opposites = list(_STATEMENT.finditer(text)), list(_TURNED.finditer(text))
    chosen = draw.sample(statements, min(count, len(statements)))
    left = min(count - len(chosen), len(opposites))
    changes = [(m, m[1] if m[2] else f"{m[1]} not") for m in chosen]
    changes += [(m, _OPPOSITE[m[1]]) for m in draw.sample(opposites, left)]
    for match, new in sorted(changes, key=lambda change: -change[0].start()):
        text = f"{text[: match.start()]}{new}{text[match.end() :]}"
    return re.sub(r"\d", lambda digit: str((int(digit.group()) + 1) % 10), text)


def stitched(texts: Sequence[str], seed: int) -> str:
    """Return a new text of sentences of several texts, as long as one of them: a spoof."""
    draw = random.Random(seed)
    sentences = [part for text in texts for part in _SENTENCE.split(text)]
    draw.shuffle(sentences)
    wanted = max(len(text) for text in texts)
    taken: list[str] = []
    for sentence in sentences:
        if sum(map(len, taken)) + len(sentence) <= wanted:
            taken.append(sentence)
    return " ".join(taken)


@dataclass(frozen=True, slots=True)
class Scene:
    """What an attacker has besides the text.

    Attributes:
        seed: of all that is drawn.
        around: prose by people, many times as long as the text.
        vocabulary: words of other people.
        siblings: other texts under the same key, with the same mark.
        paraphrase: the text in a model's own words.
    """

    seed: int
    around: str
    vocabulary: Sequence[str]
    siblings: Sequence[str]
    paraphrase: str

    def prose(self, text: str, times: int) -> str:
        """Return people's prose, some times as many words as a text."""
        return beginning(self.around, times * len(text.split()))


Attack = Callable[[str, Scene], str]


def _replacing(share: float) -> Attack:
    return lambda text, scene: words_replaced(text, share, scene.vocabulary, scene.seed)


def _diluting(times: int) -> Attack:
    return lambda text, scene: diluted(text, scene.prose(text, times), scene.seed)


HIDING: dict[str, Attack] = {
    "no attack": lambda text, _: text,
    "words replaced, 5 %": _replacing(0.05),
    "words replaced, 10 %": _replacing(0.1),
    "words replaced, 20 %": _replacing(0.2),
    "words replaced, 30 %": _replacing(0.3),
    "words replaced, 50 %": _replacing(0.5),
    "words deleted, 10 %": lambda text, scene: words_deleted(text, 0.1, scene.seed),
    "words deleted, 30 %": lambda text, scene: words_deleted(text, 0.3, scene.seed),
    "look-alike letters, 1 in 20": lambda text, scene: homoglyphs(text, 0.05, scene.seed),
    "look-alike letters, all": lambda text, scene: homoglyphs(text, 1.0, scene.seed),
    "invisible spaces, 1 in 20": lambda text, scene: zero_width(text, 0.05, scene.seed),
    "one line": lambda text, _: rewrapped(text),
    "other white space": lambda text, scene: whitespace(text, scene.seed),
    "lower case": lambda text, _: lower_case(text),
    "clauses reordered": lambda text, scene: reordered(text, scene.seed),
    "a third of it alone": lambda text, scene: excerpt(text, 1 / 3, scene.seed),
    "in people's prose, 1 : 1": _diluting(1),
    "in people's prose, 1 : 4": _diluting(4),
    "in people's prose, 1 : 9": _diluting(9),
    "half of it in 4 pieces": lambda text, scene: scattered(
        text, scene.prose(text, 1), 4, scene.seed
    ),
    "paraphrased by a model": lambda _, scene: scene.paraphrase,
}
"""Attacks after which the origin should still be found."""

SPOOFS: dict[str, Attack] = {
    "turned round": lambda text, scene: turned_round(text, 5, scene.seed),
    "stitched sentences": lambda text, scene: stitched([text, *scene.siblings], scene.seed),
    "people's prose alone": lambda text, scene: scene.prose(text, 1),
}
"""Texts that nobody's model wrote; here finding a mark is the failure."""


def kept(text: str, result: str) -> tuple[float, float]:
    """Return how much of a text an attack left, by words in their order.

    Returns:
        The share of the text's words that are gone from the result, and the share of the
        result's words that are the text's.
    """
    before, after = text.split(), result.split()
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in blocks)
    return 1 - same / max(1, len(before)), same / max(1, len(after))
