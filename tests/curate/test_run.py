"""A corpus holds what the policy lets through, once, and says where it comes from."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.curate.corpora import (
    edited,
    ids,
    kept,
    ledger,
    lines,
    made,
    policy,
    prose,
    write,
)

from upright.curate import ChangedError, Curation, InputError, curate
from upright.curate import shards as shards_module
from upright.curate.alone import alone
from upright.curate.errors import BusyError
from upright.jobs import NoSpaceError
from upright.terms import ConfigError


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


def records(count: int, **more) -> list[dict]:
    return [{"id": f"r{n}", "text": prose(n), **more} for n in range(count)]


# What is kept ------------------------------------------------------------------------------------


def test_a_second_run_into_the_same_folder_is_refused(tmp_path):
    write(tmp_path / "in.jsonl", [{"id": "a", "text": prose(1)}])
    made(tmp_path / "out", str(tmp_path / "in.jsonl"))
    held = Curation([], policy(""), tmp_path / "out")
    with alone(held), pytest.raises(BusyError, match="another run"):
        made(tmp_path / "out", str(tmp_path / "in.jsonl"))
    made(tmp_path / "out", str(tmp_path / "in.jsonl"))
    assert ids(tmp_path / "out") == ["a"]


def test_records_without_findings_come_out_as_they_went_in(tmp_path, output):
    given_ = records(5, source={"url": "x"}, n=1.5)
    made(output, write(tmp_path / "in.jsonl", given_))
    assert kept(output) == given_


def test_a_line_that_is_kept_unchanged_is_kept_byte_for_byte(tmp_path, output):
    raw = '{"text":  "caf\\u00e9 au lait" , "id":"a","x":1e2}\n'
    (tmp_path / "in.jsonl").write_text(raw)
    made(output, str(tmp_path / "in.jsonl"))
    assert (output / "data" / "00000.jsonl").read_text() == raw


def test_the_guard_redacts_drops_holds_and_flags(tmp_path, output):
    texts = {
        "clean": prose(1),
        "mail": f"{prose(2)} Write to jane@shop.example today.",
        "ssn": f"{prose(3)} SSN 536-90-4399.",
        "iban": f"{prose(4)} IBAN DE89370400440532013000.",
        "phone": f"{prose(5)} Call +44 20 7946 0958.",
    }
    source = write(tmp_path / "in.jsonl", [{"id": i, "text": t, "x": 1} for i, t in texts.items()])
    summary = made(output, source).summary
    assert ids(output) == ["clean", "mail", "phone"]
    mail = kept(output)[1]
    assert mail == {
        "id": "mail",
        "text": texts["mail"].replace("jane@shop.example", "[EMAIL]"),
        "x": 1,
    }
    told = {
        name: [(e["rule"], e["action"]) for e in entries]
        for name, entries in ledger(output).items()
    }
    assert told == {
        "mail": [("pii.email", "redact")],
        "ssn": [("pii.us_ssn", "block")],
        "iban": [("pii.iban", "review")],
        "phone": [("pii.phone", "flag")],
    }
    (held,) = lines(output / "review.jsonl")
    assert held["record"] == {"id": "iban", "text": texts["iban"], "x": 1}
    counts = (summary.records, summary.kept, summary.changed, summary.dropped, summary.review)
    assert counts == (5, 3, 1, 1, 1)


def test_without_the_section_no_filter_runs(tmp_path, output):
    odd = ["a", "###", "日本語のテキスト", "x " * 3000, "Ω", "0"]
    made(output, write(tmp_path / "in.jsonl", [{"id": i, "text": t} for i, t in enumerate(odd)]))
    assert [record["text"] for record in kept(output)] == odd


def test_an_empty_guard_is_refused(tmp_path, output):
    bare = policy().model_copy(update={"guard": policy().guard.model_copy(update={"rule": ()})})
    with pytest.raises(ConfigError, match="guard is empty"):
        curate(Curation([write(tmp_path / "in.jsonl", records(1))], bare, output))


def test_a_file_that_is_not_there_is_named(output):
    with pytest.raises(InputError, match=r"nowhere\.jsonl: no such file"):
        made(output, "nowhere.jsonl")


def test_an_empty_input_makes_an_empty_corpus(tmp_path, output):
    assert made(output, write(tmp_path / "in.jsonl", [])).summary.records == 0
    assert kept(output) == []


# Twins -------------------------------------------------------------------------------------------


def test_of_equal_and_near_texts_the_first_stays_and_the_ledger_names_it(tmp_path, output):
    text = prose(1, 200)
    near = edited(text, 0.01)
    given_ = [("a", text), ("b", prose(2)), ("c", text), ("d", near), ("e", text.upper())]
    made(output, write(tmp_path / "in.jsonl", [{"id": i, "text": t} for i, t in given_]))
    assert ids(output) == ["a", "b"]
    told = {name: entry for name, (entry,) in ledger(output).items()}
    assert {name: entry["kept"] for name, entry in told.items()} == dict.fromkeys("cde", "a")
    rules = [(told[n]["rule"], told[n]["similarity"] == 1.0) for n in "cde"]
    assert rules == [("duplicate.exact", True), ("duplicate.near", False), ("duplicate.near", True)]


def test_texts_less_alike_than_the_policy_says_stay(tmp_path, output):
    text = prose(1, 200)
    source = write(
        tmp_path / "in.jsonl", [{"id": "a", "text": text}, {"id": "b", "text": edited(text, 0.2)}]
    )
    made(output, source)
    assert ids(output) == ["a", "b"]


@pytest.mark.parametrize(("section", "left"), [
    ("", ["a"]),
    ("[curate]\ncopies = 2", ["a", "b"]),
    ("[curate]\nnear_duplicates = false", ["a", "c"]),
    ("[curate]\nlikeness = 1.0", ["a", "c"]),
])  # fmt: skip
def test_the_policy_says_which_and_how_many_copies_stay(tmp_path, output, section, left):
    text = prose(1, 300)
    near = edited(text, 0.005)
    assert near != text
    given_ = [("a", text), ("b", text), ("c", near)]
    source = write(tmp_path / "in.jsonl", [{"id": i, "text": t} for i, t in given_])
    made(output, source, section=section)
    assert ids(output) == left


# Lineage -----------------------------------------------------------------------------------------


def test_each_record_leads_back_to_its_bytes(tmp_path, output):
    given_ = [{"id": f"r{n}", "text": f"é {prose(n)}"} for n in range(7)]
    source = write(tmp_path / "in.jsonl", given_)
    made(output, source)
    raw = (tmp_path / "in.jsonl").read_bytes()
    for place in lines(output / "lineage.jsonl"):
        line = json.loads(raw[place["start"] : place["end"]])
        assert line["id"] == place["id"]
        assert raw[: place["start"]].count(b"\n") + 1 == place["line"]


def test_lineage_ledger_review_and_rejects_account_for_every_line(tmp_path, output):
    given_ = records(20) + records(3)
    source = write(tmp_path / "in.jsonl", given_)
    with (tmp_path / "in.jsonl").open("ab") as file:
        file.write(b"no json\n[1]\n\xff\n")
    made(output, source)
    told = {(e["file"], e["line"]) for name in ("lineage", "ledger", "review", "rejects")
            for e in lines(output / f"{name}.jsonl")}  # fmt: skip
    assert told == {("in.jsonl", number) for number in range(1, 27)}


# The same, whoever does it ------------------------------------------------------------------------


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(shards_module, "SIZE", 3000)


def folder_state(output) -> dict[str, bytes]:
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file() and ".work" not in path.parts
    }


def test_output_is_byte_identical_for_any_number_of_workers(tmp_path, small_shards):
    given_ = records(30) + [{"id": f"x{n}", "text": edited(prose(n), 0.02)} for n in range(9)]
    source = write(tmp_path / "in.jsonl", given_)
    section = "[curate.exposure]\nwords = 20\ntimes = 1"
    states = []
    for workers in (1, 3):
        made(tmp_path / f"out{workers}", source, section=section, workers=workers)
        states.append(folder_state(tmp_path / f"out{workers}"))
    assert len(states[0]) > 8
    assert states[0] == states[1]


def test_a_second_run_does_nothing_and_changes_nothing(tmp_path, output, small_shards):
    source = write(tmp_path / "in.jsonl", records(30))
    made(output, source)
    before = folder_state(output)
    again = Curation([source], policy(), output)
    curate(again)
    assert folder_state(output) == before
    assert set(again.done.values()) == {0}


@pytest.mark.parametrize(("section", "untouched"), [
    ("[curate]\nlikeness = 0.6", {"guard", "measure"}),
    ("[curate]\nmin_words = 5", {"guard"}),
])  # fmt: skip
def test_a_changed_policy_redoes_only_what_it_touches(
    tmp_path, output, section, untouched, small_shards
):
    source = write(tmp_path / "in.jsonl", records(30))
    made(output, source)
    again = Curation([source], policy(section), output)
    curate(again)
    assert {step for step, count in again.done.items() if not count} >= untouched


def test_a_changed_rule_that_finds_nothing_new_leaves_later_steps_alone(
    tmp_path, output, small_shards
):
    source = write(tmp_path / "in.jsonl", records(30))
    made(output, source)
    more = '[[guard.rule]]\ndetect = ["pii.payment_card"]\nat = ["data"]\naction = "block"\n'
    again = Curation([source], policy(more), output)
    curate(again)
    assert again.done["guard"] > 0
    assert again.done["measure"] == again.done["write"] == 0


def test_an_added_line_redoes_its_shard_only(tmp_path, output, small_shards):
    source = write(tmp_path / "in.jsonl", records(30))
    made(output, source)
    with (tmp_path / "in.jsonl").open("a") as file:
        file.write(json.dumps({"id": "new", "text": prose(999)}) + "\n")
    again = Curation([source], policy(), output)
    curate(again)
    assert again.done["guard"] <= 2
    assert "new" in ids(output)


def test_results_that_no_policy_wants_any_more_are_removed(tmp_path, output, small_shards):
    source = write(tmp_path / "in.jsonl", records(30))
    made(output, source, section="[curate]\nmin_words = 3")
    before = sorted(p.name for p in (output / ".work" / "measure").rglob("result.json"))
    made(output, source)
    assert len(list((output / ".work" / "measure").rglob("result.json"))) == len(before)


def test_a_dry_run_writes_no_corpus_and_says_what_each_rule_would_do(tmp_path, output):
    given_ = [
        *records(4),
        {"id": "twin", "text": prose(1)},
        {"id": "m", "text": "a@b.example " + prose(9)},
    ]
    source = write(tmp_path / "in.jsonl", given_)
    done = curate(Curation([source], policy(), output), dry_run=True)
    assert done.summary.rules == {"duplicate.exact": {"drop": 1}, "pii.email": {"redact": 1}}
    assert [e["id"] for e in done.samples["duplicate.exact"]] == ["twin"]
    assert not (output / "data").exists()
    made(output, source)
    assert len(ids(output)) == 5


@settings(max_examples=20)
@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=12))
def test_every_record_is_kept_or_accounted_for(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("law")
    source = write(folder / "in.jsonl", [{"id": f"t{n}", "text": t} for n, t in enumerate(texts)])
    summary = made(folder / "out", source).summary
    gone = {entry["id"] for entry in lines(folder / "out" / "ledger.jsonl")}
    assert set(ids(folder / "out")) | gone == {f"t{n}" for n in range(len(texts))}
    assert summary.kept + summary.dropped + summary.review == len(texts)
    assert len({record["text"] for record in kept(folder / "out")}) == summary.kept


# Faults ------------------------------------------------------------------------------------------


def test_lines_that_are_no_records_are_named_with_their_reason_and_the_rest_is_done(
    tmp_path, output
):
    good = json.dumps({"id": "good", "text": prose(1)}).encode()
    bad = [b"{", b"[1, 2]", b'{"id": 1}', b'{"text": 5}', b'{"text": "\xff"}', b'{"text": NaN}',
           b'{"id": [1], "text": "x"}', b"[" * 100_000]  # fmt: skip
    (tmp_path / "in.jsonl").write_bytes(b"\n".join([*bad[:4], good, *bad[4:]]) + b"\n")
    summary = made(output, str(tmp_path / "in.jsonl")).summary
    assert ids(output) == ["good"]
    told = {reject["line"]: reject["reason"] for reject in lines(output / "rejects.jsonl")}
    assert sorted(told) == [1, 2, 3, 4, 6, 7, 8, 9]
    assert "not UTF-8 at byte 10" in told[6]
    assert (summary.rejected, summary.damaged) == (8, False)


def test_a_line_without_end_is_passed_over_in_little_memory(tmp_path, output, monkeypatch):
    monkeypatch.setattr(shards_module, "SIZE", 1000)
    monkeypatch.setattr(shards_module, "LONGEST", 5000)
    first, last = (json.dumps({"id": n, "text": prose(1 if n == "a" else 2)}) for n in "ab")
    huge = '{"text": "' + "x" * 50_000 + '"}'
    (tmp_path / "in.jsonl").write_text(f"{first}\n{huge}\n{last}\n")
    made(output, str(tmp_path / "in.jsonl"))
    assert ids(output) == ["a", "b"]
    (reject,) = lines(output / "rejects.jsonl")
    assert reject["line"] == 2
    assert reject["end"] - reject["start"] == len(huge) + 1
    assert lines(output / "lineage.jsonl")[1]["line"] == 3


def test_of_records_with_one_id_the_first_stays_and_the_others_are_reported(tmp_path, output):
    given_ = [
        {"id": "a", "text": prose(1)},
        {"id": "a", "text": prose(2)},
        {"id": 7, "text": prose(3)},
    ]
    made(output, write(tmp_path / "in.jsonl", given_))
    assert kept(output) == [given_[0], given_[2]]
    (reject,) = lines(output / "rejects.jsonl")
    assert (reject["line"], "same id" in reject["reason"]) == (2, True)


def test_records_without_id_are_named_by_their_place(tmp_path, output):
    made(
        output,
        write(tmp_path / "in.jsonl", [{"text": prose(1), "n": 1}, {"id": None, "text": prose(2)}]),
    )
    assert ids(output) == ["in.jsonl:1", "in.jsonl:2"]
    assert kept(output)[0] == {"id": "in.jsonl:1", "text": prose(1), "n": 1}


def test_an_input_that_changes_under_way_is_told_and_the_rest_is_done(
    tmp_path, output, small_shards
):
    source = write(tmp_path / "in.jsonl", records(30))
    other = write(tmp_path / "other.jsonl", [{"id": "o", "text": prose(77)}])
    before = (tmp_path / "in.jsonl").read_bytes()

    def meddle(step: str, done: int, of: int) -> None:
        if step == "guard" and done == of:
            (tmp_path / "in.jsonl").write_bytes(before.replace(b'"r0"', b'"Q0"'))

    done = made(output, source, other, advance=meddle)
    assert done.summary.damaged
    assert "changed while it was being read" in done.rejected[0]["reason"]
    assert done.rejected[0]["line"] == 1
    assert "o" in ids(output)
    assert len(ids(output)) > 15
    (tmp_path / "in.jsonl").write_bytes(before)
    assert not made(output, source, other).summary.damaged
    assert len(ids(output)) == 31


def _folder(path):
    path.mkdir()
    return path


def test_nothing_is_read_from_the_folder_that_is_written(tmp_path):
    source = write(_folder(tmp_path / "raw") / "in.jsonl", [{"id": "a", "text": prose(1)}])
    for path in (source, str(tmp_path / "raw")):
        with pytest.raises(InputError, match="lies in the output"):
            made(tmp_path / "raw", path)
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["in.jsonl"]


def test_what_a_folder_holds_besides_files_is_told(tmp_path):
    source = write(_folder(tmp_path / "raw") / "in.jsonl", [{"id": "a", "text": prose(1)}])
    (tmp_path / "raw" / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "raw" / "pipe.jsonl")
    done = made(tmp_path / "out", str(Path(source).parent))
    assert [reject["file"] for reject in done.rejected] == ["raw/gone.jsonl", "raw/pipe.jsonl"]
    assert done.summary.kept == 1


@pytest.mark.parametrize("own", [True, 1.5, [1]])
def test_an_id_is_a_string_or_a_whole_number(tmp_path, own):
    source = write(tmp_path / "in.jsonl", [{"id": own, "text": prose(1)}])
    assert "`id`" in made(tmp_path / "out", source).rejected[0]["reason"]


def test_an_empty_id_is_none(tmp_path):
    source = write(tmp_path / "in.jsonl", [{"id": "", "text": prose(n)} for n in range(2)])
    made(tmp_path / "out", source)
    assert ids(tmp_path / "out") == ["in.jsonl:1", "in.jsonl:2"]


def test_a_full_disk_leaves_the_older_corpus_and_the_next_run_goes_on(
    tmp_path, output, monkeypatch
):
    source = write(tmp_path / "in.jsonl", records(3))
    made(output, source)
    before = folder_state(output)
    write(tmp_path / "in.jsonl", records(5))

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("upright.curate.output._join", full)
    with pytest.raises(NoSpaceError, match="no space left"):
        made(output, source)
    monkeypatch.undo()
    after = {name: raw for name, raw in folder_state(output).items() if not name.startswith(".new")}
    assert after == before
    again = Curation([source], policy(), output)
    curate(again)
    assert set(again.done.values()) == {0}
    assert len(ids(output)) == 5


def test_files_of_one_name_are_told_apart(tmp_path, output):
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "in.jsonl", [{"text": prose(ord(name))}])
    made(output, str(tmp_path / "x" / "in.jsonl"), str(tmp_path / "y" / "in.jsonl"))
    assert len(set(ids(output))) == 2


def test_folders_are_read_in_the_order_of_their_names_without_what_is_hidden(tmp_path, output):
    folder = tmp_path / "all"
    (folder / ".git").mkdir(parents=True)
    (folder / "sub").mkdir()
    write(folder / ".git" / "x.jsonl", [{"id": "hidden", "text": prose(1)}])
    write(folder / "b.jsonl", [{"id": "b", "text": prose(2)}])
    write(folder / "a.jsonl", [{"id": "a", "text": prose(3)}])
    write(folder / "sub" / "c.jsonl", [{"id": "c", "text": prose(4)}])
    (folder / "picture.png").write_bytes(os.urandom(20))
    done = made(output, str(folder))
    assert ids(output) == ["a", "b", "c"]
    assert done.rejected[0]["file"] == "all/picture.png"


def test_an_output_inside_the_folder_that_is_read_is_not_read(tmp_path):
    folder = tmp_path / "all"
    folder.mkdir()
    write(folder / "a.jsonl", [{"id": "a", "text": prose(1)}])
    for _ in range(2):
        done = made(folder / "out", str(folder))
        assert (done.summary.records, done.rejected) == (1, [])


@pytest.mark.parametrize("step", ["measure", "recount"])
def test_a_file_that_changes_late_ends_the_run_with_its_name(tmp_path, output, step):
    notice = prose(1000, 30)
    text = prose(1, 100)
    given_ = [
        {"id": "a", "text": f"{text} {notice}"},
        {"id": "b", "text": edited(text, 0.01) + notice},
        {"id": "c", "text": f"{prose(2)} {notice}"},
    ]
    source = write(tmp_path / "in.jsonl", given_)

    def meddle(name: str, done: int, of: int) -> None:
        if name == step and done == of:
            (tmp_path / "in.jsonl").write_text("x" * 5000)

    section = "[curate.exposure]\nwords = 20\ntimes = 1"
    with pytest.raises(ChangedError, match=r"in\.jsonl: changed while it was being read"):
        made(output, source, section=section, advance=meddle)
