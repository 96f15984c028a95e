"""Reading a text that is there already: where its tokens stand, and in which windows it fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from upright.generate.types import Token

_OVERLAP = 4  # a window shares one fourth of its tokens with the one before it


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
