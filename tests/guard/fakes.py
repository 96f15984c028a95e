"""Detectors that behave, and detectors that do not, for the guard's tests and its workers."""

from __future__ import annotations

import os
import re
import signal
import threading

from upright.terms import ConfigError, Finding, Record


def finding(rule: str, start: int, end: int, **changes) -> Finding:
    values = {
        "rule": rule,
        "hazard": "custom",
        "severity": 2,
        "score": 0.9,
        "start": start,
        "end": end,
        "explanation": "A word of the tests.",
    }
    return Finding(**(values | changes))


class Pattern:
    """Finds a pattern whose matches are at most `width` long and whose letters are `letters`."""

    def __init__(self, rule: str, pattern: str, width: int, letters: str, **changes) -> None:
        self.rule = rule
        self.reach = width
        self.version = "1"
        self._pattern = re.compile(f"(?=({pattern}))")
        self._tail = re.compile(f"[{letters}]{{0,{width}}}\\Z")
        self._letters = letters
        self._changes = changes

    def find(self, records: list[Record]) -> list[list[Finding]]:
        return [
            [
                finding(self.rule, match.start(1), match.end(1), **self._changes)
                for match in self._pattern.finditer(record.text)
            ]
            for record in records
        ]

    def settled(self, text: str) -> int:
        return self._tail.search(text).start()


class WholeText:
    """Finds `late` in texts that hold `KEY` somewhere: nothing is settled before the end."""

    rule = "custom.whole"
    reach = None
    version = "1"

    def find(self, records: list[Record]) -> list[list[Finding]]:
        return [
            [finding(self.rule, m.start(), m.end()) for m in re.finditer("late", record.text)]
            if "KEY" in record.text
            else []
            for record in records
        ]

    def settled(self, text: str) -> int:
        return 0


def word() -> Pattern:
    """`cat`, `cats`: one match, or a longer one when more arrives."""
    return Pattern("custom.word", "cats?(?![a-z])|dog", 5, "a-z", severity=2)


def overlapping() -> Pattern:
    """Spans that overlap each other: each `a` with up to four letters after it."""
    return Pattern("custom.overlap", "a[a-z]{1,4}", 5, "a-z", severity=1)


def capital() -> Pattern:
    return Pattern("custom.capital", "[A-Z]{3,6}", 6, "A-Z", severity=3)


def fakes() -> list:
    return [word(), overlapping(), capital()]


class _Faulty:
    """A detector that does `fault` whenever it meets the word `FAULT`."""

    reach = 0
    version = "1"

    def __init__(self, rule: str, fault) -> None:
        self.rule = rule
        self._fault = fault

    def find(self, records):
        if any("FAULT" in record.text for record in records):
            return self._fault(records)
        return [[] for _ in records]

    def settled(self, text: str) -> int:
        return len(text)


def _raise(records):
    raise ValueError("the text was: " + records[0].text)


def _hang(records):
    threading.Event().wait()


def _spin(records):
    # Holds the interpreter in C, where no Python signal handler or thread could run.
    re.match(r"(a+)+$", "a" * 64 + "b")


def _die(records):
    os.kill(os.getpid(), signal.SIGKILL)


def raising() -> _Faulty:
    return _Faulty("fault.raising", _raise)


def hanging() -> _Faulty:
    return _Faulty("fault.hanging", _hang)


def spinning() -> _Faulty:
    return _Faulty("fault.spinning", _spin)


def dying() -> _Faulty:
    return _Faulty("fault.dying", _die)


def leaving() -> _Faulty:
    return _Faulty("fault.leaving", lambda _: os._exit(0))


def printing() -> _Faulty:
    def speak(records):
        os.write(1, b"what stands in no protocol")
        return [[] for _ in records]

    return _Faulty("fault.printing", speak)


def short_list() -> _Faulty:
    return _Faulty("fault.short", lambda records: [])


def outside() -> _Faulty:
    return _Faulty(
        "fault.outside", lambda records: [[finding("fault.outside", 0, 10**6)] for _ in records]
    )


def not_a_detector() -> str:
    return "not a detector"


def refused() -> _Faulty:
    raise ConfigError("this detector cannot be built", mend="leave it out")


def crashing() -> _Faulty:
    raise ZeroDivisionError
