"""The page: whole, self-contained, the same in words as in pictures, and never half written."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from upright.audit import audit_guard, shipped_terms
from upright.audit.page import page, write_page
from upright.audit.plots import POINTS, plots_of_all
from upright.measure import sheet as module
from upright.measure.svg import bars
from upright.terms import ConfigError

VOID = {"meta", "br"}  # what is not closed at all; `<rect … />` closes itself


class Reader(HTMLParser):
    """Checks that every element is closed in order, and keeps what is there."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(audit):
    return page(audit)


@pytest.fixture(scope="module")
def read(text):
    return Reader(text)


def test_the_page_asks_nobody_for_anything(text, read):
    policy = next(m["content"] for m in read.all("meta") if "http-equiv" in m)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert not re.search(r"https?:|url\(|@import|<script|<link|<img|\bon\w+=|src=|href=", text)


def test_every_plot_is_named_described_and_has_its_table(read):
    drawings = [svg for svg in read.all("svg") if svg.get("role") == "img"]
    ids = {attributes.get("id") for _, attributes in read.elements}
    assert len(drawings) == 6
    for svg in drawings:
        names = svg["aria-labelledby"].split()
        assert len(names) == 2
        assert set(names) <= ids
    hidden = [svg for svg in read.all("svg") if svg.get("aria-hidden") == "true"]
    assert len(hidden) + len(drawings) == len(read.all("svg"))
    assert len(read.all("figure")) == read.words.count("As a table") == 6
    assert all(t in {"col", "row"} for t in (th["scope"] for th in read.all("th")))
    assert len(read.all("caption")) == len(read.all("table"))


def test_no_id_is_given_twice(read):
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_light_and_dark_name_the_same_colours(text):
    style = text.partition("<style>")[2].partition("</style>")[0]
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colour = re.compile(r"(--[\w-]+): (?:#)")
    assert set(colour.findall(light)) == set(colour.findall(dark))
    assert set(re.findall(r"var\((--[\w-]+)\)", style)) <= set(re.findall(r"(--[\w-]+):", light))


def test_the_page_says_what_was_audited_and_every_figure(text, audit, read):
    words = " ".join(read.words)
    for told in (audit.subject.sha256, audit.subject.guard, audit.subject.policy, "trial"):
        assert told in words
    for figure in audit.figures.values():
        assert f"{figure.value:.4f}" in words
        assert f"{figure.low:.4f} to {figure.high:.4f}" in words


def test_no_text_of_the_data_is_on_the_page(text):
    assert "grumble" not in text
    assert "they hum" not in text


def test_what_comes_from_the_data_is_escaped(text, audit):
    assert "<b>sport" not in text
    assert "&lt;b&gt;sport&lt;/b&gt;" in text


def test_the_same_audit_makes_the_same_bytes(text, audit):
    assert page(audit) == text


def test_a_page_of_little_has_no_empty_parts(policy, lines_of):
    lines = lines_of([("grumble", True), ("hum", False)])
    found = audit_guard(policy, lines, hazards=["custom"], terms=shipped_terms(), threshold=0.5)
    text = page(found)
    Reader(text)
    assert "No line speaks of an identity" in text
    assert "a score of at least 0.5" in text
    for absent in ("By category", "By functionality", "Bounds of the use"):
        assert absent not in text


def test_each_table_has_every_point_that_is_drawn(audit):
    for plot in plots_of_all(audit.sample, audit.figures):
        assert plot.rows
        assert {len(row) for row in plot.rows} == {len(plot.headings)}
        assert len(plot.rows) <= POINTS
        drawn = re.findall(r'class="curve" points="([^"]*)"', plot.svg)
        if drawn:
            # One more than the rows: the curve's beginning, above every score.
            assert len(drawn[0].split()) == len(plot.rows) + 1


def test_nothing_is_drawn_outside_of_its_frame(audit):
    for plot in plots_of_all(audit.sample, audit.figures):
        width, height = plot.size
        for name, value in re.findall(r'\b(cx|cy|x1|x2|y1|y2|x|y)="(-?[\d.]+)"', plot.svg):
            limit = width if "x" in name else height
            assert -0.1 <= float(value) <= limit, (plot.key, name, value)


def test_bars_without_a_value_say_so():
    drawn, height = bars([("a name that is far too long for its place", [])], "share")
    assert "…" in drawn
    assert "a name that is far too long for its place" in drawn
    assert height > 0


def test_a_page_is_there_whole_or_not_at_all(audit, tmp_path, monkeypatch):
    target = tmp_path / "audit.html"
    target.write_text("the old page", encoding="utf-8")

    def interrupted(self, other):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_page(audit, str(target))
    monkeypatch.undo()
    assert target.read_text(encoding="utf-8") == "the old page"
    assert list(tmp_path.iterdir()) == [target]
    write_page(audit, str(target))
    assert target.read_text(encoding="utf-8") == page(audit)
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_told_and_leaves_nothing(audit, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fdopen", full)
    with pytest.raises(ConfigError, match="No space left"):
        write_page(audit, str(tmp_path / "audit.html"))
    assert list(tmp_path.iterdir()) == []
