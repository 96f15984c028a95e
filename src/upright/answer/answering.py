"""One request on its way through the pipeline: guard, open, generate, guard, close."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from upright.answer.feed import EngineFeed
from upright.answer.images import admit_images
from upright.answer.inbound import take_apart
from upright.answer.journal import Journal, salted_digest, strictest, summary
from upright.answer.keep import keep_texts
from upright.answer.outbound import Sent, digestible
from upright.answer.prompt import Prompt
from upright.answer.release import Releaser
from upright.answer.request import (
    Answer,
    AnswerPiece,
    AnswerRequest,
    PolicyChangedError,
    TextVerdict,
    Usage,
    UseStoppedError,
    XUpright,
)
from upright.answer.review import joined, queue, released
from upright.generate.types import EngineError, Job, Message
from upright.guard import Pseudonyms
from upright.terms import Action

if TYPE_CHECKING:
    from upright.answer.attached import Attached
    from upright.answer.certifying import Drafted
    from upright.answer.means import Means
    from upright.ledger import UseState

_SALT_BYTES = 16


class Answering:
    """The pipeline for one request.

    Attributes:
        id: the answer's name, in the ledger and for the client.
        disclosure: how a reader learns that a machine wrote it.
    """

    def __init__(self, means: Means, request: AnswerRequest) -> None:
        self.id = f"ans_{secrets.token_hex(12)}"
        self.disclosure = means.policy.disclosure.text
        self._means = means
        self._policy = means.policy
        self._use = means.policy.use_case.name
        self._request = request
        self._judge = means.judge
        self._salt = secrets.token_bytes(_SALT_BYTES)
        self._journal = Journal(means.writer, self._use, self.id)
        self._verdicts: list[TextVerdict] = []
        self._draw: str | None = None
        self._sent = Sent(request.n)
        self._usage = Usage()
        self._review: str | None = None
        self._releaser: Releaser | None = None
        self._certificates: tuple[Attached, ...] = ()
        self._unclosed = False

    async def whole(self) -> Answer:
        """Return the whole answer; the errors are those of `pieces`."""
        last = AnswerPiece()
        async with aclosing(self.pieces()) as pieces:
            async for piece in pieces:
                last = piece
        return Answer(self._sent.choices(), last.usage or Usage(), last.upright or self._evidence())

    async def pieces(self) -> AsyncGenerator[AnswerPiece]:
        """Yield what may be sent, as it becomes known. May be called once.

        Raises:
            UseStoppedError: if the use is stopped; nothing was generated.
            PolicyChangedError: if another version of the policy is active.
            EngineError: if the engine failed; what was sent before was guarded.
            ImageRefusedError: for a picture that this use does not take.
        """
        try:
            async with aclosing(self._answer()) as answer:
                async for piece in answer:
                    yield piece
        except EngineError as error:
            self._journal.submit("error", {"engine": error.kind})
            await self._close("error")
            raise
        finally:
            if self._unclosed:
                # The client has gone, or an error of ours ended the request. Nothing can be
                # awaited here; the writer keeps the order.
                self._submit_close("cancelled")

    async def _answer(self) -> AsyncGenerator[AnswerPiece]:
        admit_images(self._policy, self._means.pool.rulebook, self._request)
        inbound = take_apart(self._request)
        pseudonyms = Pseudonyms(part.record.text for part in inbound.parts)
        prompt = Prompt(inbound, *await self._judge.prompt(inbound.parts, pseudonyms))
        self._verdicts += prompt.judged
        self._judge.show(prompt.users)
        await self._open(prompt)
        if prompt.withheld and not await self._was_released(prompt):
            last = await self._refuse(prompt)
        else:
            self._releaser = releaser = Releaser(self._judge, pseudonyms, self._request)
            async with aclosing(self._generate(prompt, releaser)) as pieces:
                async for piece in pieces:
                    self._sent.note(piece)
                    yield piece
            last = await self._last_words(releaser)
        for piece in await self._finish(last, prompt):
            yield piece

    async def _open(self, prompt: Prompt) -> None:
        """Commit `opened`, and go on only if the use is running under this very policy."""
        engine = self._means.engine
        if self._means.certifier is not None:
            self._means.certifier.check()
        self._unclosed = True
        state = await self._journal.write(
            "opened",
            {
                "policy_digest": self._policy.digest,
                "guard_digest": self._judge.digest,
                "engine": self._policy.engine.kind,
                "engine_digest": engine.digest,
                "model": engine.name,
                "stream": self._request.stream,
                "endpoint": self._request.endpoint,
                "key": self._request.api_key_id,
                "prompt_digest": salted_digest(self._salt, prompt.originals),
                "prompt": summary(self._verdicts),
                "watermark": self._watermark(),
            },
        )
        self._journal.note_errors(self._verdicts)
        self._admit(state)

    def _admit(self, state: UseState) -> None:
        if state.stopped:
            self._submit_close("stopped")
            raise UseStoppedError(self._use, state.reason)
        other = state.policy_digest != self._policy.digest
        if state.version is not None and other and not self._means.pinned:
            self._submit_close("superseded")
            raise PolicyChangedError(self._use, state.version)

    async def _was_released(self, prompt: Prompt) -> bool:
        """Say whether a person has released this very prompt."""
        item = self._request.review_id
        return prompt.can_be_released and await released(
            self._means.ledger, self._use, item, prompt.held().text
        )

    async def _refuse(self, prompt: Prompt) -> list[AnswerPiece]:
        """Answer with a notice, without asking the engine."""
        if prompt.action is Action.REVIEW:
            held = prompt.held()
            self._review = await queue(self._means.ledger, self._use, self.id, held)
        notice = prompt.notice(self._policy.guard)
        return [
            piece
            for choice in range(self._request.n)
            for piece in (
                AnswerPiece(choice, text=notice),
                AnswerPiece(choice, finish_reason="content_filter"),
            )
        ]

    async def _generate(self, prompt: Prompt, releaser: Releaser) -> AsyncGenerator[AnswerPiece]:
        """Yield what may be sent while the engine writes, and the rest when it has ended."""
        eager, job = self._request.stream, self._job(prompt)
        self._draw = self._means.declaration(job)
        async with EngineFeed(self._means.engine, job) as feed:
            async with aclosing(feed.batches(eager=eager)) as batches:
                async for batch in batches:
                    self._usage = feed.usage
                    for piece in batch:
                        releaser.take(piece)
                    for released in await releaser.release(final=False) if eager else ():
                        yield released
                    if all(choice.withheld for choice in releaser.choices):
                        break
            for released in await releaser.release(final=True):
                yield released

    async def _last_words(self, releaser: Releaser) -> list[AnswerPiece]:
        disclosure = self._policy.disclosure
        last = await releaser.last_words(disclosure.text if disclosure.visible else "")
        held = releaser.held()
        if held:
            self._review = await queue(self._means.ledger, self._use, self.id, joined(held))
        return last

    def _job(self, prompt: Prompt) -> Job:
        view = prompt.view()
        messages, system = view.messages, self._policy.generation.system
        if messages is not None and system:
            messages = (Message("system", system), *messages)
        return Job(
            sampling=self._means.sampling(view.overrides),
            messages=messages,
            prompt=view.prompt,
            choices=self._request.n,
            logprobs=self._request.logprobs,
            passthrough=view.passthrough,
            mark=self._means.mark,
            mask=self._means.mask(prompt.users),
            balance=self._means.balance,
        )

    async def _finish(self, last: list[AnswerPiece], prompt: Prompt) -> list[AnswerPiece]:
        """Commit `closed` and return the last pieces, with the evidence on the very last."""
        for piece in last:
            self._sent.note(piece)
        if self._policy.ledger.keep_texts:
            await keep_texts(
                self._means.ledger,
                self._use,
                self.id,
                prompt=prompt.originals,
                choices=self._sent.choices(),
                salt=self._salt,
            )
        await self._certify(prompt)
        last[-1] = replace(last[-1], usage=self._usage, upright=self._evidence())
        return last

    async def _certify(self, prompt: Prompt) -> None:
        """Commit `closed` and the certificates together, and keep these for the client."""
        certifier = self._means.certifier
        if certifier is None or self._releaser is None:
            await self._close()
            return
        # The model was shown what the guard made of the prompt; both are somebody else's words.
        shown = (*prompt.originals, *prompt.texts)
        drafted = await certifier.draft(self.id, self._sent.choices(), shown)
        await self._close(drafted=drafted)
        self._certificates = await certifier.attach(drafted)

    async def _close(self, reason: str = "", drafted: Sequence[Drafted] = ()) -> None:
        self._unclosed = False
        body = self._closing(reason)
        body["certificates"] = [one.draft.reference for one in drafted]
        await self._journal.write("closed", body, [one.draft.row for one in drafted])

    def _submit_close(self, reason: str) -> None:
        self._unclosed = False
        self._journal.submit("closed", self._closing(reason))

    def _closing(self, reason: str) -> dict[str, object]:
        choices = self._sent.choices()
        output = list(self._releaser.verdicts()) if self._releaser is not None else []
        self._journal.note_errors(output)
        return {
            "answer_digest": salted_digest(self._salt, digestible(choices)),
            "finish_reason": reason or choices[0].finish_reason,
            "output": summary(output),
            "tokens": {
                "prompt": self._usage.prompt_tokens,
                "completion": self._usage.completion_tokens,
            },
            "review": self._review,
            "draw": self._draw,
        }

    def _evidence(self) -> XUpright:
        output = self._releaser.verdicts() if self._releaser is not None else ()
        verdicts = (*self._verdicts, *output)
        return XUpright(
            id=self.id,
            use_case=self._use,
            policy_digest=self._policy.digest,
            guard_digest=self._judge.digest,
            action=strictest(verdicts).value,
            verdicts=verdicts,
            disclosure=self.disclosure,
            salt=self._salt.hex(),
            review_id=self._review,
            watermark=self._watermark(),
            certificates=self._certificates,
        )

    def _watermark(self) -> dict[str, object] | None:
        """Say how the answer is marked; the ledger and the client are told the same."""
        mark = self._means.mark
        return None if mark is None else {"scheme": mark.scheme, "epoch": mark.key.epoch}
