"""`[attribute]` in a use-case file: where the index is looked for, and what is said of it."""

from __future__ import annotations

import pytest

from upright.policy import open_policy, parse_policy
from upright.policy.words import describe

USE = """
schema = 1
[use_case]
name = "tales"
purpose = "Tells tales."
[[guard.rule]]
detect = ["pii.*"]
at = ["output"]
action = "redact"
"""
NAMED = f'{USE}[attribute]\nindex = "training"\n'


def test_without_the_section_there_is_no_index():
    assert parse_policy(USE).training_folder is None


def test_an_index_beside_the_file_is_found_from_anywhere(tmp_path, monkeypatch):
    file = tmp_path / "uses" / "tales.toml"
    (file.parent / "training").mkdir(parents=True)
    file.write_text(NAMED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert open_policy(str(file)).training_folder == file.parent / "training"


def test_an_index_that_is_not_beside_the_file_is_where_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tales.toml").write_text(NAMED.replace("training", "/srv/training"))
    folder = open_policy("tales.toml").training_folder
    assert str(folder) == "/srv/training"


@pytest.mark.parametrize(("text", "told"), [(NAMED, True), (USE, False)])
def test_the_words_of_a_policy_name_the_training_data(text, told):
    said = " ".join(line for one in describe(parse_policy(text)) for line in one.lines)
    assert ("held against the training data in training" in said) == told


def test_the_index_is_part_of_what_the_use_is():
    assert parse_policy(NAMED).digest != parse_policy(USE).digest
