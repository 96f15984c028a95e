"""`upright train label`: decisions become lines, and lines are ranked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from upright.cli import main
from upright.ledger import Ledger

FINDING = {
    "rule": "toxicity.hate",
    "hazard": "hate",
    "severity": 2,
    "score": 0.9,
    "start": 0,
    "end": 4,
    "explanation": "why",
}


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UPRIGHT_DATABASE_URL", raising=False)
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def run(capsys, home):
    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


@pytest.fixture
def decided(home):
    """Two decisions, one of them about a text that was erased since."""
    with Ledger.open(create=True) as ledger:
        for number, decision in enumerate(["withhold", "release"]):
            item = ledger.reviews.open(
                "tales", f"req_{number}", kind="review", text=f"text {number}", findings=[FINDING]
            )
            ledger.reviews.decide(item, decision, reason="a reason", by="ann")
        ledger.reviews.open("tales", "req_9", kind="review", text="open", findings=[FINDING])


def written(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def test_decisions_become_lines_and_open_items_do_not(run, decided):
    code, out, _ = run("train", "label", "export", "--output", "labels.jsonl")
    assert code == 0
    assert "2 decisions, 2 lines" in out
    lines = sorted(written("labels.jsonl"), key=lambda line: line["text"])
    assert lines == [
        {
            "text": f"text {number}",
            "labels": {"hate": share, "toxic": share},
            "source": "review",
            "group": f"req_{number}",
        }
        for number, share in enumerate([1.0, 0.0])
    ]


def test_an_erased_text_is_left_out_and_counted(run, decided):
    with Ledger.open() as ledger:
        assert ledger.vault.erase_request("req_0") == 1
    code, out, _ = run("train", "label", "export", "--output", "labels.jsonl", "--json")
    assert code == 0
    told = json.loads(out)
    assert told == {"decisions": 2, "lines": 1, "left_out": {"text erased": 1}}
    assert [line["text"] for line in written("labels.jsonl")] == ["text 1"]


def test_only_one_use_is_exported_where_one_is_named(run, decided):
    code, out, _ = run("train", "label", "export", "--output", "-", "--use-case", "other")
    assert (code, out) == (0, "")


def test_without_a_ledger_there_is_nothing_to_export(run, home):
    code, _, err = run("train", "label", "export", "--output", "labels.jsonl")
    assert code == 2
    assert "error:" in err


def test_ranked_lines_keep_their_fields(run, home):
    lines = [
        {"id": 1, "text": "A lovely day by the sea."},
        {"id": 2, "text": "You fool, what a day."},
        {"id": 3, "text": "Shut up, you idiot."},
    ]
    Path("in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    known = [("you fool", 1), ("shut your mouth", 1), ("by the sea", 0), ("a lovely house", 0)]
    Path("known.jsonl").write_text(
        "\n".join(json.dumps({"text": text, "labels": {"toxic": share}}) for text, share in known),
        encoding="utf-8",
    )
    words = ("--labels", "known.jsonl", "--count", "2", "--no-model")
    code, out, _ = run("train", "label", "next", "in.jsonl", "--output", "out.jsonl", *words)
    assert code == 0
    assert "2 of 3 lines chosen, with 4 labels so far" in out
    ranked = written("out.jsonl")
    assert [line["rank"] for line in ranked] == [1, 2]
    assert all({"id", "text", "disagreement", "uncertainty", "votes"} <= set(x) for x in ranked)
    assert ranked[0]["disagreement"] >= ranked[1]["disagreement"]


@pytest.mark.parametrize(
    ("line", "words", "told"),
    [
        ('{"txt": "a"}', (), "in.jsonl:1: no `text`"),
        ('{"text": "a"}', ("--head", "rude"), "no head is named 'rude'"),
        ('{"text": "a"}', ("--head", "sexual"), "nobody can judge 'sexual' yet"),
    ],
)
def test_what_cannot_be_ranked_is_told_with_its_mend(run, home, line, words, told):
    Path("in.jsonl").write_text(line, encoding="utf-8")
    code, _, err = run("train", "label", "next", "in.jsonl", "--output", "-", "--no-model", *words)
    assert code == 2
    assert told in err
    assert "mend" in err
