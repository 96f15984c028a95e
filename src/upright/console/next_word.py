"""The *Next word* page: a language model seen at work, one draw at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from upright.answer import AnswerRequest, UseStoppedError
from upright.console.board import Board
from upright.console.chance import Bars, bars, draw, fresh_seed
from upright.console.errors import PageError
from upright.console.pipeline import admitted, complete
from upright.console.visit import Page, Visit
from upright.generate import ReadingEngine, TokenEngine
from upright.generate.halves import halves
from upright.generate.next_drawn import next_token
from upright.ledger import Event
from upright.terms import Action, Record, Stage, UprightError

if TYPE_CHECKING:
    from upright.generate import NextToken, Sampling
    from upright.generate.balance_share import Balance

_HERE: Final = "next-word"
_FIRST_WORDS: Final = "Once upon a time, there was a great"
_CANDIDATES: Final = 1000
_STORY_TOKENS: Final = 120
_ALTERING: Final = Action.REDACT.strictness


@dataclass(frozen=True, slots=True)
class Story:
    """One whole story.

    Attributes:
        seed: it was drawn with.
        id: its name in the ledger.
        action: the strictest thing done to it.
        beginning: what it goes on from.
        text: what the pipeline released.
    """

    seed: int
    id: str
    action: str
    beginning: str
    text: str


def show(visit: Visit) -> Page:
    """The empty board with a beginning to try."""
    return _page(visit, Board(_FIRST_WORDS))


async def work(visit: Visit) -> Page:
    """Do what the pressed button says."""
    board = Board(visit.form.get("text", ""))
    try:
        board = Board.read(visit.form, visit.desk.seal)
        match visit.form.get("do"):
            case "draw":
                return await _draw(visit, board)
            case "stories":
                return await _stories(visit, board)
            case "undo":
                return await _look(visit, board.undone())
            case _:
                return await _look(visit, board)
    except UprightError as problem:
        return _page(visit, board, problem=problem)


async def _look(visit: Visit, board: Board) -> Page:
    async with admitted(visit):
        board = await _checked(visit, board, Stage.PROMPT)
        await _record(visit, "look")
        return _page(visit, board, upcoming=await _upcoming(visit, board.text))


async def _draw(visit: Visit, board: Board) -> Page:
    async with admitted(visit):
        board = await _checked(visit, board, Stage.PROMPT)
        await _record(visit, "draw")
        before = await _next(visit, board.text)
        seed = int(board.seed) if board.seed else fresh_seed()
        word = draw(before.candidates, seed=seed, text=board.text)
        drawn = {"drawn_from": bars(before, word), "draw_seed": seed}
        if not word.text:
            ended = PageError("The model ended the text here.", mend="Draw again, or change it.")
            return _page(visit, board, problem=ended, **drawn)
        longer = board.extended(word.text, word.probability)
        board = await _checked(visit, longer, Stage.OUTPUT)
        return _page(visit, board, upcoming=await _upcoming(visit, board.text), **drawn)


async def _stories(visit: Visit, board: Board) -> Page:
    first = int(board.seed) if board.seed else fresh_seed()
    board = replace(board, seed=str(first))
    seeds = range(first, first + board.count)
    stories = await asyncio.gather(*(_story(visit, board.text, seed) for seed in seeds))
    return _page(visit, board, stories=stories)


async def _story(visit: Visit, beginning: str, seed: int) -> Story:
    request = AnswerRequest(
        prompt=beginning,
        overrides={"seed": seed, "max_tokens": _STORY_TOKENS},
        endpoint="console.next_word",
        api_key_id=visit.visitor.id,
    )
    answer = await complete(visit, request)
    told = answer.choices[0].content
    return Story(seed, answer.upright.id, answer.upright.action, beginning, told)


async def _next(visit: Visit, text: str) -> NextToken:
    engine = visit.answerer.engine
    if not isinstance(engine, TokenEngine):
        raise PageError(
            f"The engine {engine.name} gives texts, not the distributions behind them.",
            mend='Use an engine of kind "embedded" or "transformers" to see them; whole stories '
            "work with any.",
        )
    balance = visit.answerer.balance
    if balance is None or not isinstance(engine, ReadingEngine):
        return await engine.next_token(text, _sampling(visit), limit=_CANDIDATES)
    return await next_token(engine, text, _sampling(visit), balance, limit=_CANDIDATES)


async def _upcoming(visit: Visit, text: str) -> Bars:
    """Return what can come next, divided in halves where the use marks its answers."""
    found = await _next(visit, text)
    engine, mark = visit.answerer.engine, visit.answerer.mark
    if mark is None or mark.scheme != "split" or not isinstance(engine, ReadingEngine):
        return bars(found)
    if len(engine.tokens(text)) < mark.width:
        return bars(found)
    divided = await halves(
        engine, text, _sampling(visit), mark, limit=_CANDIDATES, balance=visit.answerer.balance
    )
    return bars(found, green={word.token_id: word.green for word in divided.words})


def _sampling(visit: Visit) -> Sampling:
    return visit.answerer.sampling({})


async def _record(visit: Visit, did: str) -> None:
    """Commit that the engine was asked, and refuse when the use is stopped at that moment.

    Raises:
        UseStoppedError: if it is.
    """
    policy = visit.policy
    body = {
        "do": did,
        "policy_digest": policy.digest,
        "model": visit.answerer.engine.name,
        "key": visit.visitor.id,
    }
    event = Event("console.word", policy.use_case.name, body)
    _, use = await asyncio.wrap_future(visit.state.writer.submit(event))
    if use.stopped:
        raise UseStoppedError(policy.use_case.name, use.reason)


async def _checked(visit: Visit, board: Board, stage: Stage) -> Board:
    """Return the board with the text as the guard lets it stand.

    Raises:
        PageError: when the guard withholds it.
    """
    record = Record(board.text, role="user")
    (verdict,) = await run_in_threadpool(visit.answerer.pool.check, [record], stage)
    if verdict.action.strictness > _ALTERING:
        rules = ", ".join(dict.fromkeys(finding.rule for finding in verdict.findings))
        raise PageError(
            f"This use withholds the text ({verdict.action}: {rules or 'a detector failed'}).",
            mend="Change the text, or undo the last word.",
        )
    kept = verdict.text == board.text
    return board if kept else replace(board, text=verdict.text, trail=())


def _page(visit: Visit, board: Board, **found: Any) -> Page:  # noqa: ANN401 (bars, stories, a problem)
    blank = dict.fromkeys(("problem", "drawn_from", "upcoming", "stories", "draw_seed"))
    values: Mapping[str, Any] = {
        **blank,
        "text": board.text,
        "trail": board.trail,
        "trail_token": board.sealed_trail(visit.desk.seal),
        "seed": board.seed,
        "count": board.count,
        "shown": board.shown,
        "sampling": _in_words(_sampling(visit), visit.answerer.balance),
        **found,
    }
    return Page("next_word.html", values, here=_HERE)


def _in_words(sampling: Sampling, balance: Balance | None) -> str:
    parts = [f"temperature {sampling.temperature:g}"]
    if sampling.top_k:
        parts.append(f"the {sampling.top_k} likeliest words")
    if sampling.top_p < 1:
        parts.append(f"top-p {sampling.top_p:g}")
    if sampling.repetition_penalty > 1:
        parts.append(f"repetition penalty {sampling.repetition_penalty:g}")
    if balance is not None:
        parts.append("she and he balanced where the text leaves the gender open")
    return ", ".join(parts)
