"""Whether a request's pictures may be taken at all: bounds that need no look into them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from upright.generate.types import Shown
from upright.terms import Stage, UprightError

if TYPE_CHECKING:
    from upright.answer.request import AnswerRequest
    from upright.guard.rules import Rulebook
    from upright.policy import Policy

RULES = ("image.unsafe", "image.protected")


class ImageRefusedError(UprightError):
    """A picture is not taken. Its words hold nothing of the request."""


def admit_images(policy: Policy, rulebook: Rulebook, request: AnswerRequest) -> None:
    """Let a request's pictures through to the guard, or refuse the request.

    Raises:
        ImageRefusedError: if this use takes none, the engine reads none, nothing would look at
            them, or a bound is passed.
    """
    turns = [message for message in request.messages or () if message.images]
    if not turns:
        return
    shown = [one for message in turns for one in message.images]
    section = policy.guard.images
    if section is None:
        raise ImageRefusedError(
            "this use takes no pictures, only text",
            mend="write [guard.images] into the use-case file, and a rule for image.*",
        )
    if policy.engine.kind != "openai":
        raise ImageRefusedError("the engine of this use reads no pictures")
    if len(shown) > section.max_images:
        raise ImageRefusedError(f"a request may have {section.max_images} pictures")
    _admit_each(shown, section.max_bytes, urls=section.urls)
    for message in turns:
        stages = [Stage.PROMPT, *([Stage.RETRIEVED] if message.role == "tool" else [])]
        if not any(looks(rulebook, stage) for stage in stages):
            raise ImageRefusedError(
                "no rule of this use looks at pictures in requests",
                mend='write a [[guard.rule]] with detect = ["image.*"] and at = ["prompt"]',
            )


def looks(rulebook: Rulebook, stage: Stage) -> bool:
    """Say whether some rule speaks of pictures at a stage."""
    return any(rulebook.rules_for(rule, stage) for rule in RULES)


def _admit_each(shown: Iterable[Shown], most: int, *, urls: str) -> None:
    for one in shown:
        if one.image is None:
            if urls == "refuse":
                raise ImageRefusedError(
                    "a picture's address is never fetched here, so the picture cannot be judged",
                    mend="send the picture itself, as data:image/…;base64,…",
                )
        elif len(one.image.data) > most:
            raise ImageRefusedError(f"a picture may have {most} bytes")
