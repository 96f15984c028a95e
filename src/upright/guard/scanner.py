"""What a guard does with its scans, wherever they are made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from upright.guard.pseudonyms import Pseudonyms
from upright.guard.rules import Rulebook
from upright.guard.scan import Scan
from upright.guard.stream import StreamDriver, Window, decide
from upright.terms import Record, Stage, Verdict


class Scanner(ABC):
    """Decides over whole texts and over streams.

    Attributes:
        rulebook: the deciding half of the guard.
        digest: names the guard: what it is told, what it knows and how it works.
    """

    rulebook: Rulebook
    digest: str

    @abstractmethod
    def scan(
        self,
        records: Sequence[Record],
        stage: Stage,
        *,
        partial: bool = False,
        skip: frozenset[str] = frozenset(),
    ) -> list[Scan]:
        """Return what the detectors say of each record.

        Args:
            records: the texts.
            stage: where they stand.
            partial: more text may follow each record.
            skip: rule ids of detectors that are not asked.
        """

    def decide(
        self, record: Record, scan: Scan, stage: Stage, pseudonyms: Pseudonyms | None = None
    ) -> Verdict:
        """Return the verdict on a whole text from its scan."""
        return decide(self.rulebook, record, scan, stage, pseudonyms)

    def check(
        self,
        records: Sequence[Record],
        stage: Stage = Stage.OUTPUT,
        *,
        pseudonyms: Pseudonyms | None = None,
    ) -> list[Verdict]:
        """Return the verdict on each record.

        Args:
            records: the texts.
            stage: where they stand.
            pseudonyms: of the conversation that all records belong to; None keeps a map of
                its own for each record.
        """
        return [
            self.decide(record, scan, stage, pseudonyms)
            for record, scan in zip(records, self.scan(records, stage), strict=True)
        ]

    def stream(
        self,
        stage: Stage = Stage.OUTPUT,
        *,
        pseudonyms: Pseudonyms | None = None,
        record: Record | None = None,
    ) -> StreamDriver:
        """Return a driver that guards one text while it arrives.

        Args:
            stage: where it stands.
            pseudonyms: of the conversation it belongs to; None starts a new map.
            record: its name and role.
        """

        def scanner(window: Window, skip: frozenset[str]) -> Scan:
            return self.scan([window.record], stage, partial=not window.final, skip=skip)[0]

        return StreamDriver(
            self.rulebook, stage, scanner=scanner, pseudonyms=pseudonyms, record=record
        )
