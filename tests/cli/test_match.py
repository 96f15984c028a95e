"""`upright match pairs`: lines of pairs in, scores and spans out."""

from __future__ import annotations

import io
import json
import sys

import pytest

from upright.cli import main

ONE = "def add(first, second):\n    return sum([first, second, 7]) + float('2')\n"
OTHER = "def plus(a, b):\n    return sum([a, b, 7]) + float('2')\n"


@pytest.fixture
def pairs(capsysbinary, monkeypatch):
    """Run `match pairs` on lines; return exit code, lines out and errors."""

    def call(lines, *words):
        raw = "\n".join(item if isinstance(item, str) else json.dumps(item) for item in lines)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw.encode())))
        with pytest.raises(SystemExit) as left:
            main(["match", "pairs", *words])
        out, err = capsysbinary.readouterr()
        return left.value.code, [json.loads(line) for line in out.splitlines()], err.decode()

    return call


def test_texts_are_scored_and_the_fields_of_the_line_kept(pairs):
    line = {"id": 7, "a": "one two three four five", "b": "ONE, two three four five!", "note": "x"}
    code, (out,), _ = pairs([line])
    assert code == 0
    span = {"a_start": 0, "a_end": 23, "b_start": 0, "b_end": 24}
    assert out == {**line, "score": 1.0, "spans": [span]}


def test_code_is_compared_by_language_name_or_guess(pairs):
    lines = [
        {"id": 1, "a": ONE, "b": OTHER, "language": "py"},
        {"id": 2, "a": ONE, "b": OTHER},
        {"id": 3, "a": ONE, "b": OTHER, "language": "Python", "group": 4},
    ]
    code, out, _ = pairs(lines, "--kind", "code", "--json", "--quiet")
    assert code == 0
    assert [line["id"] for line in out] == [1, 2, 3]
    for line in out:
        assert 0 <= line["score"] <= 1
        (span,) = line["spans"]
        assert ONE[span["a_start"] : span["a_end"]] == ONE.strip()
        assert OTHER[span["b_start"] : span["b_end"]] == OTHER.strip()


@pytest.mark.parametrize(
    ("line", "words", "told"),
    [
        ({"a": "x"}, (), "standard input:1: no string under `b`"),
        ({"a": 3, "b": "x"}, (), "standard input:1: no string under `a`"),
        ("[1]", (), "standard input:1: list where an object is wanted"),
        ({"a": "x", "b": "y", "language": "cobol"}, ("--kind", "code"), "'cobol' is not known"),
        (
            {"a": "x", "b": "y", "language": 3},
            ("--kind", "code"),
            "error: standard input:1: no string",
        ),
        ({"a": "x", "b": "y"}, ("--kind", "code"), "no programming language is recognised"),
    ],
)
def test_a_wrong_line_is_named_with_its_mend(pairs, line, words, told):
    code, out, err = pairs([line], *words)
    assert code == 2
    assert out == []
    assert told in err
    assert "mend:" in err


def test_no_lines_are_no_error(pairs):
    assert pairs([])[:2] == (0, [])
    assert pairs([], "--kind", "code")[:2] == (0, [])
