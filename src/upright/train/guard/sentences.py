"""Our own contrastive sentences as examples."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from upright.guard.model.heads import ATTACKS, REQUESTS, TARGETS, TOXICITY
from upright.train.contrast import TRICKS, contrast, tricked
from upright.train.contrast.example import Example as Sentence
from upright.train.contrast.tables import templates
from upright.train.guard.examples import Example

_NAMES = {"stereotype": "bias"}
_TRICKED = 0.2
# At most so many sentences of a template, each up to so often that its kind has so many. A frame
# holds another passage each time, so that more of its sentences say something new.
_OF_A_TEMPLATE, _OF_A_FRAME, _MOST_OFTEN, _OF_A_KIND = 22, 66, 4, 150
_TARGETS = {
    "black": "black people",
    "african_american": "black people",
    "african": "black people",
    "nigerian": "black people",
    "somali": "black people",
    "jewish": "jews",
    "israeli": "jews",
    "muslim": "muslims",
    "women": "women",
    "gay": "gay and lesbian people",
    "lesbian": "gay and lesbian people",
    "homosexual": "gay and lesbian people",
    "lgbt": "gay and lesbian people",
    "lgbtq": "gay and lesbian people",
    "trans": "transgender people",
    "transgender": "transgender people",
    "arab": "arabs",
    "middle_eastern": "arabs",
    "immigrant": "refugees and migrants",
    "refugee": "refugees and migrants",
    "white": "white people",
    "men": "men",
    "latino": "latinos",
    "latina": "latinos",
    "latinx": "latinos",
    "hispanic": "latinos",
    "mexican": "latinos",
    "asian": "asians",
    "chinese": "asians",
    "japanese": "asians",
    "korean": "asians",
    "disabled": "disabled people",
    "blind": "disabled people",
    "deaf": "disabled people",
    "paralysed": "disabled people",
    "christian": "christians",
    "catholic": "christians",
    "old": "old people",
    "elderly": "old people",
    "older": "old people",
}


def sentences(split: Literal["train", "test"], seed: int = 0) -> Iterator[Example]:
    """Turn the contrastive sentences of one split into examples, one in five in disguise.

    The categories are labelled for what the words would mean if they were meant; how they are
    meant is the context's label.
    """
    draw = random.Random(seed)  # noqa: S311 (no secret)
    frames = {template.id for template in templates(split) if template.of}
    for sentence in _balanced(list(contrast(split=split, seed=seed)), frames, draw):
        disguised = sentence
        if draw.random() < _TRICKED:
            disguised = tricked(sentence, draw.choice(TRICKS), draw)
        yield _example(disguised, split)


def _balanced(found: list[Sentence], frames: set[str], draw: random.Random) -> list[Sentence]:
    """Return few sentences of each template, and those of rare kinds more than once."""
    draw.shuffle(found)
    taken: Counter[str] = Counter()
    kept = []
    for sentence in found:
        if taken[sentence.template] < (
            _OF_A_FRAME if sentence.template in frames else _OF_A_TEMPLATE
        ):
            taken[sentence.template] += 1
            kept.append(sentence)
    sizes = Counter(sentence.kind for sentence in kept)
    return [
        sentence
        for sentence in kept
        for _ in range(min(_MOST_OFTEN, -(-_OF_A_KIND // sizes[sentence.kind])))
    ]


def _example(sentence: Sentence, split: str) -> Example:
    said = sentence.wording or sentence.toxicity
    labels = dict.fromkeys(TOXICITY, 0.0)
    labels |= {_NAMES.get(name, name): degree for name, degree in said.items()}
    labels["toxic"] = max(labels.values())
    if sentence.request is not None:
        labels |= dict.fromkeys(REQUESTS, 0.0)
        labels["harmful"] = float(sentence.request)
    labels |= dict.fromkeys(ATTACKS, 0.0)
    if sentence.injection:
        attack = "jailbreak" if sentence.kind.startswith("jailbreak") else "indirect"
        labels[attack] = 1.0
    group = _TARGETS.get(sentence.target or "")
    targets = dict.fromkeys(TARGETS, 0.0) if sentence.target is None else {}
    if group:
        targets = {group: float(labels["toxic"] > 0)}
    return Example(
        sentence.text,
        labels,
        sentence.context or "plain",
        targets,
        sentence.spans if labels["toxic"] > 0 else (),
        "contrast",
        f"{split}:{sentence.template}",
    )
