"""Errors name the right line, however the TOML is written."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.policy.locate import Places

EVERYTHING = """\
# a comment with [brackets] and a = sign
schema = 1

[use_case]                     # another
name = "a # b = [c]"
"quoted key" = 1
'literal.key' = 2

a.b.c = 3
a.b.d = [
  1,        # one ]
  [2, 3],
  "x,y",
]
inline = { p = 1, q = { r = [10, 20] }, s = "}" }
many = '''
[not a header]
key = "no key"
'''
quoted = \"\"\"
a \\\"\"\" b
\"\"\"\"
after = 1979-05-27 07:32:00

[[guard.rule]]
detect = ["pii.*"]

[[guard.rule]]
detect = ["a", "b"]
  [[guard.rule.sub]]
  deep = true

[guard.rule.last]
z = 0

[[guard.rule]]
detect = []
"""

LINES = {
    ("schema",): 2,
    ("use_case",): 4,
    ("use_case", "name"): 5,
    ("use_case", "quoted key"): 6,
    ("use_case", "literal.key"): 7,
    ("use_case", "a"): 9,
    ("use_case", "a", "b", "c"): 9,
    ("use_case", "a", "b", "d"): 10,
    ("use_case", "a", "b", "d", 0): 11,
    ("use_case", "a", "b", "d", 1): 12,
    ("use_case", "a", "b", "d", 1, 1): 12,
    ("use_case", "a", "b", "d", 2): 13,
    ("use_case", "inline", "q", "r", 1): 15,
    ("use_case", "inline", "s"): 15,
    ("use_case", "many"): 16,
    ("use_case", "quoted"): 20,
    ("use_case", "after"): 23,
    ("guard",): 25,
    ("guard", "rule"): 25,
    ("guard", "rule", 0): 25,
    ("guard", "rule", 0, "detect", 0): 26,
    ("guard", "rule", 1): 28,
    ("guard", "rule", 1, "detect", 1): 29,
    ("guard", "rule", 1, "sub", 0, "deep"): 31,
    ("guard", "rule", 1, "last"): 33,
    ("guard", "rule", 1, "last", "z"): 34,
    ("guard", "rule", 2): 36,
    ("guard", "rule", 2, "detect"): 37,
}


def test_the_example_is_toml():
    assert tomllib.loads(EVERYTHING)["use_case"]["quoted"] == 'a """ b\n"'


@pytest.mark.parametrize(("path", "line"), LINES.items(), ids=str)
def test_every_kind_of_key_and_value_is_found(path, line):
    assert Places(EVERYTHING).line(path) == line


def test_a_missing_key_has_the_line_of_its_nearest_ancestor():
    places = Places(EVERYTHING)
    assert places.line(("use_case", "purpose")) == 4
    assert places.line(("guard", "rule", 1, "action")) == 28
    assert places.line(("guard", "rule", 1, "detect", 9)) == 29


def test_a_path_of_which_nothing_stands_in_the_text_has_no_line():
    assert Places(EVERYTHING).line(("disclosure", "text")) is None
    assert Places("").line(("schema",)) is None
    assert Places(EVERYTHING).line(()) is None


def test_carriage_returns_do_not_shift_lines():
    assert Places(EVERYTHING.replace("\n", "\r\n")).line(("guard", "rule", 2, "detect")) == 37


def test_a_last_line_without_a_newline_is_read():
    assert Places("a = 1\nb = 2").line(("b",)) == 2
    assert Places("a = 1\n# end").line(("a",)) == 1


KEYS = st.text("abcXYZ_-09", min_size=1, max_size=4)
SCALARS = st.one_of(
    st.integers(-9, 9).map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.sampled_from(
        ['"a]}#,=\\"b"', "'c]}#,=['", '"""\nd\n[[e]]\n"""', "'''\nf = {\n'''", "1979-05-27", "0.5"]
    ),
)


def listed(inner):
    return st.lists(inner, max_size=3)


def tabled(inner):
    return st.dictionaries(KEYS, inner, max_size=3)


VALUES = st.recursive(SCALARS, lambda inner: listed(inner) | tabled(inner), max_leaves=6)


class Writer:
    """Writes values as TOML and notes on which line each path begins."""

    def __init__(self):
        self.text = ""
        self.lines = {}

    @property
    def line(self):
        return self.text.count("\n") + 1

    def value(self, path, value, *, in_table=False):
        self.lines.setdefault(path, self.line)
        if isinstance(value, str):
            self.text += value
        elif isinstance(value, list):
            self.text += "["
            for index, item in enumerate(value):
                # The lists of an inline table may span lines; the table itself may not.
                self.text += "\n  # [ ]\n  " if index % 2 else " "
                self.value((*path, index), item, in_table=in_table)
                self.text += ","
            self.text += "]"
        else:
            self.text += "{"
            for index, (key, item) in enumerate(value.items()):
                self.text += ", " if index else " "
                self.lines[*path, key] = self.line
                self.text += f"{key} = "
                self.value((*path, key), item, in_table=True)
            self.text += " }"

    def pairs(self, path, table):
        for key, value in table.items():
            self.lines[*path, key] = self.line
            self.text += f"{key} = "
            self.value((*path, key), value)
            self.text += " # x = [\n"


@given(
    tabled(VALUES),
    st.dictionaries(KEYS, st.lists(tabled(VALUES), min_size=1, max_size=3), max_size=3),
)
def test_every_path_of_any_document_is_found_on_its_line(top, tables):
    writer = Writer()
    writer.pairs((), top)
    for name, elements in tables.items():
        for index, table in enumerate(elements):
            path = (f"t{name}", "x", index)
            writer.lines[path] = writer.line
            writer.text += f"[[t{name}.x]]\n"
            writer.pairs(path, table)
    tomllib.loads(writer.text)
    places = Places(writer.text)
    assert {path: places.line(path) for path in writer.lines} == writer.lines
