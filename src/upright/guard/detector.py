"""What every detector is: it finds, and decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from upright.terms import Finding, Record


@runtime_checkable
class Detector(Protocol):
    """Finds one kind of thing in texts.

    Law 1, honest reach: for a text of length n and every continuation of it, the findings that
    start before `n - reach` are the same, ends included. Where `reach` is None the whole text
    is needed. The law is property-tested for every registered detector.

    Attributes:
        rule: stable id of the rule; all its findings carry it.
        reach: see law 1, in code points.
        version: changes whenever findings can change (tables, weights, code); part of the
            guard's digest.
    """

    @property
    def rule(self) -> str:
        """Stable id of the rule."""
        ...

    @property
    def reach(self) -> int | None:
        """See law 1, in code points."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever findings can change."""
        ...

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Return the findings of each record, ordered by start. Pure; batch first."""
        ...

    def settled(self, text: str) -> int:
        """Return a position up to which all is final, whatever follows `text`.

        Every finding that starts before it is the same for each continuation of `text`, its
        end included (which may lie behind the position), and no continuation adds one that
        starts before it. At least `len(text) - reach`; larger on ordinary prose.
        """
        ...


@runtime_checkable
class Scorer(Protocol):
    """A detector that also gives the probability behind its findings, whatever its threshold."""

    def scores(self, records: Sequence[Record]) -> list[float]:
        """Return for each record the calibrated probability that it holds such a thing.

        The hazard is that of the detector's findings.
        """
        ...
