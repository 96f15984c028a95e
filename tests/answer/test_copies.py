"""Protected works in the pipeline: blocked with their source, free to the user who wrote them."""

from __future__ import annotations

import pytest
from tests.answer.fakes import ScriptedEngine, chunked, policy, rule
from tests.match.works import work

from upright.answer.masking import works_for
from upright.generate.types import ReadingEngine
from upright.match.index import IndexWriter

WORK = work(1, owner="Ada Sample")
WORDS = WORK.text.split()
COPY = " ".join(WORDS[20:50])


@pytest.fixture
def index(tmp_path):
    with IndexWriter(tmp_path / "works") as writer:
        writer.add(WORK)
    return tmp_path / "works"


def use(index, more: str = ""):
    return policy(f'[match]\nindex = "{index}"\n{more}', rules=rule("block", detect="copy.text"))


def test_a_copy_in_an_answer_is_blocked_and_explained_with_its_source(bench, index):
    b = bench(use(index), ScriptedEngine(chunked(f"It says: {COPY} and so on.")))
    answer = b.complete(("user", "What does it say?"))
    assert answer.choices[0].finish_reason == "content_filter"
    assert WORDS[20] not in answer.choices[0].content
    (verdict,) = answer.upright.verdicts
    assert [one.source for one in verdict.verdict.findings] == ["work 1 (Ada Sample)"]


def test_a_user_who_pastes_a_text_may_have_it_repeated(bench, index):
    b = bench(use(index), ScriptedEngine(chunked(f"It says: {COPY} and so on.")))
    answer = b.complete(("user", f"Please correct this: {COPY}!"))
    assert answer.choices[0].content == f"It says: {COPY} and so on."
    assert answer.choices[0].finish_reason == "stop"


def test_what_a_tool_or_an_earlier_answer_says_does_not_make_a_copy_the_users(bench, index):
    b = bench(use(index), ScriptedEngine(chunked(f"It says: {COPY} and so on.")))
    answer = b.complete(("assistant", COPY), ("tool", COPY), ("user", "go on"))
    assert answer.choices[0].finish_reason == "content_filter"


class Reading(ScriptedEngine):
    """An engine that could be told what not to write."""

    async def next_token(self, prompt, sampling, *, limit=50): ...
    async def score(self, text): ...
    async def read(self, tokens, visit, *, after=()): ...
    def tokens(self, text): ...
    def placed(self, tokens): ...


def test_an_engine_is_told_which_runs_it_must_not_complete(bench, index):
    engine = Reading(chunked("Something else."))
    assert isinstance(engine, ReadingEngine)
    b = bench(use(index, "resample = true\n"), engine)
    b.complete(("user", "Please mend: " + " ".join(WORDS[:14])))
    follower = engine.jobs[0].mask.follower()
    follower.take(" ".join(WORDS[20:32]))
    assert follower.forbidden([" " + WORDS[32], " otherwise"]).tolist() == [True, False]
    shown = engine.jobs[0].mask.follower()
    shown.take(" ".join(WORDS[:12]))
    assert not shown.forbidden([" " + WORDS[12]])[0]


def test_a_use_that_does_not_resample_or_an_engine_of_texts_has_no_mask(index):
    engine = Reading(())
    assert works_for(use(index), engine) is None
    assert works_for(use(index, "resample = true\n"), ScriptedEngine(())) is None
    assert works_for(policy(), engine) is None
