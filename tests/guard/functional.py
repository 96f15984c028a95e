"""The functional cases of `functional.toml`: one sentence, one thing to be able to do."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("functional.toml")


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence and what a guard that reads the context should make of it."""

    text: str
    kind: str
    toxic: bool
    category: str
    context: str | None = None


@cache
def cases() -> tuple[Case, ...]:
    """Return all cases, in the order of the table."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(
        Case(text, group["kind"], group["toxic"], group["category"], group.get("context"))
        for group in table["group"]
        for text in group["cases"]
    )
