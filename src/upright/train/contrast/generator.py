"""Turns the templates into sentences, the same ones for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TypeVar

from upright.train.contrast.example import TOXIC, Example
from upright.train.contrast.filling import fill, lower_first, mark, passage, unmark
from upright.train.contrast.tables import Identity, Template, identities, templates, words

_PASSAGE = re.compile(r"\{(claim|that|full)\}")
# Sentences of a template without an identity term, and of a frame for each pool without one.
_PLAIN = 10
_FRAMED = 4
_T = TypeVar("_T")


def contrast(split: str = "train", seed: int = 0) -> Iterator[Example]:
    """Give the sentences of a split, no two of them alike.

    A template that names an identity gives one sentence for each identity term, so that every
    term stands in as many sentences, and in as many toxic ones, as any other.

    Args:
        split: `train` or `test`.
        seed: chooses the words; the templates are the same for every seed.

    Raises:
        ValueError: there is no such split.
    """
    seen: set[str] = set()
    for template in templates(split):
        made = _framed(template, seed) if template.of else _plain(template, seed)
        for example in made:
            if example.text not in seen:
                seen.add(example.text)
                yield example


def normal_form(text: str) -> str:
    """Return a text in lower case with nothing but its words."""
    return " ".join(re.findall(r"\w+", text.lower()))


def _plain(template: Template, seed: int) -> Iterator[Example]:
    if not template.direct:
        return
    people: tuple[Identity | None, ...] = (
        identities() if template.identified else (None,) * (template.each or _PLAIN)
    )
    toxic = any(degree >= TOXIC for degree in template.toxicity.values())
    for number, identity in enumerate(people):
        rng = random.Random(f"{seed}/{template.id}/{number}")  # noqa: S311 (no secret)
        text = fill(template.text, rng, words(template.split), identity)
        marked = toxic or template.request or template.injection
        text, spans = unmark(mark(text) if marked else text)
        yield Example(
            text=text,
            kind=template.kind,
            split=template.split,
            toxicity=dict(template.toxicity),
            severity=template.severity or 0,
            context=template.context,
            target=identity.id if identity else None,
            request=template.request,
            injection=template.injection,
            spans=spans,
            template=template.id,
            wording=dict(template.toxicity),
        )


def _framed(frame: Template, seed: int) -> Iterator[Example]:
    """Give the frame with passages: one for each identity, some for each other pool."""
    identified = [pool for pool in frame.of if _pool(pool, frame.split)[0].identified]
    if frame.identified and not identified:
        raise ValueError(f"{frame.id}: names an identity and frames none")
    number = 0
    for index, identity in enumerate(identities() if identified else ()):
        pool = identified[index % len(identified)]
        yield _in_frame(frame, pool, f"{seed}/{frame.id}/{number}", identity)
        number += 1
    if frame.identified:
        return
    for pool in frame.of:
        for _ in range(0 if pool in identified else frame.each or _FRAMED):
            yield _in_frame(frame, pool, f"{seed}/{frame.id}/{number}", None)
            number += 1


def _in_frame(frame: Template, pool: str, seed: str, identity: Identity | None) -> Example:
    rng = random.Random(seed)  # noqa: S311 (no secret)
    form = _PASSAGE.findall(frame.text)[0]
    inner = rng.choice(_pool(pool, frame.split, stated=form == "that"))
    start = lower_first(inner.text) if form == "that" else inner.text
    filled, _ = unmark(fill(start, rng, words(frame.split), identity))
    said = f"⟦{passage(filled, form)}⟧"
    before, _, after = _PASSAGE.split(frame.text, maxsplit=1)
    text = f"{fill(before, rng, words(frame.split), identity)}{said}"
    text, spans = unmark(text + fill(after, rng, words(frame.split), identity))
    example = Example(
        text=text,
        kind=frame.kind,
        split=frame.split,
        toxicity={name: round(degree * frame.keep, 3) for name, degree in inner.toxicity.items()},
        severity=_first(frame.severity, inner.severity) or 0,
        context=frame.context,
        target=identity.id if identity else None,
        request=_first(frame.request, inner.request),
        injection=_first(frame.injection, inner.injection),
        template=frame.id,
        wording=dict(inner.toxicity),
    )
    labelled = any((example.wording, example.request, example.injection))
    return replace(example, spans=spans if labelled else ())


@cache
def _pool(name: str, split: str, *, stated: bool = False) -> tuple[Template, ...]:
    """Return the templates a frame may take, or those of them that can follow "that"."""
    found = tuple(
        template
        for template in templates(split)
        if template.pool == name and (template.states or not stated)
    )
    if not found or len({template.identified for template in found}) > 1:
        raise ValueError(f"pool {name!r} is empty, or only some of it names an identity")
    return found


def _first(own: _T | None, other: _T | None) -> _T | None:
    return other if own is None else own
