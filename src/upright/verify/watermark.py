"""Looking for a watermark in a text, with a model or without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from upright.generate import ReadingEngine, Sampling, Token
from upright.generate.sampler import Logits, distribution
from upright.terms import ConfigError
from upright.verify.normal import composed
from upright.watermark import (
    PUBLIC_ALPHA,
    WIDTH,
    Detection,
    EpochKey,
    Reading,
    Scheme,
    common_places,
    detect,
)

LONGEST_TEXT = 1_000_000
"""Characters of one text."""

PLAIN = Sampling(temperature=1.0)
"""The model's own distribution."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A marked stretch of a text.

    Attributes:
        start: its first character.
        end: one past its last.
        p_value: see `upright.watermark.Span`.
        key: name of the key.
    """

    start: int
    end: int
    p_value: float
    key: str


@dataclass(frozen=True, slots=True)
class TextDetection:
    """What a text says of some keys.

    Attributes:
        text: as it was given; all places count in it, while it is read in normal form C.
        tokens: its tokens, those that were left out at its ends included.
        detection: the result by tokens; its positions count in `tokens`.
        spans: the marked stretches by characters.
        model_free: whether no model was asked.
    """

    text: str
    tokens: tuple[Token, ...]
    detection: Detection
    spans: tuple[TextSpan, ...]
    model_free: bool

    def to_json(self) -> dict[str, object]:
        """Return the result as `upright watermark detect` writes it."""
        found = self.detection
        return {
            "p_value": found.p_value,
            "e_value": found.e_value,
            "scored_tokens": found.scored_tokens,
            "verdict": found.verdict,
            "spans": [
                {"start": span.start, "end": span.end, "p_value": span.p_value, "key": span.key}
                for span in self.spans
            ],
            "further_tokens": found.further_tokens,
            "payload": found.payload,
            "model_free": self.model_free,
        }


class WatermarkReader:
    """Reads texts for the marks of some keys.

    Words that end a phrase common among people are left out: see `upright.watermark.stoplist`.

    Args:
        engine: tells tokens apart, and gives the distributions for a model-aware reading. It need
            not be the model that wrote the text: another one costs power, never validity.
        keys: tenants' epochs, older ones too.
        scheme: which mark.
        width: tokens of a context.
        sampling: temperature and cuts the text was drawn with, as far as they are known.
        payload: see `upright.watermark.detect`.
        alpha: threshold of the verdict.
    """

    def __init__(
        self,
        engine: ReadingEngine,
        keys: Sequence[EpochKey],
        *,
        scheme: Scheme = "split",
        width: int = WIDTH,
        sampling: Sampling = PLAIN,
        payload: int | Literal["unknown"] | None = None,
        alpha: float = PUBLIC_ALPHA,
    ) -> None:
        self._engine = engine
        self._keys = tuple(keys)
        self._scheme: Scheme = scheme
        self._width = width
        self._sampling = sampling
        self._payload = payload
        self._alpha = alpha

    async def read(self, text: str, *, prompt: str = "", model_free: bool = False) -> TextDetection:
        """Look for a mark in a text.

        Args:
            text: may be cut out of a longer one, so that its first and last token may be parts
                of others.
            prompt: what stood before it, if that is known; it is not looked at itself.
            model_free: ask no model.

        Raises:
            ConfigError: for a text that is too long, or none.
            EngineError: if the engine failed.
        """
        normal, places = composed(_checked(text))
        tokens = self._engine.tokens(normal)
        common = self._common(normal, tokens)
        if places is not None:
            tokens = [Token(item.id, places[item.start], places[item.end]) for item in tokens]
        return await self._placed(text, tokens, prompt, common, model_free=model_free)

    async def read_ids(
        self, tokens: Sequence[int], *, prompt: str = "", model_free: bool = False
    ) -> TextDetection:
        """Look for a mark in tokens as they were drawn.

        Args:
            tokens: ids, of the response alone.
            prompt: what stood before it, if that is known.
            model_free: ask no model.

        Raises:
            ConfigError: for ids that the model does not have.
            EngineError: if the engine failed.
        """
        text, placed = self._engine.placed(tokens)
        common = self._common(text, placed)
        return await self._placed(text, placed, prompt, common, model_free=model_free)

    def _common(self, text: str, tokens: Sequence[Token]) -> frozenset[int]:
        return common_places(text, [(token.start, token.end) for token in tokens], self._width)

    async def _placed(
        self,
        text: str,
        tokens: Sequence[Token],
        prompt: str,
        common: frozenset[int],
        *,
        model_free: bool,
    ) -> TextDetection:
        before, _ = composed(_checked(prompt))
        after = [token.id for token in self._engine.tokens(before)] if before else []
        ids = [token.id for token in tokens]
        reading = Reading(self._keys, ids, width=self._width, common=common)
        found = await self._detect(reading, ids, after, model_free=model_free)
        spans = tuple(
            TextSpan(tokens[span.start].start, tokens[span.end - 1].end, span.p_value, span.key)
            for span in found.spans
        )
        return TextDetection(text, tuple(tokens), found, spans, self._is_free(model_free))

    def _is_free(self, asked: bool) -> bool:  # noqa: FBT001 (passed on from a keyword)
        # Gumbel's numbers are evidence by themselves.
        return asked or self._scheme == "gumbel"

    async def _detect(
        self, reading: Reading, tokens: list[int], after: list[int], *, model_free: bool
    ) -> Detection:
        if not self._is_free(model_free) and reading.positions.size:
            wanted = set(reading.positions.tolist())
            seen: set[int] = set()

            def visit(at: int, logits: Logits) -> None:
                # Places come in rising order, none left out.
                seen.update(tokens[max(0, at - 1) : at])
                if at in wanted:
                    chances = distribution(logits, self._sampling, seen)
                    reading.observe(at, chances.tokens, chances.probabilities)

            await self._engine.read(tokens, visit, after=after)
        return detect(
            reading.evidence(), scheme=self._scheme, payload=self._payload, alpha=self._alpha
        )


def token_evidence(found: Detection, count: int) -> NDArray[np.float64]:
    """Return s for each of `count` tokens, NaN where a token is no evidence."""
    shown = np.full(count, np.nan)
    shown[found.positions] = found.evidence
    return shown


def _checked(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ConfigError(
            f"the text has {len(text)} characters",
            mend=f"cut it into parts of at most {LONGEST_TEXT}",
        )
    if "\x00" in text:
        raise ConfigError("the text holds a NUL, so it is no text", mend="give plain text")
    return text
