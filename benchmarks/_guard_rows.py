"""Rows that set what was measured beside what was asked for."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from _data import DATA, rows

from upright.measure import Interval, clopper_pearson, cluster_bootstrap
from upright.train.guard.corpora import split_of
from upright.train.guard.examples import Example

HEAD = ["| figure | asked | measured (95 %) | n | |", "|---|---|---|---:|---|"]
_DRAWS = 400


def at_least(name: str, asked: float, found: Interval, *, share: bool = False) -> str:
    """Return the row of a figure that must not be lower."""
    return _row(name, "≥", asked, found, found.value >= asked, share=share)


def at_most(name: str, asked: float, found: Interval, *, share: bool = False) -> str:
    """Return the row of a figure that must not be higher."""
    return _row(name, "≤", asked, found, found.value <= asked, share=share)


def told(name: str, found: Interval, *, share: bool = False) -> str:
    """Return the row of a figure for which nothing was asked."""
    return f"| {name} | | {_with_limits(found, share=share)} | {found.n:,} | |"


def _row(name: str, sign: str, asked: float, found: Interval, reached: bool, *, share: bool) -> str:  # noqa: FBT001 (a row's last cell)
    wanted = f"{asked:.0%}" if share else f"{asked:.2f}"
    verdict = "reached" if reached else "**not reached**"
    told_ = _with_limits(found, share=share)
    return f"| {name} | {sign} {wanted} | {told_} | {found.n:,} | {verdict} |"


def _with_limits(found: Interval, *, share: bool) -> str:
    if share:
        return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def share_of(flagged: Sequence[bool]) -> Interval:
    """Return a share with its exact limits."""
    return clopper_pearson(sum(map(bool, flagged)), len(flagged))


def drawn(figure: Callable[[Sequence[int]], float], count: int) -> Interval:
    """Return a figure of rows with limits from drawing the rows again."""
    return cluster_bootstrap(figure, [str(row) for row in range(count)], draws=_DRAWS)


def difference(first: Sequence[bool], second: Sequence[bool]) -> Interval:
    """Return by how much the share of the first is above that of the second, pair by pair."""
    one, other = np.array(first, dtype=float), np.array(second, dtype=float)
    return drawn(lambda rows_: float((one[list(rows_)] - other[list(rows_)]).mean()), len(one))


def is_held(group: str) -> bool:
    """Say whether texts of a group were held back from fitting."""
    return split_of(Example("", {}, group=group)) == "held"


def held(name: str, group: str, *more: str) -> list[dict[str, Any]]:
    """Return the rows of a file whose group (a column, or the first that is filled) was held."""
    columns = (group, *more)
    return [row for row in rows(name) if is_held(_group(row, columns))]


def fitted(name: str, group: str) -> list[dict[str, Any]]:
    """Return the other rows."""
    return [row for row in rows(name) if not is_held(_group(row, (group,)))]


def _group(row: dict[str, Any], columns: Sequence[str]) -> str:
    found = next(row[column] for column in columns if row.get(column))
    return found if isinstance(found, str) else "\n".join(found)


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a `.csv.gz` file of the data folder."""
    with gzip.open(DATA / name, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
