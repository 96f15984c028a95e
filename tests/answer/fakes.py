"""Stand-ins for what surrounds the pipeline: engines that follow a script, detectors that fail."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path

from upright.answer import Answerer, AnswerRequest
from upright.generate.types import Job, Message, Piece
from upright.guard import Guard
from upright.ledger import Ledger, LedgerWriter
from upright.policy import Policy, parse_policy
from upright.terms import Finding, Record, Stage

HEAD = """
schema = 1
[use_case]
name = "test-use"
purpose = "Tests."
[engine]
kind = "openai"
base_url = "http://127.0.0.1:9/v1"
model = "scripted"
"""


def policy(body: str = "", *, rules: str | None = None) -> Policy:
    """A policy with an e-mail rule at each stage, unless other rules are given."""
    default = """
[[guard.rule]]
detect = ["pii.email"]
at = ["prompt", "retrieved", "output"]
action = "redact"
"""
    return parse_policy(HEAD + body + (default if rules is None else rules))


def rule(action: str, *, detect: str = "pii.email", at: str = '"output"', more: str = "") -> str:
    """One rule of a use-case file."""
    return f'\n[[guard.rule]]\ndetect = ["{detect}"]\nat = [{at}]\naction = "{action}"\n{more}\n'


class ScriptedEngine:
    """Writes what it was told to; remembers what it was asked.

    Args:
        script: pieces, or a function that makes them from the job.
        fault: raised when the script is through.
    """

    name = "scripted"
    digest = None

    def __init__(
        self,
        script: Iterable[Piece] | Callable[[Job], Iterable[Piece]] = (),
        *,
        fault: Exception | None = None,
    ) -> None:
        self._script = script
        self._fault = fault
        self.jobs: list[Job] = []
        self.asked = asyncio.Event()
        self.cancelled = 0
        self.closed = False

    async def stream(self, job: Job) -> AsyncIterator[Piece]:
        self.jobs.append(job)
        pieces = self._script(job) if callable(self._script) else self._script
        ended = False
        try:
            for piece in pieces:
                await asyncio.sleep(0)
                yield piece
            if self._fault is not None:
                raise self._fault
            ended = True
        finally:
            self.cancelled += not ended

    async def aclose(self) -> None:
        self.closed = True


class EndlessEngine(ScriptedEngine):
    """Writes until it is stopped."""

    async def stream(self, job: Job) -> AsyncIterator[Piece]:
        self.jobs.append(job)
        self.asked.set()
        try:
            while True:
                await asyncio.sleep(0.001)
                yield Piece(text="word ", completion_tokens=1)
        finally:
            self.cancelled += 1


def chunked(text: str, size: int = 3, *, choice: int = 0, channel: str = "content") -> list[Piece]:
    """A text in pieces, with its end."""
    parts = [text[i : i + size] for i in range(0, len(text), size)]
    pieces = [Piece(choice, channel, part, completion_tokens=1) for part in parts]
    return [Piece(prompt_tokens=7), *pieces, Piece(choice, finish_reason="stop")]


def echo(job: Job) -> Iterable[Piece]:
    """Say what the last turn said."""
    text = job.prompt if job.messages is None else job.messages[-1].content
    return [piece for choice in range(job.choices) for piece in chunked(text, choice=choice)]


class InlinePool:
    """A guard in this process behind the pool's interface: quick, and no deadline."""

    def __init__(self, use: Policy, _workers: int = 1, *, extra: tuple[str, ...] = ()) -> None:
        self._guard = Guard.from_policy(use, extra=extra)
        self.rulebook = self._guard.rulebook
        self.digest = self._guard.digest
        self.decide = self._guard.decide
        self.stream = self._guard.stream
        self.closed = False

    def submit(self, records: Sequence[Record], stage: Stage, **options) -> Future:
        future: Future = Future()
        future.set_result(self._guard.scan(records, stage, **options))
        return future

    def close(self) -> None:
        self.closed = True


class Bench:
    """A pipeline over a real ledger in a folder of its own."""

    def __init__(self, home: Path, use: Policy, engine: ScriptedEngine, pool=None) -> None:
        self.ledger = Ledger.open(f"sqlite:///{home}/ledger.db", home=home)
        self.writer = LedgerWriter(self.ledger)
        self.engine = engine
        self.pool = pool or InlinePool(use)
        self.answerer = Answerer(
            use, engine=engine, pool=self.pool, ledger=self.ledger, writer=self.writer
        )

    def complete(self, *turns: tuple[str, str] | Message, **options):
        """The whole answer to a conversation."""
        return asyncio.run(self.answerer.complete(asked(*turns, **options)))

    def stream(self, *turns: tuple[str, str] | Message, **options):
        """All pieces of a streamed answer."""

        async def collected():
            request = asked(*turns, stream=True, **options)
            return [piece async for piece in self.answerer.stream(request)]

        return asyncio.run(collected())

    def events(self) -> list[tuple[str, dict]]:
        """The ledger so far, as (kind, body)."""
        return [(entry.kind, dict(entry.body)) for entry in self.ledger.entries(limit=10_000)]

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.events()]

    def close(self) -> None:
        self.writer.close()
        self.pool.close()
        self.ledger.close()


def asked(*turns: tuple[str, str] | Message, **options) -> AnswerRequest:
    """A request from (role, text) turns."""
    messages = tuple(turn if isinstance(turn, Message) else Message(*turn) for turn in turns)
    return AnswerRequest(messages=messages or (Message("user", "Hello."),), **options)


class _Failing:
    """Fails on texts that hold its word and finds nothing in others."""

    reach = 16
    version = "1"

    def __init__(self) -> None:
        self.rule = f"custom.{type(self).__name__.lower()}"
        self._word = type(self).__name__.upper()

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        if any(self._word in record.text for record in records):
            return self.fail(records)
        return [[] for _ in records]

    def settled(self, text: str) -> int:
        return max(0, len(text) - self.reach)

    def fail(self, records: Sequence[Record]) -> list[list[Finding]]:
        raise NotImplementedError


class Raising(_Failing):
    def fail(self, records: Sequence[Record]) -> list[list[Finding]]:
        raise RuntimeError(records[0].text)


class Hanging(_Failing):
    def fail(self, _records: Sequence[Record]) -> list[list[Finding]]:
        threading.Event().wait()
        return []


class Malformed(_Failing):
    def fail(self, records: Sequence[Record]) -> list[list[Finding]]:
        return [[Finding(self.rule, "custom", 2, 1.0, 5, 10**6, "")] for _ in records]


class Killed(_Failing):
    def fail(self, _records: Sequence[Record]) -> list[list[Finding]]:
        os.kill(os.getpid(), signal.SIGKILL)
        return []


FAULTS = {
    "raising": "exception",
    "hanging": "timeout",
    "malformed": "malformed",
    "killed": "killed",
}
FAULTY = tuple(f"tests.answer.fakes:{name.capitalize()}" for name in FAULTS)
