"""How pages and their snippets are read.

A fenced block of `console`, `python`, or a block after `<!-- file: NAME -->` takes part in the
run of its page; all blocks of a page share one empty folder and run in order.

- `console`: `$ ` begins a command, which may end in a here-document (`<<'END'`) or go on
  after a backslash. The lines after it are what it prints, where `…` stands for anything;
  a command without such lines only has to succeed. `$ ! ` is a command that must fail.
- `python`: runs as a program of its own. A `text` block right after it is what it prints.
- `<!-- file: NAME -->` writes the block that follows to a file of that name.
- `<!-- needs: gateway -->` on a page: a gateway runs, and its address stands in for
  `127.0.0.1:8787`.
- `<!-- not run: REASON -->` leaves the block that follows out; the reasons are listed and counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"(?:^[ ]*<!--[ ](?P<mark>file|not[ ]run):[ ](?P<note>[^>]+?)[ ]-->\n+)?"
    r"^(?P<indent>[ ]*)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
RUNNABLE = ("console", "python")


@dataclass(frozen=True)
class Snippet:
    """One fenced block.

    Attributes:
        language: what stands behind the fence.
        body: the lines, without their indentation.
        line: line of the page on which the fence stands.
        file: name of the file it is written to, or None.
        reason: why it is not run, or None.
        output: what a `python` block prints, or None where the page does not say.
    """

    language: str
    body: str
    line: int
    file: str | None
    reason: str | None
    output: str | None = None


def pages() -> list[Path]:
    """Return every page with snippets: the README, the files beside it and docs/."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def snippets(text: str) -> list[Snippet]:
    """Return the fenced blocks of a page in order."""
    found: list[Snippet] = []
    for match in _BLOCK.finditer(text):
        indent = len(match["indent"])
        body = "".join(line[indent:] for line in match["body"].splitlines(keepends=True))
        note = match["note"]
        found.append(
            Snippet(
                language=match["language"],
                body=body,
                line=text.count("\n", 0, match.start("language")) + 1,
                file=note if match["mark"] == "file" else None,
                reason=note if match["mark"] == "not run" else None,
            )
        )
    return [_with_output(one, following) for one, following in pairwise([*found, None])]


def _with_output(snippet: Snippet, following: Snippet | None) -> Snippet:
    printed = snippet.language == "python" and following and following.language == "text"
    if not printed or following is None or following.file or following.reason:
        return snippet
    return replace(snippet, output=following.body)


def commands(body: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with the output that the page shows."""
    found: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        elif not found:
            raise ValueError(f"a console block begins with {line!r}, not with `$ `")
        elif _goes_on(found[-1][0]):
            found[-1] = (f"{found[-1][0]}\n{line}", [])
        else:
            found[-1][1].append(line)
    return [(command, "\n".join(lines).strip()) for command, lines in found]


def _goes_on(command: str) -> bool:
    """Say whether a command needs the next line too: a backslash, or an open here-document."""
    here = re.search(r"<<'(\w+)'", command)
    if here is not None:
        return re.search(rf"^{here[1]}$", command, re.MULTILINE) is None
    return command.endswith("\\")


def agrees(shown: str, printed: str) -> bool:
    """Say whether what a page shows is what was printed; `…` stands for anything."""
    pattern = ".*?".join(re.escape(part.strip()) for part in _lines(shown).split("…"))
    return re.fullmatch(rf"\s*{pattern}\s*", _lines(printed), re.DOTALL) is not None


def _lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
