"""The tokens of code in their normal form, as hashes.

Comments and layout are left out; every name of the programmer's is one and the same token, so is
every number and every text. So no renaming, no comment and no line break changes the form. How
names are spelt stands beside it, for `upright.match.code.runs` to check.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from upright.match.code import lexer, tree
from upright.match.code.languages import Language, guess, language
from upright.terms import ConfigError

CODE_FORM = 1
"""Stands in the header of each index; another number means the hashes do not compare."""
_POSITIVE = 0x7FFFFFFF


@lru_cache(maxsize=4096)
def sign_hash(sign: str) -> int:
    """Return the hash of a sign or a reserved word, the same on every machine."""
    raw = hashlib.blake2b(sign.encode("utf-8", "surrogatepass"), digest_size=8, person=b"code")
    return int.from_bytes(raw.digest(), "little")


NAME, NUMBER, TEXT = sign_hash("a name"), sign_hash("a number"), sign_hash("a text")
"""The hashes of every name, every number and every literal text."""


@dataclass(frozen=True, slots=True)
class CodeTokens:
    """The tokens of code.

    Attributes:
        hashes: one a token in normal form, shape (n,), the same on every machine.
        names: a number for how a name or literal is spelt, at least 0, and -1 for other tokens;
            shape (n,). Equal spellings have equal numbers in every text.
        starts: where each begins in the text as it was given, in characters, shape (n,).
        ends: where each ends, shape (n,).
        language: its name.
        parsed: whether the text parsed; else it was read by patterns.
    """

    hashes: NDArray[np.uint64]
    names: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    language: str
    parsed: bool

    def __len__(self) -> int:
        return len(self.hashes)


def tokens(text: str, name: str | None = None, *, parse: bool = True) -> CodeTokens:
    """Return the tokens of code with their places.

    Args:
        text: code, whole or a fragment.
        name: its language, an ending or a file's name; without one it is guessed.
        parse: whether to ask the grammar what is comment and literal. Patterns alone are right
            for nearly all text, need no extra, and read a prefix as they read the whole.

    Raises:
        ConfigError: for an unknown language, or one that cannot be guessed.
        MissingExtraError: if the grammar is not installed and `parse` is true.
    """
    known = guess(text) if name is None else language(name)
    if known is None:
        raise ConfigError(
            "no programming language is recognised in the text", mend="name it under `language`"
        )
    if parse:
        syntax = tree.parse(text, known)
        if not syntax.root_node.has_error:
            return _tokens(text, tree.spans(text, syntax, known), known, parsed=True)
    return _tokens(text, lexer.spans(text, known), known, parsed=False)


def _tokens(
    text: str, spans: Iterable[tuple[int, int, bool]], known: Language, *, parsed: bool
) -> CodeTokens:
    read = _Reader(text, known.reserved)
    at = 0
    for start, end, literal in spans:
        read.plain(at, start)
        if literal:
            read.add(TEXT, text[start:end], start, end)
        at = end
    read.plain(at, len(text))
    return CodeTokens(
        np.array(read.hashes, np.uint64),
        np.array(read.names, np.int32),
        np.array(read.starts, np.int32),
        np.array(read.ends, np.int32),
        known.name,
        parsed,
    )


class _Reader:
    """Collects tokens."""

    def __init__(self, text: str, reserved: frozenset[str]) -> None:
        self.text = text
        self.reserved = reserved
        self.hashes, self.names = array("Q"), array("i")
        self.starts, self.ends = array("i"), array("i")

    def add(self, hash_: int, spelt: str, start: int, end: int) -> None:
        """Add a name or literal."""
        self.hashes.append(hash_)
        self.names.append(zlib.crc32(spelt.encode("utf-8", "surrogatepass")) & _POSITIVE)
        self.starts.append(start)
        self.ends.append(end)

    def plain(self, start: int, end: int) -> None:
        """Add what stands between comments and literals."""
        for match in lexer.PARTS.finditer(self.text, start, end):
            spelt, kind = match[0], match.lastgroup
            if kind == "word" and spelt not in self.reserved:
                self.add(NAME, spelt, *match.span())
            elif kind == "number":
                self.add(NUMBER, spelt, *match.span())
            else:
                self.hashes.append(sign_hash(spelt))
                self.names.append(-1)
                self.starts.append(match.start())
                self.ends.append(match.end())
