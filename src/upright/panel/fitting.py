"""Whether what a study declares fits together; what does not is told with its place and mend."""

from __future__ import annotations

import math
import string
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import permutations

from pydantic_core import PydanticCustomError

TOLERANCE = 1e-6
"""How far shares may be from summing to 1."""

MOST = 1e12
"""Largest count of people of one kind; more than there are anywhere."""

MISFIT = "misfit"
"""Type of pydantic's error whose context holds `mend`, and `path` below what was validated."""


def misfit(told: str, mend: str, *path: str | int) -> PydanticCustomError:
    """Return the error of a validator.

    Args:
        told: what is wrong, in plain words.
        mend: what the author can do about it.
        path: where, below the part that is validated.
    """
    return PydanticCustomError(MISFIT, "{told}", {"told": told, "mend": mend, "path": path})


def quoted(*names: str) -> str:
    """Return names as a person would list them: in double quotes, with commas, in one line."""
    return ", ".join(f'"{" ".join(name.split())}"' for name in names)


def check_shares(shares: Mapping[str, float], *path: str | int) -> None:
    """Refuse what are neither shares nor counts.

    Raises:
        PydanticCustomError: of that place.
    """
    total = math.fsum(shares.values())
    counts = total > 1 and all(value == int(value) for value in shares.values())
    if not shares or total <= 0 or not (counts or abs(total - 1) <= TOLERANCE):
        told = f"the shares sum to {total:g}" if shares else "there are no shares"
        raise misfit(told, "write shares that sum to 1, or counts in whole numbers", *path)


def check_values(
    table: Iterable[str], values: Sequence[str], attribute: str, *path: str | int
) -> None:
    """Refuse a table that leaves out a value of an attribute, or holds one that it has not.

    Raises:
        PydanticCustomError: of that place.
    """
    given = tuple(table)
    missing = [value for value in values if value not in given]
    unknown = [value for value in given if value not in values]
    told = [f"nothing is given for {quoted(*missing)}"] if missing else []
    told += [f"{quoted(*unknown)} is no value of {quoted(attribute)}"] if unknown else []
    if told:
        mend = f"give one entry for each of {quoted(*values)}"
        raise misfit("; ".join(told), mend, *path)


def each_different(what: str, names: Sequence[str], *, beginnings: bool = False) -> None:
    """Refuse names that a reader could not tell apart: case and spelling of a sign do not count.

    Args:
        what: key of the tables that bear the names.
        names: the names.
        beginnings: also refuse a name that begins with another one.

    Raises:
        PydanticCustomError: of the later one.
    """
    plain = [unicodedata.normalize("NFKC", name).casefold() for name in names]
    for at, name in enumerate(names):
        if plain[at] in plain[:at]:
            told = f"two of {what} are named {quoted(name)}"
            raise misfit(told, "give each a name of its own", what, at, "name")
    for at, other in permutations(range(len(names)), 2) if beginnings else ():
        if plain[at].startswith(plain[other]):
            told = f"{quoted(names[at])} begins with the name {quoted(names[other])}"
            mend = "change one of the names, since answers could not be told apart"
            raise misfit(told, mend, what, at, "name")


def check_holes(
    template: str, known: AbstractSet[str], key: str, *, needed: AbstractSet[str] = frozenset()
) -> None:
    """Refuse a template whose braces are not plain names.

    Args:
        template: holds `{name}`.
        known: names that it may hold.
        key: under which it stands.
        needed: names that it must hold.

    Raises:
        PydanticCustomError: of that key.
    """
    braces = quoted(*(f"{{{name}}}" for name in sorted(known)))
    try:
        parts = [part for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError:
        raise misfit("has a brace that stands alone", f"write {braces}", key) from None
    held = set()
    for _, name, form, conversion in parts:
        if name not in known or form or conversion:
            written = (
                f"{{{name}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}}}"
            )
            raise misfit(f"nothing fills {quoted(written)}", f"what is filled is {braces}", key)
        held.add(name)
    for name in sorted(needed - held):
        raise misfit(f'does not hold "{{{name}}}"', f'write "{{{name}}}" into it', key)
