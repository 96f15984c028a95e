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
