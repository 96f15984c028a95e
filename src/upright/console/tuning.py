"""A rule tried out on labelled texts: what it would act on, and what it would miss.

`static/thresholds.js` computes the same in the browser while a person moves a slider.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

import numpy as np

from upright.measure.decisions import Decisions
from upright.measure.intervals import Interval, wilson
from upright.terms import HAZARDS, Action, Context, Finding, Stage, hazard_of_rule

BINS: Final = 20
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Scored:
    """A labelled text with what the guard says of it.

    Attributes:
        text: the text.
        positive: the guard should act on it.
        findings: of all detectors, whatever the use's rules; without excepted ones.
        scores: probability for each hazard where a detector gives one.
    """

    text: str
    positive: bool
    findings: tuple[Finding, ...]
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Setting:
    """One rule, as if no other spoke of what it detects.

    Attributes:
        detect: a rule id or a glob.
        stage: where it speaks.
        min_score: only findings from this score upwards count.
        min_severity: only findings from this severity upwards count.
        context: other actions where a passage is quoted, reported, …
        action: what is done.
    """

    detect: str
    stage: Stage = Stage.OUTPUT
    min_score: float = 0.0
    min_severity: int = 0
    context: Mapping[Context, Action] = field(default_factory=dict)
    action: Action = Action.BLOCK

    def named(self, scored: Scored) -> list[Finding]:
        """Return the findings that the rule speaks of, whatever their score."""
        return [item for item in scored.findings if fnmatchcase(item.rule, self.detect)]

    def score(self, scored: Scored) -> float | None:
        """Return the score from which the rule lets the text through; None for always."""
        return max(
            (
                item.score
                for item in self.named(scored)
                if item.severity >= self.min_severity
                and self._action(item.context) is not Action.ALLOW
            ),
            default=None,
        )

    def acts(self, scored: Scored) -> bool:
        """Say whether the rule does anything about a text."""
        score = self.score(scored)
        return score is not None and score >= self.min_score

    def probability(self, scored: Scored) -> float:
        """Return how likely the detectors hold a text to be of this kind, finding or not."""
        return max((scored.scores.get(key, 0.0) for key in hazards(self.detect)), default=0.0)

    def _action(self, context: Context | None) -> Action:
        return self.action if context is None else self.context.get(context, self.action)


@dataclass(frozen=True, slots=True)
class Bin:
    """Texts whose score lies in one twentieth of the range.

    Attributes:
        low: from this score on.
        high: up to this one.
        found: with a finding that counts: of texts to act on, and of others.
        silent: without one, by their probability: of texts to act on, and of others.
    """

    low: float
    high: float
    found: tuple[int, int]
    silent: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a setting would do with the examples.

    Attributes:
        decisions: the four counts.
        precision: share of texts acted on that should be, with Wilson's limits.
        recall: share of texts to act on that are acted on.
        false_positive_rate: share of other texts that are acted on.
        bins: the histogram.
    """

    decisions: Decisions
    precision: Interval
    recall: Interval
    false_positive_rate: Interval
    bins: tuple[Bin, ...]

    @classmethod
    def of(cls, examples: Sequence[Scored], setting: Setting) -> Outlook:
        """Try a setting out."""
        positive = np.array([one.positive for one in examples], dtype=np.bool_)
        acted = np.array([setting.acts(one) for one in examples], dtype=np.bool_)
        counted = Decisions.of(positive, acted)
        hits, alarms = counted.hits, counted.false_alarms
        return cls(
            decisions=counted,
            precision=wilson(hits, hits + alarms, LEVEL),
            recall=wilson(hits, hits + counted.misses, LEVEL),
            false_positive_rate=wilson(alarms, alarms + counted.rejections, LEVEL),
            bins=_bins(examples, setting),
        )


def hazards(detect: str) -> tuple[str, ...]:
    """Return the hazards that a rule id or a glob can speak of."""
    if not any(sign in detect for sign in "*?["):
        try:
            return (hazard_of_rule(detect),)
        except KeyError:
            return ()
    return tuple(
        key for key in HAZARDS if any(fnmatchcase(rule, detect) for rule in HAZARDS[key].rules)
    )


def bin_of(score: float) -> int:
    """Return the place of a score in the histogram."""
    return min(BINS - 1, math.floor(score * BINS))


def model_line(asked: bool, *, use: bool) -> str:  # noqa: FBT001 (one question)
    """Return the line that a use needs beside a setting tuned so; empty if it has it already.

    Args:
        asked: whether the trained model was asked while the setting was tuned.
        use: whether the use asks it.
    """
    return "" if asked == use else f"# and under [guard]: model = {str(asked).lower()}"


def toml(setting: Setting, *, above: str = "") -> str:
    """Return the lines that put a setting into a use-case file.

    Args:
        setting: the rule.
        above: a line that stands before them; see `model_line`.
    """
    lines = [above] if above else []
    lines += [
        "[[guard.rule]]",
        f"detect = [{json.dumps(setting.detect)}]",
        f'at = ["{setting.stage}"]',
    ]
    if setting.min_score:
        lines.append(f"min_score = {setting.min_score:g}")
    if setting.min_severity:
        lines.append(f"min_severity = {setting.min_severity}")
    if setting.context:
        inside = ", ".join(f'{key} = "{action}"' for key, action in setting.context.items())
        lines.append(f"context = {{ {inside} }}")
    lines.append(f'action = "{setting.action}"')
    return "\n".join(lines)


def _bins(examples: Sequence[Scored], setting: Setting) -> tuple[Bin, ...]:
    found = np.zeros((BINS, 2), dtype=np.int64)
    silent = np.zeros((BINS, 2), dtype=np.int64)
    for one in examples:
        score = setting.score(one)
        counts, place = (silent, setting.probability(one)) if score is None else (found, score)
        counts[bin_of(place), 0 if one.positive else 1] += 1
    return tuple(
        Bin(
            place / BINS,
            (place + 1) / BINS,
            (int(found[place, 0]), int(found[place, 1])),
            (int(silent[place, 0]), int(silent[place, 1])),
        )
        for place in range(BINS)
    )
