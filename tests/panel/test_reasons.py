"""Reasons are written once, kept as they come, and asked for by what stands in their prompt."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.panel.stand_in import Model, study_text

from upright.generate import EngineError, Piece
from upright.panel.personas import personas
from upright.panel.reading import parse_study
from upright.panel.reasons import reasons
from upright.terms import ConfigError


class Writer(Model):
    """Writes a number of its own for each reason, and breaks after some."""

    def __init__(self, fails=None):
        super().__init__()
        self.jobs, self.breaks = [], fails

    async def stream(self, job):
        if len(self.jobs) == self.breaks:
            raise EngineError("broken", kind="unavailable")
        self.jobs.append(job)
        yield Piece(text=f" Reason {len(self.jobs)}")
        yield Piece(text=".\n", finish_reason="stop")
        yield Piece(text="another choice", choice=1)


def written(model, folder=None, people=6, product="spade", **swaps):
    study = parse_study(study_text(people, **swaps))
    chosen = [(person, product) for person in personas(study)]
    told = []
    found = asyncio.run(reasons(model, study, chosen, folder, lambda: told.append(1)))
    assert len(told) == people
    return found


def test_each_person_gives_one_reason_without_space_around_it():
    model = Writer()
    found = written(model)
    assert len(found) == 6
    assert found[0] == "Reason 1."
    assert len(set(found)) == len(model.jobs), "people who are described alike share one"


def test_the_prompt_holds_the_person_the_products_and_the_choice():
    model = Writer()
    written(model)
    study = parse_study(study_text(6))
    texts = {person.text for person in personas(study)}
    for job in model.jobs:
        system, user = (turn.content for turn in job.messages)
        assert "- spade: For digging.\n- game: For evenings." in system
        assert "You chose spade." in user
        assert any(text in user for text in texts)
        assert job.sampling.max_tokens <= 40


def test_the_same_person_draws_with_the_same_seed_each_time():
    first, second = Writer(), Writer()
    written(first)
    written(second)
    seeds = [job.sampling.seed for job in first.jobs]
    assert seeds == [job.sampling.seed for job in second.jobs]
    assert len(set(seeds)) == len(seeds)


def test_what_is_kept_is_not_written_again(tmp_path):
    first, second = Writer(), Writer()
    assert written(first, tmp_path) == written(second, tmp_path)
    assert second.jobs == []


@pytest.mark.parametrize("fails", [0, 1, 3])
def test_a_run_that_broke_goes_on_where_it_was(tmp_path, fails):
    with pytest.raises(EngineError):
        written(Writer(fails), tmp_path)
    again, whole = Writer(), Writer()
    found = written(again, tmp_path)
    written(whole)
    assert len(again.jobs) == len(whole.jobs) - fails
    assert len(found) == 6


def test_another_model_product_or_choice_is_asked_anew(tmp_path):
    written(first := Writer(), tmp_path)
    other = Writer()
    other.digest = "sha256:other"
    for model, how in (
        (other, {}),
        (Writer(), {"product": "game"}),
        (Writer(), {"d": ("For digging.", "For deep holes.")}),
    ):
        written(model, tmp_path, **how)
        assert len(model.jobs) == len(first.jobs)


def test_a_line_that_a_kill_cut_off_is_dropped_and_written_again(tmp_path):
    written(Writer(), tmp_path)
    kept = tmp_path / "reasons.jsonl"
    kept.write_bytes(kept.read_bytes()[:-9])
    model = Writer()
    written(model, tmp_path)
    assert len(model.jobs) == 1
    assert all(json.loads(line) for line in kept.read_text().splitlines())


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"key": "x"}', "3"])
def test_a_spoilt_line_is_named_with_its_mend(tmp_path, line):
    (tmp_path / "reasons.jsonl").write_text(f"{line}\n")
    with pytest.raises(ConfigError, match=r"reasons\.jsonl:1: no answer of a run") as problem:
        written(Writer(), tmp_path)
    assert "take the line out" in problem.value.mend


def test_a_folder_that_takes_nothing_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"reasons\.jsonl: No such file") as problem:
        written(Writer(), tmp_path / "gone")
    assert "run again" in problem.value.mend
