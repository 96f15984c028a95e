"""The plots of an audit. Each comes with the table that says the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from upright.audit.figures import Figure
from upright.audit.parts import Identities, Part
from upright.audit.sample import LEVEL, Sample
from upright.measure.calibration import reliability
from upright.measure.decisions import Decisions
from upright.measure.ranking import Curve, curve
from upright.measure.svg import WIDE, Bar, Plot, Square, bars, line

POINTS = 60
"""Points of a curve that are drawn, and stand in its table."""

_SIZE = (400, 320)
_COLUMNS = 20
_COLUMN = 0.42  # its share of the room of one bin
_DIAGONAL = ((0.0, 0.0), (1.0, 1.0))


def plots_of_all(sample: Sample, figures: dict[str, Figure]) -> list[Plot]:
    """Return the plots of all lines: ROC, precision-recall, reliability, histogram."""
    whole = curve(sample.positive, sample.score)
    decisions = Decisions.of(sample.positive, sample.flagged)
    return [
        _roc(whole, decisions, figures["auc"]),
        _precision_recall(whole, decisions, figures["auprc"]),
        _reliability(sample, figures["calibration_error"]),
        _histogram(sample),
    ]


def plot_of_identities(identities: Identities, bounds: Sequence[float] = ()) -> Plot:
    """Return BPSN and BNSP of each identity, the lowest first.

    Args:
        identities: what was found.
        bounds: the lowest value that a gate lets pass, if there is one.
    """
    ordered = sorted(identities.groups, key=_lowest)
    rows = [(part.name, [_figure_bar(part, kind) for kind in ("bpsn", "bnsp")]) for part in ordered]
    drawn, height = bars(rows, "area under the ROC curve", bounds)
    names = ("subgroup_auc", "bpsn", "bnsp", "false_positive_rate")
    table = [
        (
            part.name,
            f"{part.n:,}",
            f"{part.positive:,}",
            *(words(part.figures[name]) for name in names),
        )
        for part in ordered
    ]
    headings = ("Identity", "Lines", "Positive", "Subgroup AUC", "BPSN", "BNSP", "False alarms")
    lowest = "; ".join(
        f"{kind.upper()} of {found.name} {words(found.figure)}"
        for kind, found in identities.worst.items()
        if kind in {"bpsn", "bnsp"}
    )
    return Plot(
        "identities",
        "BPSN and BNSP of each identity, the lowest first",
        f"{len(ordered)} identities, two bars each."
        + (f" The lowest: {lowest}." if lowest else ""),
        drawn,
        (WIDE, height),
        headings,
        tuple(table),
        (("one", "BPSN: low means false alarms"), ("other", "BNSP: low means misses")),
    )


def plot_of_functionalities(parts: Sequence[Part]) -> Plot:
    """Return the share flagged of each functionality, positive and other lines apart."""
    rows: dict[str, list[Bar]] = {}
    for part in parts:
        style = "one" if part.positive else "other"
        rows.setdefault(part.name, []).append(_bar(part.figures["flagged"], style, part.name))
    drawn, height = bars(list(rows.items()), "share of lines flagged")
    table = [
        (
            part.name,
            "flagged" if part.positive else "left alone",
            words(part.figures["flagged"]),
            f"{part.n:,}",
        )
        for part in parts
    ]
    return Plot(
        "functionalities",
        "Share flagged of each functionality",
        f"{len(parts)} bars. Bars of lines to be flagged should be long, the others short.",
        drawn,
        (WIDE, height),
        ("Functionality", "Should be", "Share flagged", "Lines"),
        tuple(table),
        (("one", "should be flagged"), ("other", "should be left alone")),
    )


def words(figure: Figure) -> str:
    """Return a figure with its limits, in words."""
    if figure.value is None:
        return "none"
    told = f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
    return f"{told}, cannot tell" if figure.verdict == "cannot tell" else told


def _roc(whole: Curve, decisions: Decisions, area: Figure) -> Plot:
    plane = Square()
    rates, recall = whole.false_positive_rate, whole.recall
    shown = _spread(rates, recall)
    points = [(0.0, 0.0), *((float(rates[i]), float(recall[i])) for i in shown)]
    point = (decisions.false_positive_rate().value, decisions.recall().value)
    told = f"recall {point[1]:.3f} at a false-positive rate of {point[0]:.3f}"
    drawn = (
        plane.axes("false-positive rate", "recall")
        + plane.path(_DIAGONAL, "guide")
        + plane.path(points, "curve")
        + plane.dot(*point, "mark", told)
    )
    rows = [(f"{whole.threshold[i]:.4f}", f"{rates[i]:.4f}", f"{recall[i]:.4f}") for i in shown]
    return Plot(
        "roc",
        "ROC curve",
        f"AUC {words(area)}. The dot is what is flagged: {told}.",
        drawn,
        _SIZE,
        ("Score at least", "False-positive rate", "Recall"),
        tuple(rows),
        (("line", "each threshold"), ("mark", "as flagged"), ("dashed", "chance")),
    )


def _precision_recall(whole: Curve, decisions: Decisions, area: Figure) -> Plot:
    plane = Square()
    recall, precision = whole.recall, whole.precision
    shown = _spread(recall, precision)
    share = float(whole.true_positives[-1]) / (
        float(whole.true_positives[-1]) + float(whole.false_positives[-1])
    )
    points = [(float(recall[i]), float(precision[i])) for i in shown]
    drawn = (
        plane.axes("recall", "precision")
        + plane.path([(0.0, share), (1.0, share)], "guide")
        + plane.path([(0.0, points[0][1]), *points], "curve")
    )
    flagged = decisions.hits + decisions.false_alarms
    told = "nothing"
    if flagged:
        place = (decisions.recall().value, decisions.precision().value)
        told = f"precision {place[1]:.3f} at a recall of {place[0]:.3f}"
        drawn += plane.dot(*place, "mark", told)
    rows = [(f"{whole.threshold[i]:.4f}", f"{recall[i]:.4f}", f"{precision[i]:.4f}") for i in shown]
    return Plot(
        "precision-recall",
        "Precision and recall",
        f"Area {words(area)}; {share:.3f} of the lines are positive. The dot is what is flagged: "
        f"{told}.",
        drawn,
        _SIZE,
        ("Score at least", "Recall", "Precision"),
        tuple(rows),
        (("line", "each threshold"), ("mark", "as flagged"), ("dashed", "chance")),
    )


def _reliability(sample: Sample, error: Figure) -> Plot:
    plane = Square()
    drawn = plane.axes("mean score", "share positive") + plane.path(_DIAGONAL, "guide")
    rows = []
    for part in reliability(sample.positive, sample.score, level=LEVEL):
        share = part.positive
        told = f"{share.value:.3f} positive where the score is {part.score:.3f}, n = {share.n:,}"
        low, high = plane.at(part.score, share.low), plane.at(part.score, share.high)
        drawn += line(low, high, "whisker") + plane.dot(part.score, share.value, "dot", told, 4)
        rows.append(
            (
                f"{part.low:.4f} to {part.high:.4f}",
                f"{part.score:.4f}",
                f"{share.value:.4f} ({share.low:.4f} to {share.high:.4f})",
                f"{share.n:,}",
            )
        )
    return Plot(
        "reliability",
        "Reliability",
        f"Calibration error {words(error)}. On the diagonal a score is what it says.",
        drawn,
        _SIZE,
        ("Scores", "Mean score", "Share positive", "Lines"),
        tuple(rows),
        (("dot", "bins of about equally many lines"), ("dashed", "scores mean what they say")),
    )


def _histogram(sample: Sample) -> Plot:
    edges = np.linspace(0, 1, _COLUMNS + 1)
    sides = (("positive", sample.positive, "one"), ("negative", ~sample.positive, "other"))
    counts = [np.histogram(sample.score[side], edges)[0] for _, side, _ in sides]
    shares = [count / max(int(count.sum()), 1) for count in counts]
    plane = Square(most=_ceiling(max(float(share.max()) for share in shares)))
    drawn = plane.axes("score", "share of the label's lines")
    for place, (share, (name, _, style)) in enumerate(zip(shares, sides, strict=True)):
        for column, height in enumerate(share):
            if height:
                left = (column + 0.08 + place * _COLUMN) / _COLUMNS
                drawn += _column(plane, left, float(height), style, name)
    rows = [
        (
            f"{edges[i]:.2f} to {edges[i + 1]:.2f}",
            *(f"{counts[k][i]:,} ({shares[k][i]:.1%})" for k in (0, 1)),
        )
        for i in range(_COLUMNS)
    ]
    return Plot(
        "histogram",
        "Scores by label",
        f"{shares[0][0]:.0%} of the positive and {shares[1][0]:.0%} of the negative lines score "
        f"below {edges[1]:g}.",
        drawn,
        _SIZE,
        ("Score", "Positive lines", "Negative lines"),
        tuple(rows),
        (("one", "positive lines"), ("other", "negative lines")),
    )


def _column(plane: Square, left: float, height: float, style: str, name: str) -> str:
    x, y = plane.at(left, height)
    wide, high = _COLUMN / _COLUMNS * plane.width, plane.top + plane.height - y
    return (
        f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}">'
        f"<title>{height:.1%} of the {name} lines</title></rect>"
    )


def _ceiling(share: float) -> float:
    """Return a round number above the highest column."""
    return next(most for most in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if share <= most)


def _figure_bar(part: Part, kind: str) -> Bar:
    return _bar(
        part.figures[kind], "one" if kind == "bpsn" else "other", f"{kind.upper()}, {part.name}"
    )


def _bar(figure: Figure, style: str, name: str) -> Bar:
    told = f"{name}: {words(figure)}, n = {figure.n:,}"
    vague = figure.verdict == "cannot tell"
    return Bar(style, figure.value, figure.low, figure.high, vague, told)


def _lowest(part: Part) -> tuple[bool, float, str]:
    """Order parts by their lowest figure; those that tell nothing come last."""
    known = [part.figures[kind] for kind in ("bpsn", "bnsp")]
    values = [figure.value for figure in known if figure.value is not None]
    vague = all(figure.verdict == "cannot tell" for figure in known)
    return vague, min(values, default=1.0), part.name


def _spread(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[int]:
    """Return the places of at most `POINTS`, evenly far along a curve, its ends among them."""
    steps = np.hypot(np.diff(x), np.diff(y))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.searchsorted(along, np.linspace(0, along[-1], POINTS))
    last = len(x) - 1
    return sorted({0, last, *(int(place) for place in np.minimum(wanted, last))})
