"""Detectors that give no answer, each in its own way, on texts that hold their word."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence

from upright.terms import Finding, Record


class Faulty:
    """A detector that fails on one word.

    Args:
        name: the word in small letters; part of the rule's id.
    """

    reach = 16
    version = "1"

    def __init__(self, name: str) -> None:
        self.rule = f"custom.{name}"
        self._name = name

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Find nothing, or fail."""
        if any(self._name.upper() in record.text for record in records):
            return self._fail()
        return [[] for _ in records]

    def settled(self, text: str) -> int:
        """Return the position that the reach gives."""
        return max(0, len(text) - self.reach)

    def _fail(self) -> list[list[Finding]]:
        if self._name == "raising":
            raise RuntimeError(self._name)
        if self._name == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._name == "hanging":
            threading.Event().wait()
        return [[Finding(self.rule, "custom", 2, 1.0, 5, 10**6, "")]]


def raising() -> Faulty:
    """Return one that raises."""
    return Faulty("raising")


def hanging() -> Faulty:
    """Return one that never answers."""
    return Faulty("hanging")


def malformed() -> Faulty:
    """Return one that answers with something that is no answer."""
    return Faulty("malformed")


def killed() -> Faulty:
    """Return one that takes its process with it."""
    return Faulty("killed")
