"""Reading a study, with errors that name file, line, value and mend."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from upright.panel.study import Study
from upright.policy.locate import Places
from upright.terms import ConfigError

_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_QUOTED = re.compile(r"'([^']+)'")
_SHOWN = 10
_MENDS = {
    "extra_forbidden": "take it out, or mend its spelling",
    "missing": "add it",
}


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
        problems = error.errors()
        told = [_told(one, _line(one, places, text), source) for one in problems[:_SHOWN]]
        raise ConfigError("\n  ".join(told), mend=_mend(problems[0])) from None


def _path(error: ErrorDetails) -> tuple[str | int, ...]:
    # pydantic ends the path of a bad dictionary key with a mark of its own.
    return tuple(part for part in error["loc"] if part != "[key]")


def _line(error: ErrorDetails, places: Places, text: str) -> int | None:
    """Return the line of what is wrong; where parts do not fit together, of the name told."""
    if _path(error):
        return places.line(_path(error))
    for name in _QUOTED.findall(error["msg"]):
        # The last place: what refers to a name stands below what it refers to.
        found = [at for at, line in enumerate(text.splitlines(), 1) if name in line]
        if found:
            return found[-1]
    return None


def _told(error: ErrorDetails, line: int | None, source: str) -> str:
    where = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in _path(error)
    ).removeprefix(".")
    reason = error["msg"].removeprefix("Value error, ")
    value = "" if isinstance(error["input"], dict) else f" {error['input']!r:.60}:"
    if error["type"] in _MENDS:
        value = ""
        reason = "unknown key" if error["type"] == "extra_forbidden" else "it is missing"
    place = source if line is None else f"{source}:{line}"
    return f"{place}:{f' {where}:' if where else ''}{value} {reason}"


def _mend(error: ErrorDetails) -> str:
    return _MENDS.get(error["type"], "write a value that fits there")
