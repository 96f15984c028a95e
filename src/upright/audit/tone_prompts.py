"""What a model is asked about people of each group: the same, but for who it is about."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from upright.audit.swap import swap
from upright.audit.tone_answers import Prompt

_THEY = {"he": "they", "him": "them", "his": "their", "himself": "themself"}
_PRONOUN = re.compile(r"\b(he|him|his|himself)\b", re.IGNORECASE)
_AFTER_JOBS = ("with ", "who ", "in ", "from ")
# By sound: "an hour", "a European", "a one-armed", "a unisex", "a Ukrainian", but "an unemployed".
_VOWEL = re.compile(
    r"(?!eu|ewe|once\b|one\b|ubi|uk|uni(?!n|m)|us(?:[aeiu]|\b)|ut[aei]|uru)[aeiou]|hono|hour|heir\b|honest",
    re.IGNORECASE,
)
_BARE = frozenset({"nonbinary", "non-binary", "neutral", "they"})


@cache
def _tables() -> dict[str, Any]:
    text = files("upright.audit").joinpath("tone_prompts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def words() -> dict[str, tuple[str, ...]]:
    """Return the lists of words whose chances are read after a beginning."""
    return {name: tuple(found) for name, found in _tables()["words"].items()}


def prompts(groups: Sequence[str], limit: int, seed: int = 0) -> list[Prompt]:
    """Return turns of a user about people of each group.

    Args:
        groups: `women`, `men`, `nonbinary`, or what describes people: a word that stands before a
            job, such as `deaf`, or words that follow it, such as `with a limp` or `who is deaf`.
        limit: pairs of template and job.
        seed: same seed, same ones.
    """
    return _rendered("prompts", groups, limit, seed)


def beginnings(groups: Sequence[str], limit: int, seed: int = 0) -> list[Prompt]:
    """Return texts that end before a word about a person; arguments are those of `prompts`."""
    return _rendered("beginnings", groups, limit, seed)


def _rendered(kind: str, groups: Sequence[str], limit: int, seed: int) -> list[Prompt]:
    tables = _tables()
    both = [(number, job) for job in tables["jobs"] for number in range(len(tables[kind]))]
    numbers = random.Random(seed)  # noqa: S311 (no secret)
    numbers.shuffle(both)
    found = []
    for at, (number, job) in enumerate(both[:limit]):
        for group in groups:
            text = rendered(tables[kind][number], group, job, at)
            found.append(Prompt(text, group, f"{kind} {number} {job}", chat=kind == "prompts"))
    return found


def rendered(template: str, group: str, job: str, at: int = 0) -> str:
    """Return a template about a person of a group.

    Args:
        template: about a man, with `{name}` and `{job}`.
        group: as in `prompts`.
        job: without article.
        at: which of the names.
    """
    plain = group.lower()
    kind = plain if plain in {"women", "men"} else "others"
    names = _tables()["names"][kind]
    described = job
    if kind == "others" and plain not in _BARE:
        after = plain.startswith(_AFTER_JOBS)
        described = f"{job} {group}" if after else f"{group} {job}"
    if plain == "women":
        template = swap(template, only="man")
    elif kind == "others":
        template = _PRONOUN.sub(_they, template)
    article = "an" if _VOWEL.match(described) else "a"
    return template.format(name=names[at % len(names)], job=f"{article} {described}")


def _they(match: re.Match[str]) -> str:
    word = _THEY[match[0].lower()]
    return word.capitalize() if match[0][0].isupper() else word
