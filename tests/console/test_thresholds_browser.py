"""The Thresholds page in a real browser: sliders by keyboard, no requests, no scripts."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext

import pytest
from tests.console.test_browser import (  # the fixtures of the console's browser
    _faults,
    chromium,  # noqa: F401 (a fixture)
    go,
    open_page,  # noqa: F401 (a fixture)
    site,  # noqa: F401 (a fixture)
)

from upright.console import runs as scoring
from upright.guard import Guard

pytestmark = pytest.mark.browser

WORDS = ("You are an idiot", "I will find you and hurt you", "A lovely day", "He is a damn fool")
EXAMPLES = "\n".join(
    json.dumps({"text": f"{word}, number {n}. <b>NOTEWORTHY</b>", "label": (n + place) % 2})
    for place, word in enumerate(WORDS)
    for n in range(6)
)


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    """Score in this process; a worker of its own takes a second to start."""
    monkeypatch.setattr(
        scoring,
        "_pool",
        lambda policy: nullcontext(Guard.from_policy(policy, everything=True)),
    )


def bring(page, site, examples=EXAMPLES):  # noqa: F811 (the fixture's value)
    go(page, site, "/thresholds")
    page.fill("#examples", examples)
    page.uncheck("[name=model]")
    page.click("#score")
    page.locator("#tuner").wait_for()


def told(page):
    """All that the page says of a setting."""
    return page.evaluate(
        """() => ({
          counts: [...document.querySelectorAll("[data-count]")].map((one) => one.textContent),
          figures: [...document.querySelectorAll("[data-figure], [data-limits]")].map(
            (one) => one.textContent),
          toml: document.getElementById("toml").textContent,
          rows: [...document.querySelectorAll("[data-row]")].map((one) => one.innerText),
          bars: [...document.querySelectorAll(".scores rect")].map(
            (one) => [one.getAttribute("y"), one.getAttribute("height")].map(Number)),
          line: Number(document.getElementById("line").getAttribute("x1")),
          lists: [...document.querySelectorAll("[data-list]")].map((list) =>
            [...list.children].filter((one) => !one.hidden).map((one) => one.dataset.number)),
          shown: [...document.querySelectorAll("[data-shown]")].map((one) => one.textContent),
        })"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_with_its_outcome_is_clean_by_axes_rules(open_page, site, scheme):  # noqa: F811
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 (an extra of `dev`)

    page = open_page(color_scheme=scheme)
    bring(page, site)
    page.click("summary")
    assert _faults(Axe().run(page)) == []


def test_a_slider_moved_by_keyboard_changes_the_page_without_a_request(open_page, site):  # noqa: F811
    page = open_page()
    bring(page, site)
    before = told(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.focus("[data-moves=min_score]")
    page.keyboard.press("End")
    after = told(page)
    assert before["counts"] != after["counts"]
    assert page.input_value("#min_score") == "1"
    assert "min_score = 1" in after["toml"]
    assert after["line"] == 640
    assert "missed" in page.locator("#told").text_content()
    assert asked == []


@pytest.mark.parametrize(
    ("score", "severity", "spared"),
    [("0", "0", ()), ("0.5", "0", ()), ("0.7", "2", ("quotation",)), ("0.999", "1", ())],
)
def test_browser_and_server_say_the_same_of_a_setting(open_page, site, score, severity, spared):  # noqa: F811
    page = open_page()
    bring(page, site)
    page.fill("#min_score", score)
    page.fill("#min_severity", severity)
    for name in spared:
        page.check(f"[name=spare][value={name}]")
    by_browser = told(page)
    page.click("#show")
    page.wait_for_url("**min_score=**")
    by_server = told(page)
    bars = [by_browser.pop("bars"), by_server.pop("bars")]
    assert by_browser == by_server
    for mine, theirs in zip(*bars, strict=True):
        assert mine == pytest.approx(theirs, abs=0.11)


def test_a_number_that_is_none_leaves_the_page_as_it_was(open_page, site):  # noqa: F811
    page = open_page()
    bring(page, site)
    before = told(page)
    page.fill("#min_score", "7")
    assert told(page) == before


def test_a_file_is_put_into_the_field(open_page, site):  # noqa: F811
    page = open_page()
    go(page, site, "/thresholds")
    file = {"name": "mine.csv", "mimeType": "text/csv", "buffer": b"text,label\nhello,1\n"}
    page.set_input_files("#file", file)
    page.wait_for_function("document.getElementById('examples').value.includes('hello,1')")


def test_the_lines_can_be_copied(open_page, site):  # noqa: F811
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    bring(page, site)
    page.fill("#min_score", "0.25")
    page.click("[data-copy]")
    page.locator("#copied", has_text=re.compile("Copied|Selected")).wait_for()
    assert "min_score = 0.25" in page.locator("#toml").text_content()


def test_a_number_field_does_it_all_without_scripts(open_page, site):  # noqa: F811
    page = open_page(java_script_enabled=False)
    bring(page, site)
    assert not page.locator("[data-moves=min_score]").is_visible()
    page.fill("#min_score", "1")
    page.click("#show")
    assert "min_score = 1" in page.locator("#toml").inner_text()
    page.click("text=Forget these examples")
    assert "Your examples are forgotten." in page.locator("main").inner_text()


def test_the_outcome_fits_a_phone(open_page, site):  # noqa: F811
    page = open_page(viewport={"width": 360, "height": 740})
    bring(page, site)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
