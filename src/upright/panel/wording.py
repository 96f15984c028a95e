"""What is wrong with one entry of a study, and its mend, in plain words."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from upright.panel.fitting import MISFIT, quoted
from upright.panel.study import Affinity, Attribute, Equal, Keep, Phrasing, Product, Study

_PARTS: dict[str | int, type[BaseModel]] = {
    "attribute": Attribute,
    "affinity": Affinity,
    "product": Product,
    "keep": Keep,
    "equal": Equal,
    "phrasing": Phrasing,
}
_SHOWN = 60

_WORDS: dict[str, tuple[str, str]] = {
    "greater_than_equal": ("is less than {ge}", "write a number of at least {ge}"),
    "less_than_equal": ("is more than {le}", "write a number of at most {le}"),
    "greater_than": ("is not more than {gt}", "write a number above {gt}"),
    "less_than": ("is not less than {lt}", "write a number below {lt}"),
    "finite_number": ("is no number that can be counted with", "write a number such as 0.5"),
    "string_type": ("is no text", "write a text in double quotes"),
    "string_too_short": ("is empty", "write a text that is not"),
    "string_too_long": ("is too long", "shorten it to {max_length} characters"),
    "string_pattern_mismatch": (
        "holds a brace or a line break",
        "write a name of one line without braces",
    ),
    "literal_error": ("is not known here", "write {expected}"),
    "too_short": ("there are too few", "have at least {min_length} of [[{key}]]"),
    "too_long": ("there are too many", "have at most {max_length} of [[{key}]]"),
    "dict_type": ("is no table", 'write a table, such as { "first value" = 0.5, … }'),
    "model_type": ("is no table", "write it under a heading of its own, such as [[product]]"),
    "tuple_type": ("is no list of tables", "write it under [[{key}]]"),
    "missing": ("it is missing", "add {key}"),
}
_KINDS = {
    "int": ("is no whole number", "write a whole number, such as 2"),
    "float": ("is no number", "write a number, such as 0.5"),
    "bool": ("is neither true nor false", "write true or false"),
}
_UNSHOWN = {"extra_forbidden", "missing", "too_short", "too_long", MISFIT}


def path_of(error: ErrorDetails) -> tuple[str | int, ...]:
    """Return where in the study an error is."""
    # pydantic ends the path of a bad dictionary key with a mark of its own.
    path = tuple(part for part in error["loc"] if part != "[key]")
    return (*path, *error["ctx"]["path"]) if error["type"] == MISFIT else path


def worded(error: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong, with the value where it helps, and the mend."""
    kind, context, path = error["type"], error.get("ctx", {}), path_of(error)
    if kind == MISFIT:
        return context["told"], context["mend"]
    if kind == "extra_forbidden":
        return "unknown key", _meant(path)
    known = _WORDS.get(kind) or _KINDS.get(kind.split("_")[0])
    told, mend = known or (error["msg"], "the how-to page on panels shows a study")
    words = {name: _plain(value) for name, value in context.items()} | {"key": str(path[0])}
    if kind == "missing":
        words["key"] = f"[[{path[-1]}]]" if path[-1] in _PARTS else f"{path[-1]} = …"
    reason = _fill(told, words)
    shown = "" if kind in _UNSHOWN else f"{_value(error['input'])} "
    return shown + reason, _fill(mend, words)


def _fill(template: str, words: dict[str, str]) -> str:
    """Fill in what is known; braces of the user's own text are left alone."""
    for name, value in words.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def _plain(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:,}" if isinstance(value, int) else f"{value:,g}"
    return str(value).replace("'", '"')


def _value(given: Any) -> str:  # noqa: ANN401 (whatever a TOML file holds)
    """Return a value as it may be written in the file; of a table or a list what it is."""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, str):
        return quoted(given if len(given) <= _SHOWN else given[:_SHOWN] + "…")
    if isinstance(given, dict):
        return "a table"
    return "a list" if isinstance(given, (list, tuple)) else str(given)


def _meant(path: tuple[str | int, ...]) -> str:
    model = Study if len(path) == 1 else _PARTS.get(path[0], Study)
    known = [field.alias or name for name, field in model.model_fields.items()]
    close = get_close_matches(str(path[-1]), known, n=1)
    if close:
        return f"did you mean {quoted(*close)}?"
    return f"take it out; what can stand there is {quoted(*known)}"
