"""The embedded engine: a small model inside this process, by llama.cpp, without torch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from upright.generate.balance import balancer
from upright.generate.chat import chat_tokens
from upright.generate.choosing_logs import SLICE as SHARED_SLICE
from upright.generate.choosing_logs import SharedReader
from upright.generate.company import same_in_company
from upright.generate.decode import Decoder
from upright.generate.llama import LlamaContext, LlamaModel
from upright.generate.reading import check_ids, placed, spelled, windows
from upright.generate.sampler import Logits
from upright.generate.schedule import SLICE, Scheduler
from upright.generate.tasks import LookTask, ReadTask, ScoreTask, WriteTask
from upright.generate.threads import cores
from upright.generate.types import (
    EngineError,
    Job,
    NextToken,
    Piece,
    Sampling,
    Token,
    TokenLogprob,
)
from upright.weights import Weights, open_fast

SLOTS = 8
LENGTH = 2048
WAITING = 64

_T = TypeVar("_T")


class Runtime:
    """A loaded model with its memory and its thread, shared by all engines of the process.

    Attributes:
        mixes: whether sequences that share a step change each other's rounding.
    """

    _lock = threading.Lock()
    _open: dict[tuple[str, int, int], Runtime] = {}  # noqa: RUF012 (the registry of runtimes is shared on purpose)

    def __init__(self, weights: Weights, *, slots: int, length: int) -> None:
        self.model = LlamaModel(weights.path)
        self.context = LlamaContext(
            self.model, sequences=slots, length=length, batch=max(SLICE, slots), threads=cores()
        )
        # In a thread that ends: OpenMP keeps the helpers of every thread that ever computed, and
        # lets none of them spin once there are more than cores.
        with ThreadPoolExecutor(1) as once:
            self.mixes = (
                slots > 1 and not once.submit(same_in_company, self.context, slots).result()
            )
        self.scheduler = Scheduler(self.context, slots=slots, waiting=WAITING)
        self.users = 0
        self._key = (weights.digest, slots, length)

    @classmethod
    def acquire(cls, weights: Weights, *, slots: int, length: int) -> Runtime:
        """Return the runtime of these weights, loading them if no engine has yet."""
        with cls._lock:
            key = (weights.digest, slots, length)
            if key not in cls._open:
                cls._open[key] = cls(weights, slots=slots, length=length)
            runtime = cls._open[key]
            runtime.users += 1
            return runtime

    def release(self) -> None:
        """Give it back; the last user closes it."""
        with self._lock:
            self.users -= 1
            if self.users:
                return
            del self._open[self._key]
        self.scheduler.close()
        self.context.close()
        self.model.close()


class EmbeddedEngine:
    """Writes with the packaged model.

    Several jobs run at once; see `schedule`. A job whose sampling has a seed gives the same
    text each time on the same machine, whatever else is computed.

    Args:
        weights: the checked model file; the packaged one, in its fast form, if None.
        slots: sequences computed at once.
        length: most tokens of a prompt and its answer together.

    Raises:
        MissingExtraError: if the extra `local` is not installed.
        UprightError: if the model file is absent or altered.
    """

    def __init__(
        self, weights: Weights | None = None, *, slots: int = SLOTS, length: int = LENGTH
    ) -> None:
        self._weights = weights or open_fast()
        self._capacity = slots + WAITING
        self._runtime: Runtime | None = Runtime.acquire(self._weights, slots=slots, length=length)
        self._shared: SharedReader | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return self._weights.name

    @property
    def digest(self) -> str | None:
        """`sha256:…` of the model file."""
        return self._weights.digest

    async def stream(self, job: Job) -> AsyncGenerator[Piece, None]:
        """Write the answers of one job.

        Raises:
            EngineError: `bad_request` for an empty or too long prompt, `overloaded` if too many
                wait, `unavailable` if the model failed.
        """
        runtime = self._alive()
        tokens = self._prompt(runtime, job)
        if not 1 <= job.choices <= self._capacity:
            raise EngineError(
                f"{job.choices} answers were asked for",
                kind="bad_request",
                mend=f"ask for 1 to {self._capacity}",
            )
        inbox: asyncio.Queue[Piece | EngineError] = asyncio.Queue()
        deliver = _across_threads(inbox.put_nowait)
        room = runtime.context.length - len(tokens) + 1
        tasks = [
            WriteTask(
                tokens,
                Decoder(
                    job.sampling,
                    runtime.model,
                    choice=choice,
                    logprobs=job.logprobs,
                    room=room,
                    mark=job.mark,
                    follower=None if job.mask is None else job.mask.follower(),
                    balancer=balancer(job, runtime.model, choice),
                ),
                deliver,
                solitary=runtime.mixes and job.sampling.seed is not None,
            )
            for choice in range(job.choices)
        ]
        runtime.scheduler.submit(tasks)
        try:
            yield Piece(prompt_tokens=len(tokens))
            left = job.choices
            while left:
                piece = await inbox.get()
                if isinstance(piece, EngineError):
                    raise piece
                left -= piece.finish_reason is not None
                yield piece
        finally:
            for task in tasks:
                task.cancelled = True

    async def next_token(self, prompt: str, sampling: Sampling, *, limit: int = 50) -> NextToken:
        """Return the distribution after `prompt`, taken literally.

        Raises:
            EngineError: as `stream`.
        """
        runtime = self._alive()
        tokens = self._literal(runtime, prompt)
        return await self._ask(
            runtime, lambda done: LookTask(tokens, sampling, runtime.model, limit, done)
        )

    async def score(self, text: str) -> list[TokenLogprob]:
        """Return each token of `text` after the first, with its log-probability.

        Raises:
            EngineError: as `stream`.
        """
        runtime = self._alive()
        tokens = self._literal(runtime, text)
        return await self._ask(runtime, lambda done: ScoreTask(tokens, runtime.model, done))

    def tokens(self, text: str) -> list[Token]:
        """Return the tokens of a text, however long.

        Raises:
            EngineError: `bad_request` for half of a surrogate pair.
        """
        model = self._alive().model
        try:
            ids = model.tokenize(text)
        except UnicodeEncodeError:
            raise _surrogate() from None
        return placed(text, [(token, model.piece(token)) for token in ids])

    def placed(self, tokens: Sequence[int]) -> tuple[str, list[Token]]:
        """Return the text of tokens, and their places in it.

        Raises:
            EngineError: `bad_request` for an id that the model does not have.
        """
        model = self._alive().model
        check_ids(tokens, model.size)
        return spelled([(token, model.piece(token)) for token in tokens])

    async def read(
        self,
        tokens: Sequence[int],
        visit: Callable[[int, Logits], None],
        *,
        after: Sequence[int] = (),
    ) -> None:
        """Call `visit(i, logits)` with the logits before each token i; see `ReadingEngine`.

        Raises:
            EngineError: as `stream`.
        """
        runtime = self._alive()
        whole = [*after, *tokens]
        before = len(after)
        for start, first, end in windows(len(whole), max(before, 1), runtime.context.length - 1):
            shift = start - before

            def shifted(at: int, logits: Logits, shift: int = shift) -> None:
                visit(at + shift, logits)

            def make(
                done: Callable[[EngineError | None], None],
                start: int = start,
                first: int = first,
                end: int = end,
            ) -> ReadTask:
                return ReadTask(whole[start:end], first - start, shifted, done)

            await self._ask(runtime, make)

    def prompt_tokens(self, job: Job) -> list[int]:
        """Return the tokens that stand before the answer of a job.

        Raises:
            EngineError: `bad_request` for an empty or too long prompt.
        """
        return self._prompt(self._alive(), job)

    async def logs_after(
        self, prompt: Sequence[int], options: Sequence[Sequence[int]]
    ) -> list[float]:
        """Return log P(option | prompt) of each option; see `ChoosingEngine`.

        What a prompt shares with the one before it is not computed again.

        Raises:
            EngineError: `bad_request` if they do not fit; else as `stream`.
        """
        runtime = self._alive()
        if self._shared is None:
            self._shared = SharedReader(
                LlamaContext(
                    runtime.model,
                    sequences=1,
                    length=runtime.context.length,
                    batch=SHARED_SLICE,
                    threads=cores(),
                )
            )
        return await self._shared.logs(prompt, options)

    async def aclose(self) -> None:
        """Release the model, if no other engine uses it. Running jobs fail."""
        shared, self._shared = self._shared, None
        if shared is not None:
            await asyncio.to_thread(shared.close)
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            await asyncio.to_thread(runtime.release)

    async def _ask(
        self,
        runtime: Runtime,
        make: Callable[[Callable[[_T | EngineError], None]], LookTask | ReadTask | ScoreTask],
    ) -> _T:
        answer: asyncio.Queue[_T | EngineError] = asyncio.Queue()
        task = make(_across_threads(answer.put_nowait))
        runtime.scheduler.submit([task])
        try:
            result = await answer.get()
        finally:
            task.cancelled = True
        if isinstance(result, EngineError):
            raise result
        return result

    def _alive(self) -> Runtime:
        if self._runtime is None:
            raise EngineError("the engine is closed", kind="unavailable")
        return self._runtime

    def _prompt(self, runtime: Runtime, job: Job) -> list[int]:
        if job.messages is None:
            return self._literal(runtime, job.prompt or "")
        _check_size(sum(len(message.content) for message in job.messages), runtime.context.length)
        try:
            tokens = chat_tokens(job.messages, runtime.model)
        except UnicodeEncodeError:
            raise _surrogate() from None
        return _fitting(tokens, runtime.context.length)

    def _literal(self, runtime: Runtime, text: str) -> list[int]:
        _check_size(len(text), runtime.context.length)
        try:
            tokens = runtime.model.tokenize(text)
        except UnicodeEncodeError:
            raise _surrogate() from None
        return _fitting(tokens, runtime.context.length)


def _across_threads(put: Callable[[_T], None]) -> Callable[[_T], None]:
    """Return a function that calls `put` in the event loop of the caller."""
    loop = asyncio.get_running_loop()

    def deliver(item: _T) -> None:
        # A loop that has closed has nobody waiting in it.
        if not loop.is_closed():
            loop.call_soon_threadsafe(put, item)

    return deliver


def _check_size(characters: int, length: int) -> None:
    """Refuse what cannot fit before it is tokenised."""
    most = 16 * length
    if characters > most:
        raise EngineError(
            f"the prompt has {characters} characters; this engine takes at most {most}",
            kind="bad_request",
            mend=f"shorten it to {length} tokens, about {4 * length} characters",
        )


def _fitting(tokens: list[int], length: int) -> list[int]:
    if not tokens:
        raise EngineError("the prompt is empty", kind="bad_request", mend="give some text")
    if len(tokens) >= length:
        raise EngineError(
            f"the prompt has {len(tokens)} tokens; prompt and answer have room for {length}",
            kind="bad_request",
            mend="shorten the prompt or the conversation",
        )
    return tokens


def _surrogate() -> EngineError:
    return EngineError(
        "the prompt holds half of a surrogate pair, which is no character", kind="bad_request"
    )
