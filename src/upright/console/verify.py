"""The *Verify* page: what is known of where a text came from, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from upright.console.errors import PageError
from upright.console.growth import Growth, growth
from upright.console.pipeline import admitted
from upright.console.visit import Page, Visit
from upright.serve.routes.origin import LONGEST_READ, verification
from upright.terms import UprightError
from upright.verify import token_evidence

if TYPE_CHECKING:
    from upright.verify import TextDetection, Verification

_HERE: Final = "verify"
_WEIGHTS: Final = 4


@dataclass(frozen=True, slots=True)
class Word:
    """One token of the text, as the key's holder sees it.

    Attributes:
        text: its characters.
        side: `green` in the chosen half, `red` in the other, `` where it is no evidence.
        weight: 1 to 4, how much of it lies there.
        told: the same in words.
        within: whether it stands in a marked stretch.
    """

    text: str
    side: str
    weight: int
    told: str
    within: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A watermark's evidence as the page shows it."""

    words: tuple[Word, ...]
    growth: Growth | None
    p_value: str
    scored: int
    green: int
    stretches: int
    further: int | None


def show(visit: Visit) -> Page:
    """The empty form."""
    return _page(visit, "", "")


async def work(visit: Visit) -> Page:
    """Look for every evidence in the text of the form."""
    text, prompt = visit.form.get("text", ""), visit.form.get("prompt", "")
    try:
        if not text.strip():
            raise PageError("There is no text to look at.", mend="Paste one.")
        if max(len(text), len(prompt)) > LONGEST_READ:
            problem = f"Text and prompt may have {LONGEST_READ:,} characters each."
            raise PageError(problem, mend="Cut it into parts.")
        async with admitted(visit), visit.state.uses.lease(visit.use_case) as answerer:
            found = await verification(answerer, text, prompt=prompt)
        return _page(visit, text, prompt, found=found)
    except UprightError as problem:
        return _page(visit, text, prompt, problem=problem)


def _page(visit: Visit, text: str, prompt: str, **told: Any) -> Page:  # noqa: ANN401 (a result or a problem)
    found: Verification | None = told.get("found")
    values = {
        "text": text,
        "prompt": prompt,
        "longest": LONGEST_READ,
        "problem": told.get("problem"),
        "found": found,
        "marked": None if found is None or found.watermark is None else reading(found.watermark),
        "scheme": visit.policy.watermark.scheme,
    }
    return Page("verify.html", values, here=_HERE)


def reading(found: TextDetection) -> Reading:
    """Return a watermark's evidence word by word."""
    detection = found.detection
    shown = token_evidence(detection, len(found.tokens))
    words = tuple(
        _word(
            found.text[token.start : token.end],
            float(s),
            within=any(span.start <= token.start < span.end for span in found.spans),
        )
        for token, s in zip(found.tokens, shown, strict=True)
    )
    return Reading(
        words=words,
        growth=growth(detection.log_e),
        p_value=small(detection.p_value),
        scored=detection.scored_tokens,
        green=int((detection.evidence > 0).sum()),
        stretches=len(found.spans),
        further=detection.further_tokens,
    )


def _word(text: str, s: float, *, within: bool) -> Word:
    if math.isnan(s):
        return Word(text, "", 0, "no evidence", within)
    side = "green" if s >= 0 else "red"
    weight = math.ceil(abs(s) * _WEIGHTS)
    half = "the chosen half" if s >= 0 else "the other half"
    return Word(text, side if weight else "", weight, f"{(1 + abs(s)) / 2:.0%} in {half}", within)


def small(p_value: float) -> str:
    """Return a p-value in words that people read: one in so many."""
    if p_value >= 0.1:  # noqa: PLR2004 (one in ten)
        return f"{p_value:.2f}"
    if p_value < 1e-300:  # noqa: PLR2004 (about the smallest number there is)
        return "less than one in 10³⁰⁰"
    exponent = math.floor(-math.log10(p_value))
    if exponent < 7:  # noqa: PLR2004 (a million is read at a glance)
        return f"one in {round(1 / p_value):,}"
    digits = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"one in 10{digits}"
