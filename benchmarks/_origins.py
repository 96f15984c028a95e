"""Every way of finding a text's origin again, each as a user of upright gets it.

What is read of a mark is kept in a file, since reading with a model takes seconds: a run that was
stopped goes on where it was, and several may share the work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from _generations import key
from _kgw import kgw_value
from _peers import CACHE

from upright.certify import Certifier, Match, Statement
from upright.generate.embedded import EmbeddedEngine
from upright.ledger import Ledger
from upright.verify import WatermarkReader
from upright.watermark import Scheme

ALPHA = 1e-3
READING = "2"
"""To be raised when readers say something else of a text than before: then all is read again."""
DIGEST = "sha256:" + "5" * 64
STATEMENT = Statement("arms-race", "ans_0123456789abcdef01234567", DIGEST, DIGEST)


@dataclass(frozen=True, slots=True)
class Cell:
    """What one method says of one text.

    Attributes:
        p_value: of the mark; for certificates 0 where one is found and 1 where none is.
        spans: characters said to be marked, at a level of `ALPHA`.
        own: whether what was found belongs to the text that was looked for.
    """

    p_value: float
    spans: tuple[tuple[int, int], ...] = ()
    own: bool = True


Find = Callable[[str, int], Awaitable[Cell]]
"""Takes a text and the number of the text that it was made of."""


@dataclass(frozen=True, slots=True)
class Method:
    """One column of the table.

    Attributes:
        title: its heading.
        kind: of marked text that it looks for, see `_generations.py`.
        find: reads one text.
        mark: whether it has a p-value.
        points: whether it names the original, so that an edit of it is told apart.
    """

    title: str
    kind: str
    find: Find
    mark: bool = True
    points: bool = False


class Kept:
    """Cells by method, key and text, in a file that only grows."""

    def __init__(self, name: str) -> None:
        folder = CACHE / "arms_race" / READING
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{name}.jsonl"
        self._cells: dict[str, Cell] = {}
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                spans = tuple((start, end) for start, end in row["spans"])
                self._cells[row["digest"]] = Cell(row["p_value"], spans)

    def through(self, find: Find) -> Find:
        """Return the same method, which reads only what is not there yet."""

        async def kept(text: str, number: int) -> Cell:
            digest = hashlib.sha256(f"{key(number).name}\0{text}".encode()).hexdigest()
            if digest not in self._cells:
                cell = self._cells[digest] = await find(text, number)
                row = {"digest": digest, "p_value": cell.p_value, "spans": cell.spans}
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
            return self._cells[digest]

        return kept


def marks(engine: EmbeddedEngine) -> dict[str, Method]:
    """Return the methods that look for a mark, by name."""
    size = engine._runtime.model.size  # type: ignore[union-attr]  # noqa: SLF001 (no other way to it)

    async def green_list(text: str, number: int) -> Cell:
        tokens = [token.id for token in engine.tokens(text)]
        return Cell(kgw_value(number, tokens, size))

    found = {
        "split-model": Method("split, with model", "split", _reading(engine, "split")),
        "split-free": Method(
            "split, no model", "split", _reading(engine, "split", model_free=True)
        ),
        "gumbel": Method("Gumbel", "gumbel", _reading(engine, "gumbel")),
        "kgw": Method("KGW", "kgw", green_list),
    }
    return {
        name: Method(method.title, method.kind, Kept(name).through(method.find))
        for name, method in found.items()
    }


def _reading(engine: EmbeddedEngine, scheme: Scheme, *, model_free: bool = False) -> Find:
    async def find(text: str, number: int) -> Cell:
        reader = WatermarkReader(engine, [key(number)], scheme=scheme, alpha=ALPHA)
        found = await reader.read(text, model_free=model_free)
        spans = tuple((span.start, span.end) for span in found.spans)
        return Cell(found.detection.p_value, spans)

    return find


def open_certifier(folder: Path) -> tuple[Ledger, Certifier]:
    """Return an empty ledger, to be closed by the caller, and what certifies into it."""
    ledger = Ledger.open(f"sqlite:///{folder}/ledger.db?synchronous=normal", home=folder)
    return ledger, Certifier.open(ledger, issuer="Example Ltd")


def certificates(
    certifier: Certifier,
    ledger: Ledger,
    texts: Mapping[int, tuple[str, str]],
    others: Sequence[str],
) -> dict[str, Method]:
    """Certify texts and return the methods that find their certificates again.

    Args:
        certifier: of an empty ledger.
        ledger: that one.
        texts: prompt and text by number.
        others: texts that are certified too, and are not looked for.
    """
    names = {
        certifier.issue(STATEMENT, text, [prompt]).id: number
        for number, (prompt, text) in texts.items()
    }
    drafts = [certifier.draft(STATEMENT, text) for text in others]
    ledger.append_with_states([], [draft.row for draft in drafts])

    async def exact(text: str, number: int) -> Cell:
        match = certifier.find(text)
        return _certificate(match if match and match.certified else None, number)

    async def copied(text: str, number: int) -> Cell:
        match = certifier.find(text)
        named = match and (match.certified or match.edited_copy_of)
        return _certificate(match if named else None, number)

    def _certificate(match: Match | None, number: int) -> Cell:
        if match is None:
            return Cell(1.0)
        return Cell(0.0, own=names.get(match.certificate) == number)

    return {
        "certificate": Method("certificate, exact", "split", exact, mark=False),
        "copy": Method("certificate, edited copy", "split", copied, mark=False, points=True),
    }
