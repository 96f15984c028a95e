"""A list of hashes is read as it is written, or told to be wrong with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.images.hashlist import HashList
from upright.terms import ConfigError

A, B = "ab" * 32, "CD" * 32
BITS = st.binary(min_size=32, max_size=32)


def written(tmp_path, text):
    path = tmp_path / "list.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_names_comments_and_empty_lines(tmp_path):
    text = f"# ours\n\n{A} The poster, 2nd print\n  {B},tab\tname  \n{A.upper()}\n"
    listed = HashList.read(written(tmp_path, text))
    assert len(listed) == 3
    assert listed.nearest([bytes.fromhex(B)]).name == "tab\tname"
    assert listed.nearest([bytes.fromhex(A)]).name == "The poster, 2nd print"


def test_an_entry_without_a_name_is_called_by_its_line(tmp_path):
    listed = HashList.read(written(tmp_path, f"# one\n{A}\n"))
    assert listed.nearest([bytes(32)]).name == "list.txt:2"


@pytest.mark.parametrize("line", ["abc", A[:-1], A + "0", "z" * 64, f"name {A}", f"{A}name"])
def test_a_bad_line_is_told_with_its_number(tmp_path, line):
    with pytest.raises(ConfigError, match=r"list\.txt:2: no hash"):
        HashList.read(written(tmp_path, f"{A}\n{line}\n"))


def test_a_list_that_is_not_there_or_is_empty_is_told(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        HashList.read(str(tmp_path / "none.txt"))
    with pytest.raises(ConfigError, match="no hash in it"):
        HashList.read(written(tmp_path, "# nothing yet\n"))
    binary = tmp_path / "b"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        HashList.read(str(binary))


def test_the_digest_names_hashes_names_and_order():
    one, two = (bytes(32), "x"), (bytes.fromhex(A), "y")
    digests = {
        HashList(entries).digest
        for entries in ([one], [two], [one, two], [two, one], [(one[0], "y")], [])
    }
    assert len(digests) == 6
    assert HashList([one]).digest == HashList([one]).digest


@given(st.lists(BITS, min_size=1, max_size=6), st.lists(BITS, min_size=1, max_size=8))
def test_the_nearest_is_the_nearest(listed, asked):
    def between(a, b):
        return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()

    entries = [(bits, str(number)) for number, bits in enumerate(listed)]
    match = HashList(entries).nearest(asked)
    assert match.distance == min(between(a, b) for a in listed for b in asked)
    assert min(between(listed[int(match.name)], b) for b in asked) == match.distance


def test_an_empty_list_is_near_to_nothing():
    assert HashList([]).nearest([bytes(32)]) is None
