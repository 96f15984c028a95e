"""Functions of the standard library: found under other names, and not where they are not."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import sysconfig
import textwrap
import tokenize
from pathlib import Path

import pytest

from upright.match.code import tokens
from upright.match.index import CODE_RUN, Index, Work

PROTECTED = ("argparse", "tarfile", "difflib", "decimal", "configparser", "inspect")
UNRELATED = ("smtplib", "calendar", "colorsys", "wave", "plistlib", "zipfile", "textwrap", "sched")


def functions(modules):
    """Return the functions of modules that have at least a run of tokens, by name."""
    root = Path(sysconfig.get_path("stdlib"))
    found = {}
    for module in modules:
        path = next(
            (p for p in (root / f"{module}.py", root / f"_py{module}.py") if p.exists()), None
        )
        text = path.read_text(encoding="utf-8") if path else ""
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                lines = text.splitlines(keepends=True)[node.lineno - 1 : node.end_lineno]
                source = textwrap.dedent("".join(lines))
                if len(tokens(source, "python", parse=False)) >= CODE_RUN:
                    found[f"{module}:{node.lineno}"] = source
    return found


def renamed(text):
    """Give every name another spelling, but those that Python itself has."""
    given = set(dir(builtins)) | set(keyword.kwlist)
    table, lines = {}, text.splitlines(keepends=True)
    read = [*tokenize.generate_tokens(io.StringIO(text).readline)]
    for token in reversed(read):
        if token.type == tokenize.NAME and token.string not in given:
            row, at = token.start
            new = table.setdefault(token.string, f"name_{len(table):03}")
            line = lines[row - 1]
            lines[row - 1] = line[:at] + new + line[at + len(token.string) :]
    return "".join(lines)


@pytest.fixture(scope="module")
def shelf():
    protected = functions(PROTECTED)
    works = [Work(name, text, "code", language="python") for name, text in protected.items()]
    return protected, Index.of(works)


def shown(index, text):
    return {hit.document.id for hit in index.query_code(text, "python")}


def test_99_in_100_functions_are_found_under_other_names(shelf):
    protected, index = shelf
    asked = list(protected.items())[::4]
    found = sum(name in shown(index, renamed(text)) for name, text in asked)
    assert len(asked) > 80
    assert found >= 0.99 * len(asked)


def test_at_most_1_in_100_unrelated_functions_is_flagged(shelf):
    others = functions(UNRELATED)
    flagged = [name for name, text in others.items() if shown(shelf[1], text)]
    assert len(others) > 150
    assert len(flagged) <= 0.01 * len(others)
