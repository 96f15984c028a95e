"""A panel of 500 with the embedded model: time, planted affinities, position: `python panel.py`.

500 people, two products, both orders. Three studies differ in what is planted: an affinity by
gender, the same the other way round, and none. `python panel.py 60` asks fewer people.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from dataclasses import dataclass

from _results import record

from upright.generate import open_engine
from upright.generate.choosing_work import open_book
from upright.guard import Guard
from upright.panel.reading import parse_study
from upright.panel.report import Report
from upright.panel.run import prepare, run
from upright.policy import open_policy

STUDY = """
schema = 1
name = "evenings"
personas = {people}
seed = 11
phrasings_each = {each}
answers = "{answers}"
persona = "{{gender}}, {{age}} years old, works as a {{occupation}}, lives in {{location}}"

[[attribute]]
name = "gender"
shares = {{ woman = 0.51, man = 0.49 }}

[[attribute]]
name = "age"
shares = {{ "18 to 29" = 0.2, "30 to 44" = 0.3, "45 to 59" = 0.25, "60 or more" = 0.25 }}

[[attribute]]
name = "occupation"
shares = {{ nurse = 0.25, teacher = 0.25, driver = 0.25, clerk = 0.25 }}

[[attribute]]
name = "location"
shares = {{ "a large city" = 0.4, "a small town" = 0.35, "a village" = 0.25 }}
{planted}
[[product]]
name = "garden tool set"
description = "A spade, a trowel and shears with wooden handles."

[[product]]
name = "video game"
description = "An adventure game for the evening, with a story and puzzles."

[[equal]]
attribute = "location"
"""
AFFINITY = """
[[affinity]]
fact = "enjoys gardening"
otherwise = "enjoys playing video games"
product = "garden tool set"
by = "gender"
chances = {{ woman = {woman}, man = {man} }}

[[keep]]
attribute = "gender"
product = "garden tool set"
"""
PLANTED = {
    "affinity of women": AFFINITY.format(woman=0.7, man=0.3),
    "affinity of men": AFFINITY.format(woman=0.3, man=0.7),
    "none": "",
}
ALLOWED = 600.0
OTHERS = 5
"""All turns but the first, which is timed, ask a fifth of the people."""
TURNS = {
    "names, one phrasing each": ("names", 1),
    "letters, one phrasing each": ("letters", 1),
}


@dataclass(frozen=True)
class Told:
    """A report with what it took."""

    report: Report
    seconds: float


def main() -> None:
    """Measure and write."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    names, letters = TURNS
    rows = []
    for turn, planted in (
        *((names, planted) for planted in PLANTED),
        (letters, next(iter(PLANTED))),
    ):
        some = people // OTHERS if rows else people
        told = measured(some, PLANTED[planted], *TURNS[turn])
        rows.append(row(turn, planted, some, told))
        print(rows[-1], flush=True)
    asked = (
        f"{people} invented people, 2 products, 2 orders ({people * 2:,} answers a study), the "
        "embedded model, an empty work folder. Asked: at most 10 minutes; the planted affinity "
        "within its interval; position bias reported. Planted V is that of gender with the fact, "
        "choices V that of gender with what each person likes better than the panel does."
    )
    headings = (
        "| answers | planted | people | of ten minutes | planted V | choices V | recovered | "
        "first less last | order, person of variance | location equal within 0.05 |"
    )
    lines = [
        asked,
        "",
        headings,
        "|---|---|---:|---:|---:|---:|---|---:|---:|---|",
    ]
    lines += rows
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines += ["", f"Peak memory {peak:.0f} MB."]
    if len(sys.argv) > 1:
        print("\n".join(lines))
        return
    record("Virtual focus group", lines)


def measured(people: int, planted: str, answers: str, each: int) -> Told:
    """Return one panel's report, asked anew."""
    study = parse_study(
        STUDY.format(people=people, planted=planted, answers=answers, each=each), source="study"
    )
    begin = time.perf_counter()
    report = asyncio.run(_asked(study))
    return Told(report, time.perf_counter() - begin)


async def _asked(study: object) -> Report:
    use = open_policy("focus-group")
    guard, engine = Guard.from_policy(use), open_engine(use)
    try:
        with open_book(engine, None) as book:
            return await run(prepare(study, guard), engine, guard, book, use="focus-group")
    finally:
        await engine.aclose()


def row(turn: str, planted: str, people: int, told: Told) -> str:
    """Return one row of the table."""
    report = told.report
    aim = choices = recovered = ""
    if report.kept:
        more = report.kept[0].more
        aim = f"{more['planted']['value']:.3f}"
        low, high = more["choices"]["low"], more["choices"]["high"]
        choices = f"{more['choices']['value']:.3f} ({low:.3f} to {high:.3f})"
        recovered = f"{'yes' if more['recovered'] else 'no'}, {report.kept[0].verdict}"
    bias, parts, level = report.position_bias.interval, report.variance, report.equal[0]
    return (
        f"| {turn} | {planted} | {people} | {told.seconds / ALLOWED:.2f} | {aim} | {choices} "
        f"| {recovered} | {bias.value:+.1%} ({bias.low:+.1%} to {bias.high:+.1%}) | "
        f"{parts['order']:.0%}, {parts['person']:.0%} | {level.interval.value:+.3f}: "
        f"{level.verdict} |"
    )


if __name__ == "__main__":
    main()
