"""How likely each of some given answers is: exactly where the engine gives probabilities.

Three ways, in this order:

- `exact`: the log-probability of each option as a whole string, spelled with the tokens the model
  would be given for it (its canonical tokens; other spellings of the same string are left out).
- `top`: a server's list of the likeliest first tokens, where it names every option but for
  mass that cannot be placed; the limits hold that mass.
- `sampled`: answers are drawn, and the option each begins with is counted.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

from upright.generate.choosing_parse import option_of, placed_mass
from upright.generate.types import ChoosingEngine, Engine, EngineError, Job, Message, Sampling
from upright.measure.intervals import wilson
from upright.terms import UprightError

Way = Literal["exact", "top", "sampled"]

TOP = 20
"""Alternatives that servers give at most."""

LEAST_MASS = 0.5
"""Least mass that a server's list must place among the options to be used."""

SAMPLES = 32
AT_ONCE = 8
_WORDS = 24  # tokens of a drawn answer


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt and the answers that are looked at: a conversation or a bare prompt.

    Attributes:
        options: two or more different answers, as the model would write them.
        messages: the conversation; None for a bare prompt.
        prompt: the bare prompt; None for a conversation.
    """

    options: tuple[str, ...]
    messages: tuple[Message, ...] | None = None
    prompt: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no question.

        Raises:
            EngineError: `bad_request`.
        """
        if len(self.options) < 2 or not all(self.options):  # noqa: PLR2004 (a choice has two sides)
            raise _no_options(self.options, "give two or more answers, none empty")
        for option, other in permutations(self.options, 2):
            if other.startswith(option):
                raise _no_options(self.options, "no option may be the beginning of another")
        if (self.messages is None) == (self.prompt is None):
            raise EngineError(
                "a question is either a conversation or a bare prompt", kind="bad_request"
            )

    def job(
        self, *, logprobs: int | None = None, max_tokens: int = 1, seed: int | None = None
    ) -> Job:
        """Return the job that asks an engine for an answer."""
        return Job(
            Sampling(max_tokens=max_tokens, seed=seed),
            messages=self.messages,
            prompt=self.prompt,
            logprobs=logprobs,
        )


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely each option is.

    Attributes:
        options: the answers.
        logs: natural logarithm of each option's probability; minus infinity for one never seen.
        shares: the probabilities among the options alone; they sum to 1. All NaN where no option
            was seen.
        low: lower limit of each share.
        high: upper limit; equal to the share where it is exact.
        mass: what the options hold of all that the model could answer.
        way: how it was found out.
        n: answers drawn; 0 where none were.
    """

    options: tuple[str, ...]
    logs: tuple[float, ...]
    shares: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    mass: float
    way: Way
    n: int = 0

    def share(self, option: str) -> float:
        """Return the share of one option.

        Raises:
            ValueError: if it is none of them.
        """
        return self.shares[self.options.index(option)]

    def logit(self, option: str) -> float:
        """Return log P(option) - log P(any other option), in nats; NaN if none was seen.

        Raises:
            ValueError: if it is none of them.
        """
        at = self.options.index(option)
        others = _log_sum([log for place, log in enumerate(self.logs) if place != at])
        return math.nan if self.logs[at] == others == -math.inf else self.logs[at] - others


async def chances(
    engine: Engine,
    options: Sequence[str],
    *,
    messages: Sequence[Message] | None = None,
    prompt: str | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Chances:
    """Return how likely each option is as the beginning of the answer, at temperature 1.

    Args:
        engine: whose answer.
        options: two or more different answers, as the model would write them. After a bare
            prompt that does not end in white space they most often begin with a space.
        messages: the conversation before the answer.
        prompt: a bare prompt instead.
        samples: answers drawn from an engine that gives only text.
        seed: of the first of them.

    Raises:
        EngineError: `bad_request` for options that are none; else as `stream`.
    """
    asked = Question(tuple(options), None if messages is None else tuple(messages), prompt)
    return await answer(engine, asked, samples=samples, seed=seed)


async def answer(
    engine: Engine, question: Question, *, samples: int = SAMPLES, seed: int = 0
) -> Chances:
    """Return how likely the options of one question are; see `chances`.

    Raises:
        EngineError: as `chances`.
    """
    if isinstance(engine, ChoosingEngine):
        return await _exact(engine, question)
    return await _listed(engine, question) or await _sampled(engine, question, samples, seed)


async def answer_all(
    engine: Engine,
    questions: Sequence[Question],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    done: Callable[[int, Chances], None] = lambda _at, _chances: None,
) -> list[Chances]:
    """Answer many questions, some at once.

    Questions that share their beginning cost least when they stand side by side.

    Args:
        engine: whose answers.
        questions: what is asked.
        samples: as in `chances`.
        seed: as in `chances`; each question draws its own answers with the same seeds.
        done: called with the place of a question and its answer, as answers come.

    Raises:
        EngineError: the first one; the other questions are then given up.
        UprightError: as `done`.
    """
    found: list[Chances | None] = [None] * len(questions)
    waiting = iter(enumerate(questions))

    async def work() -> None:
        for at, question in waiting:
            got = await answer(engine, question, samples=samples, seed=seed)
            found[at] = got
            done(at, got)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(questions))):
                group.create_task(work())
    except* UprightError as failed:
        raise failed.exceptions[0] from None
    return [one for one in found if one is not None]


async def _exact(engine: ChoosingEngine, question: Question) -> Chances:
    prompt = engine.prompt_tokens(question.job())
    spelled = [[token.id for token in engine.tokens(option)] for option in question.options]
    logs = await engine.logs_after(prompt, spelled)
    total = _log_sum(logs)
    shares = tuple(math.exp(log - total) for log in logs)
    return Chances(
        question.options, tuple(logs), shares, shares, shares, min(1.0, math.exp(total)), "exact"
    )


async def _listed(engine: Engine, question: Question) -> Chances | None:
    """Return what a server's list of first tokens says; None if it gives none that will do."""
    try:
        stream = engine.stream(question.job(logprobs=TOP, max_tokens=1))
        tops = [entry.top async for piece in stream for entry in piece.logprobs]
    except EngineError as error:
        if error.kind in {"refused", "bad_request"}:  # it may know no log-probabilities
            return None
        raise
    masses = placed_mass(tops[0], question.options) if tops else None
    if masses is None:
        return None
    mass = math.fsum(masses)
    if mass < LEAST_MASS:
        return None
    seen = min(1.0, math.fsum(math.exp(log) for _, log in tops[0]))
    # What is not listed may be another spelling of any option.
    loose = 1.0 - seen
    return Chances(
        question.options,
        tuple(_log(one) for one in masses),
        tuple(one / mass for one in masses),
        tuple(one / (mass + loose) for one in masses),
        tuple((one + loose) / (mass + loose) for one in masses),
        mass,
        "top",
    )


async def _sampled(engine: Engine, question: Question, samples: int, seed: int) -> Chances:
    counts = [0] * len(question.options)
    waiting = iter(range(samples))

    async def work() -> None:
        for at in waiting:
            stream = engine.stream(question.job(max_tokens=_WORDS, seed=seed + at))
            pieces = [piece async for piece in stream if piece.channel == "content"]
            option = option_of("".join(piece.text for piece in pieces), question.options)
            if option is not None:
                counts[option] += 1

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, samples)):
                group.create_task(work())
    except* EngineError as failed:
        raise failed.exceptions[0] from None
    found = sum(counts)
    limits = [wilson(count, found) for count in counts]
    return Chances(
        question.options,
        tuple(_log(count / samples) for count in counts),
        tuple(limit.value for limit in limits),
        tuple(limit.low for limit in limits),
        tuple(limit.high for limit in limits),
        found / samples,
        "sampled",
        samples,
    )


def _no_options(options: Sequence[str], mend: str) -> EngineError:
    return EngineError(f"{list(options)} are no options", kind="bad_request", mend=mend)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _log_sum(logs: Sequence[float]) -> float:
    most = max(logs)
    if most == -math.inf:
        return most
    return most + math.log(math.fsum(math.exp(log - most) for log in logs))
