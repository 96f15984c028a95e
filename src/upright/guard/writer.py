"""Actions are applied from left to right, once, by the same code for whole texts and streams."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from upright.guard.clusters import WITHHOLDING, Cluster
from upright.terms import Action

if TYPE_CHECKING:
    from upright.guard.pseudonyms import Pseudonyms

_NOT_LABEL = re.compile(r"[^A-Z0-9]+")


def label(rule: str) -> str:
    """Return the type a placeholder shows for a rule id: `pii.email` becomes `EMAIL`."""
    return _NOT_LABEL.sub("_", rule.rpartition(".")[2].upper()).strip("_") or "WITHHELD"


class Writer:
    """Writes what may leave of one text and never goes back.

    Args:
        notice: stands in place of what a block took away.
        pseudonyms: of the conversation the text belongs to.

    Attributes:
        position: everything before this code point of the text has been dealt with.
        ended: a notice was written; nothing follows it.
        written: all that was written, in pieces.
    """

    def __init__(self, notice: str, pseudonyms: Pseudonyms) -> None:
        self._notice = notice
        self._pseudonyms = pseudonyms
        self.position = 0
        self.ended = False
        self.written: list[str] = []

    def write(self, text: str, clusters: Iterable[Cluster], upto: int) -> str:
        """Write the text from `position` up to `upto`, and return what was written.

        Args:
            text: the text as far as it is known.
            clusters: disjoint, in order, all ends at most `upto` unless they withhold.
            upto: where to stop.
        """
        pieces: list[str] = []
        for item in clusters:
            pieces.append(self._plain(text, item.start))
            if item.action in WITHHOLDING:
                return self._finish(pieces, self._notice)
            pieces.append(self._placeholder(text, item))
            self.position = item.end
        pieces.append(self._plain(text, upto))
        return self._keep(pieces)

    def end_with(self, notice: str) -> str:
        """Write a notice as the last words, and return it."""
        return self._finish([], notice)

    def _plain(self, text: str, upto: int) -> str:
        plain = text[self.position : upto]
        self.position = upto
        return plain

    def _placeholder(self, text: str, item: Cluster) -> str:
        kind = label(item.outcome.finding.rule)
        if item.action is Action.REDACT:
            return f"[{kind}]"
        return self._pseudonyms.placeholder(text[self.position : item.end], kind)

    def _finish(self, pieces: list[str], notice: str) -> str:
        self.ended = True
        return self._keep([*pieces, notice])

    def _keep(self, pieces: list[str]) -> str:
        piece = "".join(pieces)
        self.written.append(piece)
        return piece
