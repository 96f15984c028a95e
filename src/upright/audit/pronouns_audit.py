"""One audit of pronouns: what was asked, what was found, and whether the use's bounds are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upright.audit.figures import Figure
from upright.audit.gates import Gate
from upright.audit.pronouns import Chances, Read
from upright.audit.pronouns_measures import (
    LEVEL,
    Excepted,
    Profession,
    Shares,
    by_profession,
    error_of,
    excepted,
    figures,
    perplexity_cost,
    shares,
    size_of,
)
from upright.audit.pronouns_plot import plot
from upright.audit.table_plots import standalone
from upright.generate.balance_words import professions
from upright.measure.bounds import judge
from upright.measure.names import PRONOUN_MEASURES, PRONOUNS
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.policy import Policy

BOUND = 0.10
"""How far from one half a profession may lie where the use sets no bound."""
_GAP = f"{PRONOUNS}balance_gap"


@dataclass(frozen=True, slots=True)
class Side:
    """How pronouns are shared out in one way of drawing words.

    Attributes:
        figures: see `pronouns_measures.figures`.
        professions: the farthest from one half first.
    """

    figures: dict[str, Figure]
    professions: tuple[Profession, ...]


@dataclass(frozen=True, slots=True)
class PronounAudit:
    """What an audit of pronouns found.

    Attributes:
        model: the engine's name of the model.
        digest: of the model, where the engine knows it.
        way: how pronouns are balanced in `balanced`: `balanced` or `reference`; None without it.
        serves: whether the use itself draws in this way.
        temperature: at which chances were read.
        answers: drawn for each prompt; 0 where chances are exact.
        prompts: how many leave the gender open.
        reached: how many of them balancing changed.
        sides: `model` as the model has it, and `balanced`.
        exceptions: accuracy where the text tells the gender.
        cost: what balancing adds to perplexity, as a share; None where it was not measured.
        gates: bounds of the use.
    """

    model: str
    digest: str | None
    way: str | None
    serves: bool
    temperature: float
    answers: int
    prompts: int
    reached: int
    sides: dict[str, Side]
    exceptions: tuple[Excepted, ...]
    cost: Figure | None = None
    gates: tuple[Gate, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape: dict[str, Any] = {
            "model": self.model,
            "model_digest": self.digest,
            "temperature": self.temperature,
            "answers": self.answers,
            "prompts": self.prompts,
            "measures": {
                name: {key: figure.to_json() for key, figure in side.figures.items()}
                for name, side in self.sides.items()
            },
            "professions": list(self._professions()),
            "exceptions": [one.to_json() for one in self.exceptions],
        }
        if self.way is not None:
            shape |= {"way": self.way, "serves": self.serves, "reached": self.reached}
        if self.cost is not None:
            shape["perplexity_cost"] = self.cost.to_json()
        if self.gates:
            shape["gates"] = [gate.to_json() for gate in self.gates]
        return shape

    def _professions(self) -> list[dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = {}
        for name, side in self.sides.items():
            for one in side.professions:
                row = rows.setdefault(one.name, {"name": one.name, "reference": one.reference})
                row[name] = one.to_json()
        return list(rows.values())

    def plot(self) -> str:
        """Return the share of she in each profession against that of women, as an SVG file."""
        professions = {name: side.professions for name, side in self.sides.items()}
        return standalone(plot(professions, self.model, self.way))


def bounds(policy: Policy) -> dict[str, float]:
    """Return the bounds of pronouns that a use sets.

    Raises:
        ConfigError: for a measure of pronouns that there is not.
    """
    found = {}
    for gate in policy.audit.gate:
        if gate.measure.startswith(PRONOUNS):
            if gate.measure not in PRONOUN_MEASURES:
                raise ConfigError(
                    f"audit.gate: no measure {gate.measure!r}",
                    mend=f"there are {', '.join(PRONOUN_MEASURES)}",
                )
            found[gate.measure] = gate.within
    return found


def audited(
    found: Sequence[Read],
    told: Sequence[Read],
    prose: Sequence[tuple[float, float, int]],
    asked: Mapping[str, float],
    about: Mapping[str, Any],
) -> PronounAudit:
    """Return the audit of what was read.

    Args:
        found: after prompts that leave the gender open.
        told: after those that tell it.
        prose: nats of texts without and with balancing, and their tokens.
        asked: bounds of the use.
        about: the other attributes of the audit: model, digest, way, serves, temperature, answers.
    """
    balanced = about["way"] is not None
    bound = asked.get(_GAP, BOUND)
    sides = {"model": _side(shares(found, _model, professions()), bound)}
    if balanced:
        sides["balanced"] = _side(shares(found, _balanced, professions()), bound)
    exceptions = excepted(told)
    cost = perplexity_cost(prose) if balanced and prose else None
    served = "balanced" if about["serves"] else "model"
    return PronounAudit(
        **about,
        prompts=len(found),
        reached=sum(one.moved for one in found),
        sides=sides,
        exceptions=exceptions,
        cost=cost,
        gates=gates(asked, _bounded(sides[served], exceptions, cost, served)),
    )


def gates(asked: Mapping[str, float], known: Mapping[str, Figure]) -> tuple[Gate, ...]:
    """Return each bound with what the figures say of it, by the ends of 95 % intervals."""
    judged = []
    for measure, bound in asked.items():
        name = measure.removeprefix(PRONOUNS)
        figure = known[name]
        judged.append(
            Gate(measure, name, figure, bound, judge(figure.interval(LEVEL), at_most=bound))
        )
    return tuple(judged)


def _bounded(
    side: Side, exceptions: tuple[Excepted, ...], cost: Figure | None, served: str
) -> dict[str, Figure]:
    """Return the figures that a use can bound, each the smaller the better."""
    accuracy = exceptions[0].balanced if served == "balanced" else exceptions[0].model
    nothing = Figure(0.0, 0.0, 0.0, 0, "nothing is balanced")
    unread = Figure(None, 0.0, 1.0, 0, "no text was read")
    return {
        "balance_gap": side.figures["balance_gap"],
        "reference_gap": side.figures["reference_gap"],
        "correlation": size_of(side.figures["correlation"]),
        "exception_error": error_of(accuracy or unread),
        "perplexity_cost": (cost or unread) if served == "balanced" else nothing,
    }


def _model(one: Read) -> Chances:
    return one.model


def _balanced(one: Read) -> Chances:
    return one.balanced or one.model


def _side(table: Shares, bound: float) -> Side:
    return Side(figures(table), by_profession(table, bound))
