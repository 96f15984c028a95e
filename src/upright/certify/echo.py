"""Which parts of an answer stood in its prompt.

A person's essay that a model repeats is the person's. What stood in the prompt is recorded as
echoed, and nobody certifies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from upright.certify.words import Words, bare_words

RUN = 6
"""Words in a row that count as repeated."""
MOST_SPANS = 16
"""Spans that a certificate holds; more are joined, which only takes away from what is certified."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts that are not the model's.

    Attributes:
        prompt: everything the model was shown: messages, instructions, passages.
        own: notices and the like of the service; they count wherever they stand as a whole.
    """

    prompt: Sequence[str] = ()
    own: Sequence[str] = ()


class Prompt:
    """What an answer's prompt says, as far as the answer says it too.

    Args:
        answer: the answer's words.
        texts: what may be repeated in it.
    """

    def __init__(self, answer: Words, texts: Texts) -> None:
        self._bounds = _bounds(answer)
        known = {word: number for number, word in enumerate(dict.fromkeys(answer.words))}
        self._numbers = [known[word] for word in answer.words]
        shown = [[known.get(word, -1) for word in bare_words(text)] for text in texts.prompt]
        own = [[known.get(word, -1) for word in _own_words(text)] for text in texts.own]
        # Which has a word that the answer lacks does not stand in it as a whole.
        self._own = [tuple(numbers) for numbers in own if numbers and -1 not in numbers]
        self._texts = [*shown, *own]

    def repeated(self, length: int) -> list[bool]:
        """Say of each run of `length` words of the answer whether it stands in the prompt."""
        runs = {run for text in self._texts for run in _runs(text, length)}
        return [run in runs for run in _runs(self._numbers, length)]

    def echoed(self) -> list[Span]:
        """Return the spans of characters that stood in the prompt, in order.

        Runs of `RUN` words count; of an answer that is shorter, the whole of it; and the
        service's own texts, however short.
        """
        length = min(RUN, len(self._numbers))
        if length == 0:
            return []
        runs = [(first, length) for first, same in enumerate(self.repeated(length)) if same]
        for own in self._own:
            found = enumerate(_runs(self._numbers, len(own)))
            runs += [(first, len(own)) for first, run in found if run == own]
        spans: list[Span] = []
        for first, count in sorted(runs):
            start, end = self._bounds[first][0], self._bounds[first + count - 1][1]
            if spans and end <= spans[-1][1]:
                continue
            if spans and start <= spans[-1][1]:
                start = spans.pop()[0]
            spans.append((start, end))
        return _joined(spans)


@lru_cache(maxsize=256)
def _own_words(text: str) -> tuple[str, ...]:
    """Return the words of a text of the service, which stands beside every answer."""
    return tuple(bare_words(text))


def touches(spans: Iterable[Span], start: int, end: int) -> bool:
    """Say whether a stretch has a character of one of the spans."""
    return any(start < last and first < end for first, last in spans)


def _bounds(answer: Words) -> list[Span]:
    """Return each word's span with what separates it from its neighbours, on both sides."""
    starts = [0, *(end for _, end in answer.spans)]
    ends = [*(start for start, _ in answer.spans), answer.length]
    return list(zip(starts[:-1], ends[1:], strict=True))


def _runs(numbers: Sequence[int], length: int) -> list[tuple[int, ...]]:
    return list(zip(*(numbers[shift:] for shift in range(length)), strict=False))


def _joined(spans: list[Span]) -> list[Span]:
    while len(spans) > MOST_SPANS:
        gaps = [spans[at + 1][0] - spans[at][1] for at in range(len(spans) - 1)]
        at = gaps.index(min(gaps))
        spans[at : at + 2] = [(spans[at][0], spans[at + 1][1])]
    return spans
