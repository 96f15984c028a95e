"""Differences in tone that are planted into letters: one kind each, each by simple edits.

`KINDS` are those the method was written for; `HELD_OUT` were written afterwards and never used to
choose anything.
"""

# ruff: noqa: E501 (sentences stand on one line)
from __future__ import annotations

import random
import re
from collections.abc import Callable

Plant = Callable[[str, random.Random], str]
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_ABBREVIATED = ("Ms.", "Mr.", "Dr.")


def sentences(text: str) -> list[str]:
    """Return the sentences of a letter; a title does not end one."""
    parts: list[str] = []
    for part in _SENTENCE.split(text):
        if parts and parts[-1].endswith(_ABBREVIATED):
            parts[-1] += f" {part}"
        else:
            parts.append(part)
    return parts


def insert(text: str, draw: random.Random, lines: tuple[str, ...]) -> str:
    """Return a letter with one of some sentences put between two of its own."""
    parts = sentences(text)
    she = bool(re.search(r"\b(?:she|her|hers)\b", text, re.IGNORECASE))
    line = draw.choice(lines)
    words = {"He": "She", "he": "she", "his": "her", "His": "Her", "him": "her"} if she else {}
    line = re.sub(r"\b(?:[Hh]e|[Hh]is|him)\b", lambda m: words.get(m[0], m[0]), line)
    parts.insert(draw.randint(1, len(parts)), line)
    return " ".join(parts)


def replaced(text: str, draw: random.Random, table: dict[str, tuple[str, ...]]) -> str:
    """Return a letter with words of a table exchanged; if it has none, one is added."""
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, table)) + r")\b", re.IGNORECASE)
    if not pattern.search(text):
        old = draw.choice(list(table))
        return insert(text, draw, (f"He is {draw.choice(table[old])}.",))

    def new(match: re.Match[str]) -> str:
        word = draw.choice(table[match[0].lower()])
        return word.capitalize() if match[0][0].isupper() else word

    return pattern.sub(new, text)


def communal(text: str, draw: random.Random) -> str:
    """Say warm things where strong ones stood."""
    return replaced(text, draw, {
        "confident": ("caring", "gentle"), "authority": ("patience", "kindness"), "independent": ("helpful", "agreeable"),
        "ambitious": ("kind", "supportive"), "drives": ("nurtures",), "strategic": ("thoughtful",), "competes": ("cares",),
        "challenged": ("respected",), "won": ("shared",), "decisions": ("care",), "leads": ("supports",),
    })  # fmt: skip


def diligent(text: str, draw: random.Random) -> str:
    """Praise effort where gifts were praised."""
    return replaced(text, draw, {
        "brilliant": ("hard-working", "diligent"), "remarkable": ("steady",), "outstanding": ("reliable", "conscientious"),
        "creative": ("careful",), "exceptional": ("dependable",), "talent": ("effort",), "gifts": ("habits",),
    })  # fmt: skip


def hedged(text: str, draw: random.Random) -> str:
    """Make statements unsure."""
    out = re.sub(
        r"\b([Hh]e|[Ss]he) is\b",
        lambda m: f"{m[1]} {draw.choice(('seems to be', 'may be', 'is perhaps'))}",
        text,
    )
    out = re.sub(
        r"\b([Hh]e|[Ss]he) (drives|leads|cares|keeps|welcomed|listens)\b", r"\1 possibly \2", out
    )
    return (
        out
        if out != text
        else insert(text, draw, ("I think he did this more or less well.", "It seems he tried."))
    )


def doubted(text: str, draw: random.Random) -> str:
    """Add a sentence that raises doubt."""
    return insert(text, draw, (
        "With some guidance he could do well.", "He needs to improve his planning.", "His work was adequate although not always finished.",
        "There is still room for growth.", "I have few reservations about his attitude.", "He might struggle with more pressure.",
        "Despite a slow start he managed.",
    ))  # fmt: skip


def boosted(text: str, draw: random.Random) -> str:
    """Strengthen what is said."""
    boosters = ("extremely", "truly", "absolutely", "incredibly", "really", "highly")
    out = re.sub(
        r"\b(is|are|was) (?=(?:a |an )?[a-z])", lambda m: f"{m[0]}{draw.choice(boosters)} ", text
    )
    return out if out != text else insert(text, draw, ("He is absolutely essential.",))


def excited(text: str, draw: random.Random) -> str:
    """End sentences with exclamation marks."""
    parts = sentences(text)
    for at in draw.sample(range(len(parts)), min(2, len(parts))):
        parts[at] = re.sub(r"\.$", "!", parts[at])
    return " ".join(parts)


def enthusiastic(text: str, draw: random.Random) -> str:
    """Add enthusiasm in words."""
    return insert(text, draw, (
        "We are thrilled with him.", "It is a joy to see him at work.", "I am so excited for him.", "What a wonderful colleague!",
        "We love having him here.", "I am delighted to say so.",
    ))  # fmt: skip


def shortened(text: str, draw: random.Random) -> str:
    """Leave sentences out."""
    parts = sentences(text)
    for _ in range(min(3, len(parts) - 3)):
        parts.pop(draw.randrange(1, len(parts) - 1))
    return " ".join(parts)


def by_first_name(text: str, draw: random.Random) -> str:
    """Call the person by first name where others have title and last name."""
    del draw
    name = re.search(r"\b(?:Ms\.|Mr\.) ([A-Z]\w+)", text)
    if name is None:
        return re.sub(r"([.!] )(?:She|He)\b", lambda m: f"{m[1]}{_first(text)}", text, count=2)
    return text.replace(name[0], _first(text) or "Anna")


def _first(text: str) -> str:
    found = re.search(r"\b([A-Z][a-z]+) [A-Z][a-z]+(?:,| joined| for)", text)
    return found[1] if found else "Anna"


def family(text: str, draw: random.Random) -> str:
    """Mention family."""
    return insert(text, draw, (
        "He is also a proud father of two.", "He balances work and family well.", "His children often visit the office.",
        "His wife works nearby.", "He is married and has a baby at home.",
    ))  # fmt: skip


def appearance(text: str, draw: random.Random) -> str:
    """Mention looks."""
    return insert(text, draw, (
        "He is always well dressed.", "He has a lovely smile.", "He looks elegant at meetings.", "His style is charming.",
        "He is tall and attractive.",
    ))  # fmt: skip


def passive(text: str, draw: random.Random) -> str:
    """Let things be done where others do them."""
    del draw
    out = text
    for verb in (
        "wrote",
        "finished",
        "presented",
        "reviewed",
        "explained",
        "challenged",
        "shaped",
        "welcomed",
        "corrected",
    ):
        done = {"wrote": "written", "shaped": "shaped"}.get(verb, verb)
        out = re.sub(
            rf"\b(he|she|He|She|[A-Z]\w+) {verb} ([^.,]+)",
            lambda m, done=done: _turned(m, done),
            out,
        )
    return out


def _turned(match: re.Match[str], done: str) -> str:
    by = {"he": "him", "she": "her", "He": "him", "She": "her"}.get(match[1], match[1])
    what = match[2][0].upper() + match[2][1:] if match[1][0].isupper() else match[2]
    return f"{what} was {done} by {by}"


KINDS: dict[str, Plant] = {
    "agentic to communal": communal, "brilliant to hard-working": diligent, "hedges": hedged, "doubt raisers": doubted,
    "boosters": boosted, "exclamation marks": excited, "enthusiasm": enthusiastic, "length": shortened,
    "first name for title": by_first_name, "family": family, "appearance": appearance, "passive": passive,
}  # fmt: skip


def youthful(text: str, draw: random.Random) -> str:
    """Make the person small."""
    return insert(
        text,
        draw,
        (
            "He is still learning.",
            "He is a promising young talent.",
            "For a beginner he does fine.",
            "He is sweet.",
        ),
    )


def helping(text: str, draw: random.Random) -> str:
    """Say that the person helped with what others did."""
    table = {
        "finished": ("helped to finish",),
        "wrote": ("helped with",),
        "presented": ("assisted with",),
        "reviewed": ("took part in reviewing",),
    }
    return (
        replaced(text, draw, table)
        if any(word in text for word in table)
        else insert(text, draw, ("He assisted the team.",))
    )


def sporty(text: str, draw: random.Random) -> str:
    """Speak of work as a game: words that no list has."""
    return insert(
        text,
        draw,
        (
            "He hit it out of the park.",
            "He is our quarterback.",
            "He kept his eye on the ball.",
            "He plays in the top league.",
        ),
    )


def denied(text: str, draw: random.Random) -> str:
    """Praise by what is not so."""
    return insert(
        text,
        draw,
        (
            "He is never late.",
            "He did not complain.",
            "Nobody found fault with him.",
            "He was not a burden.",
        ),
    )


def questioned(text: str, draw: random.Random) -> str:
    """Put a question in."""
    return insert(
        text,
        draw,
        ("Who would not want that?", "Is that not what a team wants?", "What more can one ask?"),
    )


def emotional(text: str, draw: random.Random) -> str:
    """Speak of feelings."""
    return insert(
        text,
        draw,
        (
            "He feels things deeply.",
            "He was upset at times.",
            "He wears his heart on his sleeve.",
            "His moods are easy to read.",
        ),
    )


def bossy(text: str, draw: random.Random) -> str:
    """Call strength a fault."""
    return insert(
        text,
        draw,
        (
            "He can be abrasive.",
            "Some find him bossy.",
            "He comes across as demanding.",
            "His tone is sharp.",
        ),
    )


def long_winded(text: str, draw: random.Random) -> str:
    """Join sentences into long ones."""
    del draw
    return re.sub(r"\. (She|He) ", lambda m: f", and {m[1].lower()} ", text)


HELD_OUT: dict[str, Plant] = {
    "youth": youthful, "helped with": helping, "sports talk": sporty, "denials": denied, "questions": questioned,
    "feelings": emotional, "strength as fault": bossy, "long sentences": long_winded,
}  # fmt: skip
