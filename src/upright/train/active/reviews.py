"""Decisions of the review queue as labelled lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from upright.guard.model.heads import HEADS, TOXICITY

if TYPE_CHECKING:
    from upright.ledger import ReviewItem

_FAMILIES: Final = frozenset({"toxicity", "request", "injection"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """What the decisions gave.

    Attributes:
        lines: `{"text", "labels", "source", "group"}`, as `upright train guard` reads them.
        left_out: why an item gave no line, with how many.
    """

    lines: tuple[dict[str, Any], ...]
    left_out: Counter[str]


def labelled(items: Iterable[ReviewItem], text_of: Callable[[str], str | None]) -> Labelled:
    """Turn decisions into labelled lines, the oldest first.

    A text that was released is none of what was found in it. One that was withheld is what was
    found where that is one thing; where several were found nobody said which of them counted,
    so only `toxic` is told, and only if all were kinds of toxicity.

    Args:
        items: decided items, without their texts.
        text_of: the text of an item by its id; None once it was erased.
    """
    lines: list[dict[str, Any]] = []
    left_out: Counter[str] = Counter()
    for item in sorted(items, key=lambda one: (one.decided_time, one.id)):
        labels = _labels(item)
        text = text_of(item.id) if labels else ""
        if not labels:
            left_out["no label follows"] += 1
        elif text is None:
            left_out["text erased"] += 1
        elif not text.strip():
            left_out["no text kept"] += 1
        else:
            shape = {"text": text, "labels": labels, "source": item.kind, "group": item.request}
            lines.append(shape)
    return Labelled(tuple(lines), left_out)


def _labels(item: ReviewItem) -> dict[str, float]:
    found = sorted({head for finding in item.findings if (head := _head(finding["rule"]))})
    if not found:
        return {}
    toxic = {"toxic"} if set(found) <= set(TOXICITY) else set()
    if item.decision == "withhold":
        told = {*toxic, *(found if len(found) == 1 else ())}
        return dict.fromkeys(sorted(told), 1.0)
    return dict.fromkeys(sorted({*toxic, *found}), 0.0)


def _head(rule: str) -> str:
    family, _, name = rule.partition(".")
    return name if family in _FAMILIES and name in HEADS else ""
