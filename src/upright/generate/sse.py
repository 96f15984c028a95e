"""Server-sent events, read from a server that may send anything.

Source: WHATWG HTML, section 9.2, as far as a POST answer needs it (no `id`, no `retry`).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

LONGEST_EVENT = 1 << 20
"""Characters in one event. Longer ones are refused, so that memory stays bounded."""


class MalformedStreamError(Exception):
    """The bytes are no event stream that can be read."""


class EventReader:
    """Turns bytes, however they are cut, into the `data` of events.

    Line ends are LF, CR LF or CR; comments and other fields are skipped; several `data` lines
    of one event are joined with LF.
    """

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="strict")
        # The line that has no end yet, in the pieces in which it came: a server that sends it
        # byte by byte must not make us copy it byte by byte.
        self._rest: list[str] = []
        self._held = 0
        self._data: list[str] = []
        self._size = 0

    def feed(self, raw: bytes) -> Iterator[str]:
        """Yield the data of each event that `raw` completes.

        Raises:
            MalformedStreamError: for bytes that are not UTF-8, or an event that is too long.
        """
        try:
            self._hold(self._utf8.decode(raw))
        except UnicodeDecodeError:
            raise MalformedStreamError("not UTF-8") from None
        for line in self._lines():
            event = self._line(line)
            if event is not None:
                yield event
        if self._held + self._size > LONGEST_EVENT:
            raise MalformedStreamError("an event is too long")

    def _hold(self, text: str) -> None:
        self._rest.append(text)
        self._held += len(text)

    def _lines(self) -> list[str]:
        """Take the lines that are complete."""
        if not any(end in piece for piece in self._rest[-2:] for end in "\r\n"):
            return []
        text = "".join(self._rest)
        # A CR at the very end may be half of CR LF: it waits for the next bytes.
        tail = "\r" if text.endswith("\r") else ""
        lines = text[: len(text) - len(tail)].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest, self._held = [], 0
        self._hold(lines.pop() + tail)
        return lines

    def finish(self) -> Iterator[str]:
        """Yield the event that the end of the stream completes, if its blank line is missing."""
        for line in ("".join(self._rest).removesuffix("\r"), ""):
            event = self._line(line)
            if event is not None:
                yield event
        self._rest, self._held = [], 0

    def _line(self, line: str) -> str | None:
        if not line:
            data, self._data, self._size = self._data, [], 0
            return "\n".join(data) if data else None
        name, _, value = line.partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))
            self._size += len(value)
            if self._size > LONGEST_EVENT:
                raise MalformedStreamError("an event is too long")
        return None
