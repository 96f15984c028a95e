"""Which attack hides a text's origin from which method, and what can be forged?

Marked texts of the embedded model (`_generations.py`) are attacked (`_attacks.py`), then read as a
user of upright reads them (`_origins.py`). Writes the table of docs/explanation/arms-race.md, its
picture, and a section of RESULTS.md. Readings are kept: a stopped run goes on where it was.

python benchmarks/arms_race.py [--texts N] [--modelled N] [--read-only PART/PARTS]
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median

from _attacks import HIDING, SPOOFS, Attack, Scene, beginning, kept
from _data import prose, rows
from _generations import KEYS, generations
from _heat_map import Row, heat_map
from _origins import ALPHA, Cell, Method, certificates, marks, open_certifier
from _paraphrases import paraphrases
from _results import record

from upright.generate.embedded import EmbeddedEngine
from upright.measure import clopper_pearson
from upright.watermark import PUBLIC_ALPHA

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "explanation" / "arms-race.md"
PICTURE = DOCS / "images" / "arms-race.svg"
TOKENS = 200
KINDS = ("split", "gumbel", "kgw")
STORED = 1_000
MODELLED = "split-model"
SPANNED = (MODELLED, "split-free", "gumbel")
SLOW = {
    "in people's prose, 1 : 4": 3,
    "in people's prose, 1 : 9": 3,
    "other white space": 6,
    "lower case": 6,
}
"""Attacks that a model reads for every so many texts: long ones, and those read in a new form."""
DILUTED = tuple(name for name in HIDING if name.startswith("in people's prose"))
ATTACKS: dict[str, Attack] = {**HIDING, **SPOOFS}


@dataclass(frozen=True, slots=True)
class Marked:
    """A text of the embedded model under attack.

    Attributes:
        number: says whose key marked it.
        prompt: what it continues.
        text: as it was written.
        scene: what the attacker has.
    """

    number: int
    prompt: str
    text: str
    scene: Scene

    def attacked(self, attack: str) -> str:
        """Return what an attack makes of it."""
        return ATTACKS[attack](self.text, self.scene)


@dataclass
class Outcomes:
    """Cells by attack and method, one for each text, and what attacks left of the texts."""

    cells: dict[tuple[str, str], list[Cell]] = field(default_factory=dict)
    left: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    overlaps: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def found(self, attack: str, method: str, alpha: float = ALPHA) -> tuple[int, int]:
        """Return how many texts were found, and of how many.

        Where a text is a forgery, any certificate that is found counts, not only its own.
        """
        cells = self.cells[attack, method]
        any_counts = attack in SPOOFS
        return sum(c.p_value <= alpha and (c.own or any_counts) for c in cells), len(cells)


def marked_texts(kind: str, count: int) -> list[Marked]:
    """Return texts of full length with what their attackers have."""
    written = [t for t in generations(kind, count + 8, TOKENS) if len(t["tokens"]) == TOKENS]
    written = written[:count]
    vocabulary = " ".join(prose(40, 400, 600, seed=5)).split()
    around = prose(count + 8, 14_000, 14_100, seed=31)
    others = paraphrases([text["text"] for text in written])
    found = []
    for text, paraphrase in zip(written, others, strict=True):
        number = text["number"]
        siblings = [
            other["text"]
            for other in written
            if other["number"] % KEYS == number % KEYS and other["number"] != number
        ]
        scene = Scene(number, around[number], vocabulary, siblings[:3], paraphrase)
        found.append(Marked(number, text["prompt"], text["text"], scene))
    return found


async def read(
    methods: dict[str, Method], texts: dict[str, list[Marked]], modelled: int
) -> Outcomes:
    """Attack all texts and read what comes of it with all methods.

    Args:
        methods: by name.
        texts: by their mark.
        modelled: how many are read with the model too, which takes a thousand times as long.
    """
    found = Outcomes()
    for kind, group in texts.items():
        for done, text in enumerate(group):
            for attack in ATTACKS:
                result = text.attacked(attack)
                if kind == "split":
                    found.left.setdefault(attack, []).append(kept(text.text, result))
                for name, method in methods.items():
                    rare = done >= modelled or text.number % SLOW.get(attack, 1)
                    if method.kind == kind and not (rare and name == MODELLED):
                        cell = await method.find(result, text.number)
                        found.cells.setdefault((attack, name), []).append(cell)
                        if attack in DILUTED and method.mark:
                            share = _overlap(result, text.text, cell)
                            found.overlaps.setdefault((attack, name), []).append(share)
            print(f"{kind}: {done + 1} of {len(group)}", flush=True)
    return found


def _overlap(result: str, text: str, cell: Cell) -> float:
    """Return intersection over union of the text's place and what is said to be marked."""
    start = result.index(text)
    truth = set(range(start, start + len(text)))
    named = {at for span in cell.spans for at in range(*span)}
    return len(truth & named) / len(truth | named)


async def measure(count: int, modelled: int) -> tuple[dict[str, Method], Outcomes]:
    """Read everything, certificates included."""
    texts = {kind: marked_texts(kind, count) for kind in KINDS}
    engine = EmbeddedEngine(slots=1)
    with tempfile.TemporaryDirectory() as folder:
        ledger, certifier = open_certifier(Path(folder))
        try:
            own = {text.number: (text.prompt, text.text) for text in texts["split"]}
            methods = marks(engine) | certificates(certifier, ledger, own, _stored())
            return methods, await read(methods, texts, modelled)
        finally:
            ledger.close()
            await engine.aclose()


def _stored() -> list[str]:
    """Return texts of others that are certified too, about as long as the marked ones."""
    articles = [row["text"] for row in rows("corpora/wikitext2.jsonl.gz")]
    long = [text for text in articles if len(text.split()) >= 100]
    return [beginning(text, 150) for text in long[:STORED]]


async def read_part(count: int, modelled: int, part: int, parts: int) -> None:
    """Read the marks of each `parts`-th text, and keep what was read."""
    texts = {kind: marked_texts(kind, count)[part::parts] for kind in KINDS}
    engine = EmbeddedEngine(slots=1)
    try:
        await read(marks(engine), texts, -(-modelled // parts))
    finally:
        await engine.aclose()


def table(
    methods: dict[str, Method], found: Outcomes, alpha: float, attacks: Sequence[str]
) -> list[str]:
    """Return shares with exact limits at 95 %, a row for each attack."""
    titles = " | ".join(method.title for method in methods.values())
    lines = [
        f"| attack | gone | own | {titles} |",
        "|---|---:|---:|" + "---|" * len(methods),
    ]
    for attack in attacks:
        gone, own = (fmean(values) for values in zip(*found.left[attack], strict=True))
        whole = len(found.left[attack])
        cells = " | ".join(_share(*found.found(attack, name, alpha), whole) for name in methods)
        lines.append(f"| {attack} | {gone:.0%} | {own:.0%} | {cells} |")
    return lines


def _share(found: int, n: int, whole: int) -> str:
    limits = clopper_pearson(found, n)
    fewer = "" if n == whole else f", n = {n}"
    return f"{found / n:.2f} ({limits.low:.2f} to {limits.high:.2f}{fewer})"


def asked(methods: dict[str, Method], found: Outcomes) -> list[str]:
    """Return the figures that the issue asks for, for upright's own marks."""
    lines = ["| | one in ten, 0.001 | one in five, 0.01 |", "|---|---|---|"]
    for name in SPANNED:
        whole = len(found.cells["no attack", name])
        tenth = _share(*found.found("words replaced, 10 %", name, 1e-3), whole)
        fifth = _share(*found.found("words replaced, 20 %", name, 1e-2), whole)
        lines.append(f"| {methods[name].title} | {tenth} | {fifth} |")
    return lines


def places(methods: dict[str, Method], found: Outcomes) -> list[str]:
    """Return how well marked stretches are placed, a row for each dilution."""
    lines = [
        "| | " + " | ".join(methods[name].title for name in SPANNED) + " |",
        "|---|" + "---:|" * len(SPANNED),
    ]
    for attack in DILUTED:
        values = " | ".join(f"{median(found.overlaps[attack, name]):.2f}" for name in SPANNED)
        lines.append(f"| {attack} | {values} |")
    return lines


def picture(methods: dict[str, Method], found: Outcomes) -> str:
    """Return the table as a heat map."""

    def row(attack: str) -> Row:
        shares = [hit / n for hit, n in (found.found(attack, name) for name in methods)]
        failures = [_fails(attack, method) for method in methods.values()]
        return Row(attack, shares, failures)

    return heat_map(
        "Which attack hides a text's origin from which method",
        f"Share of texts found; marks at p of at most {ALPHA:g}.",
        [method.title for method in methods.values()],
        [
            ("The origin should still be found", [row(attack) for attack in HIDING]),
            ("Nothing should be found: forged, or by people", [row(attack) for attack in SPOOFS]),
        ],
    )


def _fails(attack: str, method: Method) -> bool:
    # Who is told which answer a forgery was made of can compare the two.
    made_of_answers = attack in SPOOFS and attack != "people's prose alone"
    return attack in SPOOFS and not (method.points and made_of_answers)


def report(methods: dict[str, Method], found: Outcomes, alpha: float) -> list[str]:
    """Return both tables, hiding and forging."""
    return [
        *table(methods, found, alpha, list(HIDING)),
        "",
        "Forgeries and people's own prose: **here a share found is a share of failures**, but for",
        "`edited copy`, which names the answer that a forgery was made of.",
        "",
        *table(methods, found, alpha, list(SPOOFS)),
    ]


def write_page(lines: Sequence[str]) -> None:
    """Put the tables between the markers of the page."""
    text = PAGE.read_text(encoding="utf-8")
    body = "\n".join(["<!-- figures -->", "", *lines, "", "<!-- end of figures -->"])
    new = re.sub(
        r"<!-- figures -->.*?<!-- end of figures -->", lambda _: body, text, flags=re.DOTALL
    )
    PAGE.write_text(new, encoding="utf-8")


def main() -> None:
    """Measure, and write the page, its picture and RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=48)
    parser.add_argument("--modelled", type=int, default=48, help="how many with the model too")
    parser.add_argument("--read-only", default="", metavar="PART/PARTS")
    told = parser.parse_args()
    if told.read_only:
        part, parts = map(int, told.read_only.split("/"))
        asyncio.run(read_part(told.texts, told.modelled, part, parts))
        return
    methods, found = asyncio.run(measure(told.texts, told.modelled))
    PICTURE.write_text(picture(methods, found), encoding="utf-8")
    count = len(found.left["no attack"])
    about = [
        f"{count} texts of {TOKENS} tokens for each mark, temperature 1, {KEYS} keys, read from",
        "the text without the prompt. Shares found, with exact 95 % limits; marks at a p-value of",
        f"at most {ALPHA:g}. *Gone*: words of the text that the attack removed or moved; *own*:",
        "words of the result that are the text's (means over the texts marked by `split`).",
        "Cells with an n of their own were read for fewer texts.",
    ]
    main_table = report(methods, found, ALPHA)
    write_page([*about, "", *main_table])
    record(
        "Arms race",
        [
            *about,
            f"Among {count + STORED:,} certificates.",
            "",
            *main_table,
            "",
            f"The same at the threshold of a public claim, p ≤ {PUBLIC_ALPHA:g}:",
            "",
            *report(
                {name: method for name, method in methods.items() if method.mark},
                found,
                PUBLIC_ALPHA,
            ),
            "",
            "One word in ten replaced, asked 0.95 at a p-value of at most 0.001; one in five,",
            "asked 0.85 at 0.01:",
            "",
            *asked(methods, found),
            "",
            "Where the mark is said to be in people's prose: overlap with where it is",
            f"(intersection over union of characters), median, stretches at a level of {ALPHA:g}:",
            "",
            *places(methods, found),
        ],
    )


if __name__ == "__main__":
    main()
