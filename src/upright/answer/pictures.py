"""One request for pictures on its way through the pipeline: guard, open, draw, look, close.

The prompt goes the way of every prompt. Each picture that comes back is looked at, and so is what
the engine made of the prompt; a picture that a rule takes out does not leave, and where one is
withheld none leaves. What leaves is recorded by its digest.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from upright.answer.answering import Answering
from upright.answer.images import ImageRefusedError, looks
from upright.answer.inbound import take_apart
from upright.answer.journal import salted_digest, summary
from upright.answer.judge import is_worth_telling
from upright.answer.keep import KIND
from upright.answer.outbound import WITHHELD
from upright.answer.prompt import Prompt
from upright.answer.request import TextVerdict, XUpright
from upright.answer.review import queue
from upright.certify import DEFAULT_ISSUER, c2pa
from upright.certify.issuer import Issuer
from upright.generate.pictures import Drawn, PictureEngine, PictureJob
from upright.generate.types import EngineError
from upright.generate.wire import malformed
from upright.guard import Pseudonyms
from upright.guard.images.bare import bare
from upright.terms import Action, Record, Stage, Verdict, canonical_json

if TYPE_CHECKING:
    from upright.answer.means import Means
    from upright.answer.request import AnswerRequest


@dataclass(frozen=True, slots=True)
class Delivered:
    """A picture as it leaves.

    Attributes:
        data: the file.
        media_type: of it.
        revised_prompt: what the engine made of the prompt, as the guard lets it out.
        manifest: whether a C2PA manifest stands in the file.
    """

    data: bytes
    media_type: str
    revised_prompt: str = ""
    manifest: bool = False

    @property
    def digest(self) -> str:
        """`sha256:…` of the file."""
        return f"sha256:{hashlib.sha256(self.data).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Pictures:
    """The answer to one request for pictures.

    Attributes:
        pictures: those that leave.
        upright: the evidence.
        notice: what is said in their place where none leaves; "" where some do.
    """

    pictures: tuple[Delivered, ...]
    upright: XUpright
    notice: str = ""


def _stripped(drawn: Drawn) -> Drawn:
    try:
        return replace(drawn, image=bare(drawn.image))
    except ValueError:
        raise malformed("a picture that is not built as its kind is") from None


class Picturing(Answering):
    """The pipeline for one request for pictures; `prompt` and `n` are the request's."""

    def __init__(self, means: Means, request: AnswerRequest) -> None:
        super().__init__(means, request)
        self._output: list[TextVerdict] = []
        self._delivered: tuple[Delivered, ...] = ()
        self._reason = "stop"

    async def pictures(self) -> Pictures:
        """Return the pictures, or the notice in their place. May be called once.

        Raises:
            UseStoppedError: if the use is stopped; nothing was drawn.
            PolicyChangedError: if another version of the policy is active.
            ImageRefusedError: if this use draws no pictures.
            EngineError: if the engine failed; nothing leaves.
        """
        engine = self._drawing_engine()
        try:
            return await self._pictures(engine)
        except EngineError as error:
            self._journal.submit("error", {"engine": error.kind})
            await self._close("error")
            raise
        finally:
            if self._unclosed:
                self._submit_close("cancelled")

    def _drawing_engine(self) -> PictureEngine:
        engine = self._means.engine
        if self._policy.guard.images is None:
            raise ImageRefusedError(
                "this use draws no pictures",
                mend="write [guard.images] into the use-case file, and a rule for image.*",
            )
        if not isinstance(engine, PictureEngine):
            raise ImageRefusedError("the engine of this use draws no pictures")
        if not looks(self._means.pool.rulebook, Stage.OUTPUT):
            raise ImageRefusedError(
                "no rule of this use looks at pictures in answers",
                mend='write a [[guard.rule]] with detect = ["image.*"] and at = ["output"]',
            )
        most = self._policy.guard.images.max_images
        if self._request.n > most:
            raise ImageRefusedError(f"this use draws {most} pictures at once")
        return engine

    async def _pictures(self, engine: PictureEngine) -> Pictures:
        inbound = take_apart(self._request)
        pseudonyms = Pseudonyms(part.record.text for part in inbound.parts)
        prompt = Prompt(inbound, *await self._judge.prompt(inbound.parts, pseudonyms))
        self._verdicts += prompt.judged
        await self._open(prompt)
        if prompt.withheld and not await self._was_released(prompt):
            if prompt.action is Action.REVIEW:
                held = prompt.held()
                self._review = await queue(self._means.ledger, self._use, self.id, held)
            return await self._withhold(prompt.notice(self._policy.guard), prompt)
        drawn = [_stripped(one) for one in await engine.draw(self._picture_job(prompt))]
        judged = await self._looked_at(drawn)
        withheld = [one for pair in judged for one in pair if one.action in WITHHELD]
        left = [
            replace(one, revised_prompt=revised.text)
            for one, (seen, revised) in zip(drawn, judged, strict=True)
            if seen.text == one.image.placeholder
        ]
        if withheld or not left:
            return await self._withhold(self._output_notice(withheld), prompt)
        self._delivered = tuple(await asyncio.to_thread(self._signed, left))
        return await self._finished(prompt)

    def _output_notice(self, withheld: Sequence[Verdict]) -> str:
        """Return what is said in the place of pictures; the review queue holds texts only."""
        worst = max(withheld, key=lambda one: one.action.strictness, default=None)
        if worst is not None and worst.action is Action.REPLACE:
            return worst.text
        return self._policy.guard.notice

    def _signed(self, left: Sequence[Drawn]) -> list[Delivered]:
        """Put a C2PA manifest into each picture, where the use certifies and the extra is here."""
        wanted = self._policy.certificates.issue and c2pa.is_installed()
        return [self._deliverable(one, signed=wanted) for one in left]

    def _deliverable(self, one: Drawn, *, signed: bool) -> Delivered:
        data = one.image.data
        if signed:
            told = {
                "id": self.id,
                "use_case": self._use,
                "policy_digest": self._policy.digest,
                "guard_digest": self._judge.digest,
                "model": self._means.engine.name,
            }
            data = c2pa.embedded(self._issuer, told, one.image)
        return Delivered(data, one.image.media_type, one.revised_prompt, manifest=signed)

    @cached_property
    def _issuer(self) -> Issuer:
        return Issuer(DEFAULT_ISSUER, self._means.ledger.home)

    def _picture_job(self, prompt: Prompt) -> PictureJob:
        view, section = prompt.view(), self._policy.guard.images
        most = section.max_bytes if section is not None else 0
        return PictureJob(view.prompt or "", self._request.n, view.passthrough, most)

    async def _looked_at(self, drawn: Sequence[Drawn]) -> list[tuple[Verdict, Verdict]]:
        """Return for each picture what the guard says of it and of its revised prompt."""
        asked = [
            [Record(one.image.placeholder, images=(one.image,)), Record(one.revised_prompt)]
            for one in drawn
        ]
        # Each by itself: a picture's time is the deadline's, and workers look side by side.
        answers = await asyncio.gather(*(self._judge.texts(records) for records in asked))
        for index, verdicts in enumerate(answers):
            for channel, verdict in zip(("image", "revised_prompt"), verdicts, strict=True):
                if is_worth_telling(verdict):
                    self._output.append(TextVerdict(Stage.OUTPUT, index, channel, verdict))
        self._verdicts += self._output
        return [(verdicts[0], verdicts[1]) for verdicts in answers]

    async def _withhold(self, notice: str, prompt: Prompt) -> Pictures:
        self._reason = "content_filter"
        return replace(await self._finished(prompt), notice=notice)

    async def _finished(self, prompt: Prompt) -> Pictures:
        if self._policy.ledger.keep_texts:
            kept = {
                "prompt": prompt.originals,
                "answer": self._digestible(),
                "salt": self._salt.hex(),
            }
            await asyncio.to_thread(
                self._means.ledger.vault.put,
                KIND,
                canonical_json(kept),
                use_case=self._use,
                request=self.id,
            )
        await self._close()
        return Pictures(self._delivered, self._evidence())

    def _digestible(self) -> list[dict[str, Any]]:
        """Return what the digest of the answer is taken over, so that its holder can check it."""
        return [
            {"sha256": one.digest, "revised_prompt": one.revised_prompt} for one in self._delivered
        ]

    def _closing(self, reason: str) -> dict[str, object]:
        self._journal.note_errors(self._output)
        return {
            "answer_digest": salted_digest(self._salt, self._digestible()),
            "finish_reason": reason or self._reason,
            "output": summary(self._output),
            "tokens": {"prompt": 0, "completion": 0},
            "review": self._review,
            "pictures": len(self._delivered),
        }
