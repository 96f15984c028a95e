"""One answer on its way out: each channel has its own driver, tool calls go whole."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from upright.answer.logprobs import TokenHold
from upright.answer.request import AnswerChoice, AnswerPiece, TextVerdict, ToolCall
from upright.generate.types import Piece, TokenLogprob
from upright.guard import Restorer, Scan, StreamDriver, Window
from upright.terms import Action, Stage, Verdict

WITHHELD = frozenset({Action.BLOCK, Action.REVIEW, Action.REPLACE})

# In the order in which an answer passes through them. Once one has begun, those before it are
# complete: what is judged of them is judged before anything of it leaves, so an answer ends at
# the same place however it is cut into pieces.
TEXT_CHANNELS = ("reasoning", "content", "refusal")
_FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter"})
_MOST_TOOLS = 128


class Channel:
    """A stream of text that one client sees.

    Args:
        name: `content`, `reasoning` or `refusal`.
        driver: guards it.
        restorer: puts the client's own values back, after the guard.

    Attributes:
        complete: no more text can come.
    """

    def __init__(self, name: str, driver: StreamDriver, restorer: Restorer) -> None:
        self.name = name
        self.driver = driver
        self.complete = False
        self._restorer = restorer
        self._raw: list[str] = []

    def add(self, text: str) -> None:
        """Take the engine's next text."""
        self._raw.append(text)
        self.driver.add(text)

    def advance(self, window: Window, scan: Scan) -> str:
        """Take a scan and return what may be sent."""
        released = self._restorer.feed(self.driver.advance(window, scan))
        return released + self._restorer.finish() if self.driver.ended else released

    @property
    def raw(self) -> str:
        """What the engine wrote, before the guard."""
        return "".join(self._raw)

    @property
    def withheld(self) -> bool:
        """Whether a notice took the place of text."""
        return self.driver.ended and self.driver.verdict.action in WITHHELD


@dataclass(slots=True)
class ToolDraft:
    """A tool call while it is written.

    Attributes:
        name: in pieces.
        arguments: in pieces.
        held: once it is judged, the call as it would leave after a review.
    """

    name: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    held: str = ""


class Choice:
    """One of a request's answers.

    Args:
        index: which.
        open_channel: makes the channel of a name.

    Attributes:
        channels: text by channel, in the order in which they were opened.
        tools: calls by number.
        tokens: log-probabilities that wait for their text.
        judged: what the guard said of tool calls.
        finish_reason: why it ended; None while it is written.
        withheld_by: the action that put a notice in the place of text, or None.
    """

    def __init__(self, index: int, open_channel: Callable[[str], Channel]) -> None:
        self.index = index
        self._open_channel = open_channel
        self.channels: dict[str, Channel] = {}
        self.tools: dict[int, ToolDraft] = {}
        self.tokens = TokenHold()
        self.judged: list[TextVerdict] = []
        self.finish_reason: str | None = None
        self.withheld_by: Action | None = None

    @property
    def withheld(self) -> bool:
        """Whether nothing more of this answer leaves."""
        return self.withheld_by is not None

    def take(self, piece: Piece) -> None:
        """Take the engine's next piece; one for a withheld answer is forgotten."""
        if self.withheld:
            return
        if piece.channel in TEXT_CHANNELS:
            self._take_text(piece)
        elif piece.channel.startswith("tool."):
            self._take_tool(piece)
        if piece.finish_reason is not None:
            known = piece.finish_reason in _FINISH_REASONS
            self.finish_reason = piece.finish_reason if known else "stop"

    def _take_text(self, piece: Piece) -> None:
        if self._is_past(piece.channel):
            return
        if piece.channel == "content":
            self.tokens.add(piece.text, piece.logprobs)
        if piece.text:
            if piece.channel not in self.channels:
                for earlier in self.channels.values():
                    earlier.complete = True
                self.channels[piece.channel] = self._open_channel(piece.channel)
            self.channels[piece.channel].add(piece.text)

    def _is_past(self, name: str) -> bool:
        """Say whether a later channel has begun; text that comes too late is not passed on."""
        return any(name in TEXT_CHANNELS[:rank] for rank in map(TEXT_CHANNELS.index, self.channels))

    def _take_tool(self, piece: Piece) -> None:
        _, number, kind = piece.channel.split(".", 2)
        if int(number) < _MOST_TOOLS:
            draft = self.tools.setdefault(int(number), ToolDraft())
            (draft.name if kind == "name" else draft.arguments).append(piece.text)

    def withhold(self, action: Action) -> None:
        """Let nothing more of this answer out."""
        self.withheld_by = action
        self.finish_reason = "content_filter"

    def text_channels(self) -> list[Channel]:
        """Return the channels that are still open, reasoning first; none once withheld."""
        if self.withheld:
            return []
        return [self.channels[name] for name in TEXT_CHANNELS if name in self.channels]

    def verdicts(self) -> Iterable[TextVerdict]:
        """Yield what the guard said of each channel."""
        for name, channel in self.channels.items():
            yield TextVerdict(Stage.OUTPUT, self.index, name, channel.driver.verdict)
        yield from self.judged

    def weighed(self) -> Iterable[tuple[str, Verdict]]:
        """Yield each text that the engine wrote, with its verdict."""
        for channel in self.channels.values():
            yield channel.raw, channel.driver.verdict
        for number, draft in self.tools.items():
            arguments = f"tool.{number}.arguments"
            judged = [item.verdict for item in self.judged if item.channel == arguments]
            worst = max(judged, key=lambda item: item.action.strictness, default=None)
            # Spans of arguments lie in decoded leaves, so they are not carried over.
            yield draft.held, Verdict(worst.action if worst else Action.ALLOW, draft.held)


class Sent:
    """What was released of each answer; the ledger's digest and `complete` are made of it."""

    def __init__(self, choices: int) -> None:
        self._texts: list[dict[str, list[str]]] = [{} for _ in range(choices)]
        self._tools: list[list[ToolCall]] = [[] for _ in range(choices)]
        self._logprobs: list[list[TokenLogprob]] = [[] for _ in range(choices)]
        self._finish = [""] * choices

    def note(self, piece: AnswerPiece) -> None:
        """Remember a piece that is about to be sent."""
        if piece.text:
            self._texts[piece.choice].setdefault(piece.channel, []).append(piece.text)
        if piece.tool is not None:
            self._tools[piece.choice].append(piece.tool)
        if piece.finish_reason is not None:
            self._finish[piece.choice] = piece.finish_reason
        self._logprobs[piece.choice].extend(piece.logprobs)

    def choices(self) -> tuple[AnswerChoice, ...]:
        """Return the answers as they were sent."""
        return tuple(
            AnswerChoice(
                index=index,
                content="".join(texts.get("content", ())),
                reasoning="".join(texts.get("reasoning", ())),
                refusal="".join(texts.get("refusal", ())),
                tools=tuple(self._tools[index]),
                logprobs=tuple(self._logprobs[index]),
                finish_reason=self._finish[index],
            )
            for index, texts in enumerate(self._texts)
        )


def digestible(choices: Iterable[AnswerChoice]) -> list[dict[str, object]]:
    """Return what the digest of an answer is taken over, so that its holder can recompute it."""
    return [
        {
            "content": choice.content,
            "reasoning": choice.reasoning,
            "refusal": choice.refusal,
            "tools": [[call.name, call.arguments] for call in choice.tools],
        }
        for choice in choices
    ]


def new_tool_id() -> str:
    """Return an id for a tool call."""
    return f"call_{secrets.token_hex(12)}"
