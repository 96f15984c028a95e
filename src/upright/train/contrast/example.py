"""What one contrastive sentence is and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from upright.terms import Context

CATEGORIES = (
    "hate",
    "stereotype",
    "harassment",
    "threat",
    "sexual",
    "self_harm",
    "profanity",
)
"""The toxicity categories a sentence is labelled with."""

CONTEXTS = tuple(context.value for context in Context if context is not Context.CONTESTED)
"""The contexts a marked passage can stand in."""

TOXIC = 0.5
"""From this degree on a sentence counts as toxic in a category."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence or a short document with its labels.

    Attributes:
        text: the sentence.
        kind: what it is an example of, for instance `hate_dehumanise` or `wrap_marks`.
        split: `train` or `test`; a template is in one of them only.
        toxicity: degree from 0 to 1 by category, for the text as a whole and as it is used. A
            category that is missing has the degree 0; one that is there with a low degree is
            spoken of without being meant (a quoted insult).
        severity: 0 (nothing) to 4 (a wish of death or harm), for the text as it is used; of a
            request or an injection it says how much harm would come of following it.
        context: how the marked passage is used, a value of `Context`; None where it is meant, or
            where there is nothing to mark.
        target: id of the identity term that was put in, or None.
        request: whether the text asks for harm; None where that was not judged.
        injection: whether it takes over an assistant; None where that was not judged.
        spans: half-open character ranges of the passages that carry the labels.
        template: id of the template.
        wording: degree by category that the marked words would have if they were meant.
    """

    text: str
    kind: str
    split: str
    toxicity: dict[str, float]
    severity: int
    context: str | None = None
    target: str | None = None
    request: bool | None = None
    injection: bool | None = None
    spans: tuple[tuple[int, int], ...] = ()
    template: str = ""
    wording: dict[str, float] = field(default_factory=dict)

    @property
    def toxic(self) -> bool:
        """Whether any category reaches the degree `TOXIC`."""
        return any(degree >= TOXIC for degree in self.toxicity.values())
