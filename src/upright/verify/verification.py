"""All evidence for one text, and the one verdict that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from upright.generate import ReadingEngine, Sampling
from upright.policy import Policy
from upright.verify.watermark import PLAIN, TextDetection, WatermarkReader
from upright.watermark import EpochKey, Scheme

Verdict = Literal["certified", "watermarked", "statistical", "insufficient"]

SENTENCES: dict[Verdict, str] = {
    "certified": "A certificate says that this gateway delivered exactly this text. "
    "It says nothing about whether the text is true.",
    "watermarked": "The text carries the mark of this use. A text that does not depend on the key "
    "says as much with a chance of at most one in a million. It does not say who sent it here.",
    "statistical": "Words and style resemble texts of models. That is an estimate with a known "
    "rate of error, and no proof.",
    "insufficient": "Nothing was found that proves where this text came from. That is no finding "
    "about it: short, rewritten and other people's texts all look like this.",
}
"""What each verdict proves, and what not."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What is known of where a text came from.

    Attributes:
        verdict: the strongest evidence that there is.
        watermark: what was read of the mark; None where the use has no key.
    """

    verdict: Verdict
    watermark: TextDetection | None

    @property
    def sentence(self) -> str:
        """What the verdict proves, and what not, in plain words."""
        return SENTENCES[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        found = None if self.watermark is None else self.watermark.to_json()
        return {"verdict": self.verdict, "meaning": self.sentence, "watermark": found}


class Verifier:
    """Looks for every evidence of origin that a use can have left in a text.

    Args:
        engine: reads texts.
        keys: the use's watermark keys, all epochs.
        policy: the use; its mark and its sampling.
    """

    def __init__(
        self,
        engine: ReadingEngine,
        keys: Sequence[EpochKey],
        policy: Policy,
        *,
        sampling: Sampling = PLAIN,
    ) -> None:
        section = policy.watermark
        scheme: Scheme = "gumbel" if section.scheme == "gumbel" else "split"
        self._reader = (
            WatermarkReader(
                engine,
                keys,
                scheme=scheme,
                width=section.width,
                sampling=sampling,
                payload=section.payload,
            )
            if keys
            else None
        )

    async def verify(
        self, text: str, *, prompt: str = "", model_free: bool = False
    ) -> Verification:
        """Return what is known of a text.

        Args:
            text: the text.
            prompt: what stood before it, if that is known.
            model_free: ask no model.

        Raises:
            ConfigError: for a text that is none, or too long.
            EngineError: if the engine failed.
        """
        if self._reader is None:
            return Verification("insufficient", None)
        found = await self._reader.read(text, prompt=prompt, model_free=model_free)
        return Verification(found.detection.verdict, found)
