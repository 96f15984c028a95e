"""Files of every kind become records with their place; damaged ones say where."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.curate.corpora import ids, kept, lines, made, prose, write

from upright.curate import InputError, reading
from upright.curate import shards as shards_module
from upright.curate.kinds import LANGUAGES, Kind, kind_of
from upright.curate.pages import text_of_html, text_of_pdf

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
pypdf = pytest.importorskip("pypdf")
zstandard = pytest.importorskip("zstandard")
RECORDS = [{"id": f"r{n}", "text": prose(n), "n": n} for n in range(6)]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS).encode()


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


def parquet(path, records) -> None:
    pq.write_table(pa.Table.from_pylist(records), path, row_group_size=2)


@pytest.mark.parametrize("name", ["in.jsonl", "in.jsonl.gz", "in.ndjson.zst", "in.parquet"])
def test_the_same_records_come_out_of_every_file_of_records(tmp_path, output, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        parquet(path, RECORDS)
    else:
        packed = {"gz": gzip.compress, "st": zstandard.ZstdCompressor().compress}
        path.write_bytes(packed.get(name[-2:], bytes)(LINES))
    made(output, str(path))
    assert kept(output) == RECORDS
    assert {place["file"] for place in lines(output / "lineage.jsonl")} == {name}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_byte_order_mark_is_no_part_of_the_first_record(tmp_path, output, pack):
    path = tmp_path / ("in.jsonl.gz" if pack is gzip.compress else "in.jsonl")
    path.write_bytes(pack(b"\xef\xbb\xbf" + LINES))
    made(output, str(path))
    assert kept(output) == RECORDS
    place = lines(output / "lineage.jsonl")[0]
    assert (place["start"], place["end"]) == (3, 3 + LINES.index(b"\n"))


def test_a_compressed_file_of_several_members_is_read_whole(tmp_path, output):
    half = len(LINES) // 2
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(LINES[:half]) + gzip.compress(LINES[half:]))
    pack = zstandard.ZstdCompressor().compress
    other = LINES.replace(b'"r', b'"s').replace(b"1", b"9")
    (tmp_path / "b.jsonl.zst").write_bytes(pack(other[:half]) + pack(other[half:]))
    made(output, str(tmp_path / "a.jsonl.gz"), str(tmp_path / "b.jsonl.zst"))
    assert len(ids(output)) == 12


def test_lineage_of_a_compressed_file_leads_to_the_bytes_of_what_is_in_it(tmp_path, output):
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(b"\n" + LINES))
    made(output, str(tmp_path / "in.jsonl.gz"))
    for place in lines(output / "lineage.jsonl"):
        raw = (b"\n" + LINES)[place["start"] : place["end"]]
        assert json.loads(raw)["id"] == place["id"]
    assert [place["line"] for place in lines(output / "lineage.jsonl")] == list(range(2, 8))


def test_tables_give_a_record_a_row(tmp_path, output):
    (tmp_path / "in.csv").write_text('id,text,mood\na,"One, two\nthree.",calm\nb,Four five.,glad\n')
    (tmp_path / "in.tsv").write_text("text\tmood\nSix seven eight.\tsad\n")
    made(output, str(tmp_path / "in.csv"), str(tmp_path / "in.tsv"))
    assert kept(output) == [
        {"id": "a", "text": "One, two\nthree.", "mood": "calm"},
        {"id": "b", "text": "Four five.", "mood": "glad"},
        {"id": "in.tsv:2", "text": "Six seven eight.", "mood": "sad"},
    ]


def test_texts_pages_and_sources_are_a_record_each(tmp_path, output):
    folder = tmp_path / "tree"
    (folder / "src").mkdir(parents=True)
    (folder / "a.txt").write_text(prose(1))
    (folder / "b.md").write_text("# Title\n" + prose(2))
    (folder / "c.html").write_text(f"<p>{prose(3)}</p><script>no()</script>")
    (folder / "src" / "d.py").write_text("def f():\n    return 1\n")
    (folder / "src" / "e.go.gz").write_bytes(gzip.compress(b"package main\n"))
    made(output, str(folder))
    found = {record["id"]: record for record in kept(output)}
    assert list(found) == [
        "tree/a.txt",
        "tree/b.md",
        "tree/c.html",
        "tree/src/d.py",
        "tree/src/e.go.gz",
    ]
    assert found["tree/c.html"]["text"] == prose(3)
    assert [found[f"tree/src/{n}"]["language"] for n in ("d.py", "e.go.gz")] == ["python", "go"]
    places = {place["id"]: place for place in lines(output / "lineage.jsonl")}
    assert places["tree/a.txt"]["file"] == "tree/a.txt"
    assert places["tree/a.txt"]["end"] == len(prose(1))


def test_at_least_twelve_languages_of_programs_are_known():
    assert len(LANGUAGES) >= 12
    assert kind_of(Path("x.PY")) is Kind.CODE


# Damage ------------------------------------------------------------------------------------------


def test_a_corrupt_gzip_gives_what_stands_before_and_says_so(tmp_path, output):
    many = "".join(
        json.dumps({"id": f"r{n}", "text": prose(n)}) + "\n" for n in range(400)
    ).encode()
    packed = gzip.compress(many)
    (tmp_path / "in.jsonl.gz").write_bytes(packed[: len(packed) * 2 // 3])
    good = write(tmp_path / "good.jsonl", [{"id": "good", "text": prose(9999)}])
    done = made(output, str(tmp_path / "in.jsonl.gz"), good)
    assert done.summary.damaged
    (reject,) = done.rejected
    assert "damaged from here on" in reject["reason"]
    assert 0 < reject["line"] < 400
    found = ids(output)
    assert found[-1] == "good"
    assert found[:-1] == [f"r{n}" for n in range(reject["line"] - 1)]


def test_every_whole_line_before_a_break_is_kept(tmp_path, output):
    many = "".join(json.dumps({"id": f"r{n}", "text": prose(n)}) + "\n" for n in range(40)).encode()
    packed = gzip.compress(many)
    (tmp_path / "in.jsonl.gz").write_bytes(packed[:-9])  # all there but the last byte and the sums
    done = made(output, str(tmp_path / "in.jsonl.gz"))
    assert len(ids(output)) >= 39
    assert done.rejected[0]["line"] >= 40


@pytest.mark.parametrize("ending", ["jsonl.zst", "jsonl.gz", "parquet", "pdf", "txt.gz"])
def test_what_is_no_such_file_at_all_is_told_and_the_rest_is_done(tmp_path, output, ending):
    (tmp_path / f"in.{ending}").write_bytes(b"this is no such file " * 30)
    good = write(tmp_path / "good.jsonl", [{"id": "good", "text": prose(1)}])
    done = made(output, str(tmp_path / f"in.{ending}"), good)
    assert done.rejected[0]["file"] == f"in.{ending}"
    assert ids(output) == ["good"]


def test_a_truncated_parquet_is_told(tmp_path, output):
    parquet(tmp_path / "in.parquet", RECORDS)
    raw = (tmp_path / "in.parquet").read_bytes()
    (tmp_path / "in.parquet").write_bytes(raw[: len(raw) // 2])
    done = made(output, str(tmp_path / "in.parquet"))
    assert "damaged" in done.rejected[0]["reason"]
    assert done.summary.damaged


def test_rows_and_texts_that_do_not_fit_are_named(tmp_path, output):
    (tmp_path / "in.csv").write_bytes(b"id,text\na,fine words here\nb\nc,too,many\nd,caf\xe9\n")
    (tmp_path / "in.txt").write_bytes(b"caf\xe9")
    (tmp_path / "no.csv").write_text("a,b\n1,2\n")
    done = made(output, *(str(tmp_path / name) for name in ("in.csv", "in.txt", "no.csv")))
    assert ids(output) == ["a"]
    told = {(reject["file"], reject["line"]) for reject in done.rejected}
    assert told == {("in.csv", 3), ("in.csv", 4), ("in.csv", 5), ("in.txt", 0), ("no.csv", 2)}


def test_a_line_without_end_in_a_compressed_file_is_passed_over(tmp_path, output, monkeypatch):
    monkeypatch.setattr(reading, "LONGEST", 2000)
    huge = b'{"text": "' + b"x" * 5000 + b'"}\n'
    (tmp_path / "in.jsonl.gz").write_bytes(
        gzip.compress(LINES + huge + LINES.replace(b'"r', b'"s'))
    )
    done = made(output, str(tmp_path / "in.jsonl.gz"), section="[curate]\ncopies = 2")
    assert len(ids(output)) == 12
    assert [reject["line"] for reject in done.rejected] == [7]


def test_large_files_become_several_shards(tmp_path, output, monkeypatch):
    monkeypatch.setattr("upright.curate.intake.SIZE", 500)
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(LINES))
    made(output, str(tmp_path / "in.jsonl.gz"))
    assert ids(output) == [record["id"] for record in RECORDS]
    assert len(list((output / "data").iterdir())) > 2


def test_a_file_that_nothing_reads_is_refused_by_name(tmp_path, output):
    (tmp_path / "x.docx").write_bytes(b"PK")
    with pytest.raises(InputError, match="not a kind of file"):
        made(output, str(tmp_path / "x.docx"))


# Pages -------------------------------------------------------------------------------------------


def test_a_page_is_what_a_reader_sees():
    page = b"""<!doctype html><html><head><title>Tea</title><style>p {}</style></head><body>
    <nav>Home</nav><h1>On  tea</h1><p>Caf&eacute; &amp;
    water,<br>hot.</p><script>var x = "<p>no</p>";</script><li>one<li>two</body>"""
    assert text_of_html(page) == "Tea\nOn tea\nCafé & water,\nhot.\none\ntwo"


@pytest.mark.parametrize(
    "page",
    [
        "<p>seen</p><div hidden><div>in</div>out</div>",
        "<p>seen</p><p style='color: red; display : none'>unseen</p>",
        "<p>seen</p><p hidden>unseen<div style='visibility:hidden'>unseen</div>",
        "<p>seen</p><img hidden>",
        "<span style='display:none'><b>un</b><span>seen</span></span><p>seen",
    ],
)
def test_what_a_page_hides_is_not_read(page):
    assert text_of_html(page.encode()) == "seen"


def test_a_paragraph_that_is_hidden_hides_no_other():
    assert text_of_html(b"<p hidden>one<p>two<br>three") == "two\nthree"


def test_a_page_in_another_character_set_is_read_in_it():
    page = '<meta charset="iso-8859-1"><p>Café</p>'.encode("iso-8859-1")
    assert text_of_html(page) == "Café"
    with pytest.raises(InputError, match="character set"):
        text_of_html("<p>Café</p>".encode("iso-8859-1"))


@given(st.text(max_size=200))
def test_no_page_stops_the_reader(page):
    assert isinstance(text_of_html(page.encode("utf-8", "ignore")), str)


def test_the_text_of_a_pdf_is_read():
    assert text_of_pdf(pdf("Quiet harbour, copper window.")) == "Quiet harbour, copper window."


def pdf(text: str) -> bytes:
    """Return a PDF of one page with one line."""
    made = pytest.importorskip("pypdf.generic")
    name = made.NameObject
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(width=300, height=300)
    font = made.DictionaryObject(
        {
            name("/Type"): name("/Font"),
            name("/Subtype"): name("/Type1"),
            name("/BaseFont"): name("/Helvetica"),
        }
    )
    page[name("/Resources")] = made.DictionaryObject(
        {name("/Font"): made.DictionaryObject({name("/F1"): writer._add_object(font)})}
    )
    content = made.DecodedStreamObject()
    content.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
    page[name("/Contents")] = writer._add_object(content)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_among_the_inputs_is_a_record(tmp_path, output):
    (tmp_path / "in.pdf").write_bytes(pdf("Quiet harbour, copper window."))
    made(output, str(tmp_path / "in.pdf"))
    assert kept(output) == [{"id": "in.pdf", "text": "Quiet harbour, copper window."}]


# Shards ------------------------------------------------------------------------------------------


@given(
    pieces=st.lists(st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"")), max_size=20),
    size=st.integers(1, 40),
    ended=st.booleans(),
)
def test_shards_hold_every_line_once_and_know_its_number(pieces, size, ended):
    raw = b"\n".join(pieces) + (b"\n" if ended else b"")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(shards_module, "SIZE", size)
    try:
        shards = list(shards_module.cut(BytesIO(raw), "x", "x", []))
    finally:
        monkeypatch.undo()
    assert b"".join(raw[shard.start : shard.end] for shard in shards) == raw
    for shard in shards:
        assert raw[: shard.start].count(b"\n") + 1 == shard.line
        assert shard.start == 0 or raw[shard.start - 1 : shard.start] == b"\n"


@given(st.lists(st.integers(0, 120), max_size=8), st.integers(1, 40), st.integers(41, 60))
def test_lines_that_are_too_long_are_left_out_and_the_others_keep_their_numbers(
    lengths, size, longest
):
    raw = b"".join(b"x" * length + b"\n" for length in lengths)
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(shards_module, "SIZE", size)
    monkeypatch.setattr(shards_module, "LONGEST", longest)
    rejects = []
    try:
        shards = list(shards_module.cut(BytesIO(raw), "x", "x", rejects))
    finally:
        monkeypatch.undo()
    covered = sum(s.end - s.start for s in shards) + sum(r.end - r.start for r in rejects)
    assert covered == len(raw)
    assert {r.line for r in rejects} >= {
        n for n, length in enumerate(lengths, 1) if length > longest + size
    }
    assert not any(
        length <= longest - size
        for n, length in enumerate(lengths, 1)
        if n in {r.line for r in rejects}
    )
    for shard in shards:
        assert raw[: shard.start].count(b"\n") + 1 == shard.line
