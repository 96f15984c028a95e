"""The statistical detector's numbers: odds, a threshold, and how often it errs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from upright.measure import Interval, clopper_pearson
from upright.verify.regression import Floats, Odds
from upright.verify.wording import words_of

_ARRAYS = ("centre", "scale", "weights", "bias")


@dataclass(frozen=True, slots=True)
class Rate:
    """How often people's own texts of one kind reached the threshold.

    Attributes:
        writer: `native`, `non-native` or `not recorded`.
        kind: of text.
        flagged: how many did.
        n: of how many.
    """

    writer: str
    kind: str
    flagged: int
    n: int

    @property
    def interval(self) -> Interval:
        """The rate with its exact 95 % limits."""
        return clopper_pearson(self.flagged, self.n, 0.95)

    def to_json(self) -> dict[str, object]:
        """Return the public shape."""
        found = self.interval
        return {
            "writer": self.writer,
            "kind": self.kind,
            "value": found.value,
            "low": found.low,
            "high": found.high,
            "n": self.n,
        }


@dataclass(frozen=True, slots=True)
class Detector:
    """What training left.

    Attributes:
        model: digest of the model that read the training texts.
        most: tokens read of a text.
        features: names, in the order of the arrays; the wording comes after them.
        words: preference of each word, from which the wording is reckoned.
        odds: log-odds from features.
        slope: of the calibration.
        shift: of the calibration.
        threshold: least score of a verdict.
        farthest: greatest distance from the training texts at which a score means anything.
        rates: error rates at that threshold, by group.
        sources: file names and SHA-256 of what it was trained on.
    """

    model: str
    most: int
    features: tuple[str, ...]
    words: Mapping[str, float]
    odds: Odds
    slope: float
    shift: float
    threshold: float
    farthest: float
    rates: tuple[Rate, ...]
    sources: Mapping[str, str]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Detector:
        """Return the detector that a file holds.

        Raises:
            KeyError: for a file that is none.
        """
        odds = [np.array(value["odds"][name]) for name in _ARRAYS]
        return cls(
            model=value["model"],
            most=value["most"],
            features=tuple(value["features"]),
            words=value["words"],
            odds=Odds(*odds),
            slope=value["slope"],
            shift=value["shift"],
            threshold=value["threshold"],
            farthest=value["farthest"],
            rates=tuple(Rate(**rate) for rate in value["rates"]),
            sources=value["sources"],
        )

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {
            "model": self.model,
            "most": self.most,
            "features": list(self.features),
            "words": dict(self.words),
            "odds": {name: getattr(self.odds, name).tolist() for name in _ARRAYS},
            "slope": self.slope,
            "shift": self.shift,
            "threshold": self.threshold,
            "farthest": self.farthest,
            "rates": [
                {"writer": r.writer, "kind": r.kind, "flagged": r.flagged, "n": r.n}
                for r in self.rates
            ],
            "sources": dict(self.sources),
        }

    def row(self, text: str, found: Mapping[str, float]) -> Floats:
        """Return the features of one text in order, shape (1, features).

        Args:
            text: what was read of it, in plain form.
            found: its features by name.
        """
        known = [self.words[word] for word in sorted(words_of(text)) if word in self.words]
        leaning = sum(known) / max(len(known), 1) ** 0.5
        return np.array([[*(found[name] for name in self.features), leaning]])

    def score(self, row: Floats) -> float:
        """Return the calibrated score in (0, 1): a share of models' texts if half of all were."""
        return self.calibrated(float(self.odds(row)[0]))

    def calibrated(self, odds: float) -> float:
        """Return the score of some log-odds."""
        return float(1 / (1 + np.exp(-(self.slope * odds + self.shift))))

    def distance(self, row: Floats) -> float:
        """Return how far a text is from the training texts: root mean square of its features."""
        return float(self.odds.distance(row)[0])

    def rate(self, writer: str | None, kind: str | None) -> Rate:
        """Return the error rate that applies: of the groups that fit, the worst one."""
        fitting = [
            rate
            for rate in self.rates
            if writer in {None, rate.writer} and kind in {None, rate.kind}
        ]
        return max(fitting or self.rates, key=lambda rate: rate.interval.high)
