"""What `upright generate --next-words` shows: a distribution as bars, and both halves of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from upright.cli.options import write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.generate import Engine, NextToken
    from upright.generate.halves import HalvedWord
    from upright.policy import Policy
    from upright.watermark import Mark

_BAR = 40


def show(
    use: Policy, prompt: str, count: int, mark: Mark | None, *, as_json: bool
) -> Callable[[Engine], Awaitable[None]]:
    """Show the model's own distribution, what the use's sampling makes of it, and the halves."""

    async def work(engine: Engine) -> None:
        from upright.generate import ReadingEngine, Sampling, TokenEngine, sampling_for
        from upright.generate.halves import halves

        if not isinstance(engine, TokenEngine):
            raise ConfigError(
                f"the engine {engine.name!r} gives text, no distributions",
                mend='use a policy with engine.kind = "embedded" or "transformers"',
            )
        sampling = sampling_for(use)
        own = await engine.next_token(prompt, Sampling(), limit=count)
        drawn = await engine.next_token(prompt, sampling, limit=count)
        after = {item.token_id: item.probability for item in drawn.candidates}
        green: dict[int, HalvedWord] = {}
        if mark is not None and isinstance(engine, ReadingEngine):
            divided = await halves(engine, prompt, sampling, mark, limit=count)
            green = {word.token_id: word for word in divided.words}
        if as_json:
            write_line(_shape(prompt, own, after, green))
        else:
            _bars(prompt, own, after, green)

    return work


def _shape(
    prompt: str, own: NextToken, after: Mapping[int, float], green: Mapping[int, HalvedWord]
) -> dict[str, Any]:
    return {
        "prompt": prompt,
        "candidates": [
            {
                "token": item.token_id,
                "text": item.text,
                "probability": item.probability,
                "drawn": after.get(item.token_id, 0.0),
                **_halved(green.get(item.token_id)),
            }
            for item in own.candidates
        ],
        "covered": own.covered,
        "entropy": own.entropy,
    }


def _halved(word: HalvedWord | None) -> dict[str, float]:
    return {} if word is None else {"green": word.green, "marked": word.marked}


def _bars(
    prompt: str, own: NextToken, after: Mapping[int, float], green: Mapping[int, HalvedWord]
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

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
            f"{after.get(item.token_id, 0.0):.2%}",
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
