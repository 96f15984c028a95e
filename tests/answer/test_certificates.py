"""Certificates of the pipeline: recorded with the answer or not at all, and about what was sent."""

import pytest
from tests.answer.fakes import HEAD, ScriptedEngine, chunked, policy, rule

from upright.answer import Answerer
from upright.certify import CertificateError, Certifier
from upright.policy import parse_policy
from upright.terms import UprightError

STORY = "The mill stood empty for a year before anyone asked about the key to its door."
MAIL = "bob.miller@example.com"


def writes(bench, use, script):
    return bench(use, ScriptedEngine(script))


def told(b, answer):
    certifier = Certifier.open(b.ledger)
    return [
        certifier.open_certificate(one.cose, answer.choices[one.index].content)
        for one in answer.upright.certificates
    ]


def closed(b):
    return next(body for kind, body in b.events() if kind == "closed")


def test_each_choice_has_a_certificate_of_its_own(bench):
    b = writes(bench, policy(), lambda job: [p for n in range(2) for p in chunked(STORY, choice=n)])
    answer = b.complete(("user", "Tell."), n=2)
    assert [one.index for one in answer.upright.certificates] == [0, 1]
    assert len({opened.id for opened in told(b, answer)}) == 2


def test_what_is_certified_is_what_was_sent_after_the_guard(bench):
    b = writes(bench, policy(), chunked(f"{STORY} Write to {MAIL}."))
    answer = b.complete(("user", "Tell."))
    assert MAIL not in answer.choices[0].content
    assert told(b, answer)[0].fields["length"] == len(answer.choices[0].content)


def test_a_streamed_answer_carries_its_certificate_on_the_last_piece_only(bench):
    b = writes(bench, policy(), chunked(STORY))
    pieces = b.stream(("user", "Tell."))
    assert [piece.upright is not None for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert pieces[-1].upright.certificates


def test_an_answer_without_text_has_none(bench):
    assert not writes(bench, policy(), chunked("")).complete(("user", "Tell.")).upright.certificates


def test_a_refused_prompt_has_none(bench):
    b = writes(bench, policy(rules=rule("block", at='"prompt"')), chunked(STORY))
    assert not b.complete(("user", f"canary {MAIL}")).upright.certificates


def test_the_notice_of_a_blocked_answer_is_nobodys_certified_text(bench):
    b = writes(bench, policy(rules=rule("block")), chunked(MAIL))
    answer = b.complete(("user", "Tell."))
    match = Certifier.open(b.ledger).find(answer.choices[0].content)
    assert match is None or not match.certified


def test_a_use_that_declines_issues_none(bench):
    b = writes(bench, policy("[certificates]\nissue = false\n"), chunked(STORY))
    answer = b.complete(("user", "Tell."))
    assert "certificates" not in answer.upright.to_json()
    assert b.ledger.certificates.log.head().size == 0


def test_the_ledger_names_the_certificates_in_the_event_that_closes_the_answer(bench):
    b = writes(bench, policy(), chunked(STORY))
    answer = b.complete(("user", "Tell."))
    (reference,) = closed(b)["certificates"]
    assert reference["id"] == answer.upright.certificates[0].id


def test_a_name_that_fits_no_certificate_is_told_before_anything_is_answered(bench, tmp_path):
    b = writes(bench, policy(), chunked(STORY))
    engine = ScriptedEngine(chunked(STORY))
    engine.name = "m" * 201
    use = parse_policy(HEAD + rule("redact"))
    with pytest.raises(CertificateError, match="model"):
        Answerer(use, engine=engine, pool=b.pool, ledger=b.ledger, writer=b.writer)


@pytest.mark.parametrize("action", ["redact", "pseudonymise"])
def test_a_persons_own_text_is_not_certified_when_the_guard_changed_it_on_its_way_in(bench, action):
    own = f"My grandmother kept bees behind {MAIL} and every spring she wrote to {MAIL} again."
    b = bench(policy(rules=rule(action, at='"prompt"')))
    answer = b.complete(("user", own))
    text = answer.choices[0].content
    echoed = told(b, answer)[0].fields["echoed"]
    assert echoed == [0, len(text)]


def test_a_short_notice_with_a_short_disclosure_gets_no_certificate(bench):
    body = '[disclosure]\ntext = "By a machine."\nvisible = true\n[guard]\nnotice = "Withheld."\n'
    b = writes(bench, policy(body, rules=rule("block")), chunked(MAIL))
    answer = b.complete(("user", "Tell."))
    assert answer.choices[0].content == "Withheld.\n\nBy a machine."
    assert not answer.upright.certificates


def test_a_key_that_cannot_sign_is_told_before_anything_is_generated(bench):
    b = writes(bench, policy(), chunked(STORY))
    issuer = b.ledger.home / "issuer"
    issuer.rename(issuer.with_name("gone"))
    issuer.write_text("no folder")
    with pytest.raises(UprightError):
        b.complete(("user", "Tell."))
    assert not b.engine.jobs
