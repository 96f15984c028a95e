"""A panel of 500 with the embedded model, and what it was never tuned on: `python panel.py`.

500 people, two products, both orders: time, planted affinities, position. Then five pairs of
products of other kinds, on which no phrasing was chosen, with affinities of different strengths;
and in simulation how often the intervals hold what they should. `python panel.py 60` asks fewer.
"""

from __future__ import annotations

import asyncio
import math
import random
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from _results import record

from upright.generate import open_engine
from upright.generate.choosing import Chances
from upright.generate.choosing_work import open_book
from upright.guard import Guard
from upright.panel import measures
from upright.panel.asking import cells
from upright.panel.measures import outcome, told
from upright.panel.personas import Persona, personas
from upright.panel.reading import parse_study
from upright.panel.report import Report
from upright.panel.run import prepare, run
from upright.panel.study import Study
from upright.policy import open_policy

STUDY = """
schema = 1
name = "evenings"
personas = {people}
seed = {seed}
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
{products}
"""
PRODUCT = '[[product]]\nname = "{}"\ndescription = "{}"\n'
EQUAL = '[[equal]]\nattribute = "location"\n'
AFFINITY = """
[[affinity]]
fact = "{facts[0]}"
otherwise = "{facts[1]}"
product = "{product}"
by = "{by}"
chances = {{ {chances} }}

[[keep]]
attribute = "{by}"
product = "{product}"
"""


@dataclass(frozen=True)
class Pair:
    """Two products with what leads to the first and to the second."""

    products: tuple[tuple[str, str], tuple[str, str]]
    facts: tuple[str, str]
    by: str
    chances: str

    def planted(self) -> str:
        """Return the affinity and the wish to keep it, as TOML."""
        return AFFINITY.format(
            facts=self.facts, product=self.products[0][0], by=self.by, chances=self.chances
        )

    def study(self, people: int, planted: str, *, answers: str = "names", seed: int = 11) -> Study:
        """Return the study of so many people."""
        products = "".join(PRODUCT.format(*one) for one in self.products)
        wish = EQUAL if self.by != "location" else ""
        text = STUDY.format(
            people=people,
            planted=planted,
            products=products + wish,
            answers=answers,
            each=1,
            seed=seed,
        )
        return parse_study(text, source="study")


GARDEN = (
    ("garden tool set", "A spade, a trowel and shears with wooden handles."),
    ("video game", "An adventure game for the evening, with a story and puzzles."),
)
GAMES = ("enjoys gardening", "enjoys playing video games")
WOMEN = Pair(GARDEN, GAMES, "gender", "woman = 0.7, man = 0.3")
MEN = Pair(GARDEN, GAMES, "gender", "woman = 0.3, man = 0.7")
UNSEEN = {
    "food": Pair(
        (
            ("vegetable curry", "Rice with chickpeas, spinach and coconut milk."),
            ("beef stew", "Beef with carrots, potatoes and gravy."),
        ),
        ("eats no meat", "likes to eat meat"),
        "gender",
        "woman = 0.7, man = 0.3",
    ),
    "phone": Pair(
        (
            ("large phone", "A screen of 17 centimetres, made for films and maps."),
            ("small phone", "A screen of 13 centimetres, fits into a shirt pocket."),
        ),
        ("watches films on the phone", "carries the phone in a small pocket"),
        "age",
        '"18 to 29" = 0.9, "30 to 44" = 0.6, "45 to 59" = 0.4, "60 or more" = 0.1',
    ),
    "holiday": Pair(
        (
            ("week at the sea", "A room near the beach, with breakfast."),
            ("week in the mountains", "A room near the hiking paths, with breakfast."),
        ),
        ("likes to swim", "likes to climb"),
        "gender",
        "woman = 0.4, man = 0.6",
    ),
    "book": Pair(
        (
            ("crime novel", "A detective looks for a thief in a harbour town. 320 pages."),
            ("history book", "How a harbour town grew over five centuries. 320 pages."),
        ),
        ("reads detective stories", "reads about the past"),
        "gender",
        "woman = 0.1, man = 0.9",
    ),
    "insurance": Pair(
        (
            ("travel insurance", "Pays for a doctor abroad and for lost luggage."),
            ("bicycle insurance", "Pays for theft and for repairs."),
        ),
        ("travels abroad every year", "cycles to work every day"),
        "location",
        '"a large city" = 0.55, "a small town" = 0.5, "a village" = 0.3',
    ),
}
"""Written before any of them was asked; none was changed, and no phrasing chosen, afterwards."""

ALLOWED = 600.0
OTHERS, EACH = 10, 5
"""The other turns of the first pair ask a tenth of the people, the other pairs a fifth each."""
STRENGTHS = (0.1, 0.2, 0.4, 0.8)
SEEDS = 200


@dataclass(frozen=True)
class Told:
    """A report with what it took."""

    report: Report
    seconds: float


def main() -> None:
    """Measure and write."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    lines = [*first_pair(people), "", *other_pairs(people // EACH), "", *simulated(people)]
    used = resource.getrusage(resource.RUSAGE_SELF)
    lines += ["", f"Peak memory {used.ru_maxrss / 1024:.0f} MB."]
    print(f"{(used.ru_utime + used.ru_stime) / 60:.1f} CPU minutes")
    if len(sys.argv) > 1:
        print("\n".join(lines))
        return
    record("Virtual focus group", lines)


def first_pair(people: int) -> list[str]:
    """Return the table of the pair of the first trials, the first turn of which is timed."""
    some = people // OTHERS
    turns = {
        "names, affinity of women": WOMEN.study(people, WOMEN.planted()),
        "names, affinity of men": MEN.study(some, MEN.planted()),
        "names, none": WOMEN.study(some, ""),
        "letters, affinity of women": WOMEN.study(some, WOMEN.planted(), answers="letters"),
    }
    lines = [
        (
            f"{people} invented people, 2 products, 2 orders ({people * 2:,} answers), the "
            "embedded model, an empty work folder. Asked: at most 10 minutes; the planted affinity "
            "within its interval; position bias reported. Planted V is that of the attribute with "
            "the fact, choices V that of the attribute with what each person likes better than the "
            "panel does, heard V that of the fact itself with the same."
        ),
        "",
        (
            "| answers, planted | people | of ten minutes | planted V | choices V | heard V "
            "| recovered | first less last | order, person of variance "
            "| location equal within 0.05 |"
        ),
        "|---|---:|---:|---:|---:|---:|---|---:|---:|---|",
    ]
    for name, study in turns.items():
        found = measured(study)
        level = found.report.equal[0]
        lines.append(
            f"| {name} | {study.personas} | {found.seconds / ALLOWED:.2f} | {row(found.report)} "
            f"| {level.interval.value:+.3f}: {level.verdict} |"
        )
        print(lines[-1], flush=True)
    return lines


def other_pairs(people: int) -> list[str]:
    """Return the table of the pairs on which nothing was chosen."""
    lines = [
        (
            f"Five pairs on which no phrasing was chosen, {people} people each, each asked by one "
            "phrasing in both orders:"
        ),
        "",
        (
            "| pair | planted by | planted V | choices V | heard V | recovered | first less last "
            "| order, person of variance |"
        ),
        "|---|---|---:|---:|---:|---|---:|---:|",
    ]
    recovered = held = 0
    for name, pair in UNSEEN.items():
        report = measured(pair.study(people, pair.planted())).report
        recovered += report.kept[0].more["recovered"]
        held += report.kept[0].more["held"]
        lines.append(f"| {name} | {pair.by} | {row(report)} |")
        print(lines[-1], flush=True)
    told_of = f"Planted V within the interval: {held} of {len(UNSEEN)}"
    return [*lines, "", f"{told_of}; recovered, which also leaves out none: {recovered}."]


def measured(study: Study) -> Told:
    """Return one panel's report, asked anew."""
    begin = time.perf_counter()
    report = asyncio.run(_asked(study))
    return Told(report, time.perf_counter() - begin)


async def _asked(study: Study) -> Report:
    use = open_policy("focus-group")
    guard, engine = Guard.from_policy(use), open_engine(use)
    try:
        with open_book(engine, None) as book:
            return await run(prepare(study, guard), engine, guard, book, use="focus-group")
    finally:
        await engine.aclose()


def row(report: Report) -> str:
    """Return the cells that all tables share."""
    aim = choices = heard = recovered = ""
    if report.kept:
        more = report.kept[0].more
        aim, choices = told(more["planted"]), told(more["choices"], limits=True)
        heard = told(more["heard"])
        recovered = f"{outcome(more)}, {report.kept[0].verdict}"
    bias, parts = told(report.position_bias.to_json(), limits=True, percent=True), report.variance
    return (
        f"{aim} | {choices} | {heard} | {recovered} | {bias} | {parts['order']:.0%}, "
        f"{parts['person']:.0%}"
    )


def simulated(people: int) -> list[str]:
    """Return how often intervals hold what they should, for a model whose choices are known."""
    lines = [
        (
            f"Stand-ins whose chances are known, {people} people, {SEEDS} seeds. One chooses by "
            "the fact that each person was told; one does not hear it and draws each choice "
            "itself, with chances by gender of which V is known. Both favour the first place. How "
            "often the interval of the choices' V at 95 % holds the V:"
        ),
        "",
        "| V | chooses by the fact: holds the planted | draws: holds its own |",
        "|---:|---:|---:|",
    ]
    for strength in STRENGTHS:
        hears, draws = zip(*(_held(people, strength, seed) for seed in range(SEEDS)), strict=True)
        lines.append(f"| {strength} | {_share(hears)} | {_share(draws)} |")
        print(lines[-1], flush=True)
    return lines


def _held(people: int, strength: float, seed: int) -> tuple[bool, bool]:
    """Return whether the intervals of the two stand-ins hold what they should."""
    likely = {"woman": (1 + strength) / 2, "man": (1 - strength) / 2}
    chances = ", ".join(f"{name} = {chance}" for name, chance in likely.items())
    pair = Pair(GARDEN, GAMES, "gender", chances)
    study = pair.study(people, pair.planted(), seed=seed)
    # Numbers of their own: those of the plain seed have drawn the people.
    numbers = random.Random(f"choices {seed}")
    drawn = personas(study)
    women = sum(one.traits["gender"] == "woman" for one in drawn) / people
    mean = women * likely["woman"] + (1 - women) * likely["man"]
    true = strength * math.sqrt(women * (1 - women) / (mean * (1 - mean)))
    hears = _kept(study, drawn, [one.facts[0] for one in drawn])
    draws = _kept(study, drawn, [numbers.random() < likely[one.traits["gender"]] for one in drawn])
    low, high = draws["choices"]["low"], draws["choices"]["high"]
    return bool(hears["held"]), low <= true <= high


def _kept(study: Study, people: list[Persona], first: Sequence[bool]) -> dict[str, Any]:
    """Return what is kept where these people choose the first product and the others do not."""
    asked = cells(study, people)
    found = [
        _chances(2.0 if first[cell.persona] else -2.0, 0.5 if cell.order[0] == 0 else -0.5)
        for cell in asked
    ]
    return measures.kept(measures.Answers(study, people, asked, found))[0].more


def _chances(person: float, place: float) -> Chances:
    share = 1 / (1 + math.exp(-person - place))
    shares = (share, 1 - share)
    logs = (math.log(share), math.log(1 - share))
    return Chances(("a", "b"), logs, shares, shares, shares, 1.0, "exact")


def _share(held: Sequence[bool]) -> str:
    return f"{sum(held) / len(held):.3f}"


if __name__ == "__main__":
    main()
