"""Does every cell of the fault matrix end as the policy declares, and in time?

{exception, time-out, malformed, killed worker} x {data, prompt, output, stream} x endpoints x
{block, flag, allow}, over a real gateway with real guard workers. Each cell must do what the
policy says of errors, tell it in the answer's evidence and record it as `error`; and no answer
may wait for a detector longer than its deadline.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from _results import record

from upright.answer import Answerer, AnswerRequest
from upright.generate.types import Job, Message, Piece
from upright.guard import GuardPool
from upright.ledger import Ledger, LedgerWriter
from upright.policy import Policy, parse_policy
from upright.terms import Record, Stage

FAULTS = {
    "raising": "exception",
    "hanging": "timeout",
    "malformed": "malformed",
    "killed": "killed",
}
ACTIONS = ("block", "flag", "allow")
DEADLINE = 0.5
REPEATS = 3
POLICY = """
schema = 1
[use_case]
name = "faults"
purpose = "Breaks detectors."
[guard]
on_error = "{action}"
deadline_ms = {deadline}
[[guard.rule]]
detect = ["pii.email"]
at = ["prompt", "output", "data"]
action = "redact"
"""


class Swapping:
    """Says the prompt with small and capital letters swapped.

    A fault is a word in capitals, so that it meets its detector either in the prompt or in the
    answer: a cell has one fault.
    """

    name = "swapping"
    digest = None

    async def stream(self, job: Job) -> AsyncIterator[Piece]:
        """Write the answer in pieces."""
        text = job.prompt if job.messages is None else job.messages[-1].content
        swapped = (text or "").swapcase()
        for start in range(0, len(swapped), 7):
            yield Piece(text=swapped[start : start + 7])
        yield Piece(finish_reason="stop")

    async def aclose(self) -> None:
        """Hold nothing."""


class Matrix:
    """Runs cells and keeps what came of them."""

    def __init__(self, policy: Policy, action: str, home: Path) -> None:
        extra = tuple(f"_faulty:{name}" for name in FAULTS)
        self._action = action
        self._pool = GuardPool(policy, 1, extra=extra)
        self._ledger = Ledger.open(f"sqlite:///{home}/ledger.db", home=home)
        self._writer = LedgerWriter(self._ledger)
        self._answerer = Answerer(
            policy,
            engine=Swapping(),
            pool=self._pool,
            ledger=self._ledger,
            writer=self._writer,
        )
        self.results: Counter[tuple[str, bool]] = Counter()
        self.delays: list[float] = []

    async def run(self) -> None:
        """Run every cell."""
        for fault in FAULTS:
            for _ in range(REPEATS):
                self._data(fault)
                for stage in ("prompt", "output"):
                    for request in requests(fault, stage):
                        await self._answer(fault, stage, request)

    def _data(self, fault: str) -> None:
        started = time.monotonic()
        (verdict,) = self._pool.check([Record(f"tell me of {fault.upper()}")], Stage.DATA)
        told = [(error.kind, error.action.value) for error in verdict.errors]
        good = told == [(FAULTS[fault], self._action)]
        good = good and (verdict.action.value == self._action)
        self._note("data", good, started)

    async def _answer(self, fault: str, stage: str, request: AnswerRequest) -> None:
        before = self._ledger.count()
        started = time.monotonic()
        pieces = [piece async for piece in self._answerer.stream(request)]
        said = "".join(piece.text for piece in pieces)
        blocked = pieces[-1].finish_reason == "content_filter"
        evidence = pieces[-1].upright
        assert evidence is not None
        told = {
            (error.rule, error.kind, error.action.value)
            for item in evidence.verdicts
            for error in item.verdict.errors
        }
        recorded = [
            error["kind"]
            for entry in self._ledger.entries(after=before, kind="error")
            for error in entry.body["errors"]
        ]
        good = (f"custom.{fault}", FAULTS[fault], self._action) in told
        good = good and FAULTS[fault] in recorded
        good = good and blocked == (self._action == "block")
        word = fault if stage == "prompt" else fault.upper()
        good = good and (word in said) == (self._action != "block")
        self._note("stream" if request.stream else stage, good, started)

    def _note(self, stage: str, good: bool, started: float) -> None:  # noqa: FBT001 (one of two)
        self.delays.append(time.monotonic() - started)
        self.results[stage, good] += 1

    def close(self) -> None:
        """End workers and ledger."""
        self._writer.close()
        self._pool.close()
        self._ledger.close()


def requests(fault: str, stage: str) -> Iterator[AnswerRequest]:
    """Yield a request for each endpoint, whole and streamed."""
    text = f"tell me of {fault.upper() if stage == 'prompt' else fault} please"
    for stream in (False, True):
        yield AnswerRequest(messages=(Message("user", text),), stream=stream)
        yield AnswerRequest(prompt=text, stream=stream)


def main() -> int:
    """Run the matrix under every declaration and write the section."""
    sys.path.insert(0, str(Path(__file__).parent))
    results: Counter[tuple[str, bool]] = Counter()
    delays: list[float] = []
    for action in ACTIONS:
        policy = parse_policy(POLICY.format(action=action, deadline=int(DEADLINE * 1000)))
        with tempfile.TemporaryDirectory() as folder:
            matrix = Matrix(policy, action, Path(folder))
            try:
                asyncio.run(matrix.run())
            finally:
                matrix.close()
        results += matrix.results
        delays += matrix.delays
    wrong = sum(count for (_, good), count in results.items() if not good)
    stages = sorted({stage for stage, _ in results})
    by_stage = ", ".join(
        f"{results[s, True]} of {results[s, True] + results[s, False]} ({s})" for s in stages
    )
    worst = max(delays) / DEADLINE
    record(
        "Gateway: fault matrix",
        [
            f"{len(FAULTS)} ways of failing, {len(ACTIONS)} declarations, {REPEATS} repeats, both",
            f"endpoints, whole and streamed. Cells that ended as declared: {by_stage}.",
            f"Wrong cells: {wrong}. The slowest cell took {worst:.2f} times the deadline,",
            "everything counted: the detector that hangs, the rest of the answer, and the worker",
            "that takes its place.",
        ],
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
