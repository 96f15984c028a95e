"""The words that carry a difference in tone as a drawing."""

from __future__ import annotations

from upright.audit.table_plots import standalone
from upright.audit.tone import ALPHA, Carrier, Comparison, ToneAudit
from upright.measure.svg import Plot, line, text

_EACH = 14  # words drawn for each group
_LONGEST = 40  # letters of a word that have room; the table under the drawing has all
_HALF, _MIDDLE, _ROW, _HEAD = 190.0, 330.0, 17.0, 34.0
_WIDE = 660


def drawing(audit: ToneAudit) -> str:
    """Return the words of the comparison that differs most, as an SVG file."""
    most = min(audit.comparisons, key=lambda one: one.p_value)
    return standalone(plot(most))


def plot(one: Comparison) -> Plot:
    """Return the words that lean to either group, with their log-odds in standard deviations."""
    words = [word for group in one.groups for word in one.leaning(group, _EACH)]
    most = max([abs(word.z) for word in words], default=1.0) or 1.0
    parts = [
        text(_MIDDLE + 60, 16, f"more about {one.groups[0]}", "tick"),
        text(_MIDDLE - 60, 16, f"more about {one.groups[1]}", "tick end"),
    ]
    rows, y = [], _HEAD
    for word in words:
        parts.append(_bar(word, y, most))
        counts = "" if word.counts is None else "{}, {}".format(*word.counts)
        rows.append((word.word, word.group, f"{word.z:+.1f}", counts))
        y += _ROW
    parts.append(line((_MIDDLE, _HEAD - 10), (_MIDDLE, y), "axis"))
    parts.append(
        text(_MIDDLE, y + 20, "log-odds in standard deviations; thick: p at most 0.05 among all",
             "tick middle")
    )  # fmt: skip
    return Plot(
        "tone",
        f"Words that lean to {one.groups[0]} or to {one.groups[1]}",
        f"Log-odds with an informative Dirichlet prior of the {len(words)} strongest words.",
        "".join(parts),
        (_WIDE, int(y + 34)),
        ("Word", "Group", "z", "Counts"),
        tuple(rows),
    )


def _cut(word: str) -> str:
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}\u2026"


def _bar(word: Carrier, y: float, most: float) -> str:
    end = _MIDDLE + word.z / most * _HALF
    sure = word.p_value is not None and word.p_value <= ALPHA
    thick = "stroke-width:9" if sure else "stroke-width:4;opacity:.6"
    bar = line((_MIDDLE, y), (end, y), "whisker").replace("/>", f' style="{thick}"/>')
    if word.z > 0:
        return bar + text(_MIDDLE - 6, y + 4, _cut(word.word), "tick end")
    return bar + text(_MIDDLE + 6, y + 4, _cut(word.word), "tick")
