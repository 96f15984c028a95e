"""What the store makes of a disk that takes no more, and of one that does something else."""

from __future__ import annotations

import errno

import pytest

from upright.jobs import NoSpaceError, Store
from upright.jobs.store import told_of_space


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Quota exceeded"),
        OSError("113040 requested and 84976 written"),  # as numpy tells it
    ],
)
def test_a_full_disk_is_told_as_one(tmp_path, error):
    with pytest.raises(NoSpaceError, match="no space left"), told_of_space(tmp_path):
        raise error


def test_another_error_is_not_told_as_a_full_disk(tmp_path):
    with pytest.raises(PermissionError), told_of_space(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_a_result_is_seen_whole_or_not_at_all(tmp_path):
    store = Store(tmp_path)
    draft = store.draft("step")
    (draft / "a").write_text("one")
    assert store.get("step", "abcd") is None
    store.complete("step", "abcd", draft, {"n": 1})
    assert store.get("step", "abcd") == {"n": 1}
    assert (store.place("step", "abcd") / "a").read_text() == "one"
    assert not draft.exists()


def test_where_another_was_first_the_draft_goes(tmp_path):
    store = Store(tmp_path)
    for number in (1, 2):
        store.complete("step", "abcd", store.draft("step"), {"n": number})
    assert store.get("step", "abcd") == {"n": 1}
    assert not list((tmp_path / "step").glob(".draft-*"))


def test_results_that_nobody_wants_are_dropped_with_drafts(tmp_path):
    store = Store(tmp_path)
    for key in ("aa1", "aa2", "bb3"):
        store.complete("step", key, store.draft("step"), {})
    store.draft("step")
    store.drop("step", ["aa2"])
    assert [store.get("step", key) for key in ("aa1", "aa2", "bb3")] == [None, {}, None]
    assert not list((tmp_path / "step").glob(".draft-*"))
