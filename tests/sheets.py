"""Reports on one page, looked at in a real browser with the rules of axe."""

from __future__ import annotations

import shutil

import pytest

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LOOKS = [("light", 1_200), ("dark", 380)]
"""Colours and width in pixels: a desk by day, and a telephone at night."""


@pytest.fixture(scope="module")
def browser():
    """A Chromium; the test skips where there is none."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only with a browser)

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


def assert_readable(browser, address, scheme, width):
    """See to it that a page with all its parts open breaks no rule, and asks nobody."""
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
