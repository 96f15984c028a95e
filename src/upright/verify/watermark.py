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
from upright.verify.cleaned import cleaned
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
    strongest,
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
        text: as it was given; all places count in it, whatever form of it was read.
        tokens: of the form that says most; those that were left out at its ends included.
        detection: the result by tokens; its positions count in `tokens`.
        spans: the marked stretches by characters.
        model_free: whether no model was asked.
        cleaned: whether the cleaned form says most; the text as given was read too, and both are
            paid for.
    """

    text: str
    tokens: tuple[Token, ...]
    detection: Detection
    spans: tuple[TextSpan, ...]
    model_free: bool
    cleaned: bool = False

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
            "cleaned": self.cleaned,
        }


class WatermarkReader:
    """Reads texts for the marks of some keys.

    Words that end a phrase common among people are left out: see `upright.watermark.stoplist`. A
    text whose layout was tampered with is read twice, as given and cleaned: see
    `upright.verify.cleaned`. The text alone decides that, so that no key can be favoured by it.

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
        before = self._before(prompt)
        forms = _forms(_checked(text))
        alpha = self._alpha / len(forms)
        read: list[tuple[list[Token], Detection]] = []
        for form, places in forms:
            tokens = self._engine.tokens(form)
            common = self._common(form, tokens)
            found = await self._detect(tokens, before, common, alpha, model_free=model_free)
            if places is not None:
                tokens = [Token(item.id, places[item.start], places[item.end]) for item in tokens]
            read.append((tokens, found))
        best = min(range(len(read)), key=lambda at: read[at][1].p_value)
        told = strongest([found for _, found in read], alpha=self._alpha)
        return self._told(text, read[best][0], told, model_free=model_free, by_cleaned=best > 0)

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
        before, common = self._before(prompt), self._common(text, placed)
        found = await self._detect(placed, before, common, self._alpha, model_free=model_free)
        return self._told(text, placed, found, model_free=model_free)

    def _before(self, prompt: str) -> list[int]:
        before, _ = composed(_checked(prompt))
        return [token.id for token in self._engine.tokens(before)] if before else []

    def _common(self, text: str, tokens: Sequence[Token]) -> frozenset[int]:
        return common_places(text, [(token.start, token.end) for token in tokens], self._width)

    def _told(
        self,
        text: str,
        tokens: Sequence[Token],
        found: Detection,
        *,
        model_free: bool,
        by_cleaned: bool = False,
    ) -> TextDetection:
        spans = tuple(
            TextSpan(tokens[span.start].start, tokens[span.end - 1].end, span.p_value, span.key)
            for span in found.spans
        )
        free = self._is_free(model_free)
        return TextDetection(text, tuple(tokens), found, spans, free, by_cleaned)

    def _is_free(self, asked: bool) -> bool:  # noqa: FBT001 (passed on from a keyword)
        # Gumbel's numbers are evidence by themselves.
        return asked or self._scheme == "gumbel"

    async def _detect(
        self,
        placed: Sequence[Token],
        after: list[int],
        common: frozenset[int],
        alpha: float,
        *,
        model_free: bool,
    ) -> Detection:
        tokens = [token.id for token in placed]
        reading = Reading(self._keys, tokens, width=self._width, common=common)
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
        return detect(reading.evidence(), scheme=self._scheme, payload=self._payload, alpha=alpha)


def _forms(text: str) -> list[tuple[str, list[int] | None]]:
    """Return the forms in which a text is read, with where their places lie in it."""
    normal, places = composed(text)
    found = [(normal, places)]
    if clean := cleaned(normal):
        form, back = clean
        found.append((form, back if places is None else [places[at] for at in back]))
    return found


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
