"""Whom does the embedded model call she, what does balancing change, and what does it cost?

The audit as it ships; then sentences of Winogender and WinoBias, on which no word list was tuned,
cut before their pronoun; prompts about actors and actresses of BOLD, whom a name tells; prose of
Wikipedia for the price in perplexity; answers drawn on, in which one person must not be both she
and he; and the time for each token.

python benchmarks/pronouns.py [--few]
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from _data import DATA, cited, rows
from _results import record

from upright.audit.figures import Figure
from upright.audit.pronouns import Read, Reader
from upright.audit.pronouns_measures import (
    Way,
    error_of,
    excepted,
    figures,
    pearson,
    perplexity_cost,
    shares,
)
from upright.audit.pronouns_prompts import OPEN, Prompt, exceptions, first_templates, open_prompts
from upright.generate import Job, Sampling
from upright.generate.balance import Balancer
from upright.generate.balance_reading import Reading
from upright.generate.balance_share import Balance
from upright.generate.balance_words import professions, winogender_professions
from upright.generate.embedded import EmbeddedEngine
from upright.generate.reading import EngineVocabulary
from upright.measure import clopper_pearson

WINOGENDER = "lm_fairness/winogender_sentences.csv.gz"
WINOBIAS = "lm_fairness/winobias.jsonl.gz"
BOLD = "lm_fairness/bold.jsonl.gz"
WIKITEXT = "corpora/wikitext2.jsonl.gz"
SUBJECT = re.compile(r"\b(?:he|she)\b")
ANY = re.compile(r"\b(?:he|she|him|her|his|hers|himself|herself)\b")
FEMININE, MASCULINE = (
    re.compile(r"\b(?:she|hers?|herself)\b"),
    re.compile(r"\b(?:he|him|his|himself)\b"),
)
LONG = 1_200  # characters of a text whose perplexity is read
DRAWN = 48  # tokens of an answer
SEED = 20261127
ASKED = (
    "Asked: 600 prompts in 180 s on two cores; r about 0.77; |share - 1/2| down by 80 %, "
    "|r| below 0.2, exceptions as accurate as before."
)
Rows = list[str]


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    templates: int | None
    sentences: int
    texts: int
    answers: int


ALLOWED = 180.0
WHOLE, FEW = Size(None, 400, 60, 120), Size(2, 12, 3, 6)


def model(one: Read) -> Any:  # noqa: ANN401 (chances)
    """Return the chances as the model has them."""
    return one.model


def balanced(one: Read) -> Any:  # noqa: ANN401 (as above)
    """Return the chances with pronouns balanced."""
    return one.balanced


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a `.csv.gz` file of the data folder."""
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def beginnings(pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield the sentences of both sets up to their pronoun, each beginning once."""
    seen = set()
    for file in (WINOGENDER, WINOBIAS):
        for row in table(file) if file.endswith(".csv.gz") else rows(file):
            found = pattern.search(row["sentence"])
            if found is not None:
                text = row["sentence"][: found.start()].rstrip()
                if text and text not in seen:
                    seen.add(text)
                    yield file, text


def is_open(text: str) -> bool:
    """Say whether a text leaves the gender open."""
    reading = Reading()
    reading.feed(text)
    return reading.scope().open


def coverage() -> Rows:
    """Return how many sentences without evidence are read as open, and how many with names."""
    lines = ["", "What is read as open, without asking the model:", ""]
    lines += ["| Texts | n | Read as open |", "|---|---|---|"]
    for file in (WINOGENDER, WINOBIAS):
        texts = [text for name, text in beginnings(ANY) if name == file]
        lines.append(f"| {cited(file)}, up to the pronoun (all are open) | {_counted(texts)} |")
    actors = [row["prompt"].strip() for row in rows(BOLD) if row["domain"] == "gender"]
    lines.append(
        f"| {cited(BOLD)}, actors and actresses (a name tells nearly all) | {_counted(actors)} |"
    )
    return lines


def _counted(texts: Sequence[str]) -> str:
    found = clopper_pearson(sum(map(is_open, texts)), len(texts))
    return f"{len(texts):,} | {found.value:.1%} ({found.low:.1%} to {found.high:.1%})"


async def audit(reader: Reader, size: Size) -> Rows:
    """Return the audit as it ships, before and after, with its time."""
    prompts, told = (
        first_templates(some, size.templates) for some in (open_prompts(), exceptions())
    )
    began, cpu = time.perf_counter(), time.process_time()
    found, excepted_ones = await reader.read(prompts), await reader.read(told)
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    lines = [
        f"{len(prompts)} open prompts, {len(told)} exceptions: in {wall / ALLOWED:.2f} of three",
        f"minutes, with {spent / wall:.1f} cores at work.",
        ASKED,
        "",
        "| | Model | Balanced |",
        "|---|---|---|",
    ]
    sixty = [one for one in found if one.prompt.profession in winogender_professions()]
    for name, some in (("", found), (", Winogender's 60", sixty)):
        sides = [figures(shares(some, way, professions())) for way in (model, balanced)]
        lines += [
            f"| `{key}`{name} | {_told(sides[0][key])} | {_told(sides[1][key])} |"
            for key in ("balance_gap", "correlation", "share", "they")
        ]
    for cell in excepted(excepted_ones):
        after = "-" if cell.balanced is None else _told(error_of(cell.balanced))
        lines.append(
            f"| error, {cell.kind}, {cell.right} (n {cell.model.n}; {cell.moved} changed) "
            f"| {_told(error_of(cell.model))} | {after} |"
        )
    return lines


def _told(figure: Figure) -> str:
    value = float("nan") if figure.value is None else figure.value
    return f"{value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


async def unseen(reader: Reader, size: Size) -> Rows:
    """Return the same for sentences of others."""
    jobs = sorted(professions(), key=len, reverse=True)
    prompts = []
    for file, text in beginnings(SUBJECT):
        named = [job for job in jobs if re.search(rf"\b{job}\b", text)]
        prompts.append(Prompt(text, OPEN, file, named[0] if len(named) == 1 else ""))
    prompts = prompts[:: max(1, len(prompts) // size.sentences)][: size.sentences]
    found = await reader.read(prompts)
    lines = ["", f"Sentences of {cited(WINOGENDER)} and {cited(WINOBIAS)} up to he or she:", ""]
    lines += ["| | n | Model | Balanced |", "|---|---|---|---|"]
    gaps = [_gap(found, way) for way in (model, balanced)]
    lines.append(
        f"| mean distance of she from one half | {len(found)} | {gaps[0]:.4f} | {gaps[1]:.4f} |"
    )
    single = [one for one in found if one.prompt.profession]
    r = [_r(single, way) for way in (model, balanced)]
    lines.append(f"| r with the share of women | {len(single)} | {r[0]:.3f} | {r[1]:.3f} |")
    return lines


def _gap(found: Sequence[Read], way: Way) -> float:
    return float(np.nanmean([abs(way(one).share - 0.5) for one in found]))


def _r(found: Sequence[Read], way: Way) -> float:
    reference = np.array([professions()[one.prompt.profession] for one in found])
    return pearson(np.array([way(one).share for one in found]), reference)


async def price(reader: Reader, size: Size) -> Rows:
    """Return what balancing adds to the perplexity of prose."""
    texts = [row["text"][:LONG] for row in rows(WIKITEXT) if ANY.search(row["text"][:LONG])]
    nats = [await reader.perplexity(text) for text in texts[: size.texts]]
    cost = perplexity_cost(nats)
    tokens = sum(row[2] for row in nats)
    told = f"{cost.value or 0.0:+.4%} ({cost.low:+.4%} to {cost.high:+.4%})"
    what = f"Prose in which somebody is he or she, {cited(WIKITEXT)}, {len(nats)} texts"
    return ["", f"{what}, {tokens:,} tokens: perplexity {told}. Asked: 2 % at most."]


async def told_on(engine: EmbeddedEngine, size: Size) -> Rows:
    """Return how many answers call one person both she and he."""
    prompts = [one.text for one in open_prompts()]
    prompts = prompts[:: max(1, len(prompts) // size.answers)][: size.answers]
    lines = ["", f"Answers of {DRAWN} tokens to {len(prompts)} open prompts, first paragraph:", ""]
    lines += ["| | With she | With he | With both |", "|---|---|---|---|"]
    for name, way in (("model", None), ("balanced", Balance())):
        counts = np.zeros(3, int)
        for number, prompt in enumerate(prompts):
            text = await _answer(engine, prompt, way, SEED + number)
            women, men = (bool(pattern.search(text)) for pattern in (FEMININE, MASCULINE))
            counts += (women, men, women and men)
        lines.append(f"| {name} | {counts[0]} | {counts[1]} | {counts[2]} |")
    return lines


async def _answer(engine: EmbeddedEngine, prompt: str, way: Balance | None, seed: int) -> str:
    job = Job(
        Sampling(temperature=0.8, top_p=0.95, max_tokens=DRAWN, seed=seed),
        prompt=prompt,
        balance=way,
    )
    text = "".join([piece.text async for piece in engine.stream(job)])
    return text.partition("\n\n")[0].lower()


async def each_token(engine: EmbeddedEngine) -> Rows:
    """Return what balancing costs for a token, as a share of what the model costs."""
    text = "The nurse looked out of the window. It was raining again, and cold. " * 12
    ids = [token.id for token in engine.tokens(text)]
    size = max(ids) + 1
    while _known(engine, size):
        size += 1
    far, near = np.full(size, -30.0, np.float32), np.zeros(size, np.float32)
    far[0] = 0.0
    began = time.process_time()
    await _answer(engine, text, None, SEED)
    step = (time.process_time() - began) / (len(ids) + DRAWN)
    lines = ["", "| Balancing one token | Of the CPU time of the model's own |", "|---|---|"]
    for name, scores in (("no pronoun near", far), ("pronouns at every token", near)):
        lines.append(f"| {name} | {_cost(engine, ids, scores) / step:.2%} |")
    return lines


def _known(engine: EmbeddedEngine, token: int) -> bool:
    try:
        engine.placed([token])
    except Exception:  # noqa: BLE001 (an id that there is not)
        return False
    return True


def _cost(engine: EmbeddedEngine, ids: Sequence[int], scores: Any) -> float:  # noqa: ANN401 (logits)
    reading = Reading()
    follower = Balancer(Balance(), EngineVocabulary(engine), reading)
    follower.shift(scores)  # finds the forms of the vocabulary once
    began = time.process_time()
    for token in ids:
        follower.shift(scores)
        follower.take(token)
    return (time.process_time() - began) / len(ids)


async def measure(size: Size, tell: Callable[[str, Rows], None]) -> None:
    """Measure everything and write it down."""
    engine = EmbeddedEngine()
    try:
        reader = Reader(engine, Balance())
        lines = await audit(reader, size)
        lines += await unseen(reader, size)
        lines += coverage()
        lines += await price(reader, size)
        lines += await told_on(engine, size)
        lines += await each_token(engine)
    finally:
        await engine.aclose()
    tell("Pronouns", lines)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", action="store_true", help="Print a small run, and write nothing.")
    few = parser.parse_args().few

    def show(section: str, lines: Rows) -> None:
        print(section, *lines, sep="\n")

    asyncio.run(measure(FEW if few else WHOLE, show if few else record))


if __name__ == "__main__":
    main()
