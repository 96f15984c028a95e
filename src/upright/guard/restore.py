"""The way back from placeholders to values, in whole texts and in streams."""

from __future__ import annotations

from collections.abc import Mapping


class Restorer:
    """Puts values back into one text while it arrives.

    A placeholder that is split over pieces is held until it is whole or can no longer become
    one. What was put back is not read again, so a value that looks like a placeholder stays as
    it is.

    Args:
        values: placeholder to value; the map of one request and never of another.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._longest = max(map(len, values), default=0)
        self._held = ""

    def feed(self, text: str) -> str:
        """Take the next piece and return what may leave."""
        if not self._values:
            return text
        text, self._held = self._held + text, ""
        pieces: list[str] = []
        position = 0
        while (mark := text.find("[", position)) >= 0:
            pieces.append(text[position:mark])
            name = self._name_at(text, mark)
            if name is not None:
                pieces.append(self._values[name])
                position = mark + len(name)
            elif self._may_become_one(text, mark):
                self._held = text[mark:]
                return "".join(pieces)
            else:
                pieces.append("[")
                position = mark + 1
        pieces.append(text[position:])
        return "".join(pieces)

    def finish(self) -> str:
        """Say that the text is complete and return what was held."""
        held, self._held = self._held, ""
        return held

    def _name_at(self, text: str, start: int) -> str | None:
        end = text.find("]", start, start + self._longest) + 1
        return text[start:end] if end and text[start:end] in self._values else None

    def _may_become_one(self, text: str, start: int) -> bool:
        rest = text[start:] if len(text) - start < self._longest else ""
        return bool(rest) and any(name.startswith(rest) for name in self._values)


def restored(text: str, values: Mapping[str, str]) -> str:
    """Return a whole text with values in the place of their placeholders."""
    restorer = Restorer(values)
    return restorer.feed(text) + restorer.finish()
