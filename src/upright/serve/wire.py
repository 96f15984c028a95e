"""The OpenAI wire format as it comes in. Unknown fields are kept and have no effect."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from upright.answer.request import AnswerRequest
from upright.generate.types import Message, Shown
from upright.serve.errors import refused
from upright.serve.pictures import shown

MOST_CHOICES = 16
MOST_MESSAGES = 2048

# What an OpenAI-compatible engine may be told besides the sampling. Each is guarded like text.
# Anything else stays here: servers have fields (templates, echo, extra bodies) that would lead
# around the guard, and fields that would carry who the user is.
_PASSED_ON = (
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "presence_penalty",
    "frequency_penalty",
    "reasoning_effort",
    "verbosity",
)

# Fields that ask for something that would be silently missing from the answer.
_UNSUPPORTED = ("functions", "function_call", "audio", "best_of", "echo", "suffix")

_SHOWING = ("user", "tool", "function")

_EXTRAS = ("name", "tool_calls", "tool_call_id")


class _Wire(BaseModel):
    model_config = ConfigDict(extra="allow")


class ImageUrl(_Wire):
    """A picture, or where one is."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class TextPart(_Wire):
    """One part of a turn's content."""

    type: str = Field(max_length=40)
    text: str | None = None
    image_url: ImageUrl | None = None


class ChatMessage(_Wire):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None
    name: str | None = Field(default=None, max_length=200)
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = Field(default=None, max_length=200)

    def turn(self) -> Message:
        """Return the turn as the pipeline knows it."""
        given = ((name, getattr(self, name)) for name in _EXTRAS)
        extra = {name: value for name, value in given if value is not None}
        role = {"developer": "system", "function": "tool"}.get(self.role, self.role)
        if self.content is None or isinstance(self.content, str):
            return Message(role=role, content=self.content or "", extra=extra)
        parts = [self._part(part) for part in self.content]
        text = "\n".join(part if isinstance(part, str) else part.placeholder for part in parts)
        # One picture twice is one picture with two places.
        images = tuple({one.placeholder: one for one in parts if isinstance(one, Shown)}.values())
        return Message(role=role, content=text, extra=extra, images=images)

    def _part(self, part: TextPart) -> str | Shown:
        if part.type == "text" and part.text is not None:
            return part.text
        if part.type == "image_url" and part.image_url and self.role in _SHOWING:
            return shown(part.image_url.url, part.image_url.detail or "")
        raise refused(
            400,
            "unsupported_content",
            "only text and, of users and tools, pictures can be guarded; nothing else is taken",
            param="messages",
        )


class StreamOptions(_Wire):
    """What a stream tells at its end."""

    include_usage: bool = False


class _Sampled(_Wire):
    model: str = Field(default="", max_length=200)
    n: int | None = Field(default=None, ge=1, le=MOST_CHOICES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    top_p: float | None = Field(default=None, gt=0.0, le=1.0)
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    review_id: str = Field(
        default="", max_length=100, description="Of a review that released this very prompt."
    )

    def _overrides(self) -> dict[str, Any]:
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        given = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "stop": tuple(text for text in stop if text) or None,
        }
        return {name: value for name, value in given.items() if value is not None}

    def _refuse_unsupported(self) -> None:
        for name in _UNSUPPORTED:
            value = (self.model_extra or {}).get(name)
            # To Python, True is 1: one candidate is what everybody gets, an echo is not.
            if value is True or value not in (None, False, "", 1, [], "none"):
                raise refused(400, "unsupported_field", f"{name} is not supported", param=name)

    def _passthrough(self) -> dict[str, Any]:
        extra = self.model_extra or {}
        return {name: extra[name] for name in _PASSED_ON if extra.get(name) is not None}

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return self.stream_options is not None and self.stream_options.include_usage


class ChatRequest(_Sampled):
    """Body of `POST /v1/chat/completions`."""

    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)

    def asked(self, key_id: str) -> AnswerRequest:
        """Return what is asked of the pipeline.

        Raises:
            ApiError: for content or fields that cannot be served.
        """
        self._refuse_unsupported()
        overrides = self._overrides()
        if self.max_completion_tokens is not None:
            overrides["max_tokens"] = self.max_completion_tokens
        return AnswerRequest(
            messages=tuple(message.turn() for message in self.messages),
            overrides=overrides,
            n=self.n or 1,
            stream=bool(self.stream),
            logprobs=(self.top_logprobs or 0) if self.logprobs else None,
            passthrough=self._passthrough(),
            endpoint="chat.completions",
            api_key_id=key_id,
            review_id=self.review_id,
        )


class CompletionRequest(_Sampled):
    """Body of `POST /v1/completions`."""

    prompt: str | Annotated[list[str], Field(min_length=1, max_length=1)]
    logprobs: int | None = Field(default=None, ge=0, le=5)

    def asked(self, key_id: str) -> AnswerRequest:
        """Return what is asked of the pipeline.

        Raises:
            ApiError: for fields that cannot be served.
        """
        self._refuse_unsupported()
        return AnswerRequest(
            prompt=self.prompt if isinstance(self.prompt, str) else self.prompt[0],
            overrides=self._overrides(),
            n=self.n or 1,
            stream=bool(self.stream),
            logprobs=self.logprobs,
            passthrough=self._passthrough(),
            endpoint="completions",
            api_key_id=key_id,
            review_id=self.review_id,
        )


class ModerationRequest(_Wire):
    """Body of `POST /v1/moderations`."""

    input: str | Annotated[list[str | TextPart], Field(min_length=1, max_length=256)]
    model: str = Field(default="", max_length=200)

    def texts(self) -> list[str]:
        """Return the texts to judge.

        Raises:
            ApiError: for a part that is no text.
        """
        if isinstance(self.input, str):
            return [self.input]
        return [item if isinstance(item, str) else _only_text(item) for item in self.input]


class AppealRequest(_Wire):
    """Body of `POST /v1/appeals`."""

    id: str = Field(min_length=1, max_length=100, description="The answer's id.")
    reason: str = Field(min_length=1, max_length=4000)
    text: str = Field(default="", max_length=20_000, description="What was held back, if known.")


class VerifyRequest(_Wire):
    """Body of `POST /v1/verify`."""

    text: str = Field(min_length=1, description="The text in question.")
    prompt: str | None = Field(default=None, description="What stood before it, if that is known.")
    id: str = Field(default="", max_length=200, description="Comes back with the result.")
    use_case: str = Field(
        default="", max_length=200, description="Which use to ask about; only without a key."
    )
    writer: Literal["native", "non-native"] | None = Field(
        default=None, description="Chooses the error rate of style that is told, if it is known."
    )
    kind: str | None = Field(
        default=None, max_length=50, description="Kind of text; chooses the error rate, too."
    )


class AttributeRequest(_Wire):
    """Body of `POST /v1/attribute`."""

    text: str = Field(min_length=1, description="The text in question.")
    id: str = Field(default="", max_length=200, description="Comes back with the result.")
    most: int = Field(
        default=10, ge=1, le=1000, description="Name so many documents; all are counted."
    )


def _only_text(part: TextPart) -> str:
    if part.type != "text" or part.text is None:
        raise refused(400, "unsupported_content", "only text can be judged", param="input")
    return part.text
