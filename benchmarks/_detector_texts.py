"""The labelled texts of the statistical detector, and what the embedded model thinks of them.

A reading takes a second or two, so readings are kept by the text's digest beside the other
projects' environments.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from _data import rows
from _generations import generations
from _peers import CACHE

from upright.generate.embedded import EmbeddedEngine
from upright.verify.extent import LEAST, Reason, is_known, outside
from upright.verify.features import features
from upright.verify.plain import plain
from upright.verify.regression import INSTRUCTED, PERSON, SAMPLED
from upright.verify.surprise import Surprise, surprise
from upright.verify.training import Corpus
from upright.verify.wording import seen, vocabulary, words_of
from upright.weights import open_fast

MOST = 256
FILES = (
    "machine_text/gpt_pairs_three_domains.jsonl.gz",
    "machine_text/seqxgpt_documents.jsonl.gz",
    "machine_text/detector_bias_essays.jsonl.gz",
)
KINDS = {"xsum": "news", "writing": "stories", "pubmed": "biomedical answers"}
BASE_MODELS = {"davinci", "gpt2", "gptneo", "gptj", "llama"}
NOT_RECORDED = "not recorded"
_SAME = 60  # characters; texts of one unit and group that share them are cuts of one text


@dataclass(frozen=True)
class Text:
    """A text whose origin is known.

    Attributes:
        text: in plain form.
        kind: of text.
        generator: the model; "" for a person.
        writer: `native`, `non-native` or `not recorded`.
        unit: what must not be split: pair, beginning, essay.
        edited: written by a person and then rewritten by a model; neither class, never trained on.
    """

    text: str
    kind: str
    generator: str
    writer: str
    unit: str
    edited: bool = False

    @property
    def label(self) -> int:
        """Its class."""
        if not self.generator:
            return PERSON
        return SAMPLED if self.generator in BASE_MODELS else INSTRUCTED

    @property
    def group(self) -> str:
        """Kind, generator and writer."""
        return f"{self.kind}/{self.generator}/{self.writer}"

    @property
    def digest(self) -> str:
        """Names the reading."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:24]


def labelled() -> list[Text]:
    """Return the texts that the detector is trained and measured on, without repetitions."""
    found = [*_pairs(), *_documents(), *_essays()]
    distinct = {text.text: text for text in found}.values()
    longest: dict[tuple[str, ...], Text] = {}
    # The person's side of a pair is cut at another place for each model; one of them is enough.
    for text in sorted(distinct, key=lambda text: len(text.text), reverse=True):
        longest.setdefault((text.unit, text.group, str(text.edited), text.text[:_SAME]), text)
    return list(longest.values())


def others() -> list[Text]:
    """Return texts of other kinds, which are never trained on: what transfers?"""
    drawn = random.Random(5)
    books = [row["text"] for row in rows("authorship/book_passages.jsonl.gz")]
    talk = [row["text"] for row in rows("toxicity/wikipedia_talk.jsonl.gz")]
    answers = [row["chatgpt_response"] for row in rows("hallucination/halueval_general.jsonl.gz")]
    own = [text["text"] for text in generations("none", 160, 200)]
    found = []
    for texts, kind, generator, count in (
        (books, "passages of old books", "", 40),
        (talk, "discussions", "", 50),
        (answers, "answers of an assistant", "gpt-3.5-turbo", 60),
        (own, "continued book passages", "smollm2", 20),
    ):
        long = [text for text in texts if len(text.split()) >= 80]
        drawn.shuffle(long)
        found += [
            Text(plain(text), kind, generator, NOT_RECORDED, f"{kind}-{number}")
            for number, text in enumerate(long[:count])
        ]
    return found


def _pairs() -> Iterable[Text]:
    for row in rows(FILES[0]):
        person, kind = plain(row["human"]), KINDS[row["domain"]]
        # Pairs of different models are numbered apart; the person's text says what goes together.
        unit = f"{row['domain']}-{person[:_SAME].lower()}"
        yield Text(person, kind, "", NOT_RECORDED, unit)
        yield Text(plain(row["machine"]), kind, row["model"], NOT_RECORDED, unit)


def _documents() -> Iterable[Text]:
    for row in rows(FILES[1]):
        generator = "" if row["label"] == "human" else row["label"]
        text = plain(row["text"])
        found = Text(text, "mixed documents", generator, NOT_RECORDED, f"doc-{text[:20]}")
        # Reading takes long: half of the long samples of four models that are much alike will do.
        if found.label != SAMPLED or int(found.digest[:4], 16) % 2:
            yield found


def _essays() -> Iterable[Text]:
    for row in rows(FILES[2]):
        writer = "non-native" if row["writer"] == "non-native" else "native"
        edited = row["label"] != "human"
        yield Text(plain(row["text"]), "essays", "", writer, row["pair"], edited=edited)


@dataclass(frozen=True)
class Reading:
    """What was read of a text, and what the model thinks of it.

    Attributes:
        read: the text's beginning.
        view: token by token.
    """

    read: str
    view: Surprise

    @property
    def tokens(self) -> int:
        """How many were read; the first has nothing before it and no view."""
        return len(self.view) + 1


def readings(texts: Sequence[Text]) -> dict[str, Reading]:
    """Return the readings by digest, making those that are not there yet."""
    folder = CACHE / f"readings-{open_fast().digest[-12:]}-{MOST}"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [text for text in texts if not (folder / f"{text.digest}.npz").exists()]
    if missing:
        asyncio.run(_read(missing, folder))
    return {text.digest: _load(text, folder) for text in texts}


async def _read(texts: Sequence[Text], folder: Path) -> None:
    engine = EmbeddedEngine(slots=1, length=512)
    try:
        for text in texts:
            tokens = engine.tokens(text.text)[:MOST]
            view = await surprise(engine, tokens)
            values: dict[str, Any] = {f.name: getattr(view, f.name) for f in fields(view)}
            part = folder / f"{text.digest}.part.npz"
            np.savez(part, **values, end=tokens[-1].end)
            part.rename(folder / f"{text.digest}.npz")
    finally:
        await engine.aclose()


def _load(text: Text, folder: Path) -> Reading:
    with np.load(folder / f"{text.digest}.npz") as kept:
        view = Surprise(**{field.name: kept[field.name] for field in fields(Surprise)})
        return Reading(text.text[: int(kept["end"])], view)


@dataclass(frozen=True)
class Prepared:
    """Texts within the detector's extent.

    Attributes:
        numbers: what the fit works with.
        texts: in the same order.
        features: names of the columns of `numbers.table`.
        words: names of the columns of `numbers.seen`.
    """

    numbers: Corpus
    texts: list[Text]
    features: tuple[str, ...]
    words: tuple[str, ...]


def extent(reading: Reading) -> Reason | None:
    """Return why a text gets no score, as the reader would; None if it may get one."""
    if reading.tokens < LEAST:
        return "short"
    return outside(reading.read) or ("known" if is_known(reading.view) else None)


def prepared(texts: Sequence[Text], words: tuple[str, ...] | None = None) -> Prepared:
    """Return the texts that the detector says something about, as numbers.

    Args:
        texts: any texts whose origin is known.
        words: the vocabulary; None draws it up from these texts, whoever wrote them.
    """
    found = readings(texts)
    inside = [text for text in texts if extent(found[text.digest]) is None]
    read = [found[text.digest].read for text in inside]
    values = [features(found[one.digest].read, found[one.digest].view) for one in inside]
    names = tuple(values[0])
    spoken = [words_of(one) for one in read]
    kinds = [text.kind for text in inside]
    known = vocabulary(spoken, kinds) if words is None else words
    numbers = Corpus(
        table=np.array([[one[name] for name in names] for one in values]),
        seen=seen(spoken, known),
        classes=np.array([text.label for text in inside]),
        kinds=np.array(kinds),
        groups=np.array([text.group for text in inside]),
        units=np.array([text.unit for text in inside]),
    )
    return Prepared(numbers, inside, names, known)
