"""Works come and go without the index being built anew, and a crash leaves one of two states."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.match.works import work

from upright.match.index import DamagedIndexError, Index, IndexWriter, Work, WorksError
from upright.match.index import manifest as manifest_module
from upright.match.index import merge as merge_module
from upright.match.index import writer as writer_module
from upright.match.index.segment import ARRAYS
from upright.terms import ConfigError, digest

WORKS = [work(seed, owner="even" if seed % 2 == 0 else "odd") for seed in range(12)]


def held(folder) -> set[str]:
    """The works that a text with all of them finds in an index."""
    index = Index.open(folder)
    found = {hit.document.id for one in WORKS for hit in index.query(one.text) if hit.exact}
    assert found == {document.id for document in index.documents()}
    return found


def ids(works) -> set[str]:
    return {one.id for one in works}


def filled(folder, works=WORKS):
    with IndexWriter(folder) as writer:
        for one in works:
            writer.add(one)
    return folder


def test_what_was_added_is_found_and_what_was_taken_out_is_not(tmp_path):
    filled(tmp_path, WORKS[:8])
    with IndexWriter(tmp_path) as writer:
        assert writer.remove("work 3")
        assert not writer.remove("work 3")
        assert not writer.remove("nobody's")
        writer.add(WORKS[9])
    assert held(tmp_path) == ids(WORKS[:3] + WORKS[4:8] + [WORKS[9]])


def test_a_work_takes_the_place_of_the_one_that_had_its_id(tmp_path):
    filled(tmp_path, WORKS[:2])
    with IndexWriter(tmp_path) as writer:
        writer.add(Work("work 0", WORKS[5].text))
        writer.add(Work("work 1", WORKS[6].text))
        writer.add(Work("work 1", WORKS[7].text, owner="last"))
    index = Index.open(tmp_path)
    assert index.query(WORKS[0].text) == index.query(WORKS[6].text) == []
    assert index.query(WORKS[5].text)[0].document.id == "work 0"
    assert index.document("work 1").owner == "last"
    assert sum(1 for _ in index.documents()) == 2


def test_all_works_of_an_owner_go_at_once(tmp_path):
    filled(tmp_path, WORKS[:6])
    with IndexWriter(tmp_path) as writer:
        writer.add(WORKS[8])
        assert writer.remove_owner("even") == ["work 0", "work 2", "work 4", "work 8"]
        assert writer.remove_owner("even") == []
    assert held(tmp_path) == {"work 1", "work 3", "work 5"}


STEPS = st.lists(
    st.one_of(
        st.integers(0, 11).map(lambda n: ("add", n)),
        st.integers(0, 11).map(lambda n: ("remove", n)),
        st.just(("commit", 0)),
        st.just(("compact", 0)),
    ),
    max_size=16,
)


@settings(max_examples=25)
@given(steps=STEPS)
def test_any_order_of_steps_leaves_what_it_should(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("index")
    expected: set[str] = set()
    with IndexWriter(folder) as writer:
        for step, number in [*steps, ("add", 0)]:
            if step == "add":
                writer.add(WORKS[number])
                expected.add(WORKS[number].id)
            elif step == "remove":
                assert writer.remove(WORKS[number].id) == (WORKS[number].id in expected)
                expected.discard(WORKS[number].id)
            else:
                getattr(writer, step)()
    assert held(folder) == expected


def test_many_small_additions_become_few_segments_and_lose_nothing(tmp_path):
    for one in WORKS:
        filled(tmp_path, [one])
    assert len(Index.open(tmp_path).segments) < 6
    assert held(tmp_path) == ids(WORKS)


def test_a_merge_gives_the_same_hits_as_one_segment(tmp_path, monkeypatch):
    monkeypatch.setattr("upright.match.index.merge.PART", 64)
    wide = [Work("wide", "one" + " " * 400 + "two " + WORKS[0].text + "x" * 300)]
    works = WORKS[:5] + wide
    for one in [*works, WORKS[6]]:
        filled(tmp_path / "parts", [one])
    with IndexWriter(tmp_path / "parts") as writer:
        writer.remove("work 6")
        writer.compact()
    whole = Index.open(filled(tmp_path / "whole", works))
    parts = Index.open(tmp_path / "parts")
    assert len(parts.segments) == 1
    for one in works:
        key = [hit.to_json() for hit in whole.query(one.text)]
        assert [hit.to_json() for hit in parts.query(one.text)] == key
    sizes = [array.nbytes for array in parts.segments[0].arrays.values()]
    assert sizes == [array.nbytes for array in whole.segments[0].arrays.values()]


def test_what_was_taken_out_is_gone_from_the_disk_after_compacting(tmp_path):
    filled(tmp_path, [*WORKS[:3], Work("secret", "an unheard of text", owner="Nobody Else")])
    with IndexWriter(tmp_path) as writer:
        writer.remove("secret")
        writer.compact()
    raw = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"Nobody Else" not in raw
    assert held(tmp_path) == ids(WORKS[:3])


def test_one_writer_at_a_time(tmp_path):
    with IndexWriter(tmp_path), pytest.raises(WorksError, match="another process"):
        IndexWriter(tmp_path)
    IndexWriter(tmp_path).close()


def test_an_error_inside_leaves_the_index_as_it_was(tmp_path):
    filled(tmp_path, WORKS[:2])

    def fail():
        with IndexWriter(tmp_path) as writer:
            writer.add(WORKS[4])
            writer.remove("work 0")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert held(tmp_path) == ids(WORKS[:2])


@pytest.mark.parametrize(
    ("one", "problem"),
    [
        (Work("", "text"), "without an id"),
        (Work("a", "text", kind="song"), "'song' is no kind"),
        (Work("a", "text", action="burn"), "'burn' is no action"),
    ],
)
def test_a_work_that_is_none_is_refused(tmp_path, one, problem):
    with IndexWriter(tmp_path) as writer, pytest.raises(ConfigError, match=problem):
        writer.add(one)


def test_a_folder_with_other_things_in_it_is_no_place_for_an_index(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(WorksError, match=r"letter\.txt"):
        IndexWriter(tmp_path)


def test_a_reader_keeps_what_it_opened(tmp_path):
    filled(tmp_path, WORKS[:4])
    before = Index.open(tmp_path)
    with IndexWriter(tmp_path) as writer:
        writer.remove("work 1")
        writer.add(WORKS[7])
        writer.compact()
    assert before.query(WORKS[1].text)
    assert held(tmp_path) == ids([WORKS[0], WORKS[2], WORKS[3], WORKS[7]])


def test_equal_states_have_equal_digests_and_others_have_others(tmp_path):
    one, other = filled(tmp_path / "one", WORKS[:3]), filled(tmp_path / "other", WORKS[:3])
    assert Index.open(one).digest == Index.open(other).digest
    with IndexWriter(other) as writer:
        writer.remove("work 2")
    assert Index.open(one).digest != Index.open(other).digest


# Damage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [name for name in ARRAYS if name != "wide"])
@pytest.mark.parametrize("harm", ["byte", "cut", "gone"])
def test_a_damaged_file_is_named(tmp_path, file, harm):
    filled(tmp_path, WORKS[:2])
    (path,) = tmp_path.glob(f"segments/*/{file}")
    raw = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(raw[:-1] if harm == "cut" else raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(DamagedIndexError, match=f"/{file}\\b"):
        Index.open(tmp_path)


@pytest.mark.parametrize("harm", [b"", b"{", b"[]", b"{}", None])
def test_a_damaged_manifest_is_named(tmp_path, harm):
    filled(tmp_path, WORKS[:2])
    path = tmp_path / "manifest.json"
    path.write_bytes(
        path.read_bytes().replace(b'"odd', b'"Odd').replace(b":2,", b":3,", 1)
        if harm is None
        else harm
    )
    for use in (Index.open, IndexWriter):
        with pytest.raises(DamagedIndexError, match=r"manifest\.json"):
            use(tmp_path)


def test_an_index_of_another_normal_form_is_refused_and_not_misread(tmp_path):
    filled(tmp_path, WORKS[:1])
    path = tmp_path / "manifest.json"
    shape = json.loads(path.read_bytes())
    del shape["checksum"]
    shape["normal_forms"]["text"] += 1
    path.write_text(json.dumps({**shape, "checksum": digest(shape)}))
    with pytest.raises(WorksError, match="normal_forms"):
        Index.open(tmp_path)


def test_where_there_is_no_index_the_error_says_how_to_make_one(tmp_path):
    with pytest.raises(WorksError, match="match index add"):
        Index.open(tmp_path / "nowhere")


# Crashes -----------------------------------------------------------------------------------------


def change(folder, die_at: int) -> None:
    """Change an index and die without a word at the n-th thing that reaches the disk."""
    count = 0

    def counted(real):
        def call(*args, **kwargs):
            nonlocal count
            count += 1
            if count == die_at:
                os._exit(9)
            return real(*args, **kwargs)

        return call

    for place in (manifest_module, merge_module):
        for name in ("sync", "sync_folder"):
            setattr(place, name, counted(getattr(place, name)))
    writer_module.shutil.rmtree = counted(shutil.rmtree)
    with IndexWriter(folder) as writer:
        writer.remove("work 0")
        for one in WORKS[4:8]:
            writer.add(one)
        writer.commit()
        writer.compact()
    os._exit(0)


def test_a_kill_between_any_two_steps_leaves_the_old_or_the_new_state(tmp_path):
    old, new = ids(WORKS[:4]), ids(WORKS[1:8])
    context = multiprocessing.get_context("fork")
    seen = []
    for die_at in range(1, 200, 3):
        folder = filled(tmp_path / str(die_at), WORKS[:4])
        child = context.Process(target=change, args=(folder, die_at))
        child.start()
        child.join()
        assert held(folder) in (old, new)
        seen.append(held(folder) == new)
        filled(folder, [WORKS[10]])
        assert "work 10" in held(folder)
        assert len(list(folder.glob("segments/*"))) == len(Index.open(folder).segments)
        if child.exitcode == 0:
            break
    assert seen == sorted(seen), "once the new state is there it stays"
    assert seen[0] is False
    assert seen[-1] is True
