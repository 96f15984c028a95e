"""`upright generate`: text and next words straight from the engine."""

import io
import json
import sys

import pytest
from tests.audit.pronoun_engine import PronounEngine

import upright.generate
from upright.cli import main
from upright.generate import Candidate, EngineError, NextToken, Piece


class FakeEngine:
    """Repeats what it was asked, and knows one distribution."""

    name = "fake"
    digest = None

    def __init__(self):
        self.jobs = []
        self.closed = False

    async def stream(self, job):
        self.jobs.append(job)
        prompt = job.prompt if job.messages is None else job.messages[-1].content
        yield Piece(prompt_tokens=3)
        yield Piece(text=f"<{prompt}", tokens=(1,), completion_tokens=1)
        yield Piece(channel="reasoning", text="hidden")
        yield Piece(text=">", tokens=(2,), completion_tokens=1, finish_reason="stop")

    async def next_token(self, prompt, sampling, *, limit=50):
        words = (Candidate(5, " cat", 0.6), Candidate(6, " dog\n\x1b[31m", 0.4))
        kept = words if sampling.temperature == 1.0 else (Candidate(5, " cat", 1.0),)
        return NextToken(kept[:limit], covered=0.5, entropy=1.25)

    async def score(self, text):
        return []

    async def aclose(self):
        self.closed = True


@pytest.fixture
def engine(monkeypatch):
    made = FakeEngine()
    monkeypatch.setattr(upright.generate, "open_engine", lambda _: made)
    return made


def run(*words):
    try:
        main(["generate", *words])
    except SystemExit as end:
        return end.code or 0
    return 0


def use(tmp_path, way="balanced", temperature=1.0):
    file = tmp_path / "use.toml"
    file.write_text(
        'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'
        f'[generation]\ntemperature = {temperature}\ntop_p = 1.0\n[balance]\npronouns = "{way}"\n'
    )
    return ["--policy", str(file)]


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_text_goes_to_the_terminal_as_it_is_written(engine, capsys):
    assert run("--prompt", "Once", "--seed", "7", "--max-tokens", "5") == 0
    assert capsys.readouterr().out == "<Once>\n"
    (job,) = engine.jobs
    assert (job.prompt, job.messages) == ("Once", None)
    assert (job.sampling.seed, job.sampling.max_tokens) == (7, 5)
    assert engine.closed


def test_json_has_text_tokens_and_finish_reason(engine, capsys):
    assert run("--prompt", "Once", "--json") == 0
    assert lines(capsys) == [{"text": "<Once>", "tokens": [1, 2], "finish_reason": "stop"}]


def test_without_a_policy_it_is_the_storytelling_preset(engine):
    run("--prompt", "Once")
    creative = upright.generate.MODES["creative"]
    assert engine.jobs[0].sampling.temperature == creative.temperature
    assert engine.jobs[0].sampling.seed is None


def test_chat_asks_the_prompt_as_a_message(engine):
    run("--prompt", "Hello", "--chat")
    assert engine.jobs[0].messages[-1].content == "Hello"
    assert engine.jobs[0].messages[-1].role == "user"


def test_lines_keep_their_order_their_ids_and_unknown_fields(engine, capsys, tmp_path):
    file = tmp_path / "in.jsonl"
    rows = [{"id": at, "prompt": f"p{at}", "note": [at]} for at in range(20)]
    rows[3] |= {"seed": 5, "max_tokens": 2}
    file.write_text("\n".join(map(json.dumps, rows)))
    assert run(str(file), "--seed", "1") == 0
    found = lines(capsys)
    assert [row["id"] for row in found] == list(range(20))
    assert found[4] == {
        "id": 4,
        "prompt": "p4",
        "note": [4],
        "text": "<p4>",
        "tokens": [1, 2],
        "finish_reason": "stop",
    }
    seeds = {job.prompt: job.sampling.seed for job in engine.jobs}
    assert (seeds["p3"], seeds["p4"]) == (5, 1)
    assert next(j for j in engine.jobs if j.prompt == "p3").sampling.max_tokens == 2


def test_standard_input_is_read_with_a_dash(engine, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"prompt": "a"}\n')))
    assert run("-") == 0
    assert lines(capsys)[0]["text"] == "<a>"


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ('{"id": 1}', "no text under `prompt`"),
        ('{"prompt": 3}', "no text under `prompt`"),
        ('{"prompt": "a", "seed": "x"}', "seed"),
        ('{"prompt": "a", "max_tokens": 0}', "max_tokens"),
        ("nonsense", "not JSON"),
    ],
)
def test_a_wrong_line_is_a_clear_error(engine, capsys, tmp_path, row, hint):
    file = tmp_path / "in.jsonl"
    file.write_text(row)
    assert run(str(file)) == 2
    error = capsys.readouterr().err
    assert hint in error
    assert str(file) in error


def test_a_wrong_line_costs_no_answer_to_the_lines_before_it(engine, capsys, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_text('{"prompt": "a"}\n\n{"prompt": "b"}\n{"prompt": 3}\n{"prompt": "d"}\n')
    assert run(str(file)) == 2
    captured = capsys.readouterr()
    assert [json.loads(line)["text"] for line in captured.out.splitlines()] == ["<a>", "<b>"]
    assert captured.err.startswith(f"error: {file}:4: no text under `prompt`")
    assert "Traceback" not in captured.err
    assert engine.closed


@pytest.mark.parametrize(("kind", "code"), [("bad_request", 2), ("unavailable", 3)])
def test_an_engine_that_is_away_is_told_from_a_wrong_request(engine, monkeypatch, kind, code):
    async def fail(self, job):
        raise EngineError("no", kind=kind)
        yield Piece()

    monkeypatch.setattr(FakeEngine, "stream", fail)
    assert run("--prompt", "x") == code


@pytest.mark.parametrize(
    "words", [(), ("--prompt", "a", "-"), ("-", "--next-words", "3")], ids=["none", "both", "lines"]
)
def test_what_cannot_be_asked_together_is_a_usage_error(engine, capsys, words):
    assert run(*words) == 2
    assert "error:" in capsys.readouterr().err


def test_next_words_are_bars_with_the_covered_mass_and_the_entropy(engine, capsys, tmp_path):
    plain = use(tmp_path, "off", temperature=0.9)
    assert run("--prompt", "The", "--next-words", "2", *plain) == 0
    out = capsys.readouterr().out
    assert "␣cat" in out
    assert "60.00%" in out
    assert "100.00%" in out
    first, second = (line for line in out.splitlines() if "█" in line)
    assert first.count("█") == 40
    assert 24 <= second.count("█") <= 28
    assert "50.0%" in out
    assert "1.25 nats" in out
    assert "\x1b[31m" not in out, "a token must not command the terminal"


def test_next_words_as_json_have_both_distributions(engine, capsys, tmp_path):
    plain = use(tmp_path, "off", temperature=0.9)
    assert run("--prompt", "The", "--next-words", "2", "--json", *plain) == 0
    (found,) = lines(capsys)
    assert found["prompt"] == "The"
    assert (found["covered"], found["entropy"]) == (0.5, 1.25)
    assert found["candidates"][0] == {
        "token": 5,
        "text": " cat",
        "probability": 0.6,
        "drawn": 1.0,
    }
    assert found["candidates"][1]["drawn"] == 0.0


@pytest.fixture
def believer(monkeypatch):
    monkeypatch.setattr(upright.generate, "open_engine", lambda _: PronounEngine())


@pytest.mark.parametrize("way", ["balanced", "reference"])
def test_next_words_are_balanced_as_the_use_draws_them_and_say_so(believer, capsys, tmp_path, way):
    asked = use(tmp_path, way)
    assert run("--prompt", "The plumber slept, and", "--next-words", "3", *asked, "--json") == 0
    (found,) = lines(capsys)
    assert (found["balance"], found["balanced"]) == (way, True)
    drawn = {item["text"]: item["drawn"] for item in found["candidates"]}
    share = drawn[" she"] / (drawn[" she"] + drawn[" he"])
    assert share == pytest.approx(0.5 if way == "balanced" else 0.007, rel=1e-3)
    assert run("--prompt", "The plumber slept, and", "--next-words", "3", *asked) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "balanced: drawn gives she" in out
    assert "not balanced here" not in out


def test_next_words_say_where_they_are_not_balanced(believer, capsys, tmp_path):
    asked = use(tmp_path)
    assert run("--prompt", "His beard grew, and", "--next-words", "3", *asked) == 0
    assert "not balanced here: the text may tell a gender" in " ".join(
        capsys.readouterr().out.split()
    )


def test_halves_are_those_of_the_balanced_words(believer, capsys, tmp_path):
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    words = ["--key-file", str(key), "--scheme", "split", "--next-words", "3", "--json"]
    assert run("--prompt", "The plumber slept, and", *words, *use(tmp_path)) == 0
    (found,) = lines(capsys)
    for item in found["candidates"]:
        assert item["marked"] == pytest.approx(2 * item["drawn"] * item["green"])


def test_an_engine_that_cannot_be_read_does_not_show_balanced_words(engine, capsys, tmp_path):
    assert run("--prompt", "The", "--next-words", "2", *use(tmp_path)) == 2
    assert "'fake' does not say what it draws" in capsys.readouterr().err


def test_an_engine_without_distributions_says_so(engine, capsys, monkeypatch):
    monkeypatch.delattr(FakeEngine, "next_token")
    assert run("--prompt", "The", "--next-words", "2") == 2
    assert "gives text, no distributions" in capsys.readouterr().err


def test_an_engine_that_fails_ends_with_an_error_and_is_closed(engine, capsys, monkeypatch):
    async def fail(self, job):
        raise EngineError("gone", kind="unavailable")
        yield Piece()

    monkeypatch.setattr(FakeEngine, "stream", fail)
    assert run("--prompt", "x") != 0
    assert "error: gone" in capsys.readouterr().err
    assert engine.closed
    with pytest.raises(EngineError):
        main(["generate", "--prompt", "x", "--debug"])


def test_help_says_that_nothing_guards_this_text(capsys):
    assert run("--help") == 0
    assert "Unguarded" in capsys.readouterr().out


@pytest.mark.embedded
def test_the_real_model_continues_a_story_the_same_way_for_one_seed(capsys):
    pytest.importorskip("xllamacpp")
    words = ("--prompt", "Once upon a time, there was a great", "--max-tokens", "6", "--json")
    found = []
    for seed in ("1", "1", "2"):
        assert run(*words, "--seed", seed) == 0
        found += lines(capsys)
    assert found[0] == found[1] != found[2]
    assert len(found[0]["tokens"]) == 6
