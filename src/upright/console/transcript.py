"""A conversation as it travels in a form: sealed, so that no answer in it can be invented."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from upright.console.errors import PageError
from upright.console.marks import Mark, Segment, segments
from upright.console.released import marks_in_released, marks_in_source
from upright.generate import Message
from upright.guard.clusters import WITHHOLDING
from upright.terms import Action, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upright.answer import TextVerdict, XUpright
    from upright.console.seal import Seal


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as it is shown.

    Attributes:
        role: `user` or `assistant`.
        text: what the person wrote, or what the pipeline released.
        action: the strictest thing done to it.
        marks: what was found in it.
        errors: detectors that gave no answer.
        id: of the answer, in the ledger.
        disclosure: how a reader learns that a machine wrote it.
        review_id: of the item that waits for a person, or "".
        appealable: whether something was withheld or altered, so that a person may look again.
    """

    role: str
    text: str
    action: str = Action.ALLOW.value
    marks: tuple[Mark, ...] = ()
    errors: tuple[dict[str, str], ...] = ()
    id: str = ""
    disclosure: str = ""
    review_id: str = ""
    appealable: bool = False

    @property
    def withheld(self) -> bool:
        """Whether a notice stands in the place of it."""
        return Action(self.action) in WITHHOLDING

    @property
    def parts(self) -> list[Segment]:
        """The text cut at its marks."""
        return segments(self.text, self.marks)


def read(seal: Seal, token: str) -> tuple[Turn, ...]:
    """Return the turns of a form's transcript; an empty token is a new conversation.

    Raises:
        PageError: for a transcript that was not sealed here.
    """
    if not token:
        return ()
    value = seal.open("transcript", token)
    if value is None:
        raise PageError(
            "The conversation in this form was not written by this console.",
            mend="Start a new conversation.",
        )
    return tuple(_turn(item) for item in value)


def write(seal: Seal, turns: Sequence[Turn]) -> str:
    """Return the turns for a form."""
    return seal.close("transcript", [asdict(turn) for turn in turns]) if turns else ""


def messages(turns: Sequence[Turn]) -> tuple[Message, ...]:
    """Return the conversation for the pipeline.

    A question that was withheld and the notice that answered it are left out: no model ever saw
    them, and with them every later turn would be withheld too.
    """
    kept = []
    for turn, before in zip(turns, (None, *turns), strict=False):
        unanswered = before is not None and before.role == "user" and before.withheld
        if not (unanswered or (turn.role == "user" and turn.withheld)):
            kept.append(Message(turn.role, turn.text))
    return tuple(kept)


def asked(turns: Sequence[Turn], upright: XUpright) -> Turn:
    """Return the last turn, a person's, with what the guard found in it.

    Args:
        turns: the conversation up to it.
        upright: the evidence that came with the answer.
    """
    turn, place = turns[-1], len(messages(turns)) - 1
    mine = [
        judged
        for judged in upright.verdicts
        if judged.stage is Stage.PROMPT and judged.index == place and judged.channel == "content"
    ]
    outcomes = [outcome for judged in mine for outcome in judged.verdict.outcomes]
    return Turn(
        turn.role,
        turn.text,
        action=_strictest(mine).value,
        marks=tuple(marks_in_source(outcomes)),
        errors=_errors(mine),
    )


def answered(text: str, question: Turn, upright: XUpright) -> Turn:
    """Return the turn of an answer, with marks where the findings stand in it.

    Args:
        text: what the pipeline released.
        question: the turn it answers.
        upright: the evidence that came with it.
    """
    judged = [item for item in upright.verdicts if item.stage is Stage.OUTPUT and item.index == 0]
    content = [item.verdict for item in judged if item.channel == "content"]
    action = Action(question.action) if question.withheld else _strictest(judged)
    touched = max(action.strictness, Action(question.action).strictness) > Action.FLAG.strictness
    review_id = upright.review_id or ""
    return Turn(
        "assistant",
        text,
        action=action.value,
        marks=tuple(marks_in_released(content[0], text)) if content else (),
        errors=_errors(judged),
        id=upright.id,
        disclosure=upright.disclosure,
        review_id=review_id,
        appealable=touched and not review_id,
    )


def _strictest(judged: Sequence[TextVerdict]) -> Action:
    actions = (item.verdict.action for item in judged)
    return max(actions, key=lambda action: action.strictness, default=Action.ALLOW)


def _errors(judged: Sequence[TextVerdict]) -> tuple[dict[str, str], ...]:
    return tuple(error.to_json() for item in judged for error in item.verdict.errors)


def _turn(item: dict[str, Any]) -> Turn:
    marks = tuple(Mark(**mark) for mark in item["marks"])
    return Turn(**{**item, "marks": marks, "errors": tuple(item["errors"])})
