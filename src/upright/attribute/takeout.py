"""A work's removal from training data: asked for, carried out, and proved by a receipt.

Each step is an event of the ledger. The names of the documents stand in the vault, from which they
can be erased; the chain has their digest.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from upright.attribute.corpus import corpus_files, documents
from upright.certify.certificate import base64url
from upright.certify.issuer import Issuer
from upright.ledger import Entry, Event, Ledger, NotFoundError
from upright.match.index import IndexWriter
from upright.match.passages import PassageIndex, Store
from upright.terms import ConfigError, digest

RECEIPT = "upright-removal+jws"
ASKED, WAITING, DONE = "takeout.asked", "takeout.waiting", "takeout.done"
State = Literal["asked", "waiting", "done"]
_STATES: Mapping[str, State] = {ASKED: "asked", WAITING: "waiting", DONE: "done"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be removed.

    Attributes:
        documents: names of documents of the training data.
        works: names of works in the index of protected works.
        reason: why, in the words of whoever asks.
    """

    documents: tuple[str, ...]
    works: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TakeOut:
    """A request for removal, as far as it has come.

    Attributes:
        id: its name, `tko_…`.
        state: `asked`; `waiting` while files of the corpus still hold a document; `done`.
        time: when it was asked for, RFC 3339.
        by: who asked.
        wish: what is to be removed; None once it was erased from the vault.
        remaining: documents that files of the corpus still held when last looked.
        receipt: the signed receipt of one that is done, a JSON Web Signature.
    """

    id: str
    state: State
    time: str
    by: str
    wish: Wish | None
    remaining: tuple[str, ...] = ()
    receipt: str = ""


class TakeOuts:
    """The requests of one use.

    Args:
        ledger: keeps them.
        use_case: the use's name.
        training: folder of the index of training data.
        works: folder of the index of protected works, if there is one.
    """

    def __init__(
        self, ledger: Ledger, use_case: str, *, training: Path, works: Path | None = None
    ) -> None:
        self._ledger = ledger
        self._use = use_case
        self._training = training
        self._works = works

    def ask(self, wish: Wish, *, by: str) -> TakeOut:
        """Record that somebody asks for a removal.

        Raises:
            ConfigError: if nothing is named, or a document that the training data does not hold.
        """
        if not wish.documents and not wish.works:
            raise ConfigError("nothing is named", mend="choose what is to be removed")
        index = PassageIndex(self._training)
        sources = {name: index.source(name) for name in wish.documents}
        unknown = [name for name, source in sources.items() if source is None]
        if unknown:
            raise ConfigError(
                f"the training data holds no document {unknown[0]!r}",
                mend="it may have been removed since",
            )
        name = f"tko_{secrets.token_hex(12)}"
        files = sorted({source.file for source in sources.values() if source and source.file})
        told = {
            "documents": list(wish.documents),
            "works": list(wish.works),
            "reason": wish.reason,
            "files": files,
        }
        record = self._keep("takeout.wish", told, name)
        body = {"documents": len(wish.documents), "works": len(wish.works), "by": by}
        self._note(name, ASKED, {**body, "digest": digest(told), "record": record})
        return self.get(name)

    def carry_out(self, name: str, *, by: str) -> TakeOut:
        """Remove what was asked for from the indexes, then look whether the corpus is rid of it.

        The receipt is signed when no file of the corpus holds one of the documents. Until then the
        request waits, and this may be called again.

        Raises:
            NotFoundError: if this use has no such request, or its names were erased.
            PassageIndexError: if the index cannot be changed now.
        """
        taken = self.get(name)
        if taken.state == "done":
            return taken
        told = self._told(name)
        with Store(self._training) as store:
            removed = store.forget(told["documents"])
            store.purge()
        self._remove_works(told["works"])
        remaining = remaining_in(told["files"], told["documents"])
        index = PassageIndex(self._training).digest
        body = {"removed": len(removed), "by": by, "index": index}
        if remaining:
            record = self._keep("takeout.remaining", remaining, name)
            self._note(name, WAITING, {**body, "remaining": len(remaining), "record": record})
        else:
            receipt = self._receipt(name, told, index)
            record = self._keep("takeout.receipt", receipt, name)
            self._note(name, DONE, {**body, "receipt": digest(receipt), "record": record})
        return self.get(name)

    def get(self, name: str) -> TakeOut:
        """Return a request.

        Raises:
            NotFoundError: if this use has none of that name.
        """
        entries = self._ledger.entries(use_case=self._use, request=name)
        steps = [entry for entry in entries if entry.kind in _STATES]
        if not steps:
            raise NotFoundError(f"no request {name!r} for a removal", mend="look at the list")
        return self._taken(steps[0], steps[-1])

    def newest(self, limit: int = 50) -> list[TakeOut]:
        """Return the newest requests, the newest first."""
        asked = self._ledger.entries(kind=ASKED, use_case=self._use, limit=limit, newest_first=True)
        return [self.get(entry.request) for entry in asked]

    def _taken(self, asked: Entry, last: Entry) -> TakeOut:
        kept = self._read(asked)
        told = None if last is asked else self._read(last)
        return TakeOut(
            id=asked.request,
            state=_STATES[last.kind],
            time=asked.time,
            by=str(asked.body["by"]),
            wish=kept and Wish(tuple(kept["documents"]), tuple(kept["works"]), str(kept["reason"])),
            remaining=tuple(told) if last.kind == WAITING and told else (),
            receipt=told if last.kind == DONE and told else "",
        )

    def _told(self, name: str) -> dict[str, Any]:
        [asked] = self._ledger.entries(use_case=self._use, request=name, kind=ASKED)
        told: dict[str, Any] | None = self._read(asked)
        if told is None:
            raise NotFoundError(f"what {name} asks for was erased", mend="ask again")
        return told

    def _remove_works(self, works: Sequence[str]) -> None:
        if self._works is None or not works:
            return
        with IndexWriter(self._works) as writer:
            for work in works:
                writer.remove(work)

    def _receipt(self, name: str, told: Mapping[str, Any], index: str) -> str:
        """Sign what was removed: JSON Web Signature, compact, EdDSA, as certificates have it."""
        issuer = Issuer(self._use, self._ledger.home)
        claims = {
            "jti": name,
            "iss": self._use,
            "iat": int(datetime.now(UTC).timestamp()),
            "documents": told["documents"],
            "works": told["works"],
            "index": index,
            "corpus": "no file that the documents came from holds one of them",
        }
        head = {"alg": "EdDSA", "kid": issuer.key().hex(), "typ": RECEIPT}
        message = f"{_part(head)}.{_part(claims)}"
        _, signature = issuer.sign_text(message.encode())
        return f"{message}.{base64url(signature)}"

    def _keep(self, kind: str, told: Any, name: str) -> str:  # noqa: ANN401 (any JSON value)
        data = json.dumps(told).encode()
        return self._ledger.vault.put(kind, data, use_case=self._use, request=name)

    def _read(self, entry: Entry) -> Any:  # noqa: ANN401 (any JSON value)
        data = self._ledger.vault.get(str(entry.body["record"]))
        return None if data is None else json.loads(data)

    def _note(self, name: str, kind: str, body: Mapping[str, Any]) -> None:
        self._ledger.append(Event(kind, self._use, body, name))


def remaining_in(files: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return which documents the files of a corpus hold, and those that lie beside them.

    A corpus that is made anew may put a document into another of its files.

    Raises:
        ConfigError: for a file that cannot be read.
    """
    wanted, found = set(names), set[str]()
    folders = sorted({Path(file).parent for file in files})
    for folder in folders:
        if folder.is_dir() and any(folder.rglob("*.jsonl*")):
            for file in corpus_files([folder]):
                found |= wanted & {document.id for document in documents(file)}
    return sorted(found)


def _part(value: Mapping[str, Any]) -> str:
    return base64url(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
