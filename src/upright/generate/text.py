"""From the bytes of drawn tokens to text that may be sent: whole characters, no stop text."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextStream:
    """Decodes UTF-8 piece by piece and ends before the first stop text.

    What could still become a stop text, or is half a character, is held back.

    Args:
        stop: texts that end the answer; they are not part of it.

    Attributes:
        decoded: characters decoded so far, those held back included.
        released: characters given out so far.
        stopped: whether a stop text was met.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stop = tuple(stop)
        self._held = ""
        self.decoded = 0
        self.released = 0
        self.stopped = False

    @property
    def settled(self) -> int:
        """The count of characters at which all bytes fed so far have become text."""
        return self.decoded + (1 if self._utf8.getstate()[0] else 0)

    def feed(self, raw: bytes) -> str:
        """Take the bytes of one token; return what may go out now."""
        return self._take(self._utf8.decode(raw), final=False)

    def finish(self) -> str:
        """Return what was held back; half a character becomes U+FFFD."""
        return self._take(self._utf8.decode(b"", final=True), final=True)

    def _take(self, text: str, *, final: bool) -> str:
        if self.stopped:
            return ""
        self.decoded += len(text)
        self._held += text
        found = [(self._held.find(stop), len(stop)) for stop in self._stop]
        # The stop text that is complete first ends the answer, however the bytes were cut.
        ends = [(at + length, at) for at, length in found if at >= 0]
        if ends:
            self.stopped = True
            out, self._held = self._held[: min(ends)[1]], ""
        else:
            keep = 0 if final else self._possible_stop()
            cut = len(self._held) - keep
            out, self._held = self._held[:cut], self._held[cut:]
        self.released += len(out)
        return out

    def _possible_stop(self) -> int:
        """Return the length of the longest tail that begins one of the stop texts."""
        longest = 0
        for stop in self._stop:
            for size in range(min(len(stop) - 1, len(self._held)), longest, -1):
                if self._held.endswith(stop[:size]):
                    longest = size
                    break
        return longest
