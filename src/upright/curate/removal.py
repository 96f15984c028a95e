"""Which owners and records stay out of a corpus, and how it was made, for later removals."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from upright.curate.curation import WORK, Curation
from upright.curate.errors import InputError
from upright.curate.intake import STDIN, received_file
from upright.curate.measuring import name_hash
from upright.jobs.store import told_of_space
from upright.policy import Policy

_RUN, _REMOVED = "run.json", "removed.json"


@dataclass(frozen=True, slots=True)
class Removed:
    """What stays out; of each name only 64 bits are known.

    Attributes:
        owners: whose records stay out.
        records: ids of single records that do.
    """

    owners: frozenset[int] = frozenset()
    records: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.owners or self.records)

    def rule(self, bits: int) -> str:
        """Return under which rule the ledger notes a record that goes for one of these names."""
        return "owner.removed" if bits in self.owners else "record.removed"


def removed_from(output: Path) -> Removed:
    """Return what stays out of a corpus."""
    file = output / WORK / _REMOVED
    found: Any = json.loads(file.read_bytes()) if file.exists() else {}
    if isinstance(found, list):  # as versions wrote it that could remove owners only
        found = {"owners": found}
    return Removed(frozenset(found.get("owners", ())), frozenset(found.get("records", ())))


def remember(curation: Curation) -> None:
    """Keep what a later removal has to do again.

    What came on standard input is read again from where it was put.
    """
    received = received_file(curation)
    inputs = [
        str((received if path == STDIN else Path(path)).resolve()) for path in curation.inputs
    ]
    told = {
        "inputs": inputs,
        "policy": curation.policy.model_dump(mode="json", by_alias=True),
        "folder": str(Path(curation.policy.folder).resolve()),
    }
    _write(curation.output / WORK / _RUN, told)


def recall(output: Path) -> Curation:
    """Return the curation that made a corpus.

    Raises:
        InputError: for a folder that no curation made.
    """
    try:
        told = json.loads((output / WORK / _RUN).read_bytes())
    except (OSError, ValueError):
        raise InputError(
            f"{output}: no corpus that `upright curate` made, or its work folder is gone",
            mend="name the --output of an earlier run",
        ) from None
    policy = Policy.model_validate(told["policy"]).beside(told["folder"])
    return Curation(told["inputs"], policy, output)


def mark_removed(output: Path, owners: Iterable[str] = (), records: Iterable[str] = ()) -> None:
    """Note that the records of some owners, and some records, stay out."""
    before = removed_from(output)
    told = {
        "owners": sorted({*before.owners, *map(name_hash, owners)}),
        "records": sorted({*before.records, *map(name_hash, records)}),
    }
    _write(output / WORK / _REMOVED, told)


def _write(file: Path, told: Any) -> None:  # noqa: ANN401 (any JSON value)
    with told_of_space(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(told), encoding="utf-8")
        draft.replace(file)
