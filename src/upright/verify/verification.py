"""All evidence for one text, and the one verdict that follows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from upright.certify import Certifier, Match
from upright.generate import ReadingEngine, Sampling
from upright.policy import Policy
from upright.terms import ConfigError
from upright.verify.detector import Detector
from upright.verify.statistical import StatisticalEvidence, StatisticalReader
from upright.verify.watermark import PLAIN, TextDetection, WatermarkReader
from upright.watermark import EpochKey, Scheme
from upright.weights import open_detector

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

_EXCERPT = (
    "A certificate says that this gateway delivered a text in which the certified stretch of this "
    "one stands. Its words at either end stand there too; the signs between them may differ. It "
    "says nothing about whether the text is true."
)


@dataclass(frozen=True, slots=True)
class Verification:
    """What is known of where a text came from.

    Attributes:
        verdict: the strongest evidence that there is.
        watermark: what was read of the mark; None where the use has no key.
        match: the certificate that has most to do with the text; None if there is none.
        statistical: what its style says; None where something stronger was found, or no model
            was asked.
    """

    verdict: Verdict
    watermark: TextDetection | None
    match: Match | None = None
    statistical: StatisticalEvidence | None = None

    @property
    def sentence(self) -> str:
        """What the verdict proves, and what not, in plain words."""
        if self.verdict == "statistical" and self.statistical is not None:
            return self.statistical.sentence
        if self.verdict == "certified" and self.match is not None and self.match.kind != "exact":
            return _EXCERPT
        return SENTENCES[self.verdict]

    @property
    def edited_copy_of(self) -> str | None:
        """Id of the certificate whose text was edited into this one; no verdict rests on it."""
        return None if self.match is None else self.match.edited_copy_of

    def coarse(self) -> dict[str, Any]:
        """Return what the public may know: more would teach how to take the mark away."""
        return {"verdict": self.verdict, "meaning": self.sentence}

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {
            "verdict": self.verdict,
            "meaning": self.sentence,
            "edited_copy_of": self.edited_copy_of,
            "certificate": None if self.match is None else self.match.to_json(),
            "watermark": None if self.watermark is None else self.watermark.to_json(),
            "statistical": None if self.statistical is None else self.statistical.to_json(),
        }


class UnknownGroupError(ConfigError):
    """No error rate was measured for a kind of writer, or of text.

    Attributes:
        group: `writer` or `kind`.
    """

    def __init__(self, group: str, known: Iterable[str]) -> None:
        super().__init__(
            f"no error rate was measured for this {group}", mend=f"one of: {', '.join(known)}"
        )
        self.group = group


class Verifier:
    """Looks for every evidence of origin that a use can have left in a text.

    Args:
        policy: the use; its mark and its sampling.
        engine: reads texts; None looks for no mark.
        keys: the use's watermark keys, all epochs.
        certifier: finds certificates; None looks for none.
        sampling: how the use draws words.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        engine: ReadingEngine | None = None,
        keys: Sequence[EpochKey] = (),
        certifier: Certifier | None = None,
        sampling: Sampling = PLAIN,
    ) -> None:
        self._use_case = policy.use_case.name
        self._certifier = certifier
        self._style = None if engine is None else StatisticalReader(engine)
        self._reader = None
        if engine is not None and keys:
            section = policy.watermark
            scheme: Scheme = "gumbel" if section.scheme == "gumbel" else "split"
            self._reader = WatermarkReader(
                engine,
                keys,
                scheme=scheme,
                width=section.width,
                sampling=sampling,
                payload=section.payload,
            )

    async def verify(
        self,
        text: str,
        *,
        prompt: str = "",
        model_free: bool = False,
        writer: str | None = None,
        kind: str | None = None,
    ) -> Verification:
        """Return what is known of a text.

        Args:
            text: the text.
            prompt: what stood before it, if that is known.
            model_free: ask no model.
            writer: see `StatisticalReader.read`.
            kind: see `StatisticalReader.read`.

        Raises:
            UnknownGroupError: for a writer or a kind of text that was not measured.
            ConfigError: for a text that is none or too long.
            EngineError: if the engine failed.
            CertificateError: if the record of a certificate was changed.
        """
        _check({"text": text, "prompt": prompt}, {"writer": writer, "kind": kind})
        match = found = None
        if self._certifier is not None:
            match = await asyncio.to_thread(self._certifier.find, text, use_case=self._use_case)
        if self._reader is not None:
            found = await self._reader.read(text, prompt=prompt, model_free=model_free)
        if match is not None and match.certified:
            return Verification("certified", found, match)
        if found is not None and found.detection.verdict == "watermarked":
            return Verification("watermarked", found, match)
        style = None
        if self._style is not None and not model_free:
            style = await self._style.read(text, writer=writer, kind=kind)
        return Verification("insufficient" if style is None else style.verdict, found, match, style)


def _check(texts: Mapping[str, str], groups: Mapping[str, str | None]) -> None:
    """Refuse what is no text or no group, whatever evidence would have been found before it."""
    for name, text in texts.items():
        if "\x00" in text:
            raise ConfigError(f"the {name} holds a NUL, so it is no text", mend="give plain text")
    for group, asked in groups.items():
        if asked is not None and asked not in _measured()[group]:
            raise UnknownGroupError(group, _measured()[group])


@cache
def _measured() -> dict[str, list[str]]:
    """Return the kinds of writers and of texts whose error rates are known."""
    rates = Detector.from_json(open_detector()).rates
    return {
        "writer": sorted({rate.writer for rate in rates}),
        "kind": sorted({rate.kind for rate in rates}),
    }
