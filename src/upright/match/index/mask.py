"""Which next pieces of a text would complete a run of a protected work.

Blocking such pieces while a text is drawn (MemFree: Ippolito et al., 2022) lets it go on in other
words, where a filter afterwards can only stop it. The words are those of the normal form, so that
capitals, spaces and look-alike letters do not help.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from upright.match import words
from upright.match.index.seeds import seeds_in
from upright.match.index.segment import Segment
from upright.match.index.tokens import SHORTEST, Offsets, Values, grams_of, tokens_of
from upright.match.index.works import Document

_REMEMBERED = 64

Context = tuple[int, ...]


class RunMask:
    """What an answer must not complete.

    Args:
        segments: of works.
        run: words in a row that are an exact copy; more than `SHORTEST` for texts.
        counts: says of a work whether copies of it matter.
        shown: texts of the request; runs that stand in them may be repeated.

    Raises:
        ValueError: for a run that is too short.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        run: int,
        counts: Callable[[Document], bool],
        shown: Sequence[str] = (),
    ) -> None:
        if run <= SHORTEST["text"]:
            raise ValueError(f"{run - 1} words before a run's last one may share no kept gram")
        self.run = run
        self._segments = [segment for segment in segments if segment.kind == "text"]
        self._counts = counts
        self._shown = frozenset(run for text in shown for run in self._runs_of(text))

    def follower(self) -> Follower:
        """Return what follows one answer while it is drawn."""
        return Follower(self)

    def followers(self, context: Context) -> frozenset[int]:
        """Return the words that would complete a run after `run - 1` words."""
        if len(context) < self.run - 1:
            return frozenset()
        forms = np.array(context, np.uint32)
        grams = grams_of(forms, "text")
        found = [word for segment in self._segments for word in self._in(segment, forms, grams)]
        if not self._shown:
            return frozenset(found)
        return frozenset(word for word in found if self._run((*context, word)) not in self._shown)

    def _in(self, segment: Segment, forms: Values, grams: Values) -> list[int]:
        seeds = seeds_in(segment, forms, grams)
        if not len(seeds):
            return []
        firsts = np.unique(seeds.positions - seeds.at)
        documents = segment.numbers_at(np.maximum(firsts, 0))
        ends = segment.bounds[documents + 1]
        firsts, documents = (
            rows[(firsts >= segment.bounds[documents]) & (firsts + self.run <= ends)]
            for rows in (firsts, documents)
        )
        there = segment.forms_at(firsts[:, None] + np.arange(self.run))
        same = (there[:, :-1] == forms).all(axis=1) & ~segment.gone[documents]
        return [
            int(there[row, -1])
            for row in np.flatnonzero(same)
            if self._counts(segment.document(int(documents[row])))
        ]

    def _runs_of(self, text: str) -> list[int]:
        forms = tokens_of(text, "text").values.astype(np.uint64)
        found: list[int] = words.grams(forms, self.run).tolist()
        return found

    def _run(self, values: Context) -> int:
        return int(words.grams(np.array(values, np.uint64), self.run)[0])


class Follower:
    """One answer while it is drawn.

    Args:
        mask: what it must not complete.
    """

    def __init__(self, mask: RunMask) -> None:
        self._mask = mask
        self._known: dict[Context, frozenset[int]] = {}
        # The words that nothing can change any more, as many as matter.
        self._context: Context = ()
        # The text behind them: a word that may go on, or nothing.
        self._open = ""
        self._word: int | None = None

    @property
    def idle(self) -> bool:
        """Whether no single word can complete a run here."""
        if self._followers(self._context):
            return False
        return self._word is None or not self._followers(self._longer(self._context, self._word))

    def take(self, text: str) -> None:
        """Let the answer go on with a piece of text."""
        tail = self._open + text
        tokens = tokens_of(tail, "text")
        last = int(tokens.ends[-1]) if len(tokens) else 0
        behind = tail[last:]
        going_on = bool(len(tokens)) and (not behind or len(words.words(f"a{behind}a")) == 1)
        values = tokens.values.tolist()
        self._word = values.pop() if going_on else None
        self._open = tail[int(tokens.starts[-1]) :] if going_on else ""
        for value in values:
            self._context = self._longer(self._context, value)

    def forbidden(self, pieces: Sequence[str]) -> NDArray[np.bool_]:
        """Say of each piece of text whether a run would be complete behind it."""
        hashes, bounds = words.batch([self._open + piece for piece in pieces])
        values = (hashes >> np.uint64(32)).astype(np.int64)
        flags = np.zeros(len(pieces), np.bool_)
        for number in self._asked(values, bounds).tolist():
            flags[number] = self._completes(values[bounds[number] : bounds[number + 1]].tolist())
        return flags

    def _asked(self, values: Offsets, bounds: Offsets) -> Offsets:
        """Return which pieces need a look: of single words, where they can complete nothing, none.

        Args:
            values: the words of the pieces, each behind the open one.
            bounds: where those of each piece begin, and the end.
        """
        sizes = np.diff(bounds)
        if not self.idle:
            return np.flatnonzero(sizes)
        single = sizes <= 1
        if self._word is not None:
            firsts = np.append(values, -1)[bounds[:-1]]
            single |= (sizes == 1 + 1) & (firsts == self._word)
        return np.flatnonzero(~single)

    def _completes(self, values: list[int]) -> bool:
        context = self._context
        for value in values:
            if value in self._followers(context):
                return True
            context = self._longer(context, value)
        return False

    def _longer(self, context: Context, value: int) -> Context:
        return (*context, value)[-(self._mask.run - 1) :]

    def _followers(self, context: Context) -> frozenset[int]:
        found = self._known.get(context)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[context] = self._mask.followers(context)
        return found
