"""The *Attribute* page: spans of an answer, their documents, and a source beside them."""

from __future__ import annotations

import json

import pytest

from upright.attribute import documents
from upright.console.attribute import covered, excerpt
from upright.match.passages import Source, Span, Store

PASSAGE = "the keeper counted <b>the ships</b> that went by each evening and wrote their names"
TEXT = f"It is said that {PASSAGE}, but who knows."
USE = """
schema = 1
[use_case]
name = "order-support"
purpose = "Tells tales."
[attribute]
index = {}
[[guard.rule]]
detect = ["pii.email"]
at = ["prompt", "output"]
action = "redact"
"""


@pytest.fixture
def corpus(tmp_path):
    """A file of two documents, and their index."""
    file = tmp_path / "corpus.jsonl"
    lines = [
        {
            "id": "tale <1>",
            "text": f"Once, {PASSAGE}. " + "More of it. " * 300,
            "owner": "Ann & Co",
        },
        {"id": "other", "text": "Nothing of the kind."},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with Store(tmp_path / "index") as store:
        store.add(documents(file))
    return file


@pytest.fixture
def reader(open_browser, corpus):
    return open_browser(USE.format(json.dumps(str(corpus.parent / "index"))))


def test_a_use_without_training_data_is_told_what_makes_an_index(browser):
    browser.get("/attribute")
    assert "names no index of its training data" in browser.page


def test_a_passage_is_marked_and_its_document_named(reader):
    reader.post("/attribute", {"text": TEXT})
    assert 'class="mark-label tone-rights">1 16 words<' in reader.page
    assert "tale &lt;1&gt;" in reader.page
    assert "Ann &amp; Co" in reader.page
    assert "in 1 document:" in reader.page


def test_the_source_opens_at_the_passage(reader):
    reader.post("/attribute", {"text": TEXT})
    address = reader.page.split('hx-get="/console')[1].split('"')[0].replace("&amp;", "&")
    reader.get(address)
    assert "1 the passage</span>the keeper counted &lt;b&gt;the ships" in reader.page
    assert "Once, <mark" in reader.page


def test_a_source_whose_file_has_changed_is_not_shown_as_if_it_were_the_same(reader, corpus):
    corpus.write_text(corpus.read_text().replace("Once", "Yore"), encoding="utf-8")
    reader.get("/attribute/source?document=tale+%3C1%3E&start=6&end=20")
    assert "The text is not at hand" in reader.page


def test_a_removed_document_is_gone_at_once(reader, corpus):
    with Store(corpus.parent / "index") as store:
        store.forget(["tale <1>"])
    reader.post("/attribute", {"text": TEXT})
    assert "stand in the training data" in reader.page
    assert "<mark" not in reader.page
    reader.get("/attribute/source?document=tale+%3C1%3E&start=6&end=20", status=404)


def test_a_text_without_roots_says_so(reader):
    reader.post("/attribute", {"text": "Something of which nobody has ever written a word so far."})
    assert "No 8 words in a row" in reader.page


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_form_is_told_so(reader, text):
    reader.post("/attribute", {"text": text})
    assert "There is no text to look at" in reader.page


@pytest.mark.parametrize("where", ["start=x&end=2", "start=1&end=-2", "start=1&end=9999999999999"])
def test_places_that_are_no_numbers_are_refused(reader, where):
    reader.get(f"/attribute/source?document=other&{where}", status=400)


def span(start, end):
    return Span(start, end, 9, 1.0, 1, ())


def test_overlapping_passages_are_counted_once():
    assert covered((span(2, 6), span(0, 4), span(8, 9)), 10) == pytest.approx(0.7)
    assert covered((), 0) == 0


def test_an_excerpt_says_whether_more_stands_around_it():
    whole = Source("a", "", "", "", "x" * 5000)
    middle = excerpt(whole, 2000, 2010)
    assert middle.before
    assert middle.behind
    assert "".join(part.text for part in middle.parts) == "x" * 3010
    start = excerpt(whole, 0, 10)
    assert not start.before
