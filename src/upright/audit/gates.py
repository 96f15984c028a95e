"""Bounds that a use sets itself, and whether an audit shows that they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upright.audit.figures import Figure
from upright.audit.parts import IDENTITY_FIGURES, MINIMUM, Identities
from upright.audit.sample import LEVEL
from upright.measure.bounds import Judgement, judge, shortfall
from upright.measure.names import GUARD, GUARD_MEASURES, SHORTFALL
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.policy import Policy

_WORST = tuple(f"worst_{name}" for name in IDENTITY_FIGURES)


@dataclass(frozen=True, slots=True)
class Gate:
    """One bound, judged.

    Attributes:
        measure: its name in the use-case file.
        figure: name of the figure it bounds.
        shown: the measure with its limits; smaller is better.
        at_most: the bound.
        judgement: what the limits say of it.
    """

    measure: str
    figure: str
    shown: Figure
    at_most: float
    judgement: Judgement

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape = {"measure": self.measure, **self.shown.to_json(), "at_most": self.at_most}
        shape.pop("n_needed", None)
        shape["verdict"] = self.judgement.verdict
        if self.judgement.n_needed is not None:
            shape["n_needed"] = self.judgement.n_needed
        return shape


def bounds_of(policy: Policy, *, groups: bool) -> dict[str, float]:
    """Return the bounds of a use that an audit of its guard can judge.

    Args:
        policy: the use.
        groups: whether the audit knows identity groups.
    """
    return {
        gate.measure: gate.within
        for gate in policy.audit.gate
        if gate.measure in GUARD_MEASURES and (groups or _figure_of(gate.measure) not in _WORST)
    }


def require_bounds(policy: Policy, *, groups: bool) -> None:
    """See to it that a use sets bounds for its guard, and that all of them can be judged.

    Raises:
        ConfigError: where there is none, or one that this audit cannot judge.
    """
    names = [g.measure for g in policy.audit.gate if g.measure.startswith(GUARD)]
    if not names:
        raise ConfigError(
            f"the use {policy.use_case.name!r} sets no bound for its guard",
            mend='add an [[audit.gate]] such as measure = "guard.auc.shortfall", within = 0.1',
        )
    for name in names:
        if name not in GUARD_MEASURES:
            raise ConfigError(
                f"audit.gate: no measure {name!r}", mend=f"there are {', '.join(GUARD_MEASURES)}"
            )
        if _figure_of(name) in _WORST and not groups:
            raise ConfigError(
                f"audit.gate: {name!r} needs identity groups",
                mend="give --group-field, or --identity-terms to find them in the texts",
            )


def judged(
    bounds: Mapping[str, float], figures: Mapping[str, Figure], identities: Identities | None
) -> tuple[Gate, ...]:
    """Return each bound with what the figures say of it.

    Bounds are judged by the ends of 95 % intervals. A bound on the worst group is kept only if
    all groups are known to keep it.
    """
    return tuple(_judge(measure, bound, figures, identities) for measure, bound in bounds.items())


def exit_code(gates: tuple[Gate, ...]) -> int:
    """Return 1 where a bound is broken, 3 where one cannot be told, else 0."""
    verdicts = {gate.judgement.verdict for gate in gates}
    return 1 if "outside" in verdicts else 3 if "cannot tell" in verdicts else 0


def _figure_of(measure: str) -> str:
    return measure.removeprefix(GUARD).removesuffix(SHORTFALL)


def _judge(
    measure: str, bound: float, figures: Mapping[str, Figure], identities: Identities | None
) -> Gate:
    name = _figure_of(measure)
    nothing_known = False
    if name in _WORST:
        lowest = identities.worst.get(name.removeprefix("worst_")) if identities else None
        figure = lowest.minimum if lowest else Figure(None, 0.0, 1.0, 0, MINIMUM)
        # A group of one label alone has no value, and nobody knows that it keeps the bound.
        kind = name.removeprefix("worst_")
        groups = identities.groups if identities else ()
        nothing_known = any(part.figures[kind].value is None for part in groups)
    else:
        figure = figures[name]
    interval = figure.interval(LEVEL)
    if measure.endswith(SHORTFALL):
        interval = shortfall(interval)
    judgement = judge(interval, at_most=bound)
    if nothing_known and judgement.verdict == "within":
        judgement = Judgement("cannot tell")
    return Gate(measure, name, Figure.of(interval, figure.method), bound, judgement)
