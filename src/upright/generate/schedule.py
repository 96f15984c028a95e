"""Several texts computed at once on one model: a thread that batches them, step by step.

A sequence has a slot of the engine's memory from its first prompt token to its last. Prompts
are computed in slices of a fixed size, each in a call of its own, between the steps of the
running sequences, so that a long prompt neither stops the others nor has its arithmetic changed
by them. The running sequences then share one step.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from upright.generate.llama import Feed
from upright.generate.types import EngineError

SLICE = 64
"""Tokens of a prompt computed in one call. Part of what makes a text repeatable: the same slices
give bit for bit the same memory."""


class Task(Protocol):
    """One sequence to compute."""

    @property
    def tokens(self) -> Sequence[int]:
        """The prompt; not empty, shorter than a slot."""
        ...

    @property
    def every(self) -> bool:
        """Whether the logits after each prompt token are wanted, not only after the last."""
        ...

    @property
    def solitary(self) -> bool:
        """Whether its steps must not be shared with other sequences."""
        ...

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for it any more."""
        ...

    def advance(self, logits: NDArray[np.float32]) -> int | None:
        """Take the logits after the next token; return the token to add, or None if done.

        While prompt tokens are left the returned token is not looked at.
        """
        ...

    def fail(self, error: EngineError) -> None:
        """Take note that it will not be finished."""
        ...


class Memory(Protocol):
    """What computes: see `LlamaContext`."""

    def forget(self, sequence: int) -> None:
        """Empty one sequence."""
        ...

    def step(self, feeds: Sequence[Feed]) -> list[NDArray[np.float32]]:
        """Compute one batch; return the wanted logits in the order of `feeds`."""
        ...


class _Running:
    """A task in its slot."""

    def __init__(self, task: Task, slot: int) -> None:
        self.task = task
        self.slot = slot
        self.position = 0
        self.next: int | None = None
        self.failed = False

    @property
    def prefilling(self) -> bool:
        return self.position < len(self.task.tokens)

    @property
    def done(self) -> bool:
        return self.failed or (self.next is None and not self.prefilling)

    def advance(self, logits: NDArray[np.float32]) -> None:
        if self.failed:
            return
        try:
            token = self.task.advance(logits)
        except Exception as problem:  # noqa: BLE001 (one task's fault must not end the others)
            self.failed = True
            self.task.fail(EngineError(f"decoding failed: {problem}", kind="unavailable"))
            return
        self.next = None if self.prefilling else token

    def slice(self) -> list[Feed]:
        tokens, start = self.task.tokens, self.position
        end = min(start + SLICE, len(tokens))
        self.position = end
        return [
            Feed(tokens[at], at, self.slot, self.task.every or at == len(tokens) - 1)
            for at in range(start, end)
        ]

    def feed(self) -> Feed:
        if self.next is None:
            raise EngineError("a finished sequence was fed", kind="unavailable")
        self.position += 1
        return Feed(self.next, self.position - 1, self.slot, wanted=True)


class Scheduler:
    """Runs tasks on a memory of several slots.

    Args:
        memory: what computes.
        slots: how many tasks run at once.
        waiting: how many more may wait for a slot.
    """

    def __init__(self, memory: Memory, *, slots: int, waiting: int) -> None:
        self._memory = memory
        self._free = list(range(slots))
        self._bound = waiting
        self._waiting: deque[Task] = deque()
        self._running: deque[_Running] = deque()
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="upright-engine", daemon=True)
        self._thread.start()

    def submit(self, tasks: Sequence[Task]) -> None:
        """Queue tasks, all of them or none.

        Raises:
            EngineError: `overloaded` if too many wait, `unavailable` if the engine is closed.
        """
        with self._wake:
            if self._closed:
                raise EngineError("the engine is closed", kind="unavailable")
            if len(self._waiting) + len(tasks) > self._bound + len(self._free):
                raise EngineError(
                    f"{len(self._waiting)} requests already wait for the engine",
                    kind="overloaded",
                    mend="try again later, or put a larger engine behind the gateway",
                )
            self._waiting.extend(tasks)
            self._wake.notify()

    def close(self) -> None:
        """Stop after the current step; what is unfinished fails."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        error = EngineError("the engine was closed", kind="unavailable")
        try:
            while self._admit():
                self._turn()
        except Exception as problem:  # noqa: BLE001 (whatever it is, no task may wait for ever)
            error = EngineError(f"the engine stopped: {problem}", kind="unavailable")
        with self._wake:
            self._closed = True
            left = [entry.task for entry in self._running] + list(self._waiting)
            self._running.clear()
            self._waiting.clear()
        for task in left:
            task.fail(error)

    def _admit(self) -> bool:
        """Give free slots to waiting tasks; sleep while there is nothing to do."""
        with self._wake:
            while not (self._closed or self._waiting or self._running):
                self._wake.wait()
            while self._waiting and self._free:
                task = self._waiting.popleft()
                if not task.cancelled:
                    self._running.append(_Running(task, self._free.pop()))
            return not self._closed

    def _turn(self) -> None:
        """Drop what is cancelled, compute one slice of one prompt, then one step of the rest."""
        for entry in [entry for entry in self._running if entry.task.cancelled]:
            self._release(entry)
        prompts = [entry for entry in self._running if entry.prefilling]
        ready = [entry for entry in self._running if entry.next is not None]
        if prompts:
            self._compute([prompts[0]], prompts[0].slice())
            # The next turn belongs to another prompt, if there is one.
            if prompts[0] in self._running:
                self._running.remove(prompts[0])
                self._running.append(prompts[0])
        shared = [entry for entry in ready if not entry.task.solitary]
        groups = [[entry] for entry in ready if entry.task.solitary]
        for group in [shared, *groups] if shared else groups:
            # Slots in rising order, so that a batch does not depend on who came first.
            group.sort(key=lambda entry: entry.slot)
            self._compute(group, [entry.feed() for entry in group])

    def _compute(self, group: list[_Running], feeds: list[Feed]) -> None:
        try:
            results = self._memory.step(feeds)
        except EngineError as error:
            for entry in group:
                self._release(entry)
                entry.task.fail(error)
            return
        owners = {entry.slot: entry for entry in group}
        wanted = [owners[feed.sequence] for feed in feeds if feed.wanted]
        for entry, logits in zip(wanted, results, strict=True):
            entry.advance(logits)
        for entry in group:
            if entry.done:
                self._release(entry)

    def _release(self, entry: _Running) -> None:
        self._running.remove(entry)
        self._memory.forget(entry.slot)
        with self._wake:
            self._free.append(entry.slot)
