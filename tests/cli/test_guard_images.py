"""Pictures on the command line: hashes for lists, and lines that show pictures."""

from __future__ import annotations

import base64
import io
import json
import sys

import numpy as np
import pytest
from tests.pictures import encoded, image, scene

from upright.cli import main
from upright.guard.images.pdq import pdq

USE = """\
schema = 1
[use_case]
name = "x"
purpose = "y"
[guard]
deadline_ms = 30000
[guard.images]
hashes = "list.txt"
[[guard.rule]]
detect = ["image.protected"]
at = ["data"]
action = "redact"
"""


@pytest.fixture
def run(capsysbinary, tmp_path, monkeypatch):
    """Run `upright guard …` among three pictures; return exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    for seed in (1, 2):
        (tmp_path / f"{seed}.png").write_bytes(image(seed).data)
    (tmp_path / "flat.png").write_bytes(encoded(np.full((99, 99, 3), 9, np.uint8)))
    (tmp_path / "use.toml").write_text(USE, encoding="utf-8")
    listed = f"{pdq(scene(1)).bits.hex()} one\n"
    (tmp_path / "list.txt").write_text(listed, encoding="utf-8")

    def call(*words, lines=()):
        raw = "\n".join(map(json.dumps, lines)).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        with pytest.raises(SystemExit) as end:
            main(["guard", *words])
        captured = capsysbinary.readouterr()
        return end.value.code or 0, captured.out.decode(), captured.err.decode()

    return call


@pytest.fixture
def check(run):
    def call(*lines, stage="data"):
        words = ("check", "--policy", "use.toml", "--workers", "1", "--stage", stage)
        code, out, error = run(*words, lines=lines)
        return code, [json.loads(line) for line in out.splitlines()], error

    return call


def test_a_hash_is_a_line_of_a_list(run):
    code, out, _ = run("hash", "1.png", "2.png")
    assert code == 0
    assert out.splitlines() == [f"{pdq(scene(n)).bits.hex()} {n}.png" for n in (1, 2)]


def test_a_hash_that_says_nothing_is_a_comment(run):
    _, out, _ = run("hash", "flat.png")
    assert out.startswith("# quality too low")


def test_hashes_as_lines_of_json(run):
    _, out, _ = run("hash", "--json", "1.png")
    assert json.loads(out) == {
        "file": "1.png",
        "hash": pdq(scene(1)).bits.hex(),
        "quality": 100,
    }


@pytest.mark.parametrize("name", ["none.png", "use.toml"])
def test_a_file_without_a_hash_is_told(run, name):
    code, _, error = run("hash", name)
    assert code == 2
    assert name in error
    assert "mend:" in error


def test_a_listed_picture_is_taken_out_of_its_line(check):
    inline = f"data:image/png;base64,{base64.b64encode(image(1).data).decode()}"
    code, lines, _ = check(
        {"id": "a", "text": "Two.", "image": ["1.png", "2.png"]},
        {"id": "b", "image": inline},
        {"id": "c", "image": "2.png"},
        {"id": "d", "text": "None."},
    )
    assert code == 0
    first, second, third, fourth = lines
    assert first["text"] == f"Two.\n[PROTECTED]\n{image(2).placeholder}"
    assert first["image"] == ["2.png"]
    (finding,) = first["findings"]
    assert (finding["start"], finding["end"], finding["source"]) == (5, 53, "one")
    assert (second["text"], second["image"]) == ("[PROTECTED]", None)
    assert (third["text"], third["image"]) == (image(2).placeholder, "2.png")
    assert fourth == {"id": "d", "text": "None.", "action": "allow", "findings": []}


def test_a_file_that_is_no_picture_is_an_error_of_its_line(check):
    _, (line,), _ = check({"image": "use.toml"})
    assert (line["action"], line["image"]) == ("block", None)
    assert [error["rule"] for error in line["errors"]] == ["image.protected"]


@pytest.mark.parametrize(
    "wrong", [7, [7], "", "none.png", "data:text/html;base64,PA==", "data:image/png;base64,*"]
)
def test_what_is_no_picture_s_name_is_told_with_its_line(check, wrong):
    code, _, error = check({"id": "x", "image": wrong})
    assert code == 2
    assert "standard input:1" in error


def test_a_picture_that_no_rule_looks_at_is_refused(check, tmp_path):
    code, _, error = check({"image": "1.png"}, stage="output")
    assert code == 2
    assert "no rule of this use looks at pictures at output" in error
    bare = USE.replace('[guard.images]\nhashes = "list.txt"\n', "").replace(
        "image.protected", "pii.*"
    )
    (tmp_path / "use.toml").write_text(bare, encoding="utf-8")
    assert "no rule of this use looks" in check({"image": "1.png"})[2]
