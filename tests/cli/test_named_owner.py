"""An option that names owners never means those who have no name."""

from __future__ import annotations

import pytest

from upright.cli.options import named_owner
from upright.terms import ConfigError


@pytest.mark.parametrize("value", ["", "  ", ["ada", ""]])
def test_an_empty_owner_is_refused(value):
    with pytest.raises(ConfigError, match="--owner is empty"):
        named_owner(value)


@pytest.mark.parametrize("value", [None, "ada", ["ada", "bob"]])
def test_owners_with_a_name_pass(value):
    assert named_owner(value) == value
