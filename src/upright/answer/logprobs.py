"""Log-probabilities may leave only with the text they speak of.

A token is text too. It is released once its characters have been released unaltered; from the
first altered character on, no token of the answer leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from upright.generate.types import TokenLogprob

# A token whose bytes are part of a longer character has no text of its own in the answer.
_SLACK = 16


@dataclass(slots=True)
class _Group:
    end: int
    tokens: tuple[TokenLogprob, ...]


class TokenHold:
    """Holds one choice's log-probabilities until their text is out."""

    def __init__(self) -> None:
        self._raw = ""
        self._out = 0
        self._altered = False
        self._groups: list[_Group] = []

    def add(self, text: str, tokens: tuple[TokenLogprob, ...]) -> None:
        """Take the next raw text with the tokens that end in it."""
        self._raw += text
        if tokens and not self._altered:
            self._groups.append(_Group(len(self._raw), tokens))

    def released(self, text: str) -> tuple[TokenLogprob, ...]:
        """Say what text was released next, and return the tokens that may follow it."""
        if self._altered:
            return ()
        before, same = self._out, _common(self._raw, self._out, text)
        self._out += same
        self._altered = same < len(text)
        due = [group for group in self._groups if group.end <= self._out]
        self._groups = self._groups[len(due) :]
        window = self._raw[max(0, before - _SLACK) : self._out]
        # A token that is not in the text would be a string that no guard has seen.
        return tuple(
            token if token.token in window else replace(token, token="", top=())
            for group in due
            for token in group.tokens
        )


def _common(raw: str, start: int, text: str) -> int:
    """Return how many characters of `text` stand in `raw` from `start` on."""
    if raw.startswith(text, start):
        return len(text)
    pairs = zip(raw[start : start + len(text)], text, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), len(raw) - start)


def alternatives(tokens: tuple[TokenLogprob, ...]) -> str:
    """Return the strings that tokens offer beside the text, as one text to be guarded."""
    return "\n".join(text for token in tokens for text, _ in token.top)


def without_alternatives(tokens: tuple[TokenLogprob, ...]) -> tuple[TokenLogprob, ...]:
    """Return the tokens with their own log-probability alone."""
    return tuple(replace(token, top=()) for token in tokens)
