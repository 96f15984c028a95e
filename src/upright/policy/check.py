"""From TOML text to a Policy, or to the list of all that does not fit."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from upright.policy.locate import Path, Places
from upright.policy.model import Policy
from upright.policy.problems import Level, Problem

_TOML_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_SHOWN = 60


def check_text(text: str) -> tuple[Policy | None, list[Problem]]:
    """Return the Policy that a text holds, or None and every problem that prevents it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_syntax(text, str(error))]
    try:
        return Policy.model_validate(data), []
    except ValidationError as error:
        places = Places(text)
        problems = [_problem(found, places, data) for found in error.errors()]
        return None, sorted(problems, key=lambda found: (found.line or 0, found.where))


def _syntax(text: str, message: str) -> Problem:
    found = _TOML_LINE.search(message)
    line = int(found[1]) if found and found[1] else text.count("\n") + 1
    plain = _TOML_LINE.sub("", message)
    return Problem("file.syntax", Level.ERROR, (), plain, "mend the TOML there", line)


def _problem(error: ErrorDetails, places: Places, data: dict[str, Any]) -> Problem:
    # pydantic ends the path of a bad dictionary key with a mark of its own.
    path = tuple(part for part in error["loc"] if part != "[key]")
    if error["type"] == "extra_forbidden":
        message, mend = _unknown_key(path)
    elif error["type"] == "missing":
        message, mend = _missing_key(path)
    else:
        message, mend = _unfit(error, path, data)
    return Problem("file.value", Level.ERROR, path, message, mend, places.line(path))


def _unfit(error: ErrorDetails, path: Path, data: dict[str, Any]) -> tuple[str, str]:
    reason = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error" and isinstance(error["input"], dict):
        return reason, "write the missing key there"
    message = f"{_show(error['input'])}: {_lower_first(reason)}"
    described = _description(path)
    allowed = re.search(r"Input should be (.+)", reason)
    mend = f"write {_one_of(allowed[1])}" if allowed else "write a value that fits"
    if path == ("schema",) and data.get("schema") != 1:
        mend = "write schema = 1; a newer file needs a newer upright"
    return message, f"{mend} ({described})" if described else mend


def _one_of(allowed: str) -> str:
    allowed = allowed.replace("a valid integer", "a whole number, such as 2")
    allowed = allowed.replace("a valid string", 'a text in quotes, such as "…"')
    allowed = allowed.replace("a valid tuple", 'a list, such as ["…"]')
    allowed = allowed.replace("a valid boolean", "true or false")
    if allowed.startswith(("less", "greater")):
        return f"a number {allowed}"
    return f"one of {allowed}" if "'" in allowed and " or " in allowed else allowed


def _unknown_key(path: Path) -> tuple[str, str]:
    model = _model_at(path[:-1])
    known = [] if model is None else keys_of(model)
    close = get_close_matches(str(path[-1]), known, n=1)
    mend = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(known)}"
    return f"unknown key {path[-1]!r}", mend


def _missing_key(path: Path) -> tuple[str, str]:
    described = _description(path)
    return f"{path[-1]!r} is missing", f"add {path[-1]} = …" + (
        f" ({described})" if described else ""
    )


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return the keys of a section as a use-case file spells them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _description(path: Path) -> str:
    model = _model_at(path[:-1])
    if model is None:
        return ""
    for name, field in model.model_fields.items():
        if path[-1] in {name, field.alias}:
            return (field.description or "").removesuffix(".")
    return ""


def _model_at(path: Path) -> type[BaseModel] | None:
    """Return the section that a path leads to, or None where it leads to a plain value."""
    model: type[BaseModel] | None = Policy
    for part in path:
        if isinstance(part, int):
            continue
        field = None if model is None else model.model_fields.get(part)
        model = None if field is None else section_of(field.annotation)
    return model


def section_of(annotation: object) -> type[BaseModel] | None:
    """Return the section that a field holds, alone or in a list; None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (section_of(argument) for argument in get_args(annotation))
    return next((section for section in found if section is not None), None)


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
