"""Write the list of common phrases that no watermark is looked for in, or check it.

`python scripts/stoplist.py` counts phrases of five tokens in public-domain books, in people's
prose under permissive licences (`../shared/data`), and in the modules of the interpreter's own
standard library. Kept are those of at least two authors, or of at least three packages of code.
Only hashes are written. `--check` changes nothing and fails if the file is another one; it needs
the same release of Python.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from upright.generate.embedded import EmbeddedEngine
from upright.watermark import WIDTH
from upright.watermark.stoplist import FILE, phrase_number

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
TARGET = ROOT / "src" / "upright" / "watermark" / FILE
AUTHORS, PACKAGES = 2, 3
BEGINNING = 100
NO_CODE = {"idlelib", "lib2to3", "site-packages", "test", "tests"}
Texts = Iterable[tuple[str, str]]


def main() -> int:
    """Write or check the file; return the exit code."""
    engine = EmbeddedEngine()
    kept = shared(engine, prose(), AUTHORS) | shared(engine, code(), PACKAGES)
    content = np.array(sorted(kept), dtype="<u4").tobytes()
    if "--check" in sys.argv[1:]:
        return int(not TARGET.is_file() or TARGET.read_bytes() != content)
    TARGET.write_bytes(content)
    print(f"wrote {len(kept):,} phrases, {len(content):,} bytes")
    return 0


def shared(engine: EmbeddedEngine, texts: Texts, sources: int) -> set[int]:
    """Return the numbers of the phrases that stand in texts of so many sources."""
    found: dict[int, set[str]] = defaultdict(set)
    for source, text in texts:
        tokens = engine.tokens(text)
        for at in range(WIDTH, len(tokens)):
            found[phrase_number(text[tokens[at - WIDTH].start : tokens[at].end])].add(source)
    return {number for number, own in found.items() if len(own) >= sources}


def prose() -> Iterator[tuple[str, str]]:
    """Yield author and text; a text that comes twice counts once."""
    for row in rows("corpora/books_public_domain.jsonl.gz"):
        yield row["author"], unwrapped(row["text"])
    for row in rows("authorship/federalist.jsonl.gz"):
        yield "Federalist", unwrapped(row["text"])
    for row in rows("corpora/tiny_shakespeare.jsonl.gz"):
        yield "Shakespeare", row["text"]
    people = [row["human"] for row in rows("machine_text/gpt_pairs_three_domains.jsonl.gz")]
    essays = rows("machine_text/seqxgpt_documents.jsonl.gz")
    people += [row["text"] for row in essays if row["label"] == "human"]
    people += [row["user_query"] for row in rows("hallucination/halueval_general.jsonl.gz")]
    # The same beginning is the same text, cut or edited.
    for number, text in enumerate({text[:BEGINNING]: text for text in people}.values()):
        yield str(number), text


def code() -> Iterator[tuple[str, str]]:
    """Yield package and text of the modules of the standard library, without its tests."""
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if NO_CODE.isdisjoint(parts):
            yield parts[0], path.read_text(encoding="utf-8", errors="replace")


def rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of a file of the data folder."""
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def unwrapped(text: str) -> str:
    """Return a text whose lines end where paragraphs do."""
    return re.sub(r"(?<!\n)[ \t]*\n[ \t]*(?!\n)", " ", text.replace("\r", ""))


if __name__ == "__main__":
    sys.exit(main())
