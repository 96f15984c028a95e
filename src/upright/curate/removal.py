"""Take everything of one owner out of a corpus, and keep it out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from upright.curate.curation import WORK, Curation
from upright.curate.errors import InputError
from upright.curate.measuring import name_hash
from upright.jobs.store import told_of_space
from upright.policy import Policy

_RUN, _REMOVED = "run.json", "removed.json"


def removed_owners(curation: Curation) -> frozenset[int]:
    """Return 64 bits of each owner whose records stay out."""
    return frozenset(_removed(curation.output))


def remember(curation: Curation) -> None:
    """Keep what a later removal has to do again."""
    inputs = [path if path == "-" else str(Path(path).resolve()) for path in curation.inputs]
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


def mark_removed(output: Path, owner: str) -> None:
    """Note that the records of an owner stay out; only 64 bits of the name are kept."""
    _write(output / WORK / _REMOVED, sorted({*_removed(output), name_hash(owner)}))


def _removed(output: Path) -> list[int]:
    file = output / WORK / _REMOVED
    found: list[int] = json.loads(file.read_bytes()) if file.exists() else []
    return found


def _write(file: Path, told: Any) -> None:  # noqa: ANN401 (any JSON value)
    with told_of_space(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(told), encoding="utf-8")
        draft.replace(file)
