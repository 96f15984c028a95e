"""What every engine takes and gives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from upright.terms import Image, UprightError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from upright.generate.balance_share import Balance
    from upright.match.index import RunMask
    from upright.watermark import Mark


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in a turn.

    Attributes:
        placeholder: what stands for it in the turn's text.
        url: `data:…` with the picture, or the address of one that nobody here has read.
        detail: how closely the model should look (`low`, `high`, `auto`), or "".
        image: the picture; None for one that is only named.
    """

    placeholder: str
    url: str = field(repr=False)
    detail: str = ""
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Attributes:
        role: `system`, `user`, `assistant` or `tool`.
        content: its text; a picture is shown where its placeholder stands.
        extra: other fields of the wire format (tool calls, names), kept as they came.
        images: the pictures.
    """

    role: str
    content: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    images: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: 0 is greedy.
        top_k: number of candidates kept; 0 keeps all.
        top_p: smallest mass of candidates kept; 1 keeps all.
        repetition_penalty: 1 does nothing.
        max_tokens: bound on the tokens drawn.
        seed: same seed, same text on the same machine; None draws one.
        stop: texts that end the answer; not part of it.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    max_tokens: int = 512
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One request to an engine: either a conversation or a bare prompt.

    Attributes:
        messages: the conversation; None for a bare prompt.
        prompt: the bare prompt; None for a conversation.
        sampling: how tokens are drawn.
        choices: how many independent answers (`n`).
        logprobs: how many alternatives to report for each token; None reports none.
        passthrough: fields for an OpenAI-compatible server (tools, response_format, …).
        mark: how the answers are marked; an engine that cannot mark refuses it.
        mask: runs of protected works that the answers must not complete. An engine that gives
            only text cannot heed it: the guard's rules then stand alone.
        balance: how pronouns are balanced where the text leaves a gender open. An engine that
            gives only text cannot heed it, which `policy lint` says.
    """

    sampling: Sampling
    messages: tuple[Message, ...] | None = None
    prompt: str | None = None
    choices: int = 1
    logprobs: int | None = None
    passthrough: Mapping[str, Any] = field(default_factory=dict)
    mark: Mark | None = None
    mask: RunMask | None = None
    balance: Balance | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a given text.

    Attributes:
        id: the model's number for it.
        start: its first character in the text.
        end: one past its last; equal to `start` for a token that ends inside a character.
    """

    id: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token with its log-probability (nats) under the model's own distribution.

    That is the whole vocabulary at temperature 1, before penalty and cuts: it says what the
    model thought, also where the sampling was greedy. A server behind an OpenAI-compatible
    engine reports what it reports.

    Attributes:
        token: the token's text.
        logprob: natural logarithm of its probability.
        top: the likeliest alternatives, as (text, logprob).
    """

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """The next bit of an answer.

    Every string a client can see travels as `text` on some `channel`, so that one door can
    guard them all.

    Attributes:
        choice: which of the answers.
        channel: `content`, `reasoning`, `refusal`, `tool.<k>.name`, `tool.<k>.arguments`.
        text: the new text, never None; "" where only other fields matter.
        finish_reason: `stop`, `length`, `tool_calls`, … on the last piece of a choice.
        tokens: ids of the tokens whose text ends in this piece, where the engine knows them.
        logprobs: of the same tokens, if asked for.
        prompt_tokens: set once per job when known.
        completion_tokens: tokens drawn for this piece, a closing control token included.
        tool_id: the id of a tool call, on the piece that opens one.
    """

    choice: int = 0
    channel: str = "content"
    text: str = ""
    finish_reason: str | None = None
    tokens: tuple[int, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    prompt_tokens: int | None = None
    completion_tokens: int = 0
    tool_id: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible next token.

    Attributes:
        token_id: the engine's number for it.
        text: its text, white space included.
        probability: as it would be sampled: after penalty, temperature, top-k and top-p.
    """

    token_id: int
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class NextToken:
    """The next-token distribution after a text.

    Attributes:
        candidates: most probable first.
        covered: the mass that the candidates hold of the model's own distribution (whole
            vocabulary, temperature 1).
        entropy: of the model's own distribution, in nats.
    """

    candidates: tuple[Candidate, ...]
    covered: float
    entropy: float


@runtime_checkable
class Engine(Protocol):
    """Anything that writes text."""

    @property
    def name(self) -> str:
        """What the engine calls its model."""
        ...

    @property
    def digest(self) -> str | None:
        """`sha256:…` of the model where the engine can know it."""
        ...

    def stream(self, job: Job) -> AsyncGenerator[Piece, None]:
        """Write the answers of one job. Closing the iterator cancels the work at once.

        Raises:
            EngineError: when the engine cannot go on.
        """
        ...

    async def aclose(self) -> None:
        """Release what the engine holds."""
        ...


@runtime_checkable
class TokenEngine(Engine, Protocol):
    """An engine that gives next-token distributions, so that our own sampler draws."""

    async def next_token(self, prompt: str, sampling: Sampling, *, limit: int = 50) -> NextToken:
        """Return the distribution after `prompt` (taken literally), as it would be sampled."""
        ...

    async def score(self, text: str) -> list[TokenLogprob]:
        """Return each token of `text` after the first, with its log-probability."""
        ...


@runtime_checkable
class ReadingEngine(TokenEngine, Protocol):
    """An engine that can read a text that somebody else wrote."""

    def tokens(self, text: str) -> list[Token]:
        """Return the tokens of a text, however long, without any that the text does not hold.

        Raises:
            EngineError: `bad_request` for a text that is none.
        """
        ...

    def placed(self, tokens: Sequence[int]) -> tuple[str, list[Token]]:
        """Return the text that tokens stand for, and the tokens with their places in it.

        Raises:
            EngineError: `bad_request` for an id that the model does not have.
        """
        ...

    async def read(
        self,
        tokens: Sequence[int],
        visit: Callable[[int, NDArray[np.float32]], None],
        *,
        after: Sequence[int] = (),
    ) -> None:
        """Call `visit(i, logits)` with the logits before each token i.

        Args:
            tokens: the text; one longer than the engine's memory is read in overlapping windows.
            visit: takes the place of a token and the logits, shape (vocabulary,), that the model
                gives before it; called in rising order in the engine's thread. The logits are
                not to be kept. There are none before the first token unless something stands
                before it.
            after: tokens before the text, such as those of its prompt.

        Raises:
            EngineError: as `stream`.
        """
        ...


@runtime_checkable
class ChoosingEngine(ReadingEngine, Protocol):
    """An engine that says how likely given answers are; see `choosing`."""

    def prompt_tokens(self, job: Job) -> list[int]:
        """Return the tokens that stand before the answer of a job, as `stream` feeds them.

        Raises:
            EngineError: `bad_request` for an empty or too long prompt.
        """
        ...

    async def logs_after(
        self, prompt: Sequence[int], options: Sequence[Sequence[int]]
    ) -> list[float]:
        """Return log P(option | prompt) in nats of each option, at temperature 1.

        Args:
            prompt: tokens of the prompt, not empty.
            options: tokens of each option, none empty.

        Raises:
            EngineError: `bad_request` if they do not fit; else as `stream`.
        """
        ...


class EngineError(UprightError):
    """An engine failed.

    Attributes:
        kind: `timeout`, `refused`, `malformed`, `unavailable`, `overloaded` or `bad_request`.
    """

    def __init__(self, problem: str, *, kind: str, mend: str = "") -> None:
        super().__init__(problem, mend=mend)
        self.kind = kind
        self.exit_code = 2 if kind == "bad_request" else 3
