"""What is wrong with a use-case file: where, how grave, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from upright.policy.locate import Path


class Level(StrEnum):
    """How grave a problem is. Only errors fail `policy lint`."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend.

    Attributes:
        code: stable name of the kind of problem, such as `rule.shadowed`.
        level: how grave it is.
        path: where in the file, such as `("guard", "rule", 0, "action")`.
        message: what is wrong, with the value.
        mend: what to do about it.
        line: line of the file, from 1; None where it cannot be told.
    """

    code: str
    level: Level
    path: Path
    message: str
    mend: str
    line: int | None = None

    @property
    def where(self) -> str:
        """The path as a person writes it: `guard.rule[0].action`."""
        parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path]
        return "".join(parts).removeprefix(".")

    def describe(self, source: str) -> str:
        """Return `file:line: path: message`."""
        line = "" if self.line is None else f":{self.line}"
        where = f" {self.where}:" if self.path else ""
        return f"{source}{line}:{where} {self.message}"

    def to_json(self, source: str) -> dict[str, str | int | None]:
        """Return the public line shape."""
        return {
            "file": source,
            "line": self.line,
            "level": self.level.value,
            "code": self.code,
            "path": self.where,
            "message": self.message,
            "mend": self.mend,
        }
