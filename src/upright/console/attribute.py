"""The *Attribute* page: which passages of a text stand in the training data, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from upright.console.errors import PageError
from upright.console.marks import Mark, Segment, segments
from upright.console.pipeline import admitted
from upright.console.visit import Page, Visit
from upright.serve.routes.attribute import LONGEST, asked, attribution
from upright.terms import UprightError

if TYPE_CHECKING:
    from upright.attribute import Attribution
    from upright.match.passages import Source, Span

_HERE: Final = "attribute"
_MOST: Final = 10
_CONTEXT: Final = 1500
"""Characters of a source shown before and behind a passage."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A document of the training data, opened where a passage stands.

    Attributes:
        source: the document.
        parts: what is shown of its text, the passage marked; empty where the text is not at hand.
        before: whether more stands before it.
        behind: whether more stands behind it.
    """

    source: Source
    parts: tuple[Segment, ...]
    before: bool
    behind: bool


def show(visit: Visit) -> Page:
    """The empty form."""
    return _page(visit, "")


async def work(visit: Visit) -> Page:
    """Hold the text of the form against the training data."""
    text = visit.form.get("text", "")
    try:
        if not text.strip():
            raise PageError("There is no text to look at.", mend="Paste one.")
        async with admitted(visit), visit.state.uses.lease(visit.use_case) as answerer:
            found = await attribution(answerer, text, most=_MOST)
        return _page(visit, text, found=found)
    except UprightError as problem:
        return _page(visit, text, problem=problem)


async def source(visit: Visit) -> Page:
    """One document, opened where a passage stands."""
    name = visit.query.get("document", "")
    start, end = _number(visit, "start"), _number(visit, "end")
    async with admitted(visit):
        found = await run_in_threadpool(asked, visit.policy, lambda one: one.source(name))
    if found is None:
        raise PageError(
            "The training data holds no such document.",
            mend="It may have been removed since.",
            status=404,
        )
    return Page("attribute_source.html", {"excerpt": excerpt(found, start, end)}, here=_HERE)


def excerpt(found: Source, start: int, end: int) -> Excerpt:
    """Return a document around a passage, with the passage marked.

    Args:
        found: the document.
        start: the passage's first character.
        end: one past its last.
    """
    text = found.text
    if text is None:
        return Excerpt(found, (), before=False, behind=False)
    first, last = max(0, start - _CONTEXT), min(len(text), end + _CONTEXT)
    mark = _mark(start - first, end - first, 1, "the passage")
    parts = segments(text[first:last], [mark])
    return Excerpt(found, tuple(parts), before=first > 0, behind=last < len(text))


def _page(visit: Visit, text: str, **told: Any) -> Page:  # noqa: ANN401 (a result or a problem)
    found: Attribution | None = told.get("found")
    values = {
        "text": text,
        "longest": LONGEST,
        "problem": told.get("problem"),
        "found": found,
        "parts": [] if found is None else segments(text, _marks(found.spans)),
        "covered": 0.0 if found is None else covered(found.spans, len(text)),
        "named": visit.policy.training_folder is not None,
    }
    return Page("attribute.html", values, here=_HERE)


def _marks(spans: tuple[Span, ...]) -> list[Mark]:
    return [
        _mark(span.start, span.end, number, f"{span.words} words")
        for number, span in enumerate(spans, 1)
    ]


def _mark(start: int, end: int, number: int, label: str) -> Mark:
    return Mark(start, end, number, label, "rights", action="", rule="", explanation="", severity=0)


def covered(spans: tuple[Span, ...], length: int) -> float:
    """Return the share of a text's characters that stand in some span."""
    total, reached = 0, 0
    for start, end in sorted((span.start, span.end) for span in spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total / max(1, length)


def _number(visit: Visit, name: str) -> int:
    value = visit.query.get(name, "0")
    if not (value.isascii() and value.isdigit() and len(value) < 12):  # noqa: PLR2004 (as long as any text)
        raise PageError(f"The address has no number under {name}.", status=400)
    return int(value)
