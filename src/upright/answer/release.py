"""All answers of one request: what the engine wrote goes in, what may be sent comes out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from upright.answer.door import unfold_channel
from upright.answer.judge import Judge, is_worth_telling
from upright.answer.logprobs import alternatives, without_alternatives
from upright.answer.outbound import WITHHELD, Channel, Choice, ToolDraft, new_tool_id
from upright.answer.request import AnswerPiece, AnswerRequest, TextVerdict, ToolCall
from upright.answer.review import Held, held_answer
from upright.generate.types import Piece, TokenLogprob
from upright.guard import Pseudonyms, Restorer, restored
from upright.terms import Action, Record, Stage, Verdict


class Releaser:
    """Guards the answers of one request.

    Args:
        judge: the guard.
        pseudonyms: of the request; what they stand for is put back after the guard.
        request: what was asked.
    """

    def __init__(self, judge: Judge, pseudonyms: Pseudonyms, request: AnswerRequest) -> None:
        self._judge = judge
        self._pseudonyms = pseudonyms
        # Taken now: only the client's own values come back, never one the engine wrote itself.
        self._values = pseudonyms.values
        self.choices = [Choice(index, self._open) for index in range(request.n)]

    def _open(self, name: str) -> Channel:
        return self._judge.open_channel(name, self._pseudonyms, Restorer(self._values))

    def take(self, piece: Piece) -> None:
        """Take the engine's next piece; one for a choice that was not asked for is forgotten."""
        if 0 <= piece.choice < len(self.choices):
            self.choices[piece.choice].take(piece)

    async def release(self, *, final: bool) -> list[AnswerPiece]:
        """Have new text scanned and return what may be sent."""
        asked = [
            (choice, channel, window)
            for choice in self.choices
            for channel in choice.text_channels()
            if (window := channel.driver.window(final=final or channel.complete)) is not None
        ]
        scans = await asyncio.gather(
            *(self._judge.window(channel.driver, window) for _, channel, window in asked)
        )
        pieces: list[AnswerPiece] = []
        for (choice, channel, window), scan in zip(asked, scans, strict=True):
            # Also where nothing more leaves: a person who reviews the answer sees all of it as
            # it would leave, and so must all of it be judged.
            text = channel.advance(window, scan)
            if choice.withheld:
                continue
            tokens = choice.tokens.released(text) if channel.name == "content" else ()
            if tokens:
                tokens = await self._guarded(tokens)
            if text:
                pieces.append(AnswerPiece(choice.index, channel.name, text, logprobs=tokens))
            if channel.withheld:
                choice.withhold(channel.driver.verdict.action)
        return pieces

    async def _guarded(self, tokens: tuple[TokenLogprob, ...]) -> tuple[TokenLogprob, ...]:
        """Drop the alternatives if the guard would alter anything in them."""
        offered = alternatives(tokens)
        if not offered:
            return tokens
        (verdict,) = await self._judge.texts([Record(offered)], Pseudonyms())
        return tokens if verdict.text == offered else without_alternatives(tokens)

    async def last_words(self, disclosure: str) -> list[AnswerPiece]:
        """Return what ends the answers: tool calls, the disclosure, the reasons for the end.

        Args:
            disclosure: text that closes every answer with text in it, or "".
        """
        pieces: list[AnswerPiece] = []
        for choice in self.choices:
            if not choice.withheld:
                pieces += await self._tools(choice)
            elif choice.withheld_by is Action.REVIEW:
                await self._calls(choice)  # they do not leave, but the reviewer sees them judged
            said = choice.channels.get("content") is not None or choice.withheld
            if disclosure and said:
                pieces.append(AnswerPiece(choice.index, text=f"\n\n{disclosure}"))
            reason = choice.finish_reason or "stop"
            pieces.append(AnswerPiece(choice.index, finish_reason=reason))
        return pieces

    async def _tools(self, choice: Choice) -> list[AnswerPiece]:
        calls = await self._calls(choice)
        refused = [call for call in calls if isinstance(call, Verdict)]
        if refused:
            worst = max(refused, key=lambda verdict: verdict.action.strictness)
            choice.withhold(worst.action)
            return [AnswerPiece(choice.index, text=self._judge.notice(worst))]
        return [
            AnswerPiece(choice.index, "tool", tool=call)
            for call in calls
            if isinstance(call, ToolCall)
        ]

    async def _calls(self, choice: Choice) -> list[ToolCall | Verdict]:
        drafts = sorted(choice.tools.items())
        return [await self._tool(choice, number, draft) for number, draft in drafts]

    async def _tool(self, choice: Choice, number: int, draft: ToolDraft) -> ToolCall | Verdict:
        """Return a guarded call, or the verdict that withholds it."""
        whole: dict[str, str] = {}
        held: dict[str, str] = {}
        withheld: list[Verdict] = []
        for kind, parts in (("name", draft.name), ("arguments", draft.arguments)):
            channel = f"tool.{number}.{kind}"
            unfolded = unfold_channel(channel, "".join(parts))
            verdicts = await self._judge.texts(
                [Record(text) for text in unfolded.texts], self._pseudonyms
            )
            choice.judged += [
                TextVerdict(Stage.OUTPUT, choice.index, channel, verdict)
                for verdict in verdicts
                if is_worth_telling(verdict)
            ]
            withheld += [verdict for verdict in verdicts if verdict.action in WITHHELD]
            held[kind] = unfolded.fold(
                [
                    held_answer(text, verdict, self._values).text
                    for text, verdict in zip(unfolded.texts, verdicts, strict=True)
                ]
            )
            whole[kind] = unfolded.fold(
                [restored(verdict.text, self._values) for verdict in verdicts]
            )
        draft.held = f"{held['name']}({held['arguments']})"
        if withheld:
            return max(withheld, key=lambda verdict: verdict.action.strictness)
        return ToolCall(number, new_tool_id(), whole["name"], whole["arguments"])

    def verdicts(self) -> Iterator[TextVerdict]:
        """Yield what the guard said of each answer, where it said anything."""
        for choice in self.choices:
            for judged in choice.verdicts():
                if is_worth_telling(judged.verdict):
                    yield judged

    def held(self) -> list[Held]:
        """Return the texts that wait for a person."""
        waiting = [choice for choice in self.choices if choice.withheld_by is Action.REVIEW]
        return [
            held_answer(text, verdict, self._values)
            for choice in waiting
            for text, verdict in choice.weighed()
        ]
