"""`upright audit table`, `upright train classifier` and `upright train predict` as commands."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from upright.cli import main

pytest.importorskip("lightgbm")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    draw = np.random.default_rng(1)
    rows, path = 1_200, tmp_path_factory.mktemp("t") / "t.csv"
    sex, income = draw.integers(0, 2, rows), draw.normal(0, 1, rows)
    label = (draw.random(rows) < 1 / (1 + np.exp(1.5 + 2 * income))).astype(int)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "sex", "income", "job", "default", "rejected"])
        for k in range(rows):
            job = ("baker", "smith", "miller")[k % 3]
            writer.writerow(
                [k, "fm"[sex[k]], f"{income[k]:.3f}", job, label[k], int(income[k] < -1)]
            )
    return path


@pytest.fixture
def run(capsys):
    def call(*words):
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


AUDIT = ("--label", "default", "--prediction", "rejected", "--groups", "sex")
TRAIN = ("--label", "default", "--groups", "sex", "--exclude", "id,rejected", "--max-gap", "0.05")


def test_an_audit_prints_one_object_with_measures(run, table):
    code, out, _ = run("audit", "table", table, *AUDIT, "--json")
    assert code == 0
    names = [measure["name"] for measure in json.loads(out)["measures"]]
    assert {"false_rejection_rate.gap.sex", "selection_rate.sex=f", "error_rate"} <= set(names)


def test_an_audit_in_words_names_groups_and_verdicts(run, table, tmp_path):
    drawn = tmp_path / "rates.svg"
    code, out, _ = run("audit", "table", table, *AUDIT, "--measure", "error", "--plot", drawn)
    assert code == 0
    assert "Error rate" in out
    assert "sex: f" in out
    assert "cannot tell (n needed:" in out
    assert drawn.read_text().startswith("<svg")


def test_only_a_gate_turns_a_verdict_into_an_exit_code(run, table):
    assert run("audit", "table", table, *AUDIT)[0] == 0
    assert run("audit", "table", table, *AUDIT, "--gate")[0] == 3
    assert run("audit", "table", table, *AUDIT, "--gate", "--margin", "0.5")[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--groups", "town"), "no column `town`"),
        (("--label", "job"), "neither 0 nor 1"),
        (("--bands", "sex"), "--bands sex"),
        (("--margin", "2"), "a margin of 2"),
    ],
)
def test_mistakes_exit_2_with_a_mend(run, table, words, told):
    code, out, err = run("audit", "table", table, *AUDIT, *words)
    assert (code, out) == (2, "")
    assert told in err
    assert "mend:" in err


def test_a_classifier_is_trained_certified_and_decides_a_table(run, table, tmp_path):
    model = tmp_path / "m"
    code, out, _ = run(
        "train", "classifier", "--data", table, *TRAIN, "--output", model, "--blind", "--json"
    )
    assert code == 0
    told = json.loads(out)
    assert (told["trained_on"], told["certified_on"]) == (900, 300)
    assert told["gaps"][0]["verdict"] in {"within", "outside", "cannot tell"}
    code, out, _ = run("train", "predict", "--model", model, table)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 1_200
    assert set(rows[0]) == {
        "id",
        "sex",
        "income",
        "job",
        "default",
        "rejected",
        "prediction",
        "score",
    }
    wrong = np.mean([row["prediction"] != row["default"] for row in rows])
    assert wrong < 0.25
    code, out, _ = run("train", "predict", "--model", model, table, "--json", "--explain")
    first = json.loads(out.splitlines()[0])
    assert first["prediction"] in {0, 1}
    assert {reason["column"] for reason in first["reasons"]} <= {"income", "job"}


def test_a_blind_model_decides_without_the_group_column_and_an_aware_one_asks_for_it(
    run, table, tmp_path
):
    rows = list(csv.DictReader(table.open()))
    bare = tmp_path / "bare.csv"
    with bare.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["income", "job"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows[:50])
    for blind, wanted in (((), 2), (("--blind",), 0)):
        model = tmp_path / f"m{wanted}"
        assert (
            run("train", "classifier", "--data", table, *TRAIN, *blind, "--output", model, "-q")[0]
            == 0
        )
        code, _, err = run("train", "predict", "--model", model, bare)
        assert code == wanted, err


def test_prices_are_drawn_blind_and_aware(run, table, tmp_path):
    drawn = tmp_path / "prices.svg"
    words = ("--data", table, *TRAIN, "--output", tmp_path / "m", "--prices", drawn)
    code, out, _ = run("train", "classifier", *words)
    assert code == 0
    assert "blind, at most 1.00%" in out
    assert "aware, at most 1.00%" in out
    assert drawn.read_text().count("<circle") == 2 * 6 + 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--max-gap", "0"), "--max-gap 0"),
        (("--parity", "luck"), "'luck'"),
        (("--groups", "town"), "no column `town`"),
        (("--label", "job"), "neither 0 nor 1"),
        (("--exclude", "default"), "is the label"),
        (("--exclude", "id,rejected,income,job"), "no column is left"),
    ],
)
def test_orders_that_cannot_be_filled_exit_2(run, table, tmp_path, words, told):
    code, _, err = run("train", "classifier", "--data", table, *TRAIN, "--output", tmp_path, *words)
    assert code == 2
    assert told in err
    assert "mend:" in err


def test_a_folder_without_a_model_or_with_a_changed_one_is_refused(run, table, tmp_path):
    assert run("train", "predict", "--model", tmp_path, table)[0] == 2
    model = tmp_path / "m"
    run("train", "classifier", "--data", table, *TRAIN, "--output", model, "--blind", "-q")
    trees = model / "label-0.txt"
    trees.write_text(trees.read_text().replace("leaf_value=", "leaf_value=1", 1))
    code, _, err = run("train", "predict", "--model", model, table)
    assert code == 2
    assert "not what was written" in err


LINES = ("--label", "default", "--groups", "sex,job", "--exclude", "id,rejected")


@pytest.fixture(scope="module")
def use(tmp_path_factory):
    path = tmp_path_factory.mktemp("u") / "u.toml"
    path.write_text(
        'schema = 1\n[use_case]\nname = "loans"\npurpose = "Decides."\n[lending]\n'
        'attributes = "blind"\nparity = "false_rejection"\nmax_gap = 0.05\ngroups = ["sex"]\n'
    )
    return path


def test_linear_subgroups_are_held_and_tested_on_rows_kept_back(run, table, tmp_path):
    words = (*LINES, "--subgroups", "linear", "--max-violation", "0.02", "--output", tmp_path)
    code, out, _ = run("train", "classifier", "--data", table, *words)
    assert code == 0
    assert "subgroups held" in out
    assert "at most 2.000%" in out


def test_an_audit_tests_the_worst_linear_subgroup_and_its_gate_counts(run, table):
    words = (*AUDIT, "--subgroups", "linear", "--measure", "error", "--gate", "--margin", "0.3")
    code, out, _ = run("audit", "table", table, *words, "--max-violation", "0.0001", "--json")
    found = [m for m in json.loads(out)["measures"] if m["kind"] == "violation"]
    assert [m["rate"] for m in found] == ["error"]
    assert found[0]["margin"] == 0.0001
    assert code == {"within": 0, "outside": 1, "cannot tell": 3}[found[0]["verdict"]]
    _, out, _ = run("audit", "table", table, *AUDIT, "--subgroups", "linear")
    assert "worst subgroup that a line cuts out" in out


def test_a_rate_that_is_another_by_name_is_told_once_and_all_rows_have_no_verdict(run, table):
    _, out, _ = run("audit", "table", table, *AUDIT)
    assert "the same as the false-rejection rate" in out
    whole = [line for line in out.splitlines() if line.strip().startswith("all rows")]
    assert len(whole) == 4
    assert not any("within" in line or "tell" in line or "outside" in line for line in whole)
    _, out, _ = run("audit", "table", table, *AUDIT, "--favourable", "1")
    assert "the same as" not in out


def test_a_use_declares_what_decisions_see_and_which_gap_is_allowed(run, table, use, tmp_path):
    words = ("--label", "default", "--exclude", "id,rejected", "--policy", use)
    code, _, _ = run("train", "classifier", "--data", table, *words, "--output", tmp_path)
    assert code == 0
    order = json.loads((tmp_path / "model.json").read_text())["order"]
    assert (order["blind"], order["max_gap"], order["groups"]) == (True, 0.05, ["sex"])


@pytest.mark.parametrize(
    "case",
    [
        (("--max-gap", "0.1"), "max_gap is 0.05"),
        (("--parity", "error"), "parity is 'false_rejection'"),
        (("--groups", "job"), "groups is"),
        (("--subgroups", "linear"), "one of both"),
    ],
)
def test_an_option_cannot_contradict_the_use(run, table, use, tmp_path, case):
    words, told = case
    asked = ("--label", "default", "--policy", use, "--output", tmp_path)
    code, _, err = run("train", "classifier", "--data", table, *asked, *words)
    assert code == 2
    assert told in err


def test_what_cannot_be_asked_is_refused(run, table, tmp_path):
    start = ("train", "classifier", "--data", table, *LINES, "--output", tmp_path)
    for words, told in (
        ((), "one of both"),
        (("--max-gap", "0.01", "--subgroups", "linear"), "one of both"),
        (("--subgroups", "round"), "no subgroups"),
        (("--subgroups", "linear", "--prices", tmp_path / "p.svg"), "price list"),
        (("--max-violation", "0"), "--max-violation"),
    ):
        code, _, err = run(*start, *words)
        assert (code, told in err) == (2, True), (words, err)


def test_decisions_are_never_written_over_their_table(run, table, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(table.read_bytes())
    run("train", "classifier", "--data", copy, *TRAIN, "--output", tmp_path / "m")
    for name in (copy, tmp_path / "m" / ".." / "copy.csv"):
        code, _, err = run("train", "predict", "--model", tmp_path / "m", copy, "--output", name)
        assert code == 2
        assert "the table itself" in err
    assert copy.read_bytes() == table.read_bytes()


def test_quiet_leaves_the_result(run, table, tmp_path):
    words = ("--data", table, *TRAIN, "--output", tmp_path / "m", "--blind", "--quiet")
    code, out, err = run("train", "classifier", *words)
    assert (code, err) == (0, "")
    assert "false_rejection gap of sex" in out


def test_a_column_that_the_use_keeps_cannot_be_excluded(run, table, use, tmp_path):
    keeping = tmp_path / "keeping.toml"
    keeping.write_text(use.read_text() + 'keep = ["income"]\n')
    words = ("--data", table, "--label", "default", "--policy", keeping, "--output", tmp_path / "m")
    code, _, err = run("train", "classifier", *words, "--exclude", "income,rejected")
    assert code == 2
    assert "[lending] keep names 'income'" in err


def test_a_price_list_that_cannot_be_written_is_told_before_anything_is_trained(
    run, table, tmp_path
):
    words = ("--data", table, *TRAIN, "--output", tmp_path / "m", "--prices", tmp_path / "no/p.svg")
    code, _, err = run("train", "classifier", *words)
    assert code == 2
    assert "no/p.svg" in err
    assert not (tmp_path / "m").exists()
