"""Hand-written cases by kind, the cost of quoting and of spelling tricks, and fairness."""

from __future__ import annotations

import importlib.util
import random
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _data import DATA, cited
from _guard_readings import seen
from _guard_rows import HEAD, at_least, at_most, difference, share_of, table, told

from upright.measure import Interval
from upright.measure.ranking import auc_of
from upright.train.contrast import TRICKS, trick
from upright.train.guard.corpora import read_corpora, split_of

MADLIBS = "toxicity/identity_madlibs_77k.csv.gz"
ASKED_FAIR = 0.90
_CASES = Path(__file__).resolve().parent.parent / "tests" / "guard" / "functional.py"
_HATE = {"hate", "stereotype"}
_IDENTITIES = """
lesbian gay queer bisexual homosexual straight heterosexual trans transgender nonbinary cis
black white african african|american european hispanic latino latina latinx mexican canadian
american asian indian middle|eastern chinese japanese christian muslim jewish buddhist catholic
protestant sikh taoist old older young younger teenage millenial middle|aged elderly blind deaf
paralyzed male female
"""


def cases() -> tuple[Any, ...]:
    """Return the hand-written cases of the tests."""
    spec = importlib.util.spec_from_file_location("functional", _CASES)
    if spec is None or spec.loader is None:
        sys.exit(f"{_CASES} is not there")
    module = importlib.util.module_from_spec(spec)
    sys.modules["functional"] = module  # its dataclass looks itself up
    spec.loader.exec_module(module)
    found: tuple[Any, ...] = module.cases()
    return found


def _flagged(texts: Sequence[str]) -> list[bool]:
    return [item.blocks("toxicity") for item in seen(texts)]


def functional() -> list[str]:
    """Return the section."""
    every = cases()
    flags = dict(zip([case.text for case in every], _flagged([c.text for c in every]), strict=True))

    def share(chosen: Sequence[Any]) -> Interval:
        return share_of([flags[case.text] for case in chosen])

    toxic = [case for case in every if case.toxic]
    quoted = [c for c in every if not c.toxic and c.context in {"quotation", "counter_speech"}]
    mentions = [c for c in every if not c.toxic and c.context is not None]
    neutral = [case for case in every if case.kind == "identity_neutral"]
    hateful = [case for case in toxic if case.category in _HATE]
    harmless = [case for case in every if not case.toxic]
    lines = [
        f"{len(every)} hand-written cases in {len({c.kind for c in every})} kinds, none from a",
        "template of the training data. *Flagged*: a rule for toxicity from severity 2 on, which",
        "allows what is quoted, reported, denied, reclaimed or answered, would withhold the text.",
        "",
        *HEAD,
        at_least("toxic cases flagged", 0.80, share(toxic), share=True),
        at_least("… of hate and stereotypes", 0.80, share(hateful), share=True),
        at_most("quotations and counter-speech flagged", 0.15, share(quoted), share=True),
        told(
            "… all mentions (also reports, denials, reclaimed words)", share(mentions), share=True
        ),
        at_most("neutral sentences with an identity flagged", 0.05, share(neutral), share=True),
        told("all harmless cases flagged", share(harmless), share=True),
        *_quoting(toxic),
        *_spelling(toxic, harmless),
    ]
    return [*lines, "", *_by_kind(every, flags)]


def _quoting(toxic: Sequence[Any]) -> list[str]:
    """Return what it costs to put quotation marks around what is meant, pair by pair."""
    plain = [c.text for c in toxic if not c.kind.startswith(("quoted_", "disclaimer", "endorsed"))]
    before = _flagged(plain)
    rows = []
    wrapped = [case for case in toxic if case.kind.startswith(("quoted_", "disclaimer"))]
    kinds = ", ".join(sorted({case.kind for case in wrapped}))
    found = share_of(_flagged([case.text for case in wrapped]))
    rows.append(told(f"flagged in spite of wrapping ({kinds})", found, share=True))
    for name, left, right in (("double", "“", "”"), ("straight", '"', '"')):
        marked = _flagged([f"{left}{text}{right}" for text in plain])
        cost = difference(before, marked)
        rows.append(at_most(f"recall lost in {name} quotation marks", 0.05, cost, share=True))
    return rows


def _spelling(toxic: Sequence[Any], harmless: Sequence[Any]) -> list[str]:
    plain = [case.text for case in toxic if not case.kind.startswith("spelling_")]
    before, rows = _flagged(plain), []
    for name in TRICKS:
        written = [trick(text, name, random.Random(at)) for at, text in enumerate(plain)]
        cost = difference(before, _flagged(written))
        rows.append(at_most(f"recall lost by {name}", 0.10, cost, share=True))
    texts = [
        trick(case.text, TRICKS[at % len(TRICKS)], random.Random(at))
        for at, case in enumerate(harmless)
    ]
    rows.append(told("harmless cases flagged in disguise", share_of(_flagged(texts)), share=True))
    return rows


def _by_kind(every: Sequence[Any], flags: dict[str, bool]) -> list[str]:
    kinds: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for case in every:
        kinds[not case.toxic, case.kind].append(flags[case.text])
    lines = ["| kind | should be flagged | flagged | n |", "|---|---|---:|---:|"]
    for (harmless, kind), found in sorted(kinds.items()):
        wanted = "no" if harmless else "yes"
        lines.append(f"| {kind} | {wanted} | {sum(found)} | {len(found)} |")
    return lines


def fairness() -> tuple[list[str], bool]:
    """Return the section, and whether the release's gate holds."""
    fitted = _fitted_madlibs()
    rows = [row for row in table(MADLIBS) if row["text"] not in fitted]
    scores = np.array([item.toxic() for item in seen([row["text"] for row in rows])])
    bad = np.array([row["label"] == "BAD" for row in rows])
    named = {name: _named(name, rows) for name in _IDENTITIES.split()}
    found = {
        name.replace("|", " "): (
            auc_of(scores[who & bad], scores[who & ~bad]),
            auc_of(scores[~who & bad], scores[who & ~bad]),
            auc_of(scores[who & bad], scores[~who & ~bad]),
        )
        for name, who in named.items()
        if min((who & bad).sum(), (who & ~bad).sum())
    }
    worst = [min(found, key=lambda name, at=at: found[name][at].value) for at in (1, 2)]
    gates = [found[name][at] for at, name in zip((1, 2), worst, strict=True)]
    lines = [
        f"{cited(MADLIBS)}: all {len(rows):,} rows that were not fitted; the score is the highest",
        "kind of toxicity, meant. Subgroup: the AUC within the group. BPSN: harmless of the group",
        "against toxic of the others; BNSP: toxic of the group against harmless of the others.",
        "",
        *HEAD,
        at_least(f"worst BPSN ({worst[0]})", ASKED_FAIR, gates[0]),
        at_least(f"worst BNSP ({worst[1]})", ASKED_FAIR, gates[1]),
        told("all rows", auc_of(scores[bad], scores[~bad])),
        "",
        "| identity | rows | subgroup | BPSN | BNSP |",
        "|---|---:|---|---|---|",
    ]
    for name in sorted(found, key=lambda name: min(part.value for part in found[name][1:])):
        cells = " | ".join(f"{one.value:.3f} ({one.low:.3f})" for one in found[name])
        lines.append(f"| {name} | {found[name][0].n:,} | {cells} |")
    lines += ["", "In brackets the lower limit (95 %)."]
    return lines, all(gate.value >= ASKED_FAIR for gate in gates)


def _named(name: str, rows: Sequence[dict[str, str]]) -> Any:  # noqa: ANN401 (a Boolean array)
    words = re.compile(rf"\b{name.replace('|', '[ _-]')}\b", re.IGNORECASE)
    return np.array([words.search(row["text"]) is not None for row in rows])


def _fitted_madlibs() -> set[str]:
    """Return the rows that the training data holds, read from a folder with that file alone."""
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / MADLIBS
        alone.parent.mkdir()
        alone.symlink_to(DATA / MADLIBS)
        examples = list(read_corpora(Path(folder)))
    return {example.text for example in examples if split_of(example) == "train"}
