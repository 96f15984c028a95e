"""`upright generate`: text, or the next-word distribution, straight from the engine."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.app import app
from upright.cli.next_words import show
from upright.cli.options import Debug, Json, PolicyFile, Quiet, read_lines, write_line
from upright.cli.watermark import KeyFile, SchemeName, open_mark
from upright.terms import ConfigError, UprightError

if TYPE_CHECKING:
    import asyncio

    from upright.generate import Engine, Job
    from upright.policy import Policy
    from upright.watermark import Mark

_AT_ONCE = 8


@app.command("generate")
def generate(  # noqa: PLR0917 (Typer names them as options)
    file: Annotated[
        str | None,
        typer.Argument(help="Lines of id, prompt, max_tokens?, seed?; - is standard input."),
    ] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", help="The text to go on from.")] = None,
    chat: Annotated[
        bool, typer.Option("--chat", help="Ask the prompt as a user's message.")
    ] = False,
    next_words: Annotated[
        int | None,
        typer.Option("--next-words", min=1, max=1000, help="Show the N likeliest next words."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed, the same text.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest text.")] = None,
    policy: PolicyFile = "storytelling",
    key_file: KeyFile = None,
    scheme: SchemeName = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write text straight from the engine. Unguarded: no rule of the policy reads it.

    For a guarded answer use `upright answer`. The text carries the watermark of the policy, with
    the use's own key or that of --key-file.
    """
    del quiet, debug
    import asyncio

    from upright.policy import open_policy

    if (file is None) == (prompt is None):
        raise ConfigError("give either --prompt or a file of prompts", mend="- is standard input")
    if next_words is not None and prompt is None:
        raise ConfigError("--next-words shows the words after one text", mend="add --prompt TEXT")
    use = open_policy(policy)
    asked = {"seed": seed, "max_tokens": max_tokens}
    # The halves are shown to whoever has the key's file; a text is marked as the policy says.
    wanted = next_words is None or key_file is not None
    mark = open_mark(use, key_file, scheme) if wanted else None
    if file is not None:
        work = _lines(use, file, asked, mark, chat=chat)
    elif next_words is not None:
        work = show(use, prompt or "", next_words, mark, as_json=as_json)
    else:
        work = _write(_job(use, {**asked, "prompt": prompt}, mark, chat=chat), as_json=as_json)
    asyncio.run(_with_engine(use, work))


async def _with_engine(use: Policy, work: Callable[[Engine], Awaitable[None]]) -> None:
    from upright.generate import open_engine

    engine = open_engine(use)
    try:
        await work(engine)
    finally:
        await engine.aclose()


def _job(use: Policy, line: Mapping[str, Any], mark: Mark | None, *, chat: bool) -> Job:
    """Return the job of one line.

    Raises:
        ConfigError: for a line without a prompt.
        EngineError: for a value that cannot be sampled with.
    """
    from upright.generate import Job, Message, sampling_for
    from upright.generate.balancing import balance_of

    prompt = line.get("prompt")
    if not isinstance(prompt, str):
        raise ConfigError("no text under `prompt`", mend='{"id": …, "prompt": …}')
    sampling = sampling_for(use, {name: line.get(name) for name in ("seed", "max_tokens")})
    balance = balance_of(use)
    if chat:
        system = [Message("system", use.generation.system)] if use.generation.system else []
        return Job(
            sampling, messages=(*system, Message("user", prompt)), mark=mark, balance=balance
        )
    return Job(sampling, prompt=prompt, mark=mark, balance=balance)


async def _answer(engine: Engine, job: Job, show: Callable[[str], None] | None) -> dict[str, Any]:
    """Run a job to its end; hand each new text to `show`."""
    text: list[str] = []
    tokens: list[int] = []
    drawn, finish = 0, None
    async with aclosing(engine.stream(job)) as pieces:
        async for piece in pieces:
            if piece.channel == "content":
                text.append(piece.text)
                if show is not None:
                    show(piece.text)
            tokens += piece.tokens
            drawn += piece.completion_tokens
            finish = piece.finish_reason or finish
    # A server that speaks only text gives no token ids.
    known = tokens if tokens or not drawn else None
    return {"text": "".join(text), "tokens": known, "finish_reason": finish}


def _write(job: Job, *, as_json: bool) -> Callable[[Engine], Awaitable[None]]:
    def show(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    async def work(engine: Engine) -> None:
        result = await _answer(engine, job, None if as_json else show)
        if as_json:
            write_line(result)
        else:
            show("\n")

    return work


def _lines(
    use: Policy, file: str, asked: Mapping[str, Any], mark: Mark | None, *, chat: bool
) -> Callable[[Engine], Awaitable[None]]:
    """Answer lines several at once; results come out in the order of the lines."""

    async def one(engine: Engine, line: dict[str, Any], job: Job) -> dict[str, Any]:
        return {**line, **await _answer(engine, job, None)}

    async def work(engine: Engine) -> None:
        import asyncio

        given = {name: value for name, value in asked.items() if value is not None}
        running: deque[asyncio.Task[dict[str, Any]]] = deque()
        try:
            for where, line in read_lines(file):
                job = _job_at(where, use, {**given, **line}, mark, chat=chat)
                running.append(asyncio.create_task(one(engine, line, job)))
                if len(running) == _AT_ONCE:
                    write_line(await running.popleft())
            while running:
                write_line(await running.popleft())
        except UprightError:
            # A wrong line costs no answer to the lines before it.
            for result in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(result, dict):
                    write_line(result)
            raise

    return work


def _job_at(
    where: str, use: Policy, line: Mapping[str, Any], mark: Mark | None, *, chat: bool
) -> Job:
    """Return the job of one line of a file; an error names the line."""
    try:
        return _job(use, line, mark, chat=chat)
    except UprightError as error:
        raise ConfigError(f"{where}: {error.problem}", mend=error.mend) from None
