import gzip
import hashlib
import io
import sys

import pytest

from upright.measure.table import Table, read_table
from upright.terms import ConfigError


@pytest.fixture
def write(tmp_path):
    def make(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return make


def test_a_table_is_read_into_columns_packed_or_not_and_named_by_its_bytes(write):
    raw = b'\xef\xbb\xbfa,"b, c"\r\n1,"x\ny"\r\n\r\n2,z\r\n'
    for content in (raw, gzip.compress(raw)):
        table = read_table(write(content))
        assert table.columns == {"a": ("1", "2"), "b, c": ("x\ny", "z")}
        assert table.rows == 2
        assert table.sha256 == hashlib.sha256(content).hexdigest()


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\n1\n")))
    assert read_table("-").columns == {"a": ("1",)}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "empty"),
        ("a,b\n", "no row"),
        ("a,a\n1,2\n", "two columns are named 'a'"),
        ("a,b\n1,2\n3\n", r"t\.csv:3: 1 values under 2 headings"),
        ('a,b\n1,"x\n', "not CSV"),
        (b"a\n\xff\n", r"t\.csv:2: not UTF-8"),
        (b"\x1f\x8bxx", "not gzip"),
    ],
)
def test_what_is_no_table_is_refused_with_file_and_line(write, content, told):
    with pytest.raises(ConfigError, match=told) as error:
        read_table(write(content))
    assert error.value.mend


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nowhere"):
        read_table(str(tmp_path / "nowhere.csv"))


def test_a_column_that_is_not_there_names_those_that_are():
    with pytest.raises(ConfigError, match="no column `c`") as error:
        Table("t", {"a": ["1"], "b": ["2"]}).column("c")
    assert "`a`, `b`" in error.value.mend


def test_labels_are_0_and_1_in_any_common_spelling():
    column = ["0", "1", "0.0", "1.0", "true", "False", " 1 "]
    assert list(Table("t", {"a": column}).binary("a")) == [0, 1, 0, 1, 1, 0, 1]


@pytest.mark.parametrize(("bad", "told"), [("2", "row 3: `a` is 2.*3 values"), ("", "is empty")])
def test_a_third_label_or_none_is_refused_with_its_row(bad, told):
    with pytest.raises(ConfigError, match=told):
        Table("t", {"a": ["0", "1", bad]}).binary("a")
