"""Make the lists of runs that no record may share, once for each state of their files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from upright.curate.curation import Curation
from upright.curate.errors import InputError
from upright.curate.heldout import save
from upright.curate.inputs import find_inputs
from upright.curate.reading import records_of
from upright.curate.shards import Reject
from upright.match.words import NORMAL_FORM
from upright.terms import digest

EVALUATION = "evaluation"


def prepare(curation: Curation) -> dict[str, str]:
    """Return the rule and the file of each list that the policy asks for.

    Raises:
        InputError: for a file of evaluation data that cannot be read whole.
    """
    section = curation.policy.curate
    if not section.evaluation:
        return {}
    files = [_beside(curation, file) for file in section.evaluation]
    contents = [hashlib.sha256(item.path.read_bytes()).hexdigest() for item in find_inputs(files)]
    name = digest([contents, section.evaluation_words, NORMAL_FORM]).removeprefix("sha256:")[:32]
    file = curation.store.folder / "evaluation" / f"{name}.npz"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft.npz")
        save(draft, _texts(files), section.evaluation_words)
        draft.rename(file)
    return {EVALUATION: str(file)}


def _beside(curation: Curation, file: str) -> str:
    """Return a file that the policy names: beside the policy's own file, else as it is named."""
    beside = Path(curation.policy.folder, file)
    return str(beside) if beside.exists() else file


def _texts(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    for item in find_inputs(paths):
        for found in records_of(item):
            if isinstance(found, Reject):
                raise InputError(
                    f"{found.file}:{found.line}: {found.reason}",
                    mend="evaluation data that cannot be read cannot be kept out",
                )
            name = f"{item.name}:{found.line or 1}"
            yield from ((name, text) for text in strings(found.fields))


def strings(value: Any) -> Iterator[str]:  # noqa: ANN401 (any JSON value)
    """Yield all strings of a record: questions and answers have many names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
