"""Ordinary prose comes back as it is, and quickly."""

from __future__ import annotations

import gzip
import json
import random
import re
import time
import unicodedata
from pathlib import Path

import pytest

from upright.guard.legible import legible, wrapped

pytestmark = pytest.mark.shared

FILES = (
    ("books_public_domain", "text"),
    ("wikitext2", "text"),
    ("near_duplicate_editions", "text"),
    ("tofu_authors", "answer"),
)
SENTENCES = 10_000
STROKES = str.maketrans("øØłŁđĐħŧı", "oOlLdDhti")


@pytest.fixture(scope="module")
def sentences(shared_data: Path) -> list[str]:
    """Equally many sentences of each kind of prose."""
    chance = random.Random(3)
    chosen = []
    for name, field in FILES:
        with gzip.open(
            shared_data / "corpora" / f"{name}.jsonl.gz", "rt", encoding="utf-8"
        ) as rows:
            texts = [json.loads(row)[field] for row in rows]
        found = [
            piece
            for text in texts
            for piece in re.split(r"(?<=[.!?])\s+|\n+", text)
            if len(piece) > 20
        ]
        chosen += chance.sample(found, min(len(found), SENTENCES // len(FILES)))
    return chosen


def without_accents(text):
    return "".join(
        sign for sign in unicodedata.normalize("NFD", text) if unicodedata.category(sign) != "Mn"
    ).translate(STROKES)


def test_but_for_accents_fewer_than_one_sentence_in_200_changes(sentences):
    assert len(sentences) >= 0.95 * SENTENCES
    changed = [
        sentence
        for sentence in sentences
        if without_accents(legible(sentence).text) != without_accents(sentence)
    ]
    assert len(changed) < 0.005 * len(sentences)


def test_no_sentence_seems_to_hide_a_text(sentences):
    assert sum(bool(wrapped(sentence)) for sentence in sentences) <= 0.0005 * len(sentences)


def test_a_text_of_300_characters_takes_microseconds(sentences):
    prose = " ".join(sentences)
    texts = [prose[at : at + 300] for at in range(0, 300_000, 300)]
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for text in texts:
            legible(text)
        best = min(best, time.process_time() - began)
    # Measured 25 on an idle machine, of which texts with digits and accents take the most.
    assert best / len(texts) < 200e-6
