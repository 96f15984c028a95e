"""Copies of protected works: who is found, who is allowed, and what fails closed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guard.policies import NOTICE, policy_with, rule
from tests.match.works import edited, invented, work

from upright.guard import Guard, GuardPool, Shown
from upright.guard.detectors import build_detectors
from upright.guard.detectors.copies import CopiedText
from upright.match.index import DamagedIndexError, Index, IndexWriter, Work, WorksError
from upright.policy import MatchSection, load_policy, parse_policy
from upright.terms import Action, ConfigError, Context, Record, Stage, UprightError

WORKS = [
    work(1, owner="Ada Sample", licence="all rights reserved"),
    work(2, owner="Bo Free", licence="CC0-1.0"),
    work(3, action="flag"),
    work(4, action="allow"),
]
INDEX = Index.of(WORKS)
WORDS = {one.id: one.text.split() for one in WORKS}
HEAD = 'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'
RULE = '[[guard.rule]]\ndetect = ["copy.text"]\nat = ["output"]\naction = "block"\n'


def detector(**section) -> CopiedText:
    return CopiedText(INDEX, MatchSection(index="unused", **section))


def guard(*rules, **section) -> Guard:
    return Guard(policy_with(*rules), [detector(**section)])


def passage(number: int, size: int = 30, start: int = 20) -> str:
    return " ".join(WORDS[f"work {number}"][start : start + size])


def found(text: str, **section):
    return detector(**section).find([Record(text)])[0]


def test_a_finding_names_the_work_its_owner_and_its_licence():
    (one,) = found(f"He wrote: {passage(1)}. So it goes.")
    assert one.source == "work 1 (Ada Sample, all rights reserved)"
    assert (one.start, one.end) == (10, 10 + len(passage(1)))
    assert (one.hazard, one.severity, one.score) == ("copy", 4, 1.0)


def test_what_the_owner_wants_becomes_the_severity():
    assert [one.severity for one in found(passage(3))] == [1]
    assert found(passage(4)) == []


def test_works_under_a_licence_that_the_use_allows_may_be_copied():
    assert found(passage(2))
    assert found(passage(2), licences=["cc0-1.0"]) == []
    assert found(passage(1), licences=["cc0-1.0"])


def test_how_many_words_are_a_copy_is_the_uses_to_say():
    assert found(passage(1, size=13))
    assert found(passage(1, size=12)) == []
    assert found(passage(1, size=14), run=14)
    assert found(passage(1, size=19), run=20, near=False) == []


def test_a_near_copy_is_found_unless_the_use_does_not_want_to_know():
    words = [*WORDS["work 1"]]
    for at in range(5, 120, 9):
        words[at] = "otherwise"
    text = " ".join(words)
    (one,) = found(text)
    assert one.score == pytest.approx(0.89, abs=0.03)
    assert found(text, near=False) == []


def test_a_quotation_that_says_so_can_be_allowed():
    text = f'As Ada Sample wrote in her book: "{passage(1)}".'
    quoting = rule("copy.text", action="block", context={Context.QUOTATION: Action.ALLOW})
    assert guard(quoting).check([Record(text)])[0].text == text
    unmarked = f"Let me say it in my own words: {passage(1)}."
    assert guard(quoting).check([Record(unmarked)])[0].action is Action.BLOCK


def test_a_replacement_can_cite_the_source():
    citing = rule("copy.text", action="replace", text="Read it in {source}.")
    verdict = guard(citing).check([Record(f"So: {passage(1)}")])[0]
    assert verdict.text == "Read it in work 1 (Ada Sample, all rights reserved)."


@settings(max_examples=60)
@given(
    before=st.integers(0, 20),
    start=st.integers(0, 60),
    size=st.integers(13, 40),
    cuts=st.lists(st.integers(1, 12), min_size=1, max_size=30),
)
def test_no_word_of_a_blocked_copy_leaves_however_the_answer_is_cut(before, start, size, cuts):
    own = " ".join(invented(500 + before, before))
    text = f"{own} indeed: {passage(1, size, start)} and so on"
    driver = guard(rule("copy.text", action="block")).stream()
    released, at, turn = "", 0, 0
    while at < len(text):
        step = cuts[turn % len(cuts)]
        released += driver.feed(text[at : at + step])
        at, turn = at + step, turn + 1
    assert released + driver.finish() == f"{own} indeed: {NOTICE}"


# What the user wrote -----------------------------------------------------------------------------


def shown(text: str, *prompt: str) -> list[str]:
    one = guard(rule("copy.text", action="block"))
    scan = one.scan([Record(text)], Stage.OUTPUT)[0]
    return [item.source for item in Shown(prompt).without_echoes(text, scan).findings]


def test_what_the_user_wrote_may_be_repeated():
    assert shown(f"Here it is: {passage(1)}", f"Please mend: {passage(1, 40, 15).upper()}") == []
    assert len(shown(f"Here it is: {passage(1)}", "Please mend what you know.")) == 1


def test_a_copy_that_goes_on_where_the_users_words_end_is_a_finding():
    assert shown(passage(1, 40), passage(1, 30)) == ["work 1 (Ada Sample, all rights reserved)"]


def test_a_near_copy_of_what_the_user_wrote_may_be_repeated():
    near = " ".join(edited(WORDS["work 1"], 0.08, 3))
    assert shown(near)
    assert shown(near, near) == []


def test_other_findings_are_left_alone():
    both = Guard(policy_with(rule("*")), [detector(), *build_detectors(policy_with(rule("pii.*")))])
    text = f"a@example.org {passage(1)}"
    scan = both.scan([Record(text)], Stage.OUTPUT)[0]
    left = Shown([text]).without_echoes(text, scan).findings
    assert [one.rule for one in left] == ["pii.email"]


# From the use's file -----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    with IndexWriter(tmp_path / "works") as writer:
        for one in WORKS:
            writer.add(one)
    (tmp_path / "use.toml").write_text(HEAD + '[match]\nindex = "works"\n' + RULE)
    return tmp_path


def test_the_index_is_looked_for_beside_the_uses_file(folder, monkeypatch):
    monkeypatch.chdir("/")
    verdict = Guard.from_policy(load_policy(folder / "use.toml")).check([Record(passage(1))])[0]
    assert verdict.action is Action.BLOCK
    assert [one.source for one in verdict.findings] == ["work 1 (Ada Sample, all rights reserved)"]


def test_and_else_where_upright_runs(folder, monkeypatch):
    monkeypatch.chdir(folder)
    use = parse_policy((folder / "use.toml").read_text())
    assert Guard.from_policy(use).check([Record(passage(1))])[0].action is Action.BLOCK


def test_worker_processes_find_the_index_too(folder, monkeypatch):
    monkeypatch.chdir("/")
    with GuardPool(load_policy(folder / "use.toml")) as pool:
        assert pool.check([Record(passage(1))])[0].action is Action.BLOCK


def test_without_an_index_a_rule_on_copies_is_told_and_not_passed_over():
    with pytest.raises(ConfigError, match="no index of protected works"):
        Guard.from_policy(parse_policy(HEAD + RULE))


def test_a_missing_or_damaged_index_fails_closed(folder):
    use = load_policy(folder / "use.toml")
    (path,) = (folder / "works").glob("segments/*/grams")
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(DamagedIndexError, match="grams"):
        Guard.from_policy(use)
    (folder / "works" / "manifest.json").unlink()
    with pytest.raises(WorksError, match="no index there"):
        Guard.from_policy(use)


def test_a_damaged_index_means_the_same_exit_code_in_worker_processes(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (path,) = (folder / "works").glob("segments/*/grams")
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(UprightError) as alone:
        Guard.from_policy(load_policy(folder / "use.toml"))
    with pytest.raises(UprightError) as pooled, GuardPool(load_policy(folder / "use.toml")):
        pass
    assert alone.value.exit_code == pooled.value.exit_code == 3
    (folder / "works" / "manifest.json").unlink()
    with pytest.raises(UprightError) as missing, GuardPool(load_policy(folder / "use.toml")):
        pass
    assert missing.value.exit_code == 2


def test_the_works_are_part_of_the_guard_s_digest(folder):
    use = load_policy(folder / "use.toml")
    before = Guard.from_policy(use).digest
    with IndexWriter(folder / "works") as writer:
        writer.add(Work("one more", passage(1) + " indeed"))
    assert Guard.from_policy(use).digest != before
    assert Guard.from_policy(use).digest == Guard.from_policy(use).digest


def test_where_the_file_lies_is_no_part_of_the_policy(folder):
    use = load_policy(folder / "use.toml")
    assert use.digest == parse_policy((folder / "use.toml").read_text()).digest
