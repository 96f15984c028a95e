"""What a use declares is audited whatever a command says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.audit.lending_duties import MARGIN, duties
from upright.policy import parse_policy
from upright.policy.model import LendingSection
from upright.terms import ConfigError

USE = 'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n[lending]\n'
names = st.lists(st.sampled_from(["sex", "age", "race", "region"]), unique=True)
others = st.lists(st.sampled_from(["income", "debt", "years"]), unique=True)
margins = st.none() | st.floats(0.001, 0.5)
sections = st.builds(
    LendingSection, groups=names.map(tuple), keep=others.map(tuple), max_gap=margins
)


@given(section=sections, more=names, kept=others, margin=margins)
def test_nothing_that_a_use_asks_for_is_left_out_or_widened(section, more, kept, margin):
    wider = margin is not None and section.max_gap is not None and margin > section.max_gap
    if wider or not (section.groups or more):
        with pytest.raises(ConfigError):
            duties(section, more, kept, margin)
        return
    owed = duties(section, more, kept, margin)
    assert set(owed.equal) == {*section.groups, *more}
    assert set(owed.keep) == {*section.keep, *kept}
    assert len(owed.equal) == len(set(owed.equal))
    assert set(owed.declared) == {*section.groups, *section.keep}
    assert owed.margin == next(one for one in (margin, section.max_gap, MARGIN) if one is not None)


@pytest.mark.parametrize(
    ("section", "equal", "keep"),
    [
        (LendingSection(groups=("sex",)), [], ["sex"]),
        (LendingSection(keep=("sex",)), ["sex"], []),
        (LendingSection(), ["sex"], ["income", "sex"]),
    ],
)
def test_a_column_is_to_be_equal_or_to_matter_and_not_both(section, equal, keep):
    with pytest.raises(ConfigError, match="`sex` is to be equal and to go on mattering"):
        duties(section, equal, keep, None)


def test_a_use_file_that_asks_both_of_a_column_is_refused():
    with pytest.raises(ConfigError, match="groups and keep both name 'sex'"):
        parse_policy(USE + 'groups = ["sex", "age"]\nkeep = ["income", "sex"]\n')
