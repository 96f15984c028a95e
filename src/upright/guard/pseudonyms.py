"""Placeholders that stand for values within one conversation, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_PLACEHOLDER = re.compile(r"\[[A-Z0-9_]+_[0-9]+\]")


class Pseudonyms:
    """The map between the values of one conversation and what stands for them.

    The same value of the same type always has the same placeholder. Numbers follow the order of
    first appearance, so a server without memory gives a conversation that comes again the same
    placeholders. One object belongs to one request and is never shared.

    Args:
        texts: all texts of the conversation; what looks like a placeholder in them is never
            given out, so that restoring touches nothing that was written as it stands.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._placeholders: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._taken: set[str] = set()
        for text in texts:
            self.reserve(text)

    def reserve(self, text: str) -> None:
        """Give out no placeholder that stands in `text`."""
        if "[" in text:
            self._taken.update(_PLACEHOLDER.findall(text))

    def placeholder(self, value: str, kind: str) -> str:
        """Return what stands for a value: `[EMAIL_1]` for the first of kind `EMAIL`."""
        known = self._placeholders.get((kind, value))
        return known if known is not None else self._new(value, kind)

    def _new(self, value: str, kind: str) -> str:
        self.reserve(value)
        while True:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            name = f"[{kind}_{self._counts[kind]}]"
            if name not in self._taken:
                break
        self._taken.add(name)
        self._placeholders[kind, value] = name
        self._values[name] = value
        return name

    @property
    def values(self) -> Mapping[str, str]:
        """Placeholder to value, for what has been given out so far (a copy)."""
        return dict(self._values)
