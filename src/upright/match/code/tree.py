"""Parses code with tree-sitter, whose grammars come with the extra `match`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from upright.match.code.languages import Language
from upright.terms import MissingExtraError

if TYPE_CHECKING:
    from tree_sitter import Parser, Query, Tree

# The second and later bytes of a character begin with the bits 10.
_FIRST_BITS, _CONTINUES = 0xC0, 0x80


def parse(text: str, language: Language) -> Tree:
    """Return the syntax tree; its offsets are those of the text in UTF-8.

    Raises:
        MissingExtraError: if the grammar is not installed.
    """
    return _parser(language).parse(text.encode("utf-8", "surrogatepass"))


def spans(text: str, tree: Tree, language: Language) -> list[tuple[int, int, bool]]:
    """Return start, end and whether it is a literal (else a comment), in order, apart."""
    from tree_sitter import QueryCursor  # noqa: PLC0415 (of an extra)

    found = QueryCursor(_query(language)).captures(tree.root_node)
    raw = [
        (node.start_byte, node.end_byte, kind == "text")
        for kind, nodes in found.items()
        for node in nodes
    ]
    # Comments before literals: a text that stands alone is both in Python, and is left out.
    raw.sort(key=lambda one: (one[0], -one[1], one[2]))
    places = character_of(text)
    kept: list[tuple[int, int, bool]] = []
    for start, end, literal in raw:
        if end > start and (not kept or places[start] >= kept[-1][1]):
            kept.append((int(places[start]), int(places[end]), literal))
    return kept


def character_of(text: str) -> NDArray[np.int32]:
    """Return which character each byte of the text in UTF-8 belongs to, and one past the end."""
    codes = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    if text.isascii():
        return np.arange(len(codes) + 1, dtype=np.int32)
    places = np.cumsum((codes & _FIRST_BITS) != _CONTINUES, dtype=np.int32) - np.int32(1)
    return np.append(places, np.int32(len(text)))


def _grammar(language: Language) -> object:
    try:
        package = import_module(f"tree_sitter_{language.grammar}")
        import_module("tree_sitter")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"reading {language.name}", "match", missing=(error.name or "").replace("_", "-")
        ) from None
    return getattr(package, language.entry)()


@cache
def _parser(language: Language) -> Parser:
    grammar = _grammar(language)
    from tree_sitter import Language as Grammar  # noqa: PLC0415 (of an extra)
    from tree_sitter import Parser  # noqa: PLC0415

    return Parser(Grammar(grammar))


@cache
def _query(language: Language) -> Query:
    from tree_sitter import Language as Grammar  # noqa: PLC0415 (of an extra)
    from tree_sitter import Query  # noqa: PLC0415

    patterns = [one if "@" in one else f"{one} @comment" for one in language.comments]
    patterns += [f"{query} @text" for query in language.texts]
    return Query(Grammar(_grammar(language)), "\n".join(patterns))
