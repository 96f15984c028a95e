"""Code in normal form: renaming, comments and layout make no difference, offsets do not lie."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.match.code import NAME, NUMBER, TEXT, guess, language, languages, tokens
from upright.terms import ConfigError

# One program, a sum over a list, in each language: names that can be replaced are zz1, zz2, …
PROGRAMS = {
    "python": '''def zz1(zz2, zz3=7):
    """Add them up."""
    for zz4 in zz2:
        zz3 += zz4 * 0x1F  # scaled
    return f"{zz3} in all"
''',
    "java": """public class zz1 { // sums
    /* all of them */
    static String zz2(int[] zz3) { int zz4 = 7; for (int zz5 : zz3) zz4 += zz5 * 'c';
        return "sum \\"" + zz4; } }
""",
    "c": """#include <stdio.h>
int zz1(int *zz2, int zz3) { /* sums */ int zz4 = 7;
  for (int zz5 = 0; zz5 < zz3; zz5++) zz4 += zz2[zz5] << 2; // here
  printf("%d\\n", zz4); return zz4 == 'x' ? 1 : 0; }
""",
    "cpp": """#include <vector>
template <typename zz1> zz1 zz2(std::vector<std::vector<zz1>> zz3) { // sums
  auto zz4 = zz3[0][0]; for (auto& zz5 : zz3) zz4 += zz5[1]; return zz4; }
""",
    "javascript": """const zz1 = (zz2) => { // sums
  let zz3 = `start ${7}`; for (const zz4 of zz2) { zz3 += zz4 === 'x' ? 1 : 0.5; }
  return /a"b/.test(zz3); };
""",
    "typescript": """export interface zz1 { zz2: number; } // shape
function zz3(zz4: zz1[]): Array<Array<string>> { return zz4.map((zz5) => [`${zz5.zz2}`, "x"]); }
""",
    "tsx": """const zz1 = (zz2: { zz3: string }) => <b title="x">{zz2.zz3}</b>; // view
""",
    "go": """package zz1
// sums
func zz2(zz3 []int) (int, error) { zz4 := 7
	for _, zz5 := range zz3 { if zz5 != 'x' { zz4 += zz5 } }
	return zz4, errors.New(`raw "x"`) }
""",
    "rust": """fn zz1<'a>(zz2: &'a [i32]) -> i32 { // sums
    let mut zz3 = 7; for zz4 in zz2.iter() { zz3 += zz4 * ('x' as i32); }
    println!("{} in all", zz3); zz3 }
""",
    "ruby": """def zz1(zz2) # sums
  zz3 = 7
  zz2.each do |zz4| zz3 += zz4 unless zz4 == 'x' end
  puts "#{zz3} in all"
end
""",
    "php": """<?php
function zz1(array $zz2) { // sums
  $zz3 = 7; foreach ($zz2 as $zz4) { $zz3 += $zz4; }
  return "sum $zz3" . 'x'; }
""",
    "csharp": """using System;
class zz1 { /* sums */ static int zz2(int[] zz3) { int zz4 = 7;
  foreach (var zz5 in zz3) zz4 += zz5; Console.WriteLine($"{zz4}"); return zz4; } }
""",
    "bash": """#!/bin/bash
zz1=7 # start
for zz2 in "$@"; do echo "${zz2}" 'x'; done
if [ "$zz1" -gt 3 ]; then exit 1; fi
""",
    "scala": """object zz1 { // sums
  def zz2(zz3: List[Int]): Int = { var zz4 = 7; for (zz5 <- zz3) zz4 += zz5; println(s"$zz4"); zz4 }
}
""",
    "kotlin": """fun zz1(zz2: List<Int>): Int { // sums
    var zz3 = 7; for (zz4 in zz2) { zz3 += zz4 }
    println("$zz3 in all"); return zz3 }
""",
    "lua": """local function zz1(zz2) -- sums
  local zz3 = 7
  for _, zz4 in ipairs(zz2) do zz3 = zz3 + zz4 end
  return zz3 .. "in all"
end
""",
    "swift": """func zz1(_ zz2: [Int]) -> Int { // sums
    var zz3 = 7
    for zz4 in zz2 { zz3 += zz4 }
    print("\\(zz3) in all"); return zz3 }
""",
}
EACH = pytest.mark.parametrize("name", sorted(PROGRAMS))
LETTERS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ_é日", min_size=1, max_size=8)
SPELLINGS = st.lists(LETTERS, min_size=5, max_size=5, unique=True)


def renamed(text, spellings):
    # The prefix keeps a new name from being a word of the language.
    return re.sub(r"zz(\d)", lambda match: f"q_{spellings[int(match[1]) - 1]}", text)


def test_every_language_has_a_program_here():
    assert set(PROGRAMS) == set(languages())
    assert len(languages()) >= 12


@EACH
def test_every_program_parses_with_its_grammar(name):
    assert tokens(PROGRAMS[name], name).parsed


@EACH
@given(spellings=SPELLINGS)
def test_no_renaming_changes_the_form(name, spellings):
    before, after = PROGRAMS[name], renamed(PROGRAMS[name], spellings)
    one, other = tokens(before, name), tokens(after, name)
    assert one.hashes.tolist() == other.hashes.tolist()
    pairs = set(zip(one.names.tolist(), other.names.tolist(), strict=True))
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)


@EACH
@given(gap=st.sampled_from(["   ", "\t", "  \t "]))
def test_layout_makes_no_difference(name, gap):
    wide = re.sub(r"(?<=\S) (?=\S)", gap, PROGRAMS[name])
    plain = tokens(PROGRAMS[name], name)
    # Space inside a literal is spelling, which the hashes leave out.
    assert plain.hashes.tolist() == tokens(wide, name).hashes.tolist()


@EACH
def test_comments_make_no_difference(name):
    bare = {
        "slash": r"(?<!:)//.*|/\*.*?\*/",
        "hash": r"(?m)(?<![\"\w$])#(?![{!]).*$|\"\"\".*?\"\"\"",
        "dash": r"--.*",
    }[languages()[name].style]
    text = re.sub(bare, "", PROGRAMS[name])
    assert name == "tsx" or text != PROGRAMS[name] or "//" in text
    assert tokens(text, name).hashes.tolist() == tokens(PROGRAMS[name], name).hashes.tolist()


@EACH
def test_patterns_read_what_the_grammar_reads(name):
    parsed, read = (tokens(PROGRAMS[name], name, parse=way) for way in (True, False))
    if name == "javascript":  # only a grammar tells a pattern from a division
        assert parsed.hashes.tolist() != read.hashes.tolist()
        return
    assert parsed.hashes.tolist() == read.hashes.tolist()


@EACH
@given(data=st.data())
def test_a_fragment_has_the_tokens_of_the_whole(name, data):
    text = PROGRAMS[name]
    cut = data.draw(st.integers(0, len(text)))
    whole, part = tokens(text, name, parse=False), tokens(text[:cut], name, parse=False)
    same = int(np.sum(whole.ends < cut))
    assert part.hashes.tolist()[:same] == whole.hashes.tolist()[:same]


@given(text=st.text(max_size=60), name=st.sampled_from(sorted(PROGRAMS)), parse=st.booleans())
def test_any_text_has_tokens_in_order_that_do_not_overlap(text, name, parse):
    found = tokens(text, name, parse=parse)
    assert np.all(found.starts < found.ends)
    assert np.all(found.ends[:-1] <= found.starts[1:])
    assert not len(found) or 0 <= found.starts[0] <= found.ends[-1] <= len(text)
    for start, end in zip(found.starts, found.ends, strict=True):
        assert not text[start].isspace()
        assert text[start:end].strip()


@EACH
@given(before=st.text("é日🙂ab \n", max_size=8))
def test_offsets_point_at_the_same_text(name, before):
    sign = {"slash": "//", "hash": "#", "dash": "--"}[languages()[name].style]
    lead = f"{sign} {before.replace(chr(10), ' ')}\n" if name != "php" else ""
    text = lead + PROGRAMS[name]
    found, plain = tokens(text, name), tokens(PROGRAMS[name], name)
    if name == "bash":
        text, lead = PROGRAMS[name], ""
        found = plain
    said = [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]
    assert (found.starts - len(lead)).tolist() == plain.starts.tolist()
    names = [word for word, hash_ in zip(said, found.hashes, strict=True) if hash_ == NAME]
    assert "zz1" in {word.lstrip("$") for word in names}
    assert all(word.startswith(("zz", "$zz")) or "zz" not in word for word in names)


def test_names_numbers_and_texts_are_told_apart_from_signs_and_reserved_words():
    found = tokens("while x_1 < 2.5: print('a')", "python")
    hashes = found.hashes.tolist()
    assert [hash_ in {NAME, NUMBER, TEXT} for hash_ in hashes] == [
        *(False, True, False, True, False),  # while x_1 < 2.5 :
        *(True, False, True, False),  # print ( 'a' )
    ]
    assert [name >= 0 for name in found.names] == [h in {NAME, NUMBER, TEXT} for h in hashes]


def test_a_word_with_a_meaning_only_in_places_may_be_a_name():
    assert tokens("match = value", "python").hashes.tolist() == [
        *tokens("other = thing", "python").hashes.tolist()
    ]


def test_docstrings_are_comments_and_other_texts_are_not():
    bare = tokens("def f():\n    return 1", "python").hashes.tolist()
    for way in (True, False):
        told = tokens("def f():\n    # why\n    'Says.'\n    return 1", "python", parse=way)
        assert told.hashes.tolist() == bare
        given_ = tokens("x = [\n    'Says.'\n]", "python", parse=way)
        assert TEXT in given_.hashes


def test_what_does_not_parse_is_read_by_patterns():
    broken = tokens("for (int i = 0; i < n; i++ { total +=", "java")
    assert not broken.parsed
    assert len(broken) == 16


def test_the_same_hashes_on_every_machine():
    assert hex(NAME) == "0x2921e09a61cf4d5"
    assert hex(int(tokens("+", "c").hashes[0])) == "0x1bf015e62e90b16c"


@pytest.mark.parametrize(
    ("spelt", "name"),
    [("py", "python"), (".PY", "python"), ("src/a.b.rs", "rust"), ("C#", "csharp"), ("c++", "cpp")],
)
def test_a_language_is_known_by_name_ending_or_file(spelt, name):
    assert language(spelt).name == name


def test_an_unknown_language_is_told_with_those_there_are():
    with pytest.raises(ConfigError, match="'cobol' is not known") as told:
        tokens("x", "cobol")
    assert "python" in told.value.mend


@EACH
def test_a_language_is_guessed_from_its_code(name):
    guessed = guess(PROGRAMS[name])
    assert guessed is not None
    # A page's script is TypeScript too.
    assert guessed.name == {"tsx": "javascript"}.get(name, name)


def test_prose_is_no_code():
    assert guess("It was the best of times, it was the worst of times.") is None
    with pytest.raises(ConfigError, match="no programming language"):
        tokens("It was the best of times.")
