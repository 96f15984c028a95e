"""Every snippet of every page runs, and prints what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.gateway import gateway
from tests.docs.snippets import ROOT, RUNNABLE, agrees, commands, pages, snippets

ADDRESS = "127.0.0.1:8787"
# What cannot run in a test, and why. A new reason is added here, where a reviewer sees it.
REASONS = {
    "installs into your environment": 3,
    "starts a server that stays": 6,
    "a shape, not a program": 1,
    "runs in the repository": 2,
    "trains for half an hour": 1,
    "trains for minutes": 1,
    "trains both kinds for six gaps, which takes a while": 1,
}


def name(page):
    return page.relative_to(ROOT).as_posix()


RUN = [page for page in pages() if any(s.language in RUNNABLE for s in snippets(page.read_text()))]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder in which a page's snippets run as if on a newcomer's machine."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("UPRIGHT_DATABASE_URL", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    return work


@pytest.fixture
def address(request, folder):
    """Address of a running gateway where the page needs one, else the usual one."""
    if "<!-- needs: gateway -->" not in request.param.read_text(encoding="utf-8"):
        yield ADDRESS
        return
    with gateway(folder) as running:
        yield running


@pytest.mark.parametrize(
    ("page", "address"), [(p, p) for p in RUN], ids=map(name, RUN), indirect=["address"]
)
def test_every_snippet_of_a_page_runs_and_prints_what_the_page_shows(page, address, folder):
    for snippet in snippets(page.read_text(encoding="utf-8")):
        where = f"{name(page)}:{snippet.line}"
        body = snippet.body.replace(ADDRESS, address)
        if snippet.reason is not None:
            continue
        if snippet.file is not None:
            target = folder / snippet.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(body, encoding="utf-8")
        elif snippet.language == "console":
            for command, shown in commands(body):
                run_console(command, shown, where, folder)
        elif snippet.language == "python":
            printed = run(["-c", body], where, folder)
            if snippet.output is not None:
                expected = snippet.output.replace(ADDRESS, address)
                assert agrees(expected, printed), f"{where} printed:\n{printed}"


def run(arguments, where, folder):
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{where} failed:\n{done.stderr}"
    return done.stdout


def run_console(command, shown, where, folder):
    fails = command.startswith("! ")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.removeprefix("! ")],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    assert (done.returncode != 0) == fails, f"{where}: $ {command}\n{done.stdout}"
    if shown:
        assert agrees(shown, done.stdout), f"{where}: $ {command} printed:\n{done.stdout}"


def test_what_is_not_run_has_a_known_reason():
    counted = dict.fromkeys(REASONS, 0)
    for page in pages():
        for snippet in snippets(page.read_text(encoding="utf-8")):
            if snippet.reason is not None:
                assert snippet.reason in counted, f"{name(page)}:{snippet.line}: {snippet.reason}"
                counted[snippet.reason] += 1
    assert counted == REASONS


def test_no_block_hides_from_the_run_behind_another_language():
    known = {*RUNNABLE, "text", "toml", "json", "make"}
    for page in pages():
        text = page.read_text(encoding="utf-8")
        assert text.count("```") % 2 == 0, name(page)
        found = snippets(text)
        assert len(found) == len(re.findall(r"^ *```", text, re.MULTILINE)) / 2, name(page)
        for snippet in found:
            assert snippet.language in known, f"{name(page)}:{snippet.line}"


PAGE = """
<!-- file: a/lines.jsonl -->

```json
{"id": 1}
```

```console
$ cat a/lines.jsonl
{"id": …}
$ ! false
$ echo one \\
  two
one two
```

1. A list

    ```python
    print("a", 3)
    ```

    ```text
    a …
    ```

<!-- not run: installs into your environment -->

```console
$ pip install upright
```
"""


def test_blocks_are_read_as_the_convention_says():
    file, console, python, text, skipped = snippets(PAGE)
    assert (file.file, file.body) == ("a/lines.jsonl", '{"id": 1}\n')
    assert commands(console.body) == [
        ("cat a/lines.jsonl", '{"id": …}'),
        ("! false", ""),
        ("echo one \\\n  two", "one two"),
    ]
    assert (python.body, python.output) == ('print("a", 3)\n', "a …\n")
    assert (text.language, text.file, text.reason) == ("text", None, None)
    assert skipped.reason == "installs into your environment"
    assert file.line == 4


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a", "a\n", True),
        ("a …c", "a b c", True),
        ("a\n…\nc", "a\nb\nb\nc", True),
        ("a …", "b a", False),
        ("a", "a b", False),
        ("a.c", "abc", False),
    ],
)
def test_an_ellipsis_stands_for_anything_and_all_else_for_itself(shown, printed, same):
    assert agrees(shown, printed) is same


def test_a_console_block_that_begins_with_no_command_is_refused():
    with pytest.raises(ValueError, match="not with"):
        commands("upright --help\n")


def test_a_here_document_belongs_to_its_command():
    body = "$ cat <<'END'\nb c\nEND\nb c\n$ echo d\n"
    assert commands(body) == [("cat <<'END'\nb c\nEND", "b c"), ("echo d", "")]
