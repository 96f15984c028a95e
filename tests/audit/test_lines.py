"""What is read from a file of labelled lines, and what is refused with which words."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys

import pytest

from upright.audit import Fields, read_labelled
from upright.audit.lines import MOST_PARTS
from upright.terms import ConfigError

TWO = '{"text": "a", "label": "bad"}\n{"text": "b", "label": "good"}\n'
TABLE = 'text,label\n"a, with a comma",bad\n"b\nover two lines",good\n'


def test_lines_of_json_are_read(labelled):
    found = labelled(TWO)
    assert found.texts == ["a", "b"]
    assert found.positive == [True, False]
    assert found.sha256 == hashlib.sha256(TWO.encode()).hexdigest()
    assert (found.categories, found.groups, found.functionalities) == ([], [], [])


def test_a_table_is_read_with_its_commas_and_line_breaks(labelled):
    found = labelled(TABLE, "table.csv")
    assert found.texts == ["a, with a comma", "b\nover two lines"]
    assert found.positive == [True, False]


@pytest.mark.parametrize(("content", "name"), [(TWO, "x.jsonl.gz"), (TABLE, "x.CSV.gz")])
def test_packed_files_are_read(labelled, content, name):
    packed = gzip.compress(content.encode())
    found = labelled(packed, name)
    assert found.positive == [True, False]
    assert found.sha256 == hashlib.sha256(packed).hexdigest()


def test_a_byte_order_mark_is_no_part_of_the_first_field(labelled):
    assert labelled(b"\xef\xbb\xbf" + TABLE.encode(), "t.csv").positive == [True, False]


@pytest.mark.parametrize("content", [TWO, TABLE, "\n" + TWO])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_may_be_either_and_packed(monkeypatch, content, pack):
    raw = pack(content.encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    found = read_labelled("-", Fields("text", "label", ("bad",)))
    assert found.positive == [True, False]
    assert found.name == "standard input"


@pytest.mark.parametrize(
    ("value", "spelled"),
    [(True, "true"), (1, "1"), (1.0, "1"), (0.5, "0.5"), (" bad ", "bad"), ("Bad", "Bad")],
)
def test_a_label_is_compared_as_it_is_spelled_on_the_command_line(labelled, value, spelled):
    lines = [{"text": "a", "label": value}, {"text": "b", "label": "other"}]
    content = "\n".join(json.dumps(line) for line in lines)
    assert labelled(content, positive=(spelled,)).positive == [True, False]


def test_several_labels_can_be_positive(labelled):
    content = TWO + '{"text": "c", "label": "worse"}\n'
    assert labelled(content, positive=("bad", "worse")).positive == [True, False, True]


def test_unicode_line_separators_inside_a_text_end_no_line(labelled):
    content = '{"text": "a\u2028b\u0085c", "label": "bad"}\n{"text": "d", "label": "good"}\n'
    assert labelled(content).texts == ["a\u2028b\u0085c", "d"]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("a", ("a",)),
        (["a", "b", "a"], ("a", "b")),
        (None, ()),
        ("", ()),
        ([], ()),
        (["", "a"], ("a",)),
        (3, ("3",)),
        (True, ("true",)),
    ],
)
def test_a_line_belongs_to_no_group_to_one_or_to_several(labelled, value, names):
    content = json.dumps({"text": "a", "label": "bad", "who": value}) + "\n"
    content += json.dumps({"text": "b", "label": "good", "who": "c"})
    assert labelled(content, group="who").groups == [names, ("c",)]
    assert labelled(content, category="who").categories == [names, ("c",)]
    assert labelled(content, functionality="who").functionalities == [names, ("c",)]


def refused(labelled, content, name="lines.jsonl", **fields):
    with pytest.raises(ConfigError) as caught:
        labelled(content, name, **fields)
    assert caught.value.mend, "an error says what mends it"
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TWO + "{broken\n", "lines.jsonl:3: not JSON"),
        (TWO + "[1]\n", "lines.jsonl:3: list where an object is wanted"),
        (TWO + "\n" + '{"label": "bad"}', "lines.jsonl:4: no field `text`"),
        (TWO + '{"text": 3, "label": "bad"}', "lines.jsonl:3: `text` is no string"),
        (TWO + '{"text": "c"}', "lines.jsonl:3: no field `label`"),
        (TWO + '{"text": "c", "label": null}', "lines.jsonl:3: `label` gives no label"),
        (TWO + '{"text": "c", "label": ["bad"]}', "lines.jsonl:3: `label` gives no label"),
        (TWO.encode() + b'{"text": "\xff"}', "lines.jsonl:3: not UTF-8"),
        ("", "no labelled line"),
        ("\n\n", "no labelled line"),
        ('{"text": "a", "label": "bad"}', "all 1 lines are positive: 'bad' (1)"),
        ('{"text": "a", "label": "good"}', "no line has 'bad' under `label`"),
    ],
)
def test_what_is_unclear_is_refused_with_file_and_line(labelled, content, told):
    assert told in refused(labelled, content).problem


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text,label\na,bad\nb\n", "t.csv:3: 1 values under 2 headings"),
        ("text,label\na,bad\nb,good,x\n", "t.csv:3: 3 values under 2 headings"),
        ("text,text\na,bad\n", "t.csv:1: two columns are named 'text'"),
        ('text,label\n"a,bad\n', "t.csv:"),
        ("", "no labelled line"),
        ("text,label\n", "no labelled line"),
        ("words,label\na,bad\n", "t.csv:2: no field `text`"),
    ],
)
def test_a_table_that_is_none_is_refused(labelled, content, told):
    assert told in refused(labelled, content, "t.csv").problem


def test_a_missing_field_is_told_with_those_there_are(labelled):
    error = refused(labelled, TWO, text="words")
    assert "`text`, `label`" in error.mend


def test_a_label_that_no_line_has_is_told_with_those_there_are(labelled):
    error = refused(labelled, TWO, positive=("Bad",))
    assert "'bad' (1), 'good' (1)" in error.mend


def test_a_label_that_is_neither_is_refused_where_both_are_named(labelled):
    content = TWO + '{"text": "c", "label": "unsure"}\n'
    assert labelled(content).positive == [True, False, False]
    error = refused(labelled, content, negative=("good",))
    assert "lines.jsonl:3: the label 'unsure' is neither" in error.problem
    assert "--negative" in error.mend


def test_a_negative_label_that_no_line_has_is_refused(labelled):
    assert "no line has 'fine'" in refused(labelled, TWO, negative=("good", "fine")).problem


def test_a_group_that_is_no_word_is_refused(labelled):
    content = '{"text": "a", "label": "bad", "who": {"x": 1}}'
    assert "lines.jsonl:1: `who` is neither" in refused(labelled, content, group="who").problem


def test_a_field_that_differs_on_every_line_is_no_group(labelled):
    rows = [{"text": "a", "label": "bad" if n else "good", "who": n} for n in range(MOST_PARTS + 1)]
    content = "\n".join(map(json.dumps, rows))
    assert (
        f"`who` has {MOST_PARTS + 1} different" in refused(labelled, content, group="who").problem
    )


def test_a_file_that_is_not_there_or_of_no_known_kind_is_refused(tmp_path):
    fields = Fields("text", "label", ("bad",))
    with pytest.raises(ConfigError, match="No such file"):
        read_labelled(str(tmp_path / "x.jsonl"), fields)
    with pytest.raises(ConfigError, match=r"neither \.jsonl"):
        read_labelled(str(tmp_path / "x.parquet"), fields)


def test_a_packed_file_that_is_cut_off_is_refused(labelled):
    packed = gzip.compress(TWO.encode())[:-9]
    assert "not gzip" in refused(labelled, packed, "x.jsonl.gz").problem


def test_no_error_repeats_a_text(labelled):
    secret = "a text that nobody should see again"
    for content in (
        json.dumps({"text": secret}) + "\n",
        json.dumps({"text": secret, "label": None}) + "\n",
        json.dumps({"text": secret, "label": "bad"}) + "\n{broken",
    ):
        error = refused(labelled, content)
        assert secret not in error.problem + error.mend
