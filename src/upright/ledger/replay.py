"""What the events say about policies in force, to hold the tables beside the chain to it.

The tables `uses` and `policy_versions` are what a running service reads. They are not chained
themselves, but every change of them is an event; so a use that was quietly started again, or a
policy whose text was exchanged, does not agree with the chain.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from upright.ledger.tables import policy_versions, uses
from upright.terms import digest


@dataclass(frozen=True, slots=True)
class PolicyTables:
    """The rows of both tables at one moment."""

    uses: tuple[Row[Any], ...]
    versions: tuple[Row[Any], ...]

    @classmethod
    def read(cls, connection: Connection) -> PolicyTables:
        """Read them within a transaction."""
        return cls(
            tuple(connection.execute(select(uses))),
            tuple(connection.execute(select(policy_versions))),
        )


class PolicyReplay:
    """Follows the policy events of a chain."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, Any], Any] = {}
        self._active: dict[str, Any] = {}
        self._stopped: dict[str, Any] = {}

    def take(self, kind: str, use_case: str, body: str) -> None:
        """Take the next event of the chain; other kinds are passed over."""
        if not kind.startswith("policy."):
            return
        fields = _fields(body)
        if kind == "policy.published":
            self._texts[use_case, fields.get("version")] = fields.get("text_digest")
        elif kind == "policy.activated":
            self._active[use_case] = fields.get("version")
        elif kind == "policy.stopped":
            self._stopped[use_case] = fields.get("reason")
        else:
            self._stopped.pop(use_case, None)

    def problem(self, tables: PolicyTables) -> str:
        """Say in what the tables disagree with the chain; "" if in nothing."""
        stored = {(row.name, row.version): digest(row.text.encode()) for row in tables.versions}
        if stored != self._texts:
            changed = {key for key, _ in stored.items() ^ self._texts.items()}
            name, version = min(changed, key=str)
            return (
                f"the table `policy_versions`: version {version} of {name!r} is not the one that "
                "the chain says was published"
            )
        in_force = {row.name: row.version for row in tables.uses}
        halted = {row.name: row.reason for row in tables.uses if row.stopped}
        for name in sorted(in_force | self._active):
            if in_force.get(name) != self._active.get(name):
                return (
                    f"the table `uses`: version {in_force.get(name)} of {name!r} is in force, but "
                    f"the chain says {self._active.get(name)}"
                )
            if halted.get(name) != self._stopped.get(name):
                return f"the table `uses`: the chain says otherwise whether {name!r} is stopped"
        return ""


def _fields(body: str) -> dict[str, Any]:
    """Read a body, whatever whoever could append has put there."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
