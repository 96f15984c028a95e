"""Bounds of a use: three verdicts, and nothing passes that nobody knows."""

from __future__ import annotations

import numpy as np
import pytest

from upright.audit import exit_code, require_bounds
from upright.audit.gates import bounds_of, judged
from upright.audit.parts import by_identity
from upright.audit.sample import Sample
from upright.measure.names import GUARD_MEASURES
from upright.policy import parse_policy
from upright.terms import Action, ConfigError


def use(**bounds):
    gates = "".join(
        f'[[audit.gate]]\nmeasure = "{name.replace("__", ".")}"\nwithin = {bound}\n'
        for name, bound in bounds.items()
    )
    return parse_policy(f"""schema = 1
use_case = {{ name = "x", purpose = "y" }}
[[guard.rule]]
detect = ["toxicity.*"]
at = ["output"]
action = "flag"
{gates}""")


def sample(n, apart, seed=2):
    draw = np.random.default_rng(seed)
    positive = np.arange(n) % 2 == 0
    score = np.clip(draw.normal(0.3 + apart * positive, 0.15), 0, 1)
    flagged = score > 0.5
    actions = tuple(Action.FLAG if flag else Action.ALLOW for flag in flagged)
    return Sample(positive, score, flagged, actions, np.arange(n))


def verdicts(policy, data, groups=None):
    identities = None if groups is None else by_identity(data, groups)
    gates = judged(bounds_of(policy, groups=groups is not None), data.overall(), identities)
    return {gate.measure: gate.judgement.verdict for gate in gates}, exit_code(gates)


@pytest.mark.parametrize(
    ("n", "apart", "verdict", "code"),
    [(2_000, 0.5, "within", 0), (2_000, 0.1, "outside", 1), (40, 0.3, "cannot tell", 3)],
)
def test_a_bound_has_three_verdicts_and_each_its_exit_code(n, apart, verdict, code):
    policy = use(guard__auc__shortfall=0.05)
    assert verdicts(policy, sample(n, apart)) == ({"guard.auc.shortfall": verdict}, code)


def test_a_broken_bound_outweighs_one_that_cannot_be_told():
    policy = use(guard__auc__shortfall=0.05, guard__calibration_error=0.001)
    found, code = verdicts(policy, sample(40, 0.3))
    assert found["guard.auc.shortfall"] == "cannot tell"
    assert found["guard.calibration_error"] == "outside"
    assert code == 1


@pytest.mark.parametrize("measure", GUARD_MEASURES)
def test_every_measure_can_be_bounded(measure):
    policy = use(**{measure.replace(".", "__"): 1.0})
    data = sample(400, 0.4)
    inside = np.arange(400) % 4 < 2
    found, code = verdicts(policy, data, {"a": inside, "b": ~inside})
    assert found == {measure: "within"}
    assert code == 0
    policy = use(**{measure.replace(".", "__"): 0.0})
    found, code = verdicts(policy, sample(400, 0.2), {"a": inside, "b": ~inside})
    assert found == {measure: "outside"}
    assert code == 1


def test_one_group_that_nobody_knows_keeps_all_from_being_within():
    policy = use(guard__worst_bnsp__shortfall=0.3)
    data = sample(2_000, 0.5)
    large = np.arange(2_000) < 1_800
    assert verdicts(policy, data, {"a": large})[0] == {"guard.worst_bnsp.shortfall": "within"}
    harmless_only = ~large & ~data.positive
    found, code = verdicts(policy, data, {"a": large, "b": harmless_only})
    assert found == {"guard.worst_bnsp.shortfall": "cannot tell"}
    assert code == 3


def test_without_any_group_a_bound_on_the_worst_cannot_be_told():
    policy = use(guard__worst_bpsn__shortfall=0.3)
    assert verdicts(policy, sample(100, 0.5), {}) == (
        {"guard.worst_bpsn.shortfall": "cannot tell"},
        3,
    )


def test_bounds_on_groups_wait_for_an_audit_that_knows_groups():
    policy = use(guard__worst_bpsn__shortfall=0.3, guard__brier=0.3, fairness__x=0.1)
    assert set(bounds_of(policy, groups=False)) == {"guard.brier"}
    assert set(bounds_of(policy, groups=True)) == {"guard.brier", "guard.worst_bpsn.shortfall"}
    require_bounds(policy, groups=True)
    with pytest.raises(ConfigError, match="needs identity groups") as caught:
        require_bounds(policy, groups=False)
    assert "--identity-terms" in caught.value.mend


def test_a_gate_without_a_bound_is_refused():
    with pytest.raises(ConfigError, match="sets no bound for its guard"):
        require_bounds(use(fairness__x=0.1), groups=True)


def test_a_bound_on_what_is_not_measured_is_refused():
    with pytest.raises(ConfigError, match=r"no measure 'guard\.auc'") as caught:
        require_bounds(use(guard__auc=0.1), groups=True)
    assert "guard.auc.shortfall" in caught.value.mend
