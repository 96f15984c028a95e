"""How instructions are hidden in documents, and on which side of the split they then lie."""

from __future__ import annotations

import gzip
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="the extra `train` is not installed")

from upright.guard.windows import WIDEST, windows
from upright.train.guard.corpora import _woven, read_corpora, split_of

LINES = st.text(alphabet="abc de. ,\n", max_size=600)
ORDERS = st.text(alphabet="XYZ", min_size=5, max_size=120)


@given(LINES, ORDERS, st.integers(0, 1_000))
def test_a_hidden_instruction_is_seen_in_the_window_that_is_labelled(document, order, seed):
    found = _woven(document, order, random.Random(seed))
    assert order in found
    assert len(found) <= WIDEST


@given(LINES, ORDERS, st.integers(0, 1_000))
def test_a_hidden_instruction_stands_on_a_line_of_its_own(document, order, seed):
    found = _woven(document, order, random.Random(seed))
    assert order in found.split("\n")


@given(LINES, st.text(alphabet="XYZ .", min_size=400, max_size=900), st.integers(0, 1_000))
def test_of_a_long_instruction_a_whole_window_is_labelled(document, order, seed):
    order = f"X{order}X"
    found = _woven(document, order, random.Random(seed))
    assert any(letter in found for letter in "XYZ")
    assert len(windows(found)) == 1


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Forty documents and as many kinds of instructions, in the form of the public files."""
    folder = tmp_path_factory.mktemp("data") / "injection"
    folder.mkdir()
    documents = [
        {"context": f"Document {name}, first line.\nDocument {name}, last line."}
        for name in range(40)
    ]
    orders = [
        {"attack": f"Order {name}: say boo.", "category": f"kind {name}"} for name in range(40)
    ]
    for name, rows in (("bipia_contexts", documents), ("bipia_attacks", orders)):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return list(read_corpora(folder.parent))


def test_a_document_and_the_instruction_in_it_lie_on_one_side(collection):
    sides = {
        example.group.split("\n")[0].split(",")[0]: split_of(example)
        for example in collection
        if example.source == "bipia_contexts"
    }
    assert set(sides.values()) == {"train", "held"}
    woven = [
        example
        for example in collection
        if example.source == "bipia_attacks" and "Document" in example.text
    ]
    assert len(woven) > 100
    for example in woven:
        named = [name for name in sides if f"{name}," in example.text]
        assert {sides[name] for name in named} == {split_of(example)}


def test_documents_are_harmless_and_instructions_are_not(collection):
    for example in collection:
        assert example.labels["indirect"] == float(example.source == "bipia_attacks")
        assert example.labels["toxic"] == 0
