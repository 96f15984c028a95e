"""The card of a trained guard: what it is made of, and what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_FEW = 30_000
_INTENDED = """\
# Guard model card

A small encoder with heads that reads a window of at most 320 characters and gives a probability
for each kind of toxicity, of harmful request and of injection, says how a passage is used (meant,
quoted, reported, rejected, …), at whom it aims and which words carry it. It finds; the use-case
file decides.

**Measured on English only.** Its figures say nothing about other languages. It was made for
sentences and short passages. It reads words and not pictures, and knows nothing of who speaks.
A finding is no verdict about a person.
"""


def write_card(facts: dict[str, Any], path: Path) -> None:
    """Write the card as Markdown."""
    path.write_text(card(facts), encoding="utf-8")


def card(facts: dict[str, Any]) -> str:
    """Return the card of a model from the facts that stand beside it."""
    return "\n".join(
        [_INTENDED, *_data(facts), "", *_recipe(facts), "", *_figures(facts), "", *_limits(facts)]
    )


def _data(facts: dict[str, Any]) -> list[str]:
    return [
        "## Data",
        "",
        f"{facts['fitted']:,} texts fitted; a tenth of each collection, by groups of texts that",
        "belong together, and the sentences of templates kept apart, are held back for calibration",
        f"and for the figures below. Digest of all examples: `{facts['examples']}`.",
        "",
        "| collection | texts |",
        "|---|---:|",
        *(f"| {name} | {count:,} |" for name, count in facts["sources"].items()),
        "",
        "What a collection did not ask its annotators is unknown to the model and never taken for",
        "no. Shares of votes are kept as shares. `contrast` are sentences from upright's own",
        "templates. Public posts are taken for harmless as injections.",
    ]


def _recipe(facts: dict[str, Any]) -> list[str]:
    recipe = {name: value for name, value in facts["recipe"].items() if value is not None}
    told = ", ".join(f"{name} {value}" for name, value in recipe.items())
    start = facts.get("start")
    libraries = ", ".join(f"{name} {number}" for name, number in facts["libraries"].items())
    return [
        "## Recipe",
        "",
        f"{told}. Libraries: {libraries}.",
        *([f"Fitted on from the guard `{start}`."] if start else []),
        *([_steps(recipe)] if "steps" in recipe else []),
        "",
        "| label | texts asked | from this probability on a finding |",
        "|---|---:|---:|",
        *(
            f"| {head} | {count:,} | {_threshold(facts, head)} |"
            for head, count in facts["labels"].items()
        ),
    ]


def _steps(recipe: dict[str, Any]) -> str:
    seen = recipe["steps"] * recipe["batch"]
    return f"Of the texts, in random order, at most {seen:,} were met in these steps."


def _threshold(facts: dict[str, Any], head: str) -> str:
    return "" if head == "toxic" else f"{facts['thresholds'][head]:.2f}"


def _figures(facts: dict[str, Any]) -> list[str]:
    lines = [
        "## Figures on what was held back",
        "",
        "AUC with its 95 % interval; recall and false alarms at the threshold. Only where there",
        "are ten texts of either kind. Window by window, in the numbers that ship (8 bits).",
        "",
        "| label | collection | n | yes | AUC | recall | false alarms |",
        "|---|---|---:|---:|---|---:|---:|",
    ]
    for row in facts["held"]["heads"]:
        value, low, high = row["auc"]
        lines.append(
            f"| {row['head']} | {row['source']} | {row['n']:,} | {row['yes']:,} | {value:.3f} "
            f"({low:.3f} to {high:.3f}) | {row['recall']:.1%} | {row['false_alarms']:.1%} |"
        )
    if facts["held"]["context"] is not None:
        lines += ["", f"How a passage is used: {facts['held']['context']:.1%} told right."]
    return lines


def _limits(facts: dict[str, Any]) -> list[str]:
    rare = [head for head, count in facts["labels"].items() if count < _FEW]
    return [
        "## Limits",
        "",
        f"Few texts were labelled for {', '.join(rare)}; those figures are the weakest."
        if rare
        else "",
        "People who write in dialects that annotators misread are misread by the model as well.",
    ]
