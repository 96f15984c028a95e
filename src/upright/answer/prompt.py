"""A judged request: what the engine may see of it, or what is said in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from upright.answer.inbound import EngineView, Inbound
from upright.answer.journal import strictest
from upright.answer.outbound import WITHHELD
from upright.answer.request import TextVerdict
from upright.answer.review import Held, held_answer, held_prompt, joined
from upright.policy import GuardSection
from upright.terms import Action, Stage, Verdict


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request with what the guard said of it.

    Attributes:
        inbound: the request taken apart.
        judged: the verdicts that found something or failed.
        texts: of each part, as it would leave.
    """

    inbound: Inbound
    judged: Sequence[TextVerdict]
    texts: Sequence[str]

    @property
    def originals(self) -> list[str]:
        """The texts as they came."""
        return [part.record.text for part in self.inbound.parts]

    @property
    def users(self) -> list[str]:
        """What the user wrote, as it came and as it left the guard."""
        own = [
            place
            for place, part in enumerate(self.inbound.parts)
            if part.record.role in {None, "user"} and part.stage is Stage.PROMPT
        ]
        return [text for place in own for text in (self.originals[place], self.texts[place])]

    @property
    def withheld(self) -> list[TextVerdict]:
        """The verdicts that keep the request from the engine."""
        return [item for item in self.judged if item.verdict.action in WITHHELD]

    @property
    def action(self) -> Action:
        """The strictest action."""
        return strictest(self.judged)

    def notice(self, section: GuardSection) -> str:
        """Return what is said in the place of an answer."""
        if self.action is Action.REVIEW:
            return section.review_notice
        if self.action is Action.REPLACE:
            return next(i.verdict.text for i in self.withheld if i.verdict.action is self.action)
        return section.notice

    def held(self) -> Held:
        """Return the turns as a person sees them who has to decide."""
        found = self._verdicts()
        return joined(
            held_prompt(part.record.text, found.get((part.index, part.channel)))
            for part in self.inbound.parts
            if part.channel == "content"
        )

    @property
    def can_be_released(self) -> bool:
        """Whether a person's word is enough: only turns, and no block among them."""
        return all(
            item.verdict.action is Action.REVIEW and item.channel == "content"
            for item in self.withheld
        )

    def view(self) -> EngineView:
        """Return what the engine may see; what was held, as it leaves without its review."""
        found = self._verdicts()
        texts: list[str] = []
        for part, text in zip(self.inbound.parts, self.texts, strict=True):
            verdict = found.get((part.index, part.channel))
            if verdict is not None and verdict.action is Action.REVIEW:
                texts.append(held_answer(part.record.text, verdict, {}).text)
            else:
                texts.append(text)
        return self.inbound.fold(texts)

    def _verdicts(self) -> dict[tuple[int, str], Verdict]:
        return {
            (item.index, item.channel): item.verdict
            for item in self.judged
            if item.channel == "content"
        }
