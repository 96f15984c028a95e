"""The files of an index of passages: damage is told, one writer at a time, crashes lose nothing."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pytest

from upright.match.passages import Document, PassageIndex, PassageIndexError, Store, manifest

TEXT = "the keeper counted the ships that went by each evening"
OTHER = "nobody in the village knew why the lamp was lit that night"


@pytest.fixture
def folder(tmp_path):
    with Store(tmp_path / "index") as store:
        store.add([Document("a", TEXT), Document("b", OTHER)])
    return tmp_path / "index"


def found(index, text=TEXT):
    return [place.document for span in index.trace(text).spans(9) for place in span.places]


def shard_of(folder):
    [shard] = folder.glob("*.shard")
    return shard


def flip(path, at):
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize("at", [0, 100, -1])
def test_a_changed_byte_is_told_with_the_file_s_name(folder, at):
    flip(shard_of(folder), at)
    with pytest.raises(PassageIndexError, match=rf"{shard_of(folder).name}: damaged"):
        PassageIndex(folder)


@pytest.mark.parametrize("size", [0, 1, 200])
def test_a_cut_file_is_told(folder, size):
    shard = shard_of(folder)
    shard.write_bytes(shard.read_bytes()[:size])
    with pytest.raises(PassageIndexError, match=shard.name):
        PassageIndex(folder)


def test_a_missing_file_is_told(folder):
    shard = shard_of(folder)
    shard.unlink()
    with pytest.raises(PassageIndexError, match=shard.name):
        PassageIndex(folder)


def test_an_altered_manifest_is_told(folder):
    path = folder / manifest.NAME
    path.write_text(path.read_text().replace('"least": 8', '"least": 9'))
    with pytest.raises(PassageIndexError, match="altered"):
        PassageIndex(folder)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff", b'{"digest": 1}'])
def test_what_is_no_manifest_is_told(folder, raw):
    (folder / manifest.NAME).write_bytes(raw)
    with pytest.raises(PassageIndexError, match=manifest.NAME):
        PassageIndex(folder)


@pytest.mark.parametrize("field", ["format", "normal_form"])
def test_an_index_of_another_version_is_not_read(folder, field):
    path = folder / manifest.NAME
    path.write_text(json.dumps({**json.loads(path.read_text()), field: 99}))
    with pytest.raises(PassageIndexError, match="another version"):
        PassageIndex(folder)


def test_where_there_is_no_index_the_error_says_what_makes_one(tmp_path):
    with pytest.raises(PassageIndexError, match="no index of passages") as told:
        PassageIndex(tmp_path)
    assert "upright attribute index" in told.value.mend


def test_a_corpus_of_nothing_makes_an_index_of_nothing(tmp_path):
    with Store(tmp_path) as store:
        assert store.add([]).added == 0
    assert (len(PassageIndex(tmp_path)), found(PassageIndex(tmp_path))) == (0, [])


def test_one_writer_at_a_time(folder):
    with Store(folder), pytest.raises(PassageIndexError, match="another process"), Store(folder):
        pass
    with Store(folder) as store:
        assert store.forget(["a"]) == ["a"]


def test_another_shortest_passage_needs_another_index(folder):
    with pytest.raises(PassageIndexError, match="8 words, not 5"), Store(folder, least=5):
        pass
    with Store(folder, least=8) as store:
        assert store.forget(["zz"]) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(PassageIndexError, match="mend: name a folder"), Store(tmp_path / "file"):
        pass


def test_a_reader_sees_at_the_next_question_what_a_writer_did(folder):
    index = PassageIndex(folder)
    before = index.digest
    assert found(index) == ["a"]
    with Store(folder) as store:
        store.add([Document("c", f"Again {TEXT}")])
    assert found(index) == ["a", "c"]
    with Store(folder) as store:
        store.forget(["a"])
        assert found(index) == ["c"]
    assert index.digest != before
    (folder / manifest.NAME).unlink()
    with pytest.raises(PassageIndexError, match="no index of passages"):
        index.trace(TEXT)


KILLED = """
import os, sys
from pathlib import Path
from upright.match.passages import Document, Store, manifest

def die(*_, **__):
    os._exit(9)

if sys.argv[2] == "before the manifest":
    manifest.save = die
else:
    os.fsync = die
with Store(Path(sys.argv[1])) as store:
    store.add([Document("c", sys.argv[3]), Document("a", "another text of " + sys.argv[3])])
"""


@pytest.mark.parametrize("where", ["in the shard", "before the manifest"])
def test_a_writer_that_dies_leaves_the_index_as_it_was(folder, where):
    done = subprocess.run([sys.executable, "-c", KILLED, folder, where, OTHER], check=False)
    assert done.returncode == 9
    index = PassageIndex(folder)
    assert found(index) == ["a"]
    assert len(index) == 2
    with Store(folder) as store:
        store.add([])
    assert len(list(folder.glob("*.shard"))) == 1
    assert not list(folder.glob("*.part"))


def test_a_run_that_was_broken_off_goes_on_where_it_was(folder):
    def documents():
        yield Document("c", f"{TEXT} again")
        yield Document("d", f"{OTHER} again")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Store(folder, shard_bytes=10) as store:
        store.add(documents())
    with Store(folder, shard_bytes=10) as store:
        done = store.add([Document("c", f"{TEXT} again"), Document("d", f"{OTHER} again")])
    assert (done.added, done.unchanged) == (1, 1)


@pytest.mark.shared
def test_the_index_of_text_of_usual_size_is_smaller_than_four_fifths_of_it(shared_data, tmp_path):
    books = shared_data / "corpora" / "books_public_domain.jsonl.gz"
    texts = [json.loads(row)["text"] for row in gzip.decompress(books.read_bytes()).splitlines()]
    pieces = [text[at : at + 20_000] for text in texts for at in range(0, len(text), 20_000)]
    with Store(tmp_path) as store:
        store.add(Document(f"p{number}", piece) for number, piece in enumerate(pieces))
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size < 0.8 * sum(len(piece.encode()) for piece in pieces)
