"""Take all records of some owners, or single records, out of a corpus, and keep them out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from upright.curate.curation import Curation
from upright.curate.measuring import name_hash, owner_of
from upright.curate.removal import mark_removed
from upright.curate.run import Curated, curate

_NEAR = 3


@dataclass(frozen=True, slots=True)
class Removal:
    """What a removal did.

    Attributes:
        curated: the run that made the corpus without them.
        removed: how many records of what is read stay out, by the owner or the record's id.
    """

    curated: Curated
    removed: Mapping[str, int]

    @property
    def count(self) -> int:
        """Records that stay out for all these names."""
        return sum(self.removed.values())


def remove(
    curation: Curation, *, owners: Collection[str] = (), records: Collection[str] = ()
) -> Removal:
    """Make a corpus again as if some records had never been there.

    Args:
        curation: of the corpus, as `recall` returns it.
        owners: whose records go.
        records: ids of records that go.

    Raises:
        InputError: for an input that is no longer there.
        BusyError: while another run writes into the same folder.
    """
    mark_removed(curation.output, owners, records)
    done = curate(curation)
    return Removal(
        done, {name: done.removed.get(name_hash(name), 0) for name in (*owners, *records)}
    )


def near_owners(curation: Curation, owner: str) -> list[str]:
    """Return owners of kept records whose names are like one, the most alike first."""
    names = {
        name.casefold(): name
        for record in kept_records(curation.output)
        if (name := owner_of(record, curation.policy.curate.owner))
    }
    return [names[one] for one in get_close_matches(owner.casefold(), names, _NEAR)]


def holding(curation: Curation, owners: Collection[str], records: Collection[str]) -> list[str]:
    """Return the ids of the records in a corpus that are of some owners, or have one of some ids.

    Those that wait for a person are among them.
    """
    field = curation.policy.curate.owner
    held = (one["record"] | {"id": one["id"]} for one in _lines(curation.output / "review.jsonl"))
    return sorted(
        str(record["id"])
        for source in (kept_records(curation.output), held)
        for record in source
        if owner_of(record, field) in owners or str(record["id"]) in records
    )


def kept_records(output: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a corpus, in their order."""
    for file in sorted((output / "data").glob("*.jsonl")):
        yield from _lines(file)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    if file.exists():
        with file.open("rb") as stream:
            yield from map(json.loads, stream)
