"""Where keys and values stand in a TOML text, so that an error can name its line.

The standard library's parser keeps no positions. This scanner reads only as much of the
grammar as positions need, and expects a text that `tomllib` has already accepted.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]

_BLANK = " \t\r\n"
_BARE_END = ",]}#\n"


class Places:
    """The line of every key, table and array element of one TOML text.

    Args:
        text: TOML that `tomllib.loads` accepts.
    """

    def __init__(self, text: str) -> None:
        self._ends = [i for i, char in enumerate(text) if char == "\n"]
        self._at = _Scanner(text).scan()

    def line(self, path: Path) -> int | None:
        """Return the line, from 1, of a path such as `("guard", "rule", 0, "action")`.

        A path that does not stand in the text (a missing key) has the line of its nearest
        ancestor that does; None where no part of it stands there.
        """
        for length in range(len(path), 0, -1):
            position = self._at.get(path[:length])
            if position is not None:
                return bisect_right(self._ends, position - 1) + 1
        return None


class _Scanner:
    """Walks over the text once and notes where each path begins."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pos = 0
        self._found: dict[Path, int] = {}
        self._tables_in: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip_blank():
            if self._text[self._pos] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _skip_blank(self) -> bool:
        """Pass over white space and comments; False at the end of the text."""
        while self._pos < len(self._text):
            char = self._text[self._pos]
            if char == "#":
                end = self._text.find("\n", self._pos)
                self._pos = len(self._text) if end < 0 else end
            elif char in _BLANK:
                self._pos += 1
            else:
                return True
        return False

    def _header(self) -> Path:
        start = self._pos
        many = self._text.startswith("[[", start)
        self._pos += 2 if many else 1
        keys = self._keys()
        self._pos = self._text.index("]", self._pos) + (2 if many else 1)
        path: Path = ()
        for key in keys[:-1]:
            path = self._newest((*path, key), start)
        path = (*path, keys[-1])
        if many:
            self._tables_in[path] = self._tables_in.get(path, -1) + 1
        return self._newest(path, start)

    def _newest(self, path: Path, start: int) -> Path:
        """Note a table, and step into its newest element where it is an array of tables."""
        self._found.setdefault(path, start)
        if path not in self._tables_in:
            return path
        path = (*path, self._tables_in[path])
        self._found.setdefault(path, start)
        return path

    def _pair(self, table: Path) -> None:
        start = self._pos
        path = table
        for key in self._keys():
            path = (*path, key)
            self._found.setdefault(path, start)
        self._pos = self._text.index("=", self._pos) + 1
        self._value(path)

    def _keys(self) -> list[str]:
        """Read a dotted key; stop at the first character after it."""
        keys = []
        while True:
            self._skip_blank()
            keys.append(self._key())
            self._skip_blank()
            if not self._text.startswith(".", self._pos):
                return keys
            self._pos += 1

    def _key(self) -> str:
        start = self._pos
        if self._text[start] in "\"'":
            self._string()
            quoted: str = tomllib.loads(f"k = {self._text[start : self._pos]}")["k"]
            return quoted
        while self._text[self._pos].isalnum() or self._text[self._pos] in "_-":
            self._pos += 1
        return self._text[start : self._pos]

    def _value(self, path: Path) -> None:
        self._skip_blank()
        char = self._text[self._pos]
        if char in "\"'":
            self._string()
        elif char == "[":
            self._array(path)
        elif char == "{":
            self._inline_table(path)
        else:
            while self._pos < len(self._text) and self._text[self._pos] not in _BARE_END:
                self._pos += 1

    def _string(self) -> None:
        quote = self._text[self._pos]
        triple = self._text.startswith(quote * 3, self._pos)
        close = quote * 3 if triple else quote
        self._pos += len(close)
        while not self._text.startswith(close, self._pos):
            self._pos += 2 if quote == '"' and self._text[self._pos] == "\\" else 1
        self._pos += len(close)
        # Up to two quotes may stand inside a multi-line string, right before its end.
        while triple and self._text.startswith(quote, self._pos):
            self._pos += 1

    def _array(self, path: Path) -> None:
        self._pos += 1
        index = 0
        while self._more("]"):
            self._found.setdefault((*path, index), self._pos)
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        self._pos += 1
        while self._more("}"):
            self._pair(path)

    def _more(self, close: str) -> bool:
        """Pass over a comma; False, and past the bracket, where the sequence ends."""
        self._skip_blank()
        if self._text[self._pos] == ",":
            self._pos += 1
            self._skip_blank()
        if self._text[self._pos] == close:
            self._pos += 1
            return False
        return True
