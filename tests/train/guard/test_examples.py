"""Labelled lines are read as they are written, and a bad one is refused with the mend."""

from __future__ import annotations

import gzip
import json

import pytest

from upright.terms import UprightError
from upright.train.guard.examples import read_examples

GOOD = {"text": "The tide was low.", "labels": {"toxic": 0}}
BAD = {
    "no json": ("{", "is not JSON", "one object a line"),
    "a list": ([1], "has no `text`", '{"text"'),
    "no text": ({"labels": {}}, "has no `text`", '{"text"'),
    "an empty text": (GOOD | {"text": ""}, "has no `text`", '{"text"'),
    "a text that is a number": (GOOD | {"text": 3}, "has no `text`", '{"text"'),
    "labels that are a list": (GOOD | {"labels": ["hate"]}, "is not a table", '{"hate": 0.67}'),
    "an unknown label": (GOOD | {"labels": {"rude": 1}}, "label 'rude'", "harassment"),
    "a share above 1": (GOOD | {"labels": {"hate": 2}}, "hate = 2", "from 0 to 1"),
    "a share below 0": (GOOD | {"labels": {"hate": -0.1}}, "hate = -0.1", "from 0 to 1"),
    "a share that is a word": (GOOD | {"labels": {"hate": "yes"}}, "hate = 'yes'", "from 0 to 1"),
    "a share that is no number": (GOOD | {"labels": {"hate": float("nan")}}, "hate = nan", "0 to"),
    "a share that is true": (GOOD | {"labels": {"hate": True}}, "hate = True", "from 0 to 1"),
    "a share that is null": (GOOD | {"labels": {"hate": None}}, "hate = None", "from 0 to 1"),
    "an unknown context": (GOOD | {"context": "joke"}, "context 'joke'", "counter_speech"),
    "a context that is a list": (GOOD | {"context": ["plain"]}, "context ['plain']", "quotation"),
    "an unknown group": (GOOD | {"targets": {"martians": 1}}, "label 'martians'", "muslims"),
    "targets that are a word": (GOOD | {"targets": "muslims"}, "is not a table", "{"),
    "spans that are a number": (GOOD | {"spans": 3}, "spans", "[[start, end], …]"),
    "a span without an end": (GOOD | {"spans": [[1]]}, "spans", "[[start, end], …]"),
    "a span of words": (GOOD | {"spans": [["a", "b"]]}, "spans", "[[start, end], …]"),
    "a span outside": (GOOD | {"spans": [[0, 99]]}, "a span outside the text", "characters from 0"),
    "a span before": (GOOD | {"spans": [[-1, 3]]}, "a span outside the text", "characters from 0"),
    "an empty span": (GOOD | {"spans": [[3, 3]]}, "a span outside the text", "characters from 0"),
}


@pytest.mark.parametrize(("line", "what", "mend"), BAD.values(), ids=BAD)
def test_a_bad_line_is_refused_with_file_line_and_mend(tmp_path, line, what, mend):
    path = tmp_path / "labels.jsonl"
    bad = line if isinstance(line, str) else json.dumps(line)
    path.write_text(f"{json.dumps(GOOD)}\n\n{bad}\n{json.dumps(GOOD)}\n", encoding="utf-8")
    with pytest.raises(UprightError) as caught:
        list(read_examples(path))
    assert caught.value.problem.startswith(f"{path}, line 3: ")
    assert what in caught.value.problem
    assert mend in caught.value.mend


def test_bytes_that_are_no_text_are_refused_with_the_file(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b'{"text": "\xff"}\n')
    with pytest.raises(UprightError, match=r"labels\.jsonl"):
        list(read_examples(path))


def test_a_file_that_is_no_gzip_is_refused_with_its_name(tmp_path):
    path = tmp_path / "labels.jsonl.gz"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    with pytest.raises(UprightError, match=r"labels\.jsonl\.gz"):
        list(read_examples(path))


def test_what_a_line_says_is_kept_and_what_it_does_not_say_is_absent(tmp_path):
    path = tmp_path / "labels.jsonl"
    whole = GOOD | {
        "labels": {"hate": 0.25, "toxic": 1},
        "context": "quotation",
        "targets": {"muslims": 1},
        "spans": [[4, 8]],
        "group": 7,
    }
    path.write_text(f"{json.dumps(whole)}\n{json.dumps(GOOD)}\n", encoding="utf-8")
    first, second = read_examples(path)
    assert first.labels == {"hate": 0.25, "toxic": 1.0}
    assert (first.context, first.targets, first.spans) == ("quotation", {"muslims": 1.0}, ((4, 8),))
    assert (first.group, first.source) == ("7", "labels.jsonl")
    assert (second.labels, second.targets) == ({"toxic": 0.0}, {})
    assert (second.context, second.spans) == (None, None), "unknown, which is not no"
    assert second.group == second.text, "a text is a group of its own"


def test_compressed_lines_read_alike(tmp_path):
    plain, packed = tmp_path / "labels.jsonl", tmp_path / "labels.jsonl.gz"
    told = json.dumps(GOOD | {"text": "Ebbe und Flut — \N{WATER WAVE}"}, ensure_ascii=False)
    plain.write_text(told, encoding="utf-8")
    packed.write_bytes(gzip.compress(told.encode()))
    (one,), (other,) = read_examples(plain), read_examples(packed)
    assert (one.text, one.labels) == (other.text, other.labels)
