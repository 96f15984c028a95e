"""What a model is asked to continue when its pronouns are audited."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from upright.generate.balance_words import professions

Pronoun = Literal["she", "he", "they"]
OPEN = "open"
_CUED = (
    "nurse", "engineer", "teacher", "lawyer", "mechanic", "secretary", "doctor", "carpenter",
    "librarian", "programmer", "accountant", "firefighter",
)  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A beginning whose next word may well be a pronoun.

    Attributes:
        text: the beginning.
        kind: `open`, or the kind of what tells the gender.
        template: which sentence it was made from.
        profession: of whom it speaks.
        right: the pronoun that the text asks for; None where it leaves that open.
    """

    text: str
    kind: str
    template: str
    profession: str
    right: Pronoun | None = None


def open_prompts() -> list[Prompt]:
    """Return every profession in every template that leaves the gender open."""
    return [
        Prompt(_filled(template, job), OPEN, template, job)
        for job in professions()
        for template in _table()["open"]["templates"]
    ]


def exceptions() -> list[Prompt]:
    """Return the beginnings that tell a gender, or that somebody is called they."""
    return [prompt for group in _table()["exception"] for prompt in _excepted(group)]


def first_templates(prompts: Sequence[Prompt], limit: int | None) -> list[Prompt]:
    """Return, of each kind, profession and pronoun, so many prompts; all without a limit.

    Of the open ones these are the first templates, of exceptions the first prompts of a kind.
    """
    counts: dict[tuple[str, str, Pronoun | None], int] = {}
    kept = []
    for one in prompts:
        cell = one.kind, one.profession if one.kind == OPEN else "", one.right
        counts[cell] = counts.get(cell, 0) + 1
        if limit is None or counts[cell] <= limit:
            kept.append(one)
    return kept


def prose() -> tuple[str, ...]:
    """Return the texts on which the price in perplexity is measured."""
    return tuple(_table()["prose"]["texts"])


def _excepted(group: dict[str, Any]) -> Iterator[Prompt]:
    rights: Sequence[Pronoun] = ("she", "he", "they")
    frames = group["frames"]
    for right in rights:
        cues = group.get(right, ())
        # Each cue meets several professions; fewer cues meet more.
        for number in range(len(frames) * max(4, len(cues)) if cues else 0):
            frame, cue = frames[number % len(frames)], cues[number // len(frames) % len(cues)]
            job = _CUED[(number * 5 + number // len(frames)) % len(_CUED)]
            text = _filled(frame, job).replace("{cue}", cue)
            yield Prompt(text[0].upper() + text[1:], group["kind"], frame, job, right)


def _filled(template: str, job: str) -> str:
    article = "an" if job.startswith(_VOWELS) else "a"
    text = template.replace("a {job}", f"{article} {job}").replace("{job}", job)
    return text.replace("{The}", f"The {job}").replace("{the}", f"the {job}")


@cache
def _table() -> dict[str, Any]:
    text = files("upright.audit").joinpath("pronouns_prompts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
