"""The one table of hazards, with its mapping to other taxonomies."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Hazard:
    """A kind of harm.

    Attributes:
        key: its name in findings and scores, such as `personal_data`.
        title: a short name for people.
        definition: what belongs to it, in one sentence.
        rules: globs of the detector rules that speak of it.
        ailuminate: MLCommons AILuminate v1 hazard codes.
        llama_guard_3: Llama Guard 3 category codes.
        openai: OpenAI moderation categories.
    """

    key: str
    title: str
    definition: str
    rules: tuple[str, ...]
    ailuminate: tuple[str, ...]
    llama_guard_3: tuple[str, ...]
    openai: tuple[str, ...]


@cache
def _table() -> dict[str, Hazard]:
    text = files("upright.terms").joinpath("hazards.toml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, str | list[str]]] = tomllib.loads(text)
    return {
        key: Hazard(
            key=key,
            title=str(row["title"]),
            definition=str(row["definition"]),
            **{
                name: tuple(row[name])
                for name in ("rules", "ailuminate", "llama_guard_3", "openai")
            },
        )
        for key, row in rows.items()
    }


class _Hazards(Mapping[str, Hazard]):
    """The table, read on first use, so that importing `upright` opens no file."""

    def __getitem__(self, key: str) -> Hazard:
        return _table()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_table())

    def __len__(self) -> int:
        return len(_table())


HAZARDS: Mapping[str, Hazard] = _Hazards()


def hazard_of_rule(rule: str) -> str:
    """Return the hazard key that a rule id such as `pii.email` speaks of.

    Raises:
        KeyError: if no hazard lists the rule.
    """
    for key, hazard in HAZARDS.items():
        if any(fnmatchcase(rule, pattern) for pattern in hazard.rules):
            return key
    raise KeyError(rule)
