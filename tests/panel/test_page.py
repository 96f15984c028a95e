"""The page of a panel: the same figures as its JSON, in tables and charts, and nothing fetched."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from html import escape, unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panel.stand_in import Model, study_text

from upright.generate.choosing_work import open_book
from upright.guard import Guard
from upright.measure.intervals import Interval
from upright.panel.guarding import Withheld
from upright.panel.measures import told
from upright.panel.page import page
from upright.panel.reading import parse_study
from upright.panel.report import LIMITS, Report
from upright.panel.run import prepare, run
from upright.policy import open_policy

VOID = {"meta", "br", "line", "circle", "rect"}


class Tree(HTMLParser):
    """Checks that elements close in the order in which they open."""

    def __init__(self):
        super().__init__()
        self.open, self.addresses, self.ids = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href", "action"}]
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def read(shown):
    tree = Tree()
    tree.feed(shown)
    assert tree.open == []
    return tree


def words(shown):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", shown)))


@pytest.fixture(scope="module")
def report() -> Report:
    guard, model = Guard.from_policy(open_policy("focus-group")), Model(place=0.5)
    panel = prepare(parse_study(study_text(60, s=("seed = 3", "seed = 3\nreasons = true"))), guard)

    async def go():
        with open_book(model, None) as book:
            return await run(panel, model, guard, book, use="focus-group", disclosure="By AI.")

    return asyncio.run(go())


def test_sections_come_in_the_order_in_which_they_are_to_be_read(report):
    assert re.findall(r"<h2>([^<]+)", page(report)) == [
        "First of all", "What is chosen", "What was expected", "Who is asked and what is chosen",
        "What moves the answers", "What the guard held back", "Reasons", "What this cannot say",
    ]  # fmt: skip


def test_what_has_nothing_to_say_is_left_out(report):
    shape = replace(report.position_bias, interval=Interval(0.0, -0.1, 0.1, 60, 0.95))
    bare = replace(report, position_bias=shape, reasons=[], kept=[], equal=[])
    titles = re.findall(r"<h2>([^<]+)", page(bare))
    assert not {"First of all", "Reasons", "What was expected"} & set(titles)
    assert "What this cannot say" in titles


def test_every_figure_of_the_report_can_be_read_in_words(report):
    shown = words(page(report))
    for figure in (*report.shares, *report.associations, *report.judged):
        shape = figure.to_json()
        assert told(shape) in shown
        assert f"{shape['low']:.3f} to {shape['high']:.3f}" in shown
    assert told(report.position_bias.to_json(), limits=True, percent=True) in shown
    for group in report.groups:
        assert f"{group.attribute}: {group.value} {group.n}" in shown
        assert f"{group.shares[0]:.1%}" in shown


def test_verdicts_stand_beside_what_they_are_of(report):
    shown = words(page(report))
    for figure in report.judged:
        assert f"{figure.more['margin']:g} {figure.verdict}" in shown
    assert "of the fact itself V" in shown
    assert "recovered" in shown


def test_a_verdict_that_is_taken_back_says_why(report):
    (equal,) = report.equal
    untold = replace(equal, verdict="cannot tell", n_needed=1234, why="the place decides")
    shown = words(page(replace(report, equal=[untold])))
    assert "cannot tell 1,234" in shown
    assert "the place decides" in shown


def test_what_was_held_back_is_counted_by_kind_and_rule(report):
    withheld = Withheld()
    for rules in ((), ("pii.email",), ("pii.email", "pii.phone")):
        withheld.note("persona", rules)
    shown = words(page(replace(report, withheld=withheld)))
    assert "persona 3 2 pii.email 2, pii.phone 1" in shown


def test_what_the_page_rests_on_is_named(report):
    shown = page(report)
    assert report.study in shown
    assert report.guard in shown
    assert report.digest in shown
    assert "unknown" in page(replace(report, digest=None))
    assert "By AI." in shown
    assert "No person was asked." in shown
    for line in LIMITS:
        assert escape(line) in shown


def test_a_figure_that_is_not_known_has_no_bar_and_is_called_unknown(report):
    nothing = Interval(float("nan"), 0.0, 1.0, 60, 0.95)
    unknown = [replace(one, interval=nothing) for one in report.associations]
    more = {**report.kept[0].more, "planted": {"value": None, "low": 0.0, "high": 1.0}}
    kept = replace(report.kept[0], interval=nothing, more=more)
    shown = page(replace(report, associations=unknown, kept=[kept]))
    assert "nan" not in shown.lower()
    assert "planted V unknown" in words(shown)
    assert words(shown).count("unknown") >= len(unknown)


def test_the_page_is_whole_and_fetches_nothing(report):
    tree = read(page(report))
    assert tree.addresses == []
    assert len(tree.ids) == len(set(tree.ids))


def test_colours_are_said_in_a_legend_and_charts_have_a_table(report):
    shown = page(report)
    assert shown.count("<svg") >= 4
    assert shown.count("As a table") == shown.count("<figure>")
    for name in ("expected shares", "relative choices", "share with its 95 % interval"):
        assert name in shown


@settings(deadline=None, max_examples=20)
@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=200))
def test_no_name_and_no_reason_can_write_into_the_page(report, name, reason):
    hostile = f'<script>alert(1)</script>"{name}'
    shares = [replace(one, more={"product": hostile}) for one in report.shares]
    shown = page(
        replace(
            report,
            name=hostile,
            model=hostile,
            products=(hostile, "b"),
            shares=shares,
            reasons=[(hostile, hostile, f"<img src=x>{reason}")],
        )
    )
    assert "<script" not in shown
    assert "<img" not in shown
    read(shown)


def test_the_same_report_is_the_same_page(report):
    assert page(report) == page(replace(report))
    assert page(report) != page(replace(report, people=61))
