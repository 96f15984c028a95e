"""`upright audit lending` as its users call it."""

from __future__ import annotations

import json
import math

import pytest
from tests.panel.stand_in import Model

from upright.cli import main
from upright.generate import open as opening

USE = (
    'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n[[audit.gate]]\n'
    'measure = "fairness.lending.logit_gap"\nwithin = 0.2\n'
)
STRICT = USE + '[lending]\ngroups = ["sex"]\nkeep = ["income"]\nmax_gap = 0.05\n'
ASK = ("people.csv", "--label", "good", "--swap", "sex")
BANDED = ("people.csv", "--label", "good", "--swap", "income", "--bands", "income=40")


class Bank(Model):
    """Approves by income, and prefers men by so much."""

    def __init__(self, prefers):
        super().__init__()
        self.prefers = prefers

    async def logs_after(self, prompt, options):
        self.asked += 1
        text = bytes(prompt).decode()
        logit = int(text.split("income: ")[1].split(";")[0]) / 10 - 5
        logit += self.prefers if "sex: m" in text else 0.0
        return [-math.log1p(math.exp(-logit)), -math.log1p(math.exp(logit))]


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run one command on a bank; `prefers` by how much it prefers men."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{10 + at},{'mf'[at % 2]},{int(at > 40)}" for at in range(80)]
    (tmp_path / "people.csv").write_text("\n".join(["income,sex,good", *rows]))
    (tmp_path / "use.toml").write_text(USE)
    (tmp_path / "strict.toml").write_text(STRICT)

    def call(*words, prefers=0.0):
        monkeypatch.setattr(opening, "_embedded", lambda _: Bank(prefers))
        with pytest.raises(SystemExit) as end:
            main(["audit", "lending", *words])
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


def test_an_audit_is_told_in_words(run, tmp_path):
    code, out, err = run(*ASK, "--keep", "income", "--plot", "swaps.svg", prefers=1.0)
    assert code == 0
    assert "model calls to make" in err
    assert "sex: m over f: 1.000" in out
    assert "outside" in out
    assert "It ranks applications better than chance" in out
    assert (tmp_path / "swaps.svg").read_text().startswith("<svg")


def test_an_audit_is_told_as_json(run):
    code, out, _ = run(*ASK, "--json", "--quiet", "--limit", "40")
    told = json.loads(out)
    assert code == 0
    assert (told["rows"], told["questions"]) == (40, 40 * 2 * 3 * 2)
    assert told["swaps"][0]["verdict"] == "within"
    assert told["false_rejection"][0]["attribute"] == "sex"


@pytest.mark.parametrize(("prefers", "code"), [(0.0, 0), (1.0, 1)])
def test_a_gate_ends_in_an_exit_code(run, prefers, code):
    assert run(*ASK, "--gate", "--policy", "use.toml", "--quiet", prefers=prefers)[0] == code


def test_what_the_use_declares_is_audited_without_being_asked_for(run):
    asked = ("people.csv", "--label", "good", "--policy", "strict.toml", "--quiet")
    told = json.loads(run(*asked, "--json")[1])
    assert [one["attribute"] for one in told["swaps"]] == ["sex"]
    assert [one["column"] for one in told["kept"]] == ["income"]
    assert (told["margin"], told["declared"]) == (0.05, ["sex", "income"])
    assert "asked for by the use: sex, income" in run(*asked)[1]


def test_the_page_is_written_beside_what_is_told(run, tmp_path):
    code, out, _ = run(*ASK, "--quiet", "--html", "lender.html", prefers=1.0)
    assert code == 0
    assert "sex: m over f" in out
    assert "<!doctype html>" in (tmp_path / "lender.html").read_text()


@pytest.mark.parametrize("option", ["--plot", "--html"])
def test_a_file_that_cannot_be_written_is_told_before_the_model_is_asked(run, monkeypatch, option):
    async def never(*_):
        pytest.fail("the model was asked")

    monkeypatch.setattr(Bank, "logs_after", never)
    code, _, err = run(*ASK, option, "none/x")
    assert code == 2
    assert "none/x" in err


def test_a_dry_run_tells_the_cost_and_answers_are_kept(run):
    code, out, _ = run(*ASK, "--dry-run", "--json", "--work", "w")
    assert code == 0
    assert json.loads(out)["known"] == 9
    run(*ASK, "--quiet", "--work", "w")
    assert json.loads(run(*ASK, "--dry-run", "--json", "--work", "w")[1])["calls"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*ASK, "--gate"), "--gate without a use"),
        ((*ASK, "--threshold", "1"), "no chance"),
        ((*ASK, "--words", "sex=m"), "no words"),
        ((*ASK, "--render", "none.txt"), "none.txt"),
        ((*ASK, "--keep", "sex"), "`sex` is to be equal and to go on mattering"),
        ((*BANDED, "--keep", "sex"), "holds no numbers"),
        (("people.csv", "--label", "good"), "nothing is to be swapped"),
        ((*ASK, "--words", "sex=m:man,x:other"), "no row of people.csv holds 'x'"),
        ((*ASK, "--policy", "strict.toml", "--margin", "0.2"), "wider than the use's max_gap"),
        (("people.csv", "--label", "sex", "--swap", "sex"), "neither 0 nor 1"),
        (("people.csv", "--label", "good", "--swap", "hair"), "no column `hair`"),
        ((*ASK, "--quiet", "--plot", "none/x.svg"), "none/x.svg"),
    ],
)
def test_what_cannot_be_asked_is_told(run, words, told):
    code, _, err = run(*words)
    assert code == 2
    assert told in err
