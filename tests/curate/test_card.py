"""The card says what the ledger says, for machines and for people; the bias counts are right."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.curate.corpora import ledger, lines, made, prose, write

from upright.curate.bias import GROUPS, NEAR, NEIGHBOURS, BiasCounts, card
from upright.curate.bias_words import IDENTITIES, PLEASANT, PROFESSIONS, UNPLEASANT

TEXTS = [
    "She is a nurse and a kind woman. " + prose(1),
    "He was a doctor; the doctor saw his brother. " + prose(2),
    "Write to jane@shop.example today. " + prose(3),
    prose(4) + " He was a doctor; the doctor saw his brother.",
]


@pytest.fixture
def output(tmp_path):
    source = write(tmp_path / "in.jsonl", [{"id": f"r{n}", "text": t} for n, t in enumerate(TEXTS)])
    made(tmp_path / "out", source, section="[curate]\nmin_words = 5")
    return tmp_path / "out"


def test_the_card_names_every_file_with_its_checksum(output):
    told = json.loads((output / "card.json").read_text())
    files = {one["contentUrl"]: one["sha256"] for one in told["distribution"] if "sha256" in one}
    assert files == {
        f"data/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (output / "data").iterdir()
    }


def test_the_card_is_croissant_with_the_responsible_ai_vocabulary(output):
    told = json.loads((output / "card.json").read_text())
    assert told["@type"] == "sc:Dataset"
    assert "http://mlcommons.org/croissant/1.0" in told["conformsTo"]
    assert "http://mlcommons.org/croissant/RAI/1.0" in told["conformsTo"]
    assert {"cr", "rai", "sc"} <= told["@context"].keys()
    wanted = "dataCollection dataPreprocessingProtocol personalSensitiveInformation dataBiases"
    assert all(told[f"rai:{name}"] for name in wanted.split())
    sources = {field["source"]["fileSet"]["@id"] for field in told["recordSet"][0]["field"]}
    assert sources <= {one["@id"] for one in told["distribution"]}


def test_what_the_vocabulary_takes_as_text_is_text(output):
    # A validator of Croissant follows anything else for ever.
    told = json.loads((output / "card.json").read_text())
    for name, value in told.items():
        if name.startswith("rai:"):
            assert all(
                isinstance(one, str) for one in ([value] if isinstance(value, str) else value)
            )
    assert told["@context"]["upright"]["@type"] == "@json"


def test_the_card_says_how_its_fields_are_read_and_which_version_it_is_of(output):
    told = json.loads((output / "card.json").read_text())
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{16}", told["version"])
    columns = [field["source"]["extract"]["column"] for field in told["recordSet"][0]["field"]]
    assert columns == ["id", "text"]
    for path in (output / "data").iterdir():
        for line in path.read_text().splitlines():
            assert set(columns) <= json.loads(line).keys()
    terms = {"fileSet", "source", "extract", "column", "field", "recordSet", "dataType", "includes"}
    assert terms <= told["@context"].keys()


def test_the_biases_are_told_in_words_too(output):
    told = json.loads((output / "card.json").read_text())
    assert "nurse: 2 near women, 0 near men, in 10 words" in told["rai:dataBiases"]


def test_card_page_and_summary_count_what_stands_in_the_ledger(output):
    counts: dict[tuple[str, str], int] = {}
    for entries in ledger(output).values():
        for entry in entries:
            key = (entry["rule"], entry["action"])
            counts[key] = counts.get(key, 0) + 1
    summary = json.loads((output / "summary.json").read_text())
    assert {(r, a): n for r, row in summary["rules"].items() for a, n in row.items()} == counts
    page = (output / "card.md").read_text()
    for (rule, action), count in counts.items():
        assert f"| `{rule}` | {action} | {count} |" in page
    assert "Only records of 5 to any number of words stay." in page
    assert summary["digest"] in page


def test_the_corpus_digest_is_that_of_the_kept_lines(output):
    raw = b"".join(path.read_bytes() for path in sorted((output / "data").iterdir()))
    summary = json.loads((output / "summary.json").read_text())
    assert summary["digest"] == f"sha256:{hashlib.sha256(raw).hexdigest()}"


def test_bias_is_counted_over_what_is_kept(output):
    bias = json.loads((output / "card.json").read_text())["upright"]["bias"]
    assert len(lines(output / "lineage.jsonl")) == 4
    assert bias["mentions"] == {"women": 2, "men": 6}
    assert bias["professions"]["nurse"] == {"women": 2, "men": 0, "n": 2, "share": 1.0}
    assert bias["professions"]["doctor"] == {"women": 0, "men": 12, "n": 12, "share": 0.0}
    assert bias["tone"] == {"women": {"pleasant": 2, "unpleasant": 0, "n": 2, "share": 1.0}}


def naive(texts) -> dict[tuple[str, str], int]:
    """Count neighbours word by word, with nothing of the code that is tested."""
    group_of = {word: group for group, words in IDENTITIES.items() for word in words.split()}
    kind_of = {word: word for word in PROFESSIONS.split()}
    kind_of |= dict.fromkeys(PLEASANT.split(), "pleasant")
    kind_of |= dict.fromkeys(UNPLEASANT.split(), "unpleasant")
    found: dict[tuple[str, str], int] = {}
    for text in texts:
        words = re.findall(r"[a-z]+", text.lower())
        for at, word in enumerate(words):
            for other in words[max(0, at - NEAR) : at + NEAR + 1]:
                if word in group_of and other in kind_of:
                    key = (group_of[word], kind_of[other])
                    found[key] = found.get(key, 0) + 1
    return found


WORDS = ["she", "he", "Jewish", "nurse", "doctor", "kind", "cruel", "and", "the", "went"]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join), max_size=5))
def test_neighbours_are_counted_as_by_hand(texts):
    counts = BiasCounts()
    counts.add(texts)
    found = {
        (group, name): count
        for group, row in counts.to_json()["near"].items()
        for name, count in row.items()
    }
    assert found == naive(texts)


@given(st.lists(st.sampled_from(WORDS), max_size=30), st.lists(st.sampled_from(WORDS), max_size=30))
def test_counts_of_parts_add_up(one, two):
    both, whole = BiasCounts(), BiasCounts()
    for part in (one, two):
        counts = BiasCounts()
        counts.add([" ".join(part)])
        both.merge(counts.to_json())
        whole.add([" ".join(part)])
    assert both.to_json() == whole.to_json()


def test_a_share_is_given_with_its_number():
    counts = BiasCounts()
    counts.add(["she he nurse"])
    assert card(counts)["professions"] == {"nurse": {"women": 1, "men": 1, "n": 2, "share": 0.5}}


def test_no_word_counts_for_two_kinds():
    words = [word for group in IDENTITIES.values() for word in group.split()]
    assert len(words) == len(set(words))
    others = [*PROFESSIONS.split(), *PLEASANT.split(), *UNPLEASANT.split()]
    assert len(others) == len(set(others))
    assert len(GROUPS) == len(IDENTITIES)
    assert len(NEIGHBOURS) == len(PROFESSIONS.split()) + 2
