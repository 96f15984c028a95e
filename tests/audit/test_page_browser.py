"""The pages of audits in a real browser: light and dark, small and large."""

from __future__ import annotations

import pytest
from tests.audit.banks import audited, unfair
from tests.sheets import LOOKS, assert_readable, browser  # noqa: F401 (a fixture)

from upright.audit.lending_page import page
from upright.audit.page import write_page
from upright.measure.sheet import write_sheet

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["guard", "lending"])
def address(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "audit.html"
    if request.param == "guard":
        write_page(request.getfixturevalue("audit"), str(path))
    else:
        bounds = {"fairness.lending.logit_gap": 0.2, "fairness.lending.false_rejection_gap": 0.01}
        write_sheet(page(audited(unfair, gates=bounds, declared=("sex", "income"))), str(path))
    return path.as_uri()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_page_is_readable_and_asks_for_nothing(browser, address, scheme, width):  # noqa: F811
    assert_readable(browser, address, scheme, width)
