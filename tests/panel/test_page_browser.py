"""The page of a panel in a real browser: readable in light and dark, and it asks for nothing."""

from __future__ import annotations

import asyncio
import shutil

import pytest
from tests.panel.stand_in import Model, study_text

from upright.generate.choosing_work import open_book
from upright.guard import Guard
from upright.panel.page import page
from upright.panel.reading import parse_study
from upright.panel.run import prepare, run
from upright.policy import open_policy

pytestmark = pytest.mark.browser

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


async def reported():
    guard, model = Guard.from_policy(open_policy("focus-group")), Model(place=0.5)
    study = parse_study(study_text(60, s=("seed = 3", "seed = 3\nreasons = true")))
    with open_book(model, None) as book:
        return await run(prepare(study, guard), model, guard, book, use="focus-group")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "panel.html"
    path.write_text(page(asyncio.run(reported())), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only with a browser)

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_200), ("dark", 380)])
def test_the_page_is_readable_and_asks_for_nothing(address, browser, scheme, width):
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 (only with a browser)

    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True
    )
    tab = context.new_page()
    asked, complaints = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))
    tab.goto(address)
    for summary in tab.locator("summary").all():
        summary.click()
    assert asked == [address]
    assert complaints == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()
    context.close()
