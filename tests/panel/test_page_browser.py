"""The page of a panel in a real browser: readable in light and dark, and it asks for nothing."""

from __future__ import annotations

import asyncio

import pytest
from tests.panel.stand_in import Model, study_text
from tests.sheets import LOOKS, assert_readable, browser  # noqa: F401 (a fixture)

from upright.generate.choosing_work import open_book
from upright.guard import Guard
from upright.panel.page import page
from upright.panel.reading import parse_study
from upright.panel.run import prepare, run
from upright.policy import open_policy

pytestmark = pytest.mark.browser


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


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_page_is_readable_and_asks_for_nothing(address, browser, scheme, width):  # noqa: F811
    assert_readable(browser, address, scheme, width)
