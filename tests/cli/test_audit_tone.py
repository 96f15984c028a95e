"""`upright audit tone` and `upright audit stereotypes` as their users call them."""

from __future__ import annotations

import json

import pytest
from tests.audit.option_engine import OptionEngine

from upright.cli import main
from upright.generate import Piece
from upright.generate import open as opening

USE = (
    'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'
    '[[guard.rule]]\ndetect = ["pii.*"]\nat = ["output"]\naction = "redact"\n'
)
GATE = '[[audit.gate]]\nmeasure = "fairness.{}"\nwithin = {}\n'


def said(prompt):
    woman = " her " in prompt or "She" in prompt
    return f"A {'kind' if woman else 'bold'} person. {prompt[::-1]}"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run one command beside some letters, on a model that answers by rules."""
    monkeypatch.chdir(tmp_path)
    engine = OptionEngine(lambda _p, option: -1.0 if "Old" in option else -2.0, said)
    monkeypatch.setattr(opening, "_embedded", lambda _: engine)
    letters = [
        {"text": f"{name} wrote report {n}. {who} is {trait}.", "group": group, "n": n}
        for n in range(24)
        for name, who, group, trait in (
            ("Anna", "She", "women", "sweet"), ("Peter", "He", "men", "brilliant")
        )
    ]  # fmt: skip
    (tmp_path / "letters.jsonl").write_text("\n".join(map(json.dumps, letters)))
    same = [{**one, "text": one["text"].replace("sweet", "brilliant")} for one in letters]
    (tmp_path / "same.jsonl").write_text("\n".join(map(json.dumps, same)))
    pairs = [
        {"sent_more": f"Old {n}.", "sent_less": f"Young {n}.", "bias_type": "age"} for n in range(9)
    ]
    (tmp_path / "crows.jsonl").write_text("\n".join(map(json.dumps, pairs)))
    odd = [pairs[0], {**pairs[0], "sent_less": 7}]
    (tmp_path / "odd.jsonl").write_text("\n".join(map(json.dumps, odd)))
    (tmp_path / "many.jsonl").write_text("\n".join(map(json.dumps, 12 * pairs)))

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(["audit", *words])
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


TONE = ("tone", "--data", "letters.jsonl", "--permutations", "99")


def test_a_difference_is_told_with_its_words_and_drawn(run, tmp_path):
    code, out, _ = run(*TONE, "--plot", "words.svg")
    assert code == 0
    assert "differ in tone: p = 0.0" in out
    assert "sweet*" in out
    assert (tmp_path / "words.svg").read_text().startswith("<svg")


def test_json_gives_measures_words_and_one_p_value(run):
    code, out, _ = run(*TONE, "--pair-field", "n", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["difference_found"] is True
    assert told["verdict"] == "outside"
    assert told["p_value"] <= 0.05
    assert told["comparisons"][0]["pairs"] == 24
    names = {one["name"] for one in told["measures"]}
    assert {"fairness.tone.agency", "fairness.tone.length"} <= names
    assert told["words"][0]["word"]


def test_letters_that_differ_in_the_person_alone_pass_the_gate(run):
    code, out, _ = run("tone", "--data", "same.jsonl", "--permutations", "99", "--gate")
    assert code == 0
    assert "no difference was found" in out


def test_only_words_that_lean_are_listed_and_a_group_without_any_says_so(run):
    out = run("tone", "--data", "same.jsonl", "--permutations", "99")[1]
    assert "leaning to women: no word" in out
    listed = run(*TONE)[1].split("leaning to women: ")[1].splitlines()[0]
    assert "sweet" in listed
    assert "report (" not in listed


def test_texts_in_another_language_are_compared_with_a_note(run, tmp_path):
    rows = [
        {"text": f"Wir empfehlen {who} weiter, das Projekt {n} lief gut.", "group": group}
        for n in range(12)
        for who, group in (("die Frau", "women"), ("den Mann", "men"))
    ]
    (tmp_path / "de.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out = run("tone", "--data", "de.jsonl", "--permutations", "99")[1]
    assert "note: the texts seem not to be English" in out
    assert "English" not in run(*TONE)[1]


def test_a_gate_without_bounds_exits_1_where_groups_differ(run):
    assert run(*TONE, "--gate")[0] == 1


def test_a_bound_of_the_use_decides_where_there_is_one(run, tmp_path):
    (tmp_path / "use.toml").write_text(USE + GATE.format("tone.hedges", 0.5))
    code, out, _ = run(*TONE, "--policy", "use.toml", "--gate")
    assert code == 0
    assert "fairness.tone.hedges: at most 0.5: within" in out


def test_a_model_is_asked_about_each_group_and_answers_are_kept(run, tmp_path):
    words = ("tone", "--limit", "8", "--answers-file", "kept.jsonl", "--permutations", "99")
    code, out, _ = run(*words, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["source"] == "rules"
    assert told["comparisons"][0]["groups"] == ["women", "men"]
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 16


def test_chances_are_read_exactly_if_asked(run):
    code, out, _ = run("tone", "--exact", "--limit", "6", "--permutations", "99", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["difference_found"] is False
    assert told["measures"][0]["name"] == "fairness.tone.agency_or_communion"


class WritingEngine:
    """A model of which only texts are known."""

    name, digest = "only-writes", None

    async def stream(self, job):
        yield Piece(text="A person.", finish_reason="stop")

    async def aclose(self):
        pass


def test_an_engine_without_chances_cannot_be_read_exactly_and_exits_3(run, monkeypatch):
    monkeypatch.setattr(opening, "_embedded", lambda _: WritingEngine())
    code, out, err = run("tone", "--exact", "--limit", "4")
    assert (code, out) == (3, "")
    assert "the engine 'only-writes' gives no exact probabilities" in err
    assert run("tone", "--limit", "4", "--permutations", "99")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("tone", "--data", "letters.jsonl", "--group-field", "sex"), 2, "no field `sex`"),
        (("tone", "--data", "letters.jsonl", "--groups", "women,x"), 2, "no text has 'x'"),
        (("tone", "--data", "none.jsonl"), 2, "none.jsonl"),
        ((*TONE, "--plot", "no/words.svg"), 2, "no/words.svg"),
        ((*TONE, "--exact"), 2, "--exact reads chances"),
        (("tone", "--groups", "women"), 2, "1 cannot be compared"),
        (("tone", "--groups", "women,men,Women"), 2, "names 'Women' twice"),
        (("tone", "--exact", "--groups", "a,b,c,d,e,f,g,h,i"), 2, "9 cannot be compared"),
        ((*TONE, "--groups", "men,men"), 2, "names 'men' twice"),
        (("stereotypes", "--kind", "crows", "--data", "crows.jsonl", "--gate"), 2, "--policy"),
        (("stereotypes", "--kind", "bbq", "--data", "crows.jsonl"), 2, "no field `context`"),
        (("stereotypes", "--kind", "crows", "--data", "odd.jsonl"), 2, "odd.jsonl:2: sent_less is"),
        (("stereotypes", "--kind", "bold", "--data", "crows.jsonl"), 2, "no field `prompt`"),
    ],
)
def test_what_cannot_be_audited_says_why(run, words, code, problem):
    found, _, err = run(*words)
    assert found == code
    assert problem in err


def test_a_benchmark_of_stereotypes_is_told_with_its_caveats(run):
    words = ("stereotypes", "--kind", "crows", "--data", "crows.jsonl")
    code, out, _ = run(*words, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["way"] == "exact"
    assert (told["items"], told["questions"]) == (9, 9)
    assert told["measures"][0] | {"value": 1.0} == told["measures"][0]
    assert told["caveats"]
    assert "side measure" in run(*words)[1]


def test_a_gate_on_a_stereotype_exits_1_where_it_is_broken(run, tmp_path):
    (tmp_path / "use.toml").write_text(USE + GATE.format("stereotypes.crows", 0.1))
    words = ("stereotypes", "--kind", "crows", "--data", "many.jsonl", "--policy", "use.toml")
    code, out, _ = run(*words, "--gate")
    assert code == 1
    assert "fairness.stereotypes.crows: at most 0.1: outside" in out


def test_a_gate_on_a_handful_of_lines_exits_3(run, tmp_path):
    (tmp_path / "use.toml").write_text(USE + GATE.format("stereotypes.crows", 0.1))
    words = ("stereotypes", "--kind", "crows", "--data", "crows.jsonl", "--policy", "use.toml")
    code, out, _ = run(*words, "--gate")
    assert code == 3
    assert "fairness.stereotypes.crows: at most 0.1: cannot tell" in out


def test_continuations_are_compared_for_toxicity_and_tone(run, tmp_path):
    rows = [
        {"domain": "gender", "group": group, "prompt": f"{group} {n} was"}
        for group in ("actors", "actresses")
        for n in range(6)
    ]
    (tmp_path / "bold.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "use.toml").write_text(USE)
    words = ("stereotypes", "--kind", "bold", "--data", "bold.jsonl", "--policy", "use.toml")
    code, out, _ = run(*words, "--limit", "12", "--json")
    names = {one["name"] for one in json.loads(out)["measures"]}
    assert code == 0
    assert {"fairness.stereotypes.bold.toxicity", "fairness.stereotypes.bold.tone"} <= names
