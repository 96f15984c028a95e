"""Kept answers: asked once, the same when read again, whole after a kill."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.generate.test_choosing import WORDS, Reader, Server

from upright.generate.choosing import Question
from upright.generate.choosing_work import open_book
from upright.terms import ConfigError

QUESTIONS = [Question(WORDS, prompt=f"Well {at}?") for at in range(30)]


class Counting(Reader):
    asked = 0

    async def logs_after(self, prompt, options):
        self.asked += 1
        return await super().logs_after(prompt, options)


def ask(engine, folder, questions=QUESTIONS, **how):
    told = []
    with open_book(engine, folder) as book:
        got = asyncio.run(book.ask(questions, lambda: told.append(1)))
    assert len(told) == len(questions)
    return got


def test_an_answer_is_asked_for_once(tmp_path):
    engine = Counting()
    first = ask(engine, tmp_path, QUESTIONS[:10])
    again = ask(engine, tmp_path, QUESTIONS)
    assert engine.asked == len(QUESTIONS)
    assert again[:10] == first


def test_the_same_question_twice_is_one_call():
    engine = Counting()
    assert len(ask(engine, None, [QUESTIONS[0]] * 3)) == 3
    assert engine.asked == 1


def test_another_model_answers_for_itself(tmp_path):
    ask(Counting(), tmp_path)
    other = Counting()
    other.digest = "sha256:other"
    ask(other, tmp_path)
    assert other.asked == len(QUESTIONS)


def test_options_never_seen_are_kept_as_they_are(tmp_path):
    first = ask(Server(("Hm",)), tmp_path, QUESTIONS[:1])
    again = ask(Server(("Yes",)), tmp_path, QUESTIONS[:1])
    assert repr(again) == repr(first)


def test_a_line_cut_off_is_asked_again_and_the_others_are_not(tmp_path):
    ask(Counting(), tmp_path, QUESTIONS[:5])
    file = tmp_path / "answers.jsonl"
    file.write_bytes(file.read_bytes()[:-7])
    engine = Counting()
    ask(engine, tmp_path, QUESTIONS[:5])
    assert engine.asked == 1
    ask(engine, tmp_path, QUESTIONS[:5])
    assert engine.asked == 1


def test_a_spoilt_line_is_named(tmp_path):
    ask(Counting(), tmp_path, QUESTIONS[:2])
    file = tmp_path / "answers.jsonl"
    file.write_text('{"key": 1}\n' + file.read_text())
    with pytest.raises(ConfigError, match=r"answers\.jsonl:1"):
        ask(Counting(), tmp_path)


def test_two_runs_do_not_write_into_one_folder(tmp_path):
    with (
        open_book(Counting(), tmp_path),
        pytest.raises(ConfigError, match="another run"),
        open_book(Counting(), tmp_path),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigError, match="file"),
        open_book(Counting(), tmp_path / "file" / "below"),
    ):
        pass


def test_the_cost_is_measured_on_a_few_whose_answers_are_kept(tmp_path):
    engine = Counting()
    with open_book(engine, tmp_path) as book:
        cost = asyncio.run(book.cost(QUESTIONS))
        assert (cost.calls, cost.known, engine.asked) == (21, 9, 9)
        assert cost.tokens == sum(len(question.prompt) for question in QUESTIONS[9:])
        assert 0 < cost.seconds == cost.each * 21
        asyncio.run(book.ask(QUESTIONS))
        whole = asyncio.run(book.cost(QUESTIONS))
    assert (whole.calls, whole.known, whole.each, whole.seconds) == (0, 30, None, 0.0)


def test_a_server_is_counted_by_letters():
    with open_book(Server(), None) as book:
        cost = asyncio.run(book.cost([Question(WORDS, prompt="word " * 40)] * 1 + QUESTIONS))
    assert cost.tokens == sum(len(question.prompt) // 4 for question in QUESTIONS[8:])


PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.generate.test_choosing_work import QUESTIONS, Counting, open_book

class Slow(Counting):
    async def logs_after(self, prompt, options):
        if self.asked == 12:
            print("now", flush=True)
            await asyncio.Event().wait()
        return await super().logs_after(prompt, options)

with open_book(Slow(), Path(sys.argv[1])) as book:
    asyncio.run(book.ask(QUESTIONS))
"""


def test_what_a_killed_run_had_answered_is_not_asked_again(tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    assert run.stdout.readline() == b"now\n"
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    engine = Counting()
    ask(engine, tmp_path)
    assert engine.asked == len(QUESTIONS) - 12
