"""One audit of copying: what was asked, what was found, and whether the use's bounds are kept."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from upright.audit.copying import LEVEL, Exposure, capped, discoverable
from upright.audit.copying_answers import Copied
from upright.audit.figures import Figure
from upright.audit.gates import Gate
from upright.audit.table_plots import standalone
from upright.generate.types import Sampling
from upright.measure.bounds import judge
from upright.measure.names import COPYING, COPYING_MEASURES
from upright.measure.svg import Plot, Square, line, text
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.policy import Policy

SHOWN = discoverable(100, 0.5)
"""The figure that is drawn, and that `copying.discoverable` bounds."""
_FIGURES = {"verbatim": "verbatim", "greedy": "greedy", "discoverable": SHOWN}


@dataclass(frozen=True, slots=True)
class CopyingAudit:
    """What an audit of copying found.

    Attributes:
        file: the training data.
        model: the engine's name of the model.
        digest: of the model, where the engine knows it.
        passages: how many texts were asked for.
        short: how many were too short to be.
        prefix: tokens of a beginning.
        suffix: tokens of a continuation.
        sampling: how the use draws.
        figures: see `copying.measures`.
        exposures: the same by how often a text stands in the data.
        cap: most places of a passage, if a cap is asked about.
        run: words in a row that are a copy.
        ways: what answers repeat: `drawn`, `filtered` by the guard, `resampled` at decode time.
        gates: bounds of the use.
    """

    file: str
    model: str
    digest: str | None
    passages: int
    short: int
    prefix: int
    suffix: int
    sampling: Sampling
    figures: dict[str, Figure]
    exposures: list[Exposure] = field(default_factory=list)
    cap: int | None = None
    run: int = 13
    ways: dict[str, Copied] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()

    def with_cap(self, name: str) -> float | None:
        """Return what a figure would be under the cap; None without one."""
        return None if self.cap is None else capped(self.exposures, self.cap, name)

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape: dict[str, Any] = {
            "file": self.file,
            "model": self.model,
            "model_digest": self.digest,
            "passages": self.passages,
            "too_short": self.short,
            "prefix": self.prefix,
            "suffix": self.suffix,
            "sampling": asdict(self.sampling),
            "measures": [
                {"name": f"{COPYING}{name}", **figure.to_json()}
                for name, figure in self.figures.items()
            ],
        }
        if self.exposures:
            shape["by_repeats"] = [_exposure(one) for one in self.exposures]
        if self.cap is not None:
            shape["cap"] = {
                "times": self.cap,
                **{name: self.with_cap(name) for name in ("verbatim", SHOWN)},
            }
        if self.ways:
            shape["answers"] = {
                "run": self.run,
                **{name: _copied(way) for name, way in self.ways.items()},
            }
        if self.gates:
            shape["gates"] = [gate.to_json() for gate in self.gates]
        return shape

    def plot(self) -> str:
        """Return exposure against repeats as an SVG file.

        Raises:
            ConfigError: where the data does not say how often texts stand in it.
        """
        if not self.exposures:
            raise ConfigError(
                "no repeat counts to draw", mend="name their field with --repeats-field"
            )
        return standalone(_plot(self.exposures))


def bounds(policy: Policy) -> dict[str, float]:
    """Return the bounds of copying that a use sets.

    Raises:
        ConfigError: for a measure of copying that there is not.
    """
    found = {}
    for gate in policy.audit.gate:
        if gate.measure.startswith(COPYING):
            if gate.measure not in COPYING_MEASURES:
                raise ConfigError(
                    f"audit.gate: no measure {gate.measure!r}",
                    mend=f"there are {', '.join(COPYING_MEASURES)}",
                )
            found[gate.measure] = gate.within
    return found


def gates(asked: dict[str, float], figures: dict[str, Figure]) -> tuple[Gate, ...]:
    """Return each bound with what the figures say of it, by the ends of 95 % intervals."""
    judged = []
    for measure, bound in asked.items():
        name = _FIGURES[measure.removeprefix(COPYING)]
        figure = figures[name]
        judgement = judge(figure.interval(LEVEL), at_most=bound)
        judged.append(Gate(measure, name, figure, bound, judgement))
    return tuple(judged)


def _exposure(one: Exposure) -> dict[str, Any]:
    return {
        "repeats": one.repeats,
        "n": one.n,
        "bits_per_token": one.bits if math.isfinite(one.bits) else None,
        "verbatim": one.figures["verbatim"].to_json(),
        SHOWN: one.figures[SHOWN].to_json(),
    }


def _copied(way: Copied) -> dict[str, Any]:
    return {
        "verbatim": way.verbatim.to_json(),
        "near": way.near.to_json(),
        "words": round(way.words, 1),
    }


def _plot(exposures: list[Exposure]) -> Plot:
    square = Square()
    counts = [one.repeats for one in exposures]
    span = max(1.0, math.log2(max(counts) / max(1, min(counts)))) if counts else 1.0
    points, rows, marks = [], [], []
    for one in exposures:
        figure = one.figures[SHOWN]
        x = math.log2(max(1, one.repeats) / max(1, min(counts))) / span
        value = figure.value or 0.0
        points.append((x, value))
        low, high = square.at(x, figure.low), square.at(x, figure.high)
        told = f"{one.repeats} times: {value:.1%} ({figure.low:.1%} to {figure.high:.1%})"
        marks += [line(low, high, "whisker"), square.dot(x, value, "mark", told)]
        foot = square.at(x, 0)
        marks.append(text(foot[0], foot[1] + 17, f"{one.repeats}", "tick middle"))
        rows.append((f"{one.repeats}", f"{one.n:,}", told.partition(": ")[2]))
    drawn = _frame(square) + square.path(points, "guide") + "".join(marks)
    return Plot(
        "exposure",
        "Extraction against how often a text stands in the training data",
        f"The share of texts that a hundred answers contain with a chance of one half, "
        f"for {len(exposures)} repeat counts.",
        drawn,
        (420, 320),
        ("Repeats", "Texts", "Discoverable"),
        tuple(rows),
    )


def _frame(square: Square) -> str:
    """Return axes; the one across carries repeat counts, which are written with their points."""
    bottom, right = square.top + square.height, square.left + square.width
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = square.at(0, tick)[1]
        parts.append(line((square.left, y), (right, y), "grid"))
        parts.append(text(square.left - 8, y + 4, f"{tick:g}", "tick end"))
    parts.append(line((square.left, bottom), (right, bottom), "axis"))
    middle = square.left + square.width / 2
    parts.append(text(middle, bottom + 38, "times in the training data", "tick middle"))
    return "".join(parts)
