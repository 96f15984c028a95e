"""`upright ledger` and `upright policy publish … resume`: output and exit codes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from upright.cli import main
from upright.ledger import Event, Ledger

POLICY = """\
schema = 1
[use_case]
name = "tales"
purpose = "Tells tales."
"""


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UPRIGHT_DATABASE_URL", raising=False)
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def run(capsys, home):
    """Run one command; return its exit code, output and errors."""

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


@pytest.fixture
def filled(home):
    """A ledger of six records, the first four of them signed."""
    kinds = ["opened", "closed", "opened", "closed", "opened", "key.created"]
    with Ledger.open(home=home) as ledger:
        for step, kind in enumerate(kinds):
            ledger.append(Event(kind, "tales", {"step": step}, f"r{step // 2}"))
            if step == 3:
                ledger.checkpoint()
    return home


def tamper(home: Path, statement: str) -> None:
    with sqlite3.connect(home / "ledger.db") as connection:
        for name in ("events_no_update", "events_no_delete"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
    connection.close()


def lines(out: str) -> list:
    return [json.loads(line) for line in out.splitlines()]


# verify ----------------------------------------------------------------------------------------


def test_a_sound_ledger_passes_and_its_interrupted_requests_are_named(run, filled):
    code, out, err = run("ledger", "verify")
    assert (code, err) == (0, "")
    assert out == (
        "sound: 6 records; signed checkpoints cover the first 4\n"
        "opened and not closed (running, or cut off): r2\n"
    )


def test_a_broken_ledger_fails_and_names_the_first_bad_record(run, filled):
    tamper(filled, "UPDATE events SET body = '{}' WHERE sequence = 3")
    code, out, _ = run("ledger", "verify")
    assert code == 1
    assert "broken at record 3: record 3 was changed" in out
    assert "sound before that: 2 records" in out


def test_a_removed_checkpoint_file_fails_without_a_bad_record(run, filled):
    (filled / "checkpoints.jsonl").unlink()
    code, out, _ = run("ledger", "verify")
    assert code == 1
    assert out.startswith("broken: ")
    assert "the checkpoint at 4 was removed" in out


def test_verify_in_json_says_all_of_it(run, filled):
    code, out, _ = run("ledger", "verify", "--json")
    assert code == 0
    assert lines(out) == [
        {
            "ok": True, "checked": 6, "first_bad": None, "problem": "", "interrupted": ["r2"],
            "checkpointed": 4,
        }
    ]  # fmt: skip
    tamper(filled, "DELETE FROM events WHERE sequence = 2")
    code, out, _ = run("ledger", "verify", "--json")
    assert code == 1
    assert (lines(out)[0]["ok"], lines(out)[0]["first_bad"]) == (False, 2)


def test_more_interrupted_requests_than_fit_are_counted(run, home):
    with Ledger.open(home=home) as ledger:
        ledger.append_many([Event("opened", "tales", {}, f"r{n}") for n in range(13)])
    _, out, _ = run("ledger", "verify")
    assert out.endswith("r8, r9 and 3 more\n")


def test_a_ledger_that_is_not_there_is_not_sound(run, home):
    for words in (["verify"], ["show"], ["export"], ["checkpoint"]):
        code, out, err = run("ledger", *words)
        assert (code, out) == (2, "")
        assert "there is no ledger here" in err
        assert "mend:" in err
    assert not home.exists()


def test_a_database_that_cannot_be_read_could_not_be_measured(run, home):
    home.mkdir()
    (home / "ledger.db").write_bytes(b"hello " * 1000)
    code, _, err = run("ledger", "verify")
    assert code == 3
    assert "not a database" in err
    assert "Traceback" not in err


# show and export -------------------------------------------------------------------------------


def test_show_lists_the_newest_records_first(run, filled):
    code, out, _ = run("ledger", "show", "--limit", "2")
    assert code == 0
    head, first, second = out.splitlines()
    assert head.split() == ["record", "time", "kind", "use", "case", "request", "body"]
    assert first.split()[0] == "6"
    assert "key.created" in first
    assert second.split()[0] == "5"
    assert '{"step": 4}' in second


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--kind", "closed"], [4, 2]),
        (["--request", "r0"], [2, 1]),
        (["--use-case", "news"], []),
        (["--use-case", "tales", "--kind", "opened", "--limit", "1"], [5]),
    ],
)
def test_show_selects_what_is_asked(run, filled, options, expected):
    _, out, _ = run("ledger", "show", "--json", *options)
    assert [entry["sequence"] for entry in lines(out)] == expected


def test_show_gives_one_record_in_full(run, filled):
    code, out, _ = run("ledger", "show", "3")
    assert code == 0
    with Ledger.open(home=filled) as ledger:
        assert json.loads(out) == ledger.entry(3).to_json()
    code, _, err = run("ledger", "show", "7")
    assert code == 2
    assert "no record 7" in err


def test_an_empty_selection_is_an_empty_table(run, filled):
    code, out, _ = run("ledger", "show", "--kind", "nothing")
    assert code == 0
    assert len(out.splitlines()) == 1


def test_a_tampered_record_cannot_steer_the_terminal(run, filled):
    tamper(
        filled,
        "UPDATE events SET kind = char(27) || '[2J', use_case = 'a' || char(10) || 'b', "
        'body = \'{"x": "\u202e"}\' WHERE sequence = 6',
    )
    _, out, _ = run("ledger", "show")
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert len(out.splitlines()) == 7
    assert "\\x1b[2J" in out


def test_export_prints_all_records_oldest_first_and_goes_on_where_it_was_cut(run, filled):
    code, out, _ = run("ledger", "export")
    assert code == 0
    with Ledger.open(home=filled) as ledger:
        assert lines(out) == [entry.to_json() for entry in ledger.entries()]
    _, first, _ = run("ledger", "export")
    half = "".join(first.splitlines(keepends=True)[:3])
    last = lines(half)[-1]["sequence"]
    _, rest, _ = run("ledger", "export", "--after", str(last))
    assert half + rest == out


def test_export_takes_the_common_option_for_json(run, filled):
    assert run("ledger", "export", "--json") == run("ledger", "export")


def test_an_export_can_be_checked_by_others(run, filled):
    """The digest of a line can be computed from the line, as the documentation says."""
    import hashlib  # noqa: PLC0415 (all that others need)

    _, out, _ = run("ledger", "export")
    previous = "sha256:" + "0" * 64
    for line in lines(out):
        claimed = line.pop("digest")
        raw = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        prefixed = b"upright.ledger.event.v1\0" + raw.encode()
        assert claimed == "sha256:" + hashlib.sha256(prefixed).hexdigest()
        assert line["previous"] == previous
        previous = claimed


# checkpoint ------------------------------------------------------------------------------------


def test_a_checkpoint_signs_all_records(run, filled):
    code, out, _ = run("ledger", "checkpoint")
    assert code == 0
    assert out.startswith("6 records are signed, up to sha256:")
    assert "cover the first 6" in run("ledger", "verify")[1]


def test_a_checkpoint_in_json_is_the_line_of_the_file(run, filled):
    _, out, _ = run("ledger", "checkpoint", "--json")
    assert lines(out)[0] == lines((filled / "checkpoints.jsonl").read_text())[-1]


def test_an_empty_ledger_has_nothing_to_sign(run, home):
    Ledger.open(home=home).close()
    code, _, err = run("ledger", "checkpoint")
    assert code == 3
    assert "nothing to sign" in err


# policies in force -----------------------------------------------------------------------------


@pytest.fixture
def published(run, home):
    Path("tales.toml").write_text(POLICY, encoding="utf-8")
    run("policy", "publish", "tales.toml", "--by", "ann")
    Path("tales.toml").write_text(POLICY + 'audience = "children"\n', encoding="utf-8")
    run("policy", "publish", "tales.toml", "--by", "ben")


def test_publishing_says_what_is_in_force(run, home):
    Path("tales.toml").write_text(POLICY, encoding="utf-8")
    assert run("policy", "publish", "tales.toml") == (0, "tales: version 1 is in force\n", "")
    _, out, _ = run("policy", "publish", "tales.toml", "--json")
    assert lines(out) == [{"use_case": "tales", "version": 1, "active": 1}]


def test_publishing_the_newest_text_after_a_rollback_says_that_it_is_not_in_force(run, published):
    run("policy", "rollback", "tales")
    code, out, _ = run("policy", "publish", "tales.toml")
    assert code == 0
    assert "version 1 stays in force" in out
    assert "upright policy activate tales 2" in out


def test_a_broken_file_is_not_published(run, home):
    Path("tales.toml").write_text("schema = 1", encoding="utf-8")
    code, _, err = run("policy", "publish", "tales.toml")
    assert code == 2
    assert "tales.toml" in err
    assert not home.exists()


def test_history_shows_versions_and_the_one_in_force(run, published):
    code, out, _ = run("policy", "history", "tales")
    assert code == 0
    head, first, second = out.splitlines()
    assert head.split() == ["version", "published", "by", "digest"]
    assert "in force" not in first
    assert "ann" in first
    assert "in force" in second
    _, out, _ = run("policy", "history", "tales", "--json")
    assert [(v["version"], v["by"], v["active"], v["stopped"]) for v in lines(out)] == [
        (1, "ann", False, False),
        (2, "ben", True, False),
    ]


def test_one_command_rolls_back(run, published):
    assert run("policy", "rollback", "tales") == (0, "tales: version 1 is in force\n", "")
    code, _, err = run("policy", "rollback", "tales")
    assert code == 2
    assert "none before it" in err


def test_a_version_is_put_in_force_by_number(run, published):
    assert run("policy", "activate", "tales", "1") == (0, "tales: version 1 is in force\n", "")
    code, _, err = run("policy", "activate", "tales", "9")
    assert code == 2
    assert "no version 9" in err


def test_one_command_stops_and_another_resumes(run, published, home):
    assert run("policy", "stop", "tales", "--reason", "wrong\x1b facts", "--by", "dee")[0] == 0
    _, out, _ = run("policy", "history", "tales")
    assert out.endswith("tales is stopped: wrong\\x1b facts\n")
    with Ledger.open(home=home) as ledger:
        assert ledger.uses.state("tales").stopped
        assert ledger.head().body == {"by": "dee", "reason": "wrong\x1b facts"}
    assert run("policy", "resume", "tales") == (0, "tales runs again\n", "")
    with Ledger.open(home=home) as ledger:
        assert not ledger.uses.state("tales").stopped


def test_what_was_put_in_force_is_told_in_json_too(run, published):
    asked = [
        ("activate", "1"),
        ("activate", "2"),
        ("rollback",),
        ("stop", "-r", "why"),
        ("resume",),
    ]
    told = [lines(run("policy", verb, "tales", *rest, "--json")[1])[0] for verb, *rest in asked]
    assert told == [
        {"use_case": "tales", "active": 1},
        {"use_case": "tales", "active": 2},
        {"use_case": "tales", "active": 1},
        {"use_case": "tales", "stopped": True},
        {"use_case": "tales", "stopped": False},
    ]


@pytest.mark.parametrize(
    "words",
    [("show", "--limit"), ("show",), ("export", "--after")],
    ids=["limit", "record", "after"],
)
def test_a_number_that_no_database_holds_is_a_usage_error(run, filled, words):
    code, _, err = run("ledger", *words, str(2**63))
    assert code == 2
    assert "less than or equal" in err


def test_a_stop_needs_a_reason(run, published, home):
    assert run("policy", "stop", "tales")[0] == 2
    with Ledger.open(home=home) as ledger:
        assert not ledger.uses.state("tales").stopped


def test_an_unknown_use_case_is_named(run, published):
    for words in (["rollback"], ["resume"], ["history"], ["stop", "-r", "why"]):
        code, _, err = run("policy", words[0], "other", *words[1:])
        assert code == 2
        assert "'other'" in err


def test_who_did_it_is_the_user_logged_in_unless_told(run, published, home, monkeypatch):
    monkeypatch.setenv("LOGNAME", "zoe")
    run("policy", "rollback", "tales")
    with Ledger.open(home=home) as ledger:
        assert ledger.head().body["by"] == "zoe"


def test_a_checkpoint_kept_elsewhere_is_compared(run, filled, tmp_path):
    line = run("ledger", "checkpoint", "--json")[1]
    copy = tmp_path / "copy.jsonl"
    copy.write_text(line, encoding="utf-8")
    assert run("ledger", "verify", "--checkpoints", str(copy))[0] == 0
    for path in (filled / "ledger.db", filled / "checkpoints.jsonl"):
        path.unlink()
    with Ledger.open(home=filled) as ledger:
        ledger.append(Event("opened", "tales", {}, "r"))
    assert run("ledger", "verify")[0] == 0
    code, out, _ = run("ledger", "verify", "--checkpoints", str(copy))
    assert code == 1
    assert "a checkpoint was signed for 6 records, and 1 are left" in out
    assert run("ledger", "verify", "--checkpoints", "nowhere")[0] == 2
