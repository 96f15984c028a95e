"""The page in a real browser: light and dark, small and large, with the rules of axe."""

from __future__ import annotations

import shutil

import pytest

from upright.audit.page import write_page

pytestmark = pytest.mark.browser

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


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


@pytest.fixture(scope="module")
def address(audit, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "audit.html"
    write_page(audit, str(path))
    return path.as_uri()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_200), ("dark", 380)])
def test_the_page_is_readable_and_asks_for_nothing(browser, address, scheme, width):
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
