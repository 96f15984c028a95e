"""What the page on a lender tells a reader."""

from __future__ import annotations

import pytest
from tests.audit.banks import audited, fair, table_of, unfair

from upright.audit.lending_page import LIMITS, page

GATES = {"fairness.lending.logit_gap": 0.2, "fairness.lending.false_rejection_gap": 0.01}


@pytest.fixture(scope="module")
def unfairly():
    return audited(unfair, gates=GATES, declared=("sex", "income"))


def test_the_page_says_first_whether_the_model_can_lend_at_all(unfairly):
    told = page(unfairly)
    assert told.index(unfairly.lender.plainly) < told.index("one attribute changed")


def test_the_page_shows_every_gap_rate_bound_and_limit(unfairly):
    told = page(unfairly)
    for one in unfairly.swaps:
        assert f"{one.attribute}: {one.first} - {one.second}" in told
    for name, groups in unfairly.rejected.items():
        assert all(f"{name}: {group}" in told for group in groups)
    for gate in unfairly.gates:
        assert gate.measure in told
    assert 'class="verdict outside">outside' in told
    assert all(limit in told for limit in LIMITS)


def test_the_page_tells_what_the_use_asks_from_what_was_added():
    assert "<td>the use</td>" in page(audited(fair, declared=("income",)))
    assert "<td>this audit</td>" in page(audited(fair))


def test_the_page_is_the_same_bytes_for_the_same_audit():
    assert page(audited(fair)) == page(audited(fair))


def test_names_from_a_table_are_text_and_never_markup():
    table = table_of()
    table.columns["<b>sex"] = table.columns.pop("sex")
    told = page(audited(fair, table, names=("<b>sex",), words={}))
    assert "<b>sex" not in told
    assert "&lt;b&gt;sex" in told


def test_rates_of_groups_are_those_of_the_rows_that_turned_out_well(unfairly):
    label = table_of().columns["good"]
    for groups in unfairly.rejected.values():
        assert sum(share.n for share in groups.values()) == label.count("1")
    told = unfairly.to_json()["false_rejection"][0]["groups"]
    assert told["1"]["low"] <= told["1"]["value"] <= told["1"]["high"]
