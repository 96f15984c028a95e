"""Style as evidence: a score for text without a mark, with the rate at which it errs.

The weakest evidence of all. The verdict is `statistical` or `insufficient`; nothing here says who
wrote a text. A score is given only for texts of the kinds whose error rates were measured, and
never without the rate for the kind of writer and text, or the worst known one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from upright.generate import ReadingEngine
from upright.terms import ConfigError
from upright.verify.detector import Detector, Rate
from upright.verify.extent import LEAST, WHY, Reason, is_known, outside
from upright.verify.features import features
from upright.verify.plain import plain
from upright.verify.surprise import surprise
from upright.weights import open_detector

_MOST_CHARACTERS = 40
"""Characters looked at for each token read; no prose has longer tokens on average."""


@dataclass(frozen=True, slots=True)
class StatisticalEvidence:
    """What style says of one text.

    Attributes:
        verdict: `statistical` where the score reaches the threshold.
        score: in (0, 1), calibrated for equal shares of people's and models' texts; None where
            the text is outside of what was measured.
        threshold: least score of a verdict.
        reason: why there is no verdict; None if there is one.
        tokens: how many were read, from the beginning of the text.
        false_positives: how often people's own texts of this kind got the verdict.
    """

    verdict: Literal["statistical", "insufficient"]
    score: float | None
    threshold: float
    reason: Reason | None
    tokens: int
    false_positives: Rate

    @property
    def sentence(self) -> str:
        """What it means, in plain words."""
        if self.reason is not None:
            return WHY[self.reason]
        rate = self.false_positives
        return (
            f"The style is one that models' texts have. Of {rate.n} texts by people "
            f"({rate.kind}; writers: {rate.writer}), {rate.flagged} had it too; "
            f"up to {rate.interval.high:.1%} of such texts may, and more of kinds of text that "
            "were not measured. That is no proof."
        )

    def to_json(self) -> dict[str, object]:
        """Return the public shape."""
        return {
            "verdict": self.verdict,
            "score": self.score,
            "threshold": self.threshold,
            "reason": self.reason,
            "tokens": self.tokens,
            "false_positive_rate": self.false_positives.to_json(),
            "meaning": self.sentence,
        }


class StatisticalReader:
    """Judges the style of texts.

    Args:
        engine: reads them; the detector is valid for the model that it was trained with, and
            says nothing with another.
        detector: the one that comes with upright, if None.

    Raises:
        UprightError: if the packaged detector was altered.
    """

    def __init__(self, engine: ReadingEngine, detector: Detector | None = None) -> None:
        self._engine = engine
        self.detector = detector or Detector.from_json(open_detector())

    async def read(
        self, text: str, *, writer: str | None = None, kind: str | None = None
    ) -> StatisticalEvidence:
        """Judge one text.

        Args:
            text: any text; its beginning is read.
            writer: `native` or `non-native`, if that is known. It chooses the error rate that is
                reported, never the threshold.
            kind: of text, one of those in `detector.rates`, if that is known.

        Raises:
            ConfigError: for a group that was not measured, or a text that is none.
            EngineError: if the engine failed.
        """
        writers = {rate.writer for rate in self.detector.rates}
        kinds = {rate.kind for rate in self.detector.rates}
        for asked, known in ((writer, writers), (kind, kinds)):
            if asked is not None and asked not in known:
                raise ConfigError(
                    f"no error rate was measured for {asked!r}",
                    mend=f"one of: {', '.join(sorted(known))}",
                )
        if "\x00" in text:
            raise ConfigError("the text holds a NUL, so it is no text", mend="give plain text")
        rate = self.detector.rate(writer, kind)
        score, reason, tokens = await self._judge(text)
        return StatisticalEvidence(
            "insufficient" if reason else "statistical",
            score,
            self.detector.threshold,
            reason,
            tokens,
            rate,
        )

    async def _judge(self, text: str) -> tuple[float | None, Reason | None, int]:
        known = self.detector
        if self._engine.digest != known.model:
            return None, "model", 0
        text = plain(text[: known.most * _MOST_CHARACTERS])
        tokens = self._engine.tokens(text)[: known.most]
        if len(tokens) < LEAST:
            return None, "short", len(tokens)
        read = text[: tokens[-1].end]
        if reason := outside(read):
            return None, reason, len(tokens)
        view = await surprise(self._engine, tokens)
        if is_known(view):
            return None, "known", len(tokens)
        row = known.row(read, features(read, view))
        if known.distance(row) > known.farthest:
            return None, "unlike", len(tokens)
        score = known.score(row)
        return score, None if score >= known.threshold else "below", len(tokens)
