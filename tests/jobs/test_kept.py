"""Kept answers: whatever stops a run, what was kept before is there for the next."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.jobs.kept import keep, read_kept
from upright.terms import ConfigError

texts = st.text(st.characters(exclude_categories=()), max_size=20)
answers = st.dictionaries(texts, texts, max_size=6)


@given(answers=answers, data=st.data())
def test_wherever_a_file_is_cut_the_whole_lines_before_are_known_and_the_run_goes_on(answers, data):
    with tempfile.TemporaryDirectory() as folder:
        path, ends = Path(folder) / "kept.jsonl", [0]
        for key, text in answers.items():
            keep(path, key, {"text": text})
            ends.append(path.stat().st_size)
        assert read_kept(path, "text") == answers
        cut = data.draw(st.integers(0, ends[-1]))
        if path.exists():
            os.truncate(path, cut)
        whole = sum(end <= cut for end in ends) - 1
        assert read_kept(path, "text") == dict(list(answers.items())[:whole])
        for key, text in list(answers.items())[whole:]:
            keep(path, key, {"text": text})
        assert read_kept(path, "text") == answers


def test_without_a_file_nothing_is_known_and_nothing_is_kept(tmp_path):
    keep(None, "k", {"text": "x"})
    assert read_kept(None, "text") == {}
    assert read_kept(tmp_path / "kept.jsonl", "text") == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["{", "[]", '{"key": "k"}', '{"text": "x"}', "\xff"])
def test_a_line_that_is_none_of_a_run_is_named_and_left_as_it_is(tmp_path, line):
    path = tmp_path / "kept.jsonl"
    keep(path, "k", {"text": "x"})
    with path.open("a", encoding="latin-1") as file:
        file.write(line + "\n")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"kept\.jsonl:2: no answer of a run"):
        read_kept(path, "text")
    assert path.read_bytes() == before


def test_a_full_disk_is_told():
    with pytest.raises(ConfigError, match="No space left"):
        keep(Path("/dev/full"), "k", {"text": "x"})
