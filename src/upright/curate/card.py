"""The data card: Croissant with the RAI vocabulary for machines, a page for people.

Vocabularies: http://mlcommons.org/croissant/1.0 and http://mlcommons.org/croissant/RAI/1.0. All it
says comes from the run's summary, its ledger and the bias counts; what nobody recorded it leaves
open, and says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from upright.curate.output import Summary
from upright.policy import Policy
from upright.policy.words import corpus_lines, stage_lines
from upright.terms import Stage

CARD, PAGE = "card.json", "card.md"
_SHOWN = 12
_CR = """
    citeAs column conformsTo equivalentProperty extract field fileObject fileProperty fileSet
    format includes isLiveDataset jsonPath key md5 parentField path recordSet references regex
    repeated replace samplingRate separator source subField transform
"""
# The context that Croissant 1.0 asks for, word for word, and a place for what only upright says.
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    **{name: f"cr:{name}" for name in _CR.split()},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "upright": {"@id": "https://schema.org/additionalProperty", "@type": "@json"},
}
LIMITS = (
    "What detectors do not find stays in: see their measured recall. Near duplicates below the "
    "stated likeness stay. The bias counts are of words near words, not of what is meant."
)


def write_card(folder: Path, policy: Policy, summary: Summary, bias: dict[str, Any]) -> None:
    """Write both forms of the card into a folder that holds `data/`."""
    told = _croissant(folder, policy, summary, bias)
    (folder / CARD).write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")
    (folder / PAGE).write_text("\n".join(_page(policy, summary, bias)), "utf-8")


def _croissant(
    folder: Path, policy: Policy, summary: Summary, bias: dict[str, Any]
) -> dict[str, Any]:
    files = sorted((folder / "data").iterdir())
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.0",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": policy.use_case.name,
        "description": f"Curated with upright for: {policy.use_case.purpose}",
        "version": f"1.0.0+{summary.digest.partition(':')[2][:16]}",
        "inLanguage": list(policy.use_case.languages),
        "distribution": [*map(_file, files), _all_files()],
        "recordSet": [_records()],
        "rai:dataUseCases": policy.use_case.purpose,
        "rai:dataCollection": f"{summary.records} records of files at hand; see lineage.jsonl.",
        "rai:dataPreprocessingProtocol": [*_rules(policy)],
        "rai:dataManipulationProtocol": [*_counts(summary)],
        "rai:personalSensitiveInformation": [*_private(summary)],
        "rai:dataBiases": [*_biases(bias)],
        "rai:dataLimitations": LIMITS,
        "rai:dataReleaseMaintenancePlan": "upright curate remove takes an owner's records out.",
        "upright": {
            "policy": summary.policy,
            "guard": summary.guard,
            "corpus": summary.digest,
            "bias": bias,
        },
    }


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": f"data/{path.name}",
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/jsonlines",
        "sha256": content,
    }


def _all_files() -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": "records-files",
        "name": "records-files",
        "encodingFormat": "application/jsonlines",
        "includes": "data/*.jsonl",
    }


def _records() -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "records",
        "name": "records",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"records/{name}",
                "name": name,
                "description": what,
                "dataType": "sc:Text",
                "source": {
                    "fileSet": {"@id": "records-files"},
                    "extract": {"column": name},
                },
            }
            for name, what in (("id", "Name of the record."), ("text", "Its text."))
        ],
    }


def _rules(policy: Policy) -> Iterator[str]:
    yield from stage_lines(policy, Stage.DATA)
    yield from corpus_lines(policy)


def _counts(summary: Summary) -> Iterator[str]:
    for rule, actions in summary.rules.items():
        yield f"{rule}: " + ", ".join(f"{count} {action}" for action, count in actions.items())


def _private(summary: Summary) -> Iterator[str]:
    found = [line for line in _counts(summary) if line.startswith(("pii.", "secret."))]
    yield from found or ["No rule of the guard found any; that is no proof that there is none."]


def _biases(bias: dict[str, Any]) -> Iterator[str]:
    """Yield the counts in words: the vocabulary has text here."""
    within = bias["within_words"]
    for name, row in bias["professions"].items():
        if row["n"]:
            yield f"{name}: {row['women']} near women, {row['men']} near men, in {within} words"
    for group, row in bias["tone"].items():
        told = f"{row['pleasant']} pleasant words near, {row['unpleasant']} unpleasant"
        yield f"{group}: {bias['mentions'][group]} mentions, {told}"


def _page(policy: Policy, summary: Summary, bias: dict[str, Any]) -> Iterator[str]:
    yield f"# Data card: {policy.use_case.name}\n"
    yield f"For: {policy.use_case.purpose}\n"
    yield f"- {summary.records:,} records read, {summary.kept:,} kept ({summary.changed:,} changed)"
    yield f"- {summary.dropped:,} dropped, {summary.review:,} for review"
    yield f"- {summary.rejected:,} rejected: not to be read, or with a name that was taken"
    yield f"- corpus `{summary.digest}`"
    yield f"- policy `{summary.policy}`"
    yield f"- guard `{summary.guard}`\n"
    yield "## Rules\n"
    yield from (f"- {line}" for line in _rules(policy))
    yield "\n## What they did\n"
    yield "| Rule | Action | Records |\n|---|---|---:|"
    for rule, actions in summary.rules.items():
        yield from (f"| `{rule}` | {action} | {count:,} |" for action, count in actions.items())
    yield "\n## Whom the texts speak of\n"
    yield from _bias_page(bias)
    yield f"\n## Limits\n\n{LIMITS}\n"


def _bias_page(bias: dict[str, Any]) -> Iterator[str]:
    yield f"Counted are words within {bias['within_words']} words of each other.\n"
    yield "| Profession | near women | near men | women's share |\n|---|---:|---:|---:|"
    most = sorted(bias["professions"].items(), key=lambda item: -item[1]["n"])[:_SHOWN]
    for name, row in most:
        yield f"| {name} | {row['women']:,} | {row['men']:,} | {row['share']:.0%} |"
    yield "\n| Group | mentions | pleasant words near | unpleasant | pleasant share |"
    yield "|---|---:|---:|---:|---:|"
    for group, row in bias["tone"].items():
        mentions, share = bias["mentions"][group], f"{row['share']:.0%}"
        yield f"| {group} | {mentions:,} | {row['pleasant']:,} | {row['unpleasant']:,} | {share} |"
