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
        pieces: list[str] = []
        rest = self._held + text
        self._held = ""
        while rest:
            plain, mark, _ = rest.partition("[")
            pieces.append(plain)
            rest = rest[len(plain) :]
            name = self._name_at_start(rest)
            if name is not None:
                pieces.append(self._values[name])
                rest = rest[len(name) :]
            elif mark and self._may_become_one(rest):
                self._held, rest = rest, ""
            else:
                pieces.append(mark)
                rest = rest[1:]
        return "".join(pieces)

    def finish(self) -> str:
        """Say that the text is complete and return what was held."""
        held, self._held = self._held, ""
        return held

    def _name_at_start(self, text: str) -> str | None:
        end = text.find("]", 0, self._longest) + 1
        return text[:end] if end and text[:end] in self._values else None

    def _may_become_one(self, text: str) -> bool:
        return len(text) < self._longest and any(name.startswith(text) for name in self._values)


def restored(text: str, values: Mapping[str, str]) -> str:
    """Return a whole text with values in the place of their placeholders."""
    restorer = Restorer(values)
    return restorer.feed(text) + restorer.finish()
