"""The guard model's files, which come inside upright; `upright train guard` makes others."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from upright.terms import UprightError

MODEL, TOKENIZER, FACTS = "guard.onnx", "guard_tokenizer.json", "guard.json"
_MEND = "train the model again, or install upright again"


@dataclass(frozen=True, slots=True)
class GuardWeights:
    """A guard model that has been checked.

    Attributes:
        model: the network, as ONNX.
        tokenizer: its tokenizer, as the library `tokenizers` writes it.
        facts: what was measured when it was trained: calibration, thresholds, their figures.
        digest: `sha256:…` over all three files.
    """

    model: bytes
    tokenizer: str
    facts: dict[str, Any]
    digest: str


def open_guard(folder: Path | None = None) -> GuardWeights:
    """Open the guard model that comes with upright, or one that was trained into a folder.

    The facts name the digests of the other two files, so that a mixture of two models is refused.

    Raises:
        UprightError: for a missing file or one that does not belong to the others.
    """
    if folder is not None:
        return _read(folder)
    with as_file(files("upright.weights") / "guard_model") as packaged:
        return _read(packaged)


def _read(folder: Path) -> GuardWeights:
    try:
        model, tokenizer, told = (
            (folder / name).read_bytes() for name in (MODEL, TOKENIZER, FACTS)
        )
    except OSError as error:
        raise UprightError(
            f"{error.filename}: no guard model there ({error.strerror})",
            mend="give a folder that `upright train guard` wrote, or install upright again",
        ) from None
    try:
        facts: dict[str, Any] = json.loads(told)
        named = {name: str(facts["sha256"][name]) for name in (MODEL, TOKENIZER)}
    except (ValueError, KeyError, TypeError):
        raise UprightError(
            f"{folder / FACTS}: does not name the files that belong to it", mend=_MEND
        ) from None
    for name, raw in ((MODEL, model), (TOKENIZER, tokenizer)):
        found = hashlib.sha256(raw).hexdigest()
        if found != named[name]:
            raise UprightError(
                f"{folder / name}: not the file that {FACTS} names: sha256:{found}, "
                f"expected sha256:{named[name]}",
                mend=_MEND,
            )
    digest = hashlib.sha256(told).hexdigest()
    return GuardWeights(model, tokenizer.decode(), facts, f"sha256:{digest}")
