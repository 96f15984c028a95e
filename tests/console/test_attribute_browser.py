"""The Attribute and Take out pages in a real browser: a source beside the text, no faults."""

from __future__ import annotations

import json

import pytest
from tests.console.conftest import POLICY
from tests.console.test_browser import (  # the fixtures of the console's browser
    _faults,
    chromium,  # noqa: F401 (a fixture)
    go,
    open_page,  # noqa: F401 (a fixture)
    site,  # noqa: F401 (a fixture)
)

from upright.attribute import documents
from upright.match.passages import Store

pytestmark = pytest.mark.browser

TALE = (
    "Once the keeper counted the ships that went by each evening and wrote their names in a "
    "green book. One evening no ship came, and he lit the lamp all the same."
)
ANSWER = (
    "It is said that the keeper counted the ships that went by each evening. Then he slept, for "
    "one evening no ship came, and he lit the lamp all the same."
)


@pytest.fixture
def policy_text(tmp_path):
    corpus = tmp_path / "corpus.jsonl"
    lines = [{"id": f"tale-{n}", "text": f"{TALE} {'And so on. ' * n}"} for n in range(20)]
    lines[0] |= {"owner": "Ann", "licence": "CC-BY-4.0"}
    corpus.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Store(tmp_path / "training") as store:
        store.add(documents(corpus))
    return f"{POLICY}\n[attribute]\nindex = {json.dumps(str(tmp_path / 'training'))}\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_click_shows_the_source_beside_the_text(open_page, site, scheme):  # noqa: F811 (fixtures)
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 (an extra of `dev`)

    page = open_page(color_scheme=scheme)
    go(page, site, "/attribute")
    page.fill("#text", ANSWER)
    page.click("#attribute")
    page.locator("#source").wait_for()
    assert page.locator("mark").count() == 2
    page.click("ol a >> nth=0")
    page.locator("#source mark").wait_for()
    assert page.url.endswith("/attribute")
    assert "Ann" in page.locator("#source").inner_text()
    marked = page.locator("#source mark").inner_text()
    assert "he lit the lamp all the same" in marked or "the keeper counted" in marked
    assert _faults(Axe().run(page)) == []


def test_a_source_opens_without_scripts_too(open_page, site):  # noqa: F811 (fixtures)
    page = open_page()
    go(page, site, "/attribute/source?document=tale-0&start=5&end=60")
    assert page.locator("mark").count() == 1


def test_a_work_from_a_file_is_found_and_taken_out(open_page, site, tmp_path):  # noqa: F811 (fixtures)
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 (an extra of `dev`)

    work = tmp_path / "work.txt"
    work.write_text(TALE)
    page = open_page()
    go(page, site, "/take-out")
    page.set_input_files("#file", str(work))
    page.wait_for_function("document.getElementById('text').value.length > 100")
    page.click("#look")
    page.locator("#ask").wait_for()
    assert page.locator("input[type=checkbox]:checked").count() == 20
    faults = _faults(Axe().run(page))
    page.fill("#reason", "It is mine.")
    page.click("#ask")
    page.locator("#carry-out").wait_for()
    (tmp_path / "corpus.jsonl").unlink()
    page.click("#carry-out")
    page.locator("#receipt").wait_for()
    assert faults + _faults(Axe().run(page)) == []


@pytest.mark.parametrize("path", ["/attribute", "/take-out"])
def test_a_phone_needs_no_sideways_scrolling(open_page, site, path):  # noqa: F811 (fixtures)
    page = open_page(viewport={"width": 360, "height": 740})
    go(page, site, path)
    page.fill("#text", ANSWER)
    page.click(".button-first")
    page.locator("h2").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
