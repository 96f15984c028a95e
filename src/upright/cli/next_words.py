"""What `upright generate --next-words` shows: a distribution as bars, and both halves of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from upright.cli.options import write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.generate import Engine, NextToken, Sampling, TokenEngine
    from upright.generate.halves import HalvedWord
    from upright.policy import Policy
    from upright.watermark import Mark

_BAR = 40
_BALANCED = {
    "balanced": "balanced: drawn gives she and he equal chances, since the text leaves it open.",
    "reference": "balanced: drawn gives she the share of women in the profession spoken of.",
}
_LEFT_ALONE = {
    "balanced": "not balanced here: the text may tell a gender, or no pronoun is likely.",
    "reference": "not balanced here: the text may tell a gender, no pronoun is likely, or no share "
    "of women is known of whom it speaks.",
}


def show(
    use: Policy, prompt: str, count: int, mark: Mark | None, *, as_json: bool
) -> Callable[[Engine], Awaitable[None]]:
    """Show the model's own distribution, what the use's sampling makes of it, and the halves."""

    async def work(engine: Engine) -> None:
        from upright.generate import ReadingEngine, TokenEngine, sampling_for
        from upright.generate.balancing import balance_of
        from upright.generate.halves import halves

        if not isinstance(engine, TokenEngine):
            raise ConfigError(
                f"the engine {engine.name!r} gives text, no distributions",
                mend='use a policy with engine.kind = "embedded" or "transformers"',
            )
        seen = await _seen(engine, use, prompt, sampling_for(use), count)
        if mark is not None and isinstance(engine, ReadingEngine):
            divided = await halves(
                engine, prompt, sampling_for(use), mark, limit=count, balance=balance_of(use)
            )
            seen.green.update({word.token_id: word for word in divided.words})
        if as_json:
            write_line(_shape(prompt, seen))
        else:
            _bars(prompt, seen)

    return work


@dataclass(frozen=True)
class _Seen:
    """What is shown.

    Attributes:
        own: the model's own distribution.
        drawn: the one that is drawn from, by token id.
        way: how the use balances pronouns; None if it does not.
        moved: whether that changed anything here.
        green: both halves, by token id; empty without a key.
    """

    own: NextToken
    drawn: Mapping[int, float]
    way: str | None = None
    moved: bool = False
    green: dict[int, HalvedWord] = field(default_factory=dict)


async def _seen(
    engine: TokenEngine, use: Policy, prompt: str, sampling: Sampling, count: int
) -> _Seen:
    from upright.generate import ReadingEngine, Sampling
    from upright.generate.balancing import balance_of

    balance = balance_of(use)
    if balance is None:
        own = await engine.next_token(prompt, Sampling(), limit=count)
        drawn = await engine.next_token(prompt, sampling, limit=count)
        return _Seen(own, {item.token_id: item.probability for item in drawn.candidates})
    if not isinstance(engine, ReadingEngine):
        raise ConfigError(
            f"the engine {engine.name!r} does not say what it draws with pronouns balanced",
            mend='leave out --next-words, or use a policy with balance.pronouns = "off"',
        )
    from upright.generate.next_drawn import next_drawn

    found = await next_drawn(engine, prompt, sampling, balance, limit=count)
    return _Seen(found.own, found.drawn, balance.pronouns, found.moved)


def _shape(prompt: str, seen: _Seen) -> dict[str, Any]:
    shape = {
        "prompt": prompt,
        "candidates": [
            {
                "token": item.token_id,
                "text": item.text,
                "probability": item.probability,
                "drawn": seen.drawn.get(item.token_id, 0.0),
                **_halved(seen.green.get(item.token_id)),
            }
            for item in seen.own.candidates
        ],
        "covered": seen.own.covered,
        "entropy": seen.own.entropy,
    }
    return shape if seen.way is None else {**shape, "balance": seen.way, "balanced": seen.moved}


def _halved(word: HalvedWord | None) -> dict[str, float]:
    return {} if word is None else {"green": word.green, "marked": word.marked}


def _bars(prompt: str, seen: _Seen) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    own, green = seen.own, seen.green
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("next word")
    table.add_column("model", justify="right")
    table.add_column("drawn", justify="right")
    if green:
        table.add_column("marked", justify="right")
    table.add_column("")
    longest = own.candidates[0].probability
    for item in own.candidates:
        word = green.get(item.token_id)
        length = max(1, round(_BAR * item.probability / longest))
        table.add_row(
            Text(_visible(item.text)),
            f"{item.probability:.2%}",
            f"{seen.drawn.get(item.token_id, 0.0):.2%}",
            *([f"{word.marked:.2%}" if word else "-"] if green else []),
            _bar(length, word, known=bool(green)),
        )
    console = Console(highlight=False)
    console.print(Text(f"{prompt} …", style="italic"))
    console.print(table)
    marked = " marked: from the half that this key has chosen here." if green else ""
    console.print(
        f"{len(own.candidates)} words hold {own.covered:.1%} of the probability; "
        f"entropy {own.entropy:.2f} nats. "
        f"model: its own distribution; drawn: after this use's temperature and cuts.{marked}"
    )
    if seen.way is not None:
        console.print((_BALANCED if seen.moved else _LEFT_ALONE)[seen.way])


def _bar(length: int, word: HalvedWord | None, *, known: bool) -> Any:  # noqa: ANN401 (rich is imported when needed)
    """Return a bar; with a key its two parts differ in shape too, not in colour only."""
    from rich.text import Text

    if not known:
        return Text("█" * length, style="cyan")
    part = round(length * (word.green if word else 0.0))
    return Text("█" * part, style="green") + Text("░" * (length - part), style="red")


def _visible(text: str) -> str:
    """Show spaces and line ends, and no control character a terminal would obey."""
    shown = text.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥")
    return "".join(char if char.isprintable() else "�" for char in shown)
