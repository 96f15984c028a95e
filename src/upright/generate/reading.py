"""Reading a text that is there already: where its tokens stand, and in which windows it fits."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence

from upright.generate.types import EngineError, ReadingEngine, Token

_OVERLAP = 4  # a window shares one fourth of its tokens with the one before it


class EngineVocabulary:
    """What the tokens of an engine mean, for whoever reads with it.

    Args:
        engine: whose.
    """

    def __init__(self, engine: ReadingEngine) -> None:
        self._engine = engine

    def piece(self, token: int) -> bytes:
        """Return a token's bytes; U+FFFD stands for half a character."""
        return self._engine.placed([token])[0].encode()

    def ends(self, token: int) -> bool:
        """No token ends a text that is only read."""
        del token
        return False


def placed(text: str, pieces: Sequence[tuple[int, bytes]]) -> list[Token]:
    """Return tokens with their places in a text.

    Args:
        text: what was tokenised.
        pieces: the tokens' ids and bytes, in order. A space that some tokenizers put before a
            text is told by its being one byte too many.
    """
    raw = text.encode()
    # The character that a byte belongs to; a token's end inside a character counts as its start.
    starts = [index for index, sign in enumerate(text) for _ in sign.encode()]
    starts.append(len(text))
    at = len(raw) - sum(len(piece) for _, piece in pieces)
    found = []
    for token, piece in pieces:
        end = at + len(piece)
        found.append(Token(token, starts[_inside(at, raw)], starts[_inside(end, raw)]))
        at = end
    return found


def check_ids(tokens: Sequence[int], size: int) -> None:
    """Refuse ids that a vocabulary of that size does not have.

    Raises:
        EngineError: `bad_request`.
    """
    for token in tokens:
        if not 0 <= token < size:
            raise EngineError(
                f"token {token} is none of this model's {size}",
                kind="bad_request",
                mend="give the ids that the same model drew",
            )


def spelled(pieces: Sequence[tuple[int, bytes]]) -> tuple[str, list[Token]]:
    """Return the text that tokens stand for, and the tokens with their places in it.

    Bytes that are no whole characters become U+FFFD, as they did when the text was written.
    """
    utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")
    parts: list[str] = []
    found, at = [], 0
    for number, (token, piece) in enumerate(pieces, 1):
        part = utf8.decode(piece, final=number == len(pieces))
        found.append(Token(token, at, at + len(part)))
        parts.append(part)
        at += len(part)
    return "".join(parts), found


def _inside(at: int, raw: bytes) -> int:
    return min(max(at, 0), len(raw))


def windows(count: int, first: int, most: int) -> Iterator[tuple[int, int, int]]:
    """Yield how to read `count` tokens of which at most `most` fit at once.

    Args:
        count: all tokens.
        first: the first one that is wanted.
        most: tokens of one window, at least 8.

    Yields:
        Start of a window, the first token wanted from it, and its end.
    """
    start = 0
    while first < count:
        if first - start >= most - most // _OVERLAP:
            start = first - most // _OVERLAP
        end = min(count, start + most)
        yield start, first, end
        first = end
