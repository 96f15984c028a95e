"""What an audit of a table asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from upright.measure.equivalence import ALPHA
from upright.measure.multiplicity import CORRECTIONS
from upright.measure.rates import RATES
from upright.measure.violation import BOUND
from upright.terms import ConfigError

MARGIN = 0.01
"""One point: how much rates may differ where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Question:
    """What an audit of a table asks.

    Attributes:
        label: column of what came true, 0 or 1.
        groups: columns whose groups are compared, each on its own and all crossed.
        favourable: the value that a person hopes for: 0 where 1 is a default.
        rates: names of the rates, of `RATES`.
        margin: the smallest difference that matters.
        bands: where numbers of a column are cut.
        alpha: how often a wrong claim may be made.
        correction: `holm` or `bh`: for finding differences among many.
        search: further columns whose subgroups are searched.
        seed: of the halves of the search.
        subgroups: `linear` to search all subgroups that a line cuts out of the group columns.
        max_violation: the largest violation of such a subgroup that is allowed.
    """

    label: str
    groups: tuple[str, ...]
    favourable: int = 0
    rates: tuple[str, ...] = tuple(RATES)
    margin: float = MARGIN
    bands: Mapping[str, Sequence[float]] = field(default_factory=dict)
    alpha: float = ALPHA
    correction: str = "holm"
    search: tuple[str, ...] = ()
    seed: int = 0
    subgroups: str | None = None
    max_violation: float = BOUND

    def __post_init__(self) -> None:
        for told, wrong, mend in (
            (f"a margin of {self.margin:g}", not 0 < self.margin < 1, "give a share, such as 0.01"),
            (f"a favourable value of {self.favourable}", self.favourable not in {0, 1}, "0 or 1"),
            (f"an alpha of {self.alpha:g}", not 0 < self.alpha < 0.5, "give a share, such as 0.05"),  # noqa: PLR2004 (a limit of half the time says nothing)
            (
                f"a violation of {self.max_violation:g}",
                not 0 < self.max_violation < 1,
                "give a share, such as 0.005",
            ),
            (f"subgroups {self.subgroups!r}", self.subgroups not in {None, "linear"}, "linear"),
            (f"a correction {self.correction}", self.correction not in CORRECTIONS, "holm or bh"),
            ("no group", not self.groups, "name columns with --groups"),
        ):
            if wrong:
                raise ConfigError(f"{told} cannot be used", mend=mend)
        unknown = [rate for rate in self.rates if rate not in RATES]
        if unknown:
            raise ConfigError(
                f"no rate is called {unknown[0]!r}", mend=f"one of {', '.join(RATES)}"
            )
