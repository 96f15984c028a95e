"""A work folder knows what it was asked, and does not mix two servers' answers."""

import pytest

from upright.panel.work import entered
from upright.terms import ConfigError


def test_a_new_folder_and_the_same_study_have_not_changed(tmp_path):
    assert not entered(tmp_path, "a", "")
    assert not entered(tmp_path, "a", "")
    assert entered(tmp_path, "b", "")
    assert not entered(tmp_path, "b", "")


def test_answers_of_one_server_are_not_taken_for_those_of_another(tmp_path):
    entered(tmp_path, "a", "one")
    entered(tmp_path, "a", "")
    with pytest.raises(ConfigError, match="another server") as problem:
        entered(tmp_path, "a", "other")
    assert "--work" in problem.value.mend
    assert not entered(tmp_path, "a", "one")


@pytest.mark.parametrize("text", ["", "[]", "\x00"])
def test_a_spoilt_note_is_named(tmp_path, text):
    (tmp_path / "asked.json").write_text(text)
    with pytest.raises(ConfigError, match=r"asked\.json: no note of a run"):
        entered(tmp_path, "a", "")


def test_a_note_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "asked.draft").mkdir()
    with pytest.raises(ConfigError, match=r"asked\.json: Is a directory"):
        entered(tmp_path, "a", "")
