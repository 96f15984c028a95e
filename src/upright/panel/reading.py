"""Reading a study, with errors that name file, line, value and mend."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from upright.panel.study import Study
from upright.panel.wording import path_of, worded
from upright.policy.locate import Places
from upright.terms import ConfigError

_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_SHOWN = 10


def load_study(path: str | Path) -> Study:
    """Read a study.

    Raises:
        ConfigError: if it cannot be read or does not fit; every problem with its line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", mend="the how-to page on panels shows a study"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path}: not UTF-8 at byte {error.start}", mend="save the file as UTF-8"
        ) from None
    return parse_study(text, source=str(path))


def parse_study(text: str, *, source: str = "<text>") -> Study:
    """Turn the text of a study into a Study.

    Raises:
        ConfigError: as `load_study`.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        raise ConfigError(
            f"{source}:{line}: {_LINE.sub('', str(error))}", mend="mend the TOML there"
        ) from None
    try:
        return Study.model_validate(data)
    except ValidationError as error:
        places = Places(text)
        told = [_told(one, places, source) for one in _own(error.errors())[:_SHOWN]]
        *before, (last, mend) = told
        lines = [f"{problem}\n  mend: {how}" for problem, how in before]
        raise ConfigError("\n".join([*lines, last]), mend=mend) from None


def _own(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return errors less those that follow: a list is too short where its entries do not fit."""
    paths = [path_of(one) for one in errors]
    return [
        one
        for one, path in zip(errors, paths, strict=True)
        if one["type"] != "too_short"
        or not any(other[: len(path)] == path != other for other in paths)
    ]


def _told(error: ErrorDetails, places: Places, source: str) -> tuple[str, str]:
    """Return the file, the line, the key, the value and what is wrong; and the mend."""
    path = path_of(error)
    reason, mend = worded(error)
    line = places.line(path) if path else None
    where = "".join(
        f" {part + 1}" if isinstance(part, int) else f".{' '.join(part.split())}" for part in path
    ).removeprefix(".")
    place = source if line is None else f"{source}:{line}"
    return ": ".join(filter(None, (place, where, reason))), mend
