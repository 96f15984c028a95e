"""What is asked of the pipeline and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upright.generate.types import Message, TokenLogprob
from upright.terms import Stage, UprightError, Verdict

if TYPE_CHECKING:
    from upright.answer.attached import Attached


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """One request, free of any wire format.

    Attributes:
        messages: the conversation; None for a bare prompt.
        prompt: the bare prompt; None for a conversation.
        overrides: sampling fields asked for (`temperature`, `max_tokens`, `stop`, …); the
            policy's bounds still hold.
        n: how many answers.
        stream: whether the client reads the answer as it is written.
        logprobs: how many alternatives to report for each token; None reports none.
        passthrough: fields for an OpenAI-compatible engine (`tools`, …); guarded like text.
        endpoint: where the request came in, for the ledger.
        api_key_id: whose key it was, or "".
        review_id: of an item under which a person released this very prompt, or "".
    """

    messages: tuple[Message, ...] | None = None
    prompt: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    n: int = 1
    stream: bool = False
    logprobs: int | None = None
    passthrough: Mapping[str, Any] = field(default_factory=dict)
    endpoint: str = "library"
    api_key_id: str = ""
    review_id: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, over all its choices."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool, whole and guarded.

    Attributes:
        index: its place among the choice's calls.
        id: minted here; an upstream's id is a string of the upstream's choosing.
        name: the tool's name.
        arguments: JSON, as text.
    """

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class TextVerdict:
    """What the guard said of one text, with the place where the text stood.

    Attributes:
        stage: where it was checked.
        index: of the turn (prompt) or of the choice (output).
        channel: `content`, `reasoning`, `tool.0.arguments`, …; for a prompt the field's name.
        verdict: the guard's verdict. Spans are offsets in the text before the guard changed it.
        role: the speaker of a prompt's turn.
    """

    stage: Stage
    index: int
    channel: str
    verdict: Verdict
    role: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the public shape; it holds spans and rule ids, never text."""
        shape: dict[str, Any] = {
            "stage": self.stage.value,
            "index": self.index,
            "channel": self.channel,
            "action": self.verdict.action.value,
            "findings": [
                {
                    **outcome.finding.to_json(),
                    "action": outcome.action.value,
                    **(
                        {"observed": [action.value for action in outcome.observed]}
                        if outcome.observed
                        else {}
                    ),
                }
                for outcome in self.verdict.outcomes
            ],
            "errors": [error.to_json() for error in self.verdict.errors],
        }
        if self.role is not None:
            shape["role"] = self.role
        return shape


@dataclass(frozen=True, slots=True)
class XUpright:
    """The evidence that travels with an answer.

    Attributes:
        id: the request's name in the ledger.
        use_case: name of the use.
        policy_digest: of the whole policy.
        guard_digest: of rules, tables and weights that judged.
        action: the strictest action over all verdicts.
        verdicts: those that found something or failed.
        disclosure: how a reader learns that a machine wrote it.
        salt: hex; with it the holder of the answer can recompute the digest in the ledger.
        review_id: of the item that waits for a person, or None.
        watermark: scheme and epoch of the mark, or None where the answer carries none.
        certificates: of the choices that have text, unless the use declines them.
    """

    id: str
    use_case: str
    policy_digest: str
    guard_digest: str
    action: str
    verdicts: tuple[TextVerdict, ...]
    disclosure: str
    salt: str
    review_id: str | None = None
    watermark: Mapping[str, Any] | None = None
    certificates: tuple[Attached, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape: dict[str, Any] = {
            "id": self.id,
            "use_case": self.use_case,
            "policy_digest": self.policy_digest,
            "guard_digest": self.guard_digest,
            "action": self.action,
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "disclosure": self.disclosure,
            "salt": self.salt,
        }
        if self.review_id is not None:
            shape["review_id"] = self.review_id
        if self.watermark is not None:
            shape["watermark"] = dict(self.watermark)
        if self.certificates:
            shape["certificates"] = [attached.to_json() for attached in self.certificates]
        return shape


@dataclass(frozen=True, slots=True)
class AnswerPiece:
    """A released bit of an answer: whatever it holds may be sent as it is.

    Attributes:
        choice: which of the answers.
        channel: `content`, `reasoning`, `refusal` or `tool`.
        text: new text on that channel.
        tool: a whole call, on channel `tool`.
        logprobs: of tokens that this piece releases unaltered.
        finish_reason: on the last piece of a choice.
        usage: on the last piece of the answer.
        upright: on the last piece of the answer.
    """

    choice: int = 0
    channel: str = "content"
    text: str = ""
    tool: ToolCall | None = None
    logprobs: tuple[TokenLogprob, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    upright: XUpright | None = None


@dataclass(frozen=True, slots=True)
class AnswerChoice:
    """One whole answer."""

    index: int
    content: str
    reasoning: str
    refusal: str
    tools: tuple[ToolCall, ...]
    logprobs: tuple[TokenLogprob, ...]
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """All answers to one request."""

    choices: tuple[AnswerChoice, ...]
    usage: Usage
    upright: XUpright


class UseStoppedError(UprightError):
    """The use was stopped by a person; nothing is answered until it is resumed."""

    def __init__(self, use_case: str, reason: str) -> None:
        why = f": {reason}" if reason else ""
        super().__init__(
            f"the use {use_case!r} is stopped{why}",
            mend=f"whoever stopped it can run: upright policy resume {use_case}",
        )


class PolicyChangedError(UprightError):
    """Another version of the policy became active; ask again under that one.

    Attributes:
        version: the active version.
    """

    def __init__(self, use_case: str, version: int) -> None:
        super().__init__(f"the policy of {use_case!r} is now version {version}")
        self.version = version
