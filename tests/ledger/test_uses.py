"""Policies in force: versions, roll-back, and the switch that stops a use."""

from __future__ import annotations

import pytest

from upright.ledger import ConflictError, Event, Ledger, NotFoundError, UseState
from upright.policy import parse_policy
from upright.terms import ConfigError


def policy(audience: str = "readers", name: str = "tales") -> str:
    return (
        f'schema = 1\n[use_case]\nname = "{name}"\n'
        f'purpose = "Tells tales."\naudience = "{audience}"\n'
    )


@pytest.fixture
def uses(ledger):
    return ledger.uses


def test_a_use_that_was_never_published_has_no_policy_and_is_not_stopped(uses):
    assert uses.state("tales") == UseState(None, None, stopped=False, reason="")
    assert uses.active("tales") is None
    assert uses.history("tales") == []
    assert uses.names() == []


def test_publishing_puts_a_policy_in_force(uses):
    assert uses.publish(policy(), by="ann") == 1
    assert uses.active("tales") == (1, policy())
    assert uses.state("tales") == UseState(1, parse_policy(policy()).digest)
    assert uses.names() == ["tales"]


def test_another_text_is_another_version_and_in_force_at_once(uses):
    uses.publish(policy(), by="ann")
    assert uses.publish(policy("children"), by="ben") == 2
    assert uses.active("tales") == (2, policy("children"))
    history = uses.history("tales")
    assert [(v.version, v.by, v.active) for v in history] == [(1, "ann", False), (2, "ben", True)]
    assert [v.text for v in history] == [policy(), policy("children")]


def test_publishing_the_newest_text_again_changes_nothing(ledger, uses):
    uses.publish(policy(), by="ann")
    before = ledger.count()
    assert uses.publish(policy(), by="ann") == 1
    assert ledger.count() == before


def test_a_restart_with_the_same_file_does_not_undo_a_rollback(uses):
    uses.publish(policy(), by="ann")
    uses.publish(policy("children"), by="ann")
    uses.rollback("tales", by="officer")
    assert uses.publish(policy("children"), by="restart") == 2
    assert uses.active("tales") == (1, policy())


def test_going_back_to_an_older_text_in_the_file_is_a_new_version(uses):
    uses.publish(policy(), by="ann")
    uses.publish(policy("children"), by="ann")
    assert uses.publish(policy(), by="ann") == 3
    assert uses.active("tales") == (3, policy())


def test_a_text_that_is_no_policy_is_refused_and_nothing_is_recorded(ledger, uses):
    with pytest.raises(ConfigError):
        uses.publish("schema = 1", by="ann")
    assert ledger.count() == 0


def test_rollback_goes_one_version_back_each_time_until_the_first(uses):
    for audience in ("a", "b", "c"):
        uses.publish(policy(audience), by="ann")
    assert uses.rollback("tales", by="ann") == 2
    assert uses.rollback("tales", by="ann") == 1
    with pytest.raises(ConflictError, match="none before it"):
        uses.rollback("tales", by="ann")
    assert uses.active("tales") == (1, policy("a"))


def test_any_published_version_can_be_put_in_force(uses):
    for audience in ("a", "b", "c"):
        uses.publish(policy(audience), by="ann")
    uses.activate("tales", 1, by="ann")
    assert uses.active("tales") == (1, policy("a"))
    uses.activate("tales", 3, by="ann")
    assert uses.active("tales") == (3, policy("c"))


@pytest.mark.parametrize("version", [0, 2, -1])
def test_a_version_that_was_never_published_cannot_be_put_in_force(ledger, uses, version):
    uses.publish(policy(), by="ann")
    before = ledger.count()
    with pytest.raises(NotFoundError, match=f"no version {version}"):
        uses.activate("tales", version, by="ann")
    assert ledger.count() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda uses: uses.activate("other", 1, by="ann"),
        lambda uses: uses.rollback("other", by="ann"),
        lambda uses: uses.stop("other", "why", by="ann"),
        lambda uses: uses.resume("other", by="ann"),
    ],
)
def test_a_use_that_nobody_published_is_named_in_the_error(ledger, uses, change):
    with pytest.raises(NotFoundError, match="'other'"):
        change(uses)
    assert ledger.count() == 0


def test_a_stopped_use_stays_stopped_through_new_versions_until_resumed(uses):
    uses.publish(policy(), by="ann")
    uses.stop("tales", "wrong facts", by="officer")
    uses.publish(policy("children"), by="ann")
    state = uses.state("tales")
    assert (state.version, state.stopped, state.reason) == (2, True, "wrong facts")
    uses.resume("tales", by="officer")
    state = uses.state("tales")
    assert (state.version, state.stopped, state.reason) == (2, False, "")


def test_stopping_one_use_leaves_the_others(uses):
    uses.publish(policy(), by="ann")
    uses.publish(policy(name="news"), by="ann")
    uses.stop("tales", "why", by="officer")
    assert not uses.state("news").stopped
    assert uses.names() == ["news", "tales"]


def test_every_change_is_an_event_that_says_who(ledger, uses):
    uses.publish(policy(), by="ann")
    uses.publish(policy("children"), by="ben")
    uses.rollback("tales", by="cem")
    uses.stop("tales", "wrong facts", by="dee")
    uses.resume("tales", by="eve")
    events = ledger.entries()
    assert [(e.kind, e.use_case, e.body["by"], e.body.get("version")) for e in events] == [
        ("policy.published", "tales", "ann", 1),
        ("policy.activated", "tales", "ann", 1),
        ("policy.published", "tales", "ben", 2),
        ("policy.activated", "tales", "ben", 2),
        ("policy.activated", "tales", "cem", 1),
        ("policy.stopped", "tales", "dee", None),
        ("policy.resumed", "tales", "eve", None),
    ]  # fmt: skip
    assert ledger.entry(6).body["reason"] == "wrong facts"
    assert ledger.entry(1).body["policy_digest"] == parse_policy(policy()).digest


def test_the_state_is_read_in_the_same_transaction_as_the_append(ledger, uses):
    uses.publish(policy(), by="ann")
    happened = Event("opened", "tales", {}, "r")
    ((_, before),) = ledger.append_with_states([happened])
    uses.stop("tales", "why", by="officer")
    ((_, after),) = ledger.append_with_states([happened])
    assert (before.stopped, after.stopped) == (False, True)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE uses SET stopped = NOT stopped WHERE name = 'tales'", "stopped"),
        ("UPDATE uses SET reason = 'other' WHERE name = 'tales'", "stopped"),
        ("UPDATE uses SET version = 1 WHERE name = 'tales'", "version 1 of 'tales' is in force"),
        ("DELETE FROM uses WHERE name = 'tales'", "version None of 'tales' is in force"),
        ("INSERT INTO uses VALUES ('new', 1, NOT (1 = 1), '')", "'new'"),
        ("UPDATE policy_versions SET text = text || '#' WHERE version = 2", "version 2 of 'tales'"),
        ("DELETE FROM policy_versions WHERE version = 1", "version 1 of 'tales'"),
        ("UPDATE policy_versions SET version = 7 WHERE version = 2", "of 'tales' is not the one"),
    ],
)
def test_tables_that_disagree_with_the_chain_are_found(ledger, uses, attack, statement, told):
    uses.publish(policy(), by="ann")
    uses.publish(policy("children"), by="ann")
    uses.stop("tales", "wrong facts", by="officer")
    attacker = attack(ledger)
    assert ledger.verify().ok
    attacker.execute(statement)
    verification = ledger.verify()
    assert not verification.ok
    assert verification.first_bad is None
    assert told in verification.problem


@pytest.mark.parametrize("body", [{}, {"version": None}, {"version": "x", "text_digest": 5}])
def test_policy_events_that_no_store_wrote_are_a_finding_and_no_crash(ledger, uses, body):
    uses.publish(policy(), by="ann")
    ledger.append(Event("policy.published", "tales", body))
    ledger.append(Event("policy.activated", "tales", body))
    assert not ledger.verify().ok


def test_texts_are_published_to_the_letter(home):
    odd = policy().replace("readers", "lesér 😀 \\u0000") + "# é\r\n"
    with Ledger.open(home=home) as ledger:
        ledger.uses.publish(odd, by="ann")
        assert ledger.uses.active("tales") == (1, odd)
        assert ledger.verify().ok
