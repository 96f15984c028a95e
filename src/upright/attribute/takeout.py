"""A removal from training data: asked for, carried out, and proved by a receipt.

Each step is an event of the ledger. The names of the documents stand in the vault, from which they
can be erased; the chain has their digest.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from upright.attribute.clearing import Data, Held, Remade
from upright.certify.certificate import base64url
from upright.certify.issuer import Issuer
from upright.ledger import Entry, Event, Ledger, NotFoundError
from upright.match.passages import PassageIndex
from upright.terms import ConfigError, UprightError, digest

RECEIPT = "upright-removal+jws"
ASKED, WAITING, DONE = "takeout.asked", "takeout.waiting", "takeout.done"
State = Literal["asked", "waiting", "done"]
_KINDS = ("documents", "works", "owners")
_STATES: Mapping[str, State] = {ASKED: "asked", WAITING: "waiting", DONE: "done"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be removed.

    Attributes:
        documents: names of documents of the training data.
        works: names of works in the index of protected works.
        reason: why, in the words of whoever asks.
        owners: whose documents all go, and stay out of the corpus.
    """

    documents: tuple[str, ...] = ()
    works: tuple[str, ...] = ()
    reason: str = ""
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakeOut:
    """A request for removal, as far as it has come.

    Attributes:
        id: its name, `tko_…`.
        state: `asked`; `waiting` while files of the corpus still hold a document; `done`.
        time: when it was asked for, RFC 3339.
        by: who asked.
        wish: what is to be removed; None once it was erased from the vault.
        removed: how many documents went from the `index`, records from what the `corpus` is made
            of, and `works`; empty before it was carried out.
        remaining: documents that files of the corpus still held when last looked.
        receipt: the signed receipt of one that is done, a JSON Web Signature.
    """

    id: str
    state: State
    time: str
    by: str
    wish: Wish | None
    removed: Mapping[str, int]
    remaining: tuple[str, ...] = ()
    receipt: str = ""


class TakeOuts:
    """The requests of one use.

    Args:
        ledger: keeps them.
        use_case: the use's name.
        data: where its data is.
    """

    def __init__(self, ledger: Ledger, use_case: str, data: Data) -> None:
        self._ledger = ledger
        self._use = use_case
        self._data = data

    def ask(self, wish: Wish, *, by: str) -> TakeOut:
        """Record that somebody asks for a removal.

        Raises:
            ConfigError: if nothing is named, a document that the training data does not hold, or
                only owners of whom it holds nothing.
        """
        if not (wish.documents or wish.works or wish.owners):
            raise ConfigError("nothing is named", mend="choose what is to be removed")
        held = self._data.find(wish.documents, wish.owners)
        self._check(wish, held)
        name = f"tko_{secrets.token_hex(12)}"
        told = {
            "documents": list(held.documents),
            "works": list(wish.works),
            "owners": list(wish.owners),
            "reason": wish.reason,
            "files": list(held.files),
        }
        record = self._keep("takeout.wish", told, name)
        counts = {kind: len(told[kind]) for kind in _KINDS}
        self._note(name, ASKED, {**counts, "by": by, "digest": digest(told), "record": record})
        return self.get(name)

    def carry_out(self, name: str, *, by: str) -> TakeOut:
        """Remove what was asked for from index and corpus, then look whether they are rid of it.

        The receipt is signed when no file of the corpus holds one of the documents. Until then the
        request waits, and this may be called again.

        Raises:
            NotFoundError: if this use has no such request, or its names were erased.
            PassageIndexError: if the index cannot be changed now.
            InputError: if a file that the corpus was made of is no longer there.
            BusyError: while another run writes into the corpus.
        """
        taken = self.get(name)
        if taken.state == "done":
            return taken
        told = self._told(name)
        names, owners = told["documents"], told.get("owners", [])
        removed = self._counted(name, self._data.forget(names, owners), told["works"])
        try:
            remade = self._data.remake(names, owners)
        except UprightError:
            # What went already stays gone, and is noted.
            self._wait(name, {"gone": removed, "by": by}, names)
            raise
        if remade is not None:
            removed["corpus"] = remade.left_out
        remaining = self._data.remaining(told["files"], names, owners)
        index = PassageIndex(self._data.training).digest
        body = {"gone": removed, "by": by, "index": index}
        if remaining:
            self._wait(name, body, remaining)
        else:
            receipt = self._receipt(name, told, {"removed": removed, "index": index}, remade)
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
            wish=kept and _wish(kept),
            removed=last.body.get("gone", {}),
            remaining=tuple(told) if last.kind == WAITING and told else (),
            receipt=told if last.kind == DONE and told else "",
        )

    def _told(self, name: str) -> dict[str, Any]:
        [asked] = self._ledger.entries(use_case=self._use, request=name, kind=ASKED)
        told: dict[str, Any] | None = self._read(asked)
        if told is None:
            raise NotFoundError(f"what {name} asks for was erased", mend="ask again")
        return told

    def _check(self, wish: Wish, held: Held) -> None:
        if held.unknown:
            raise ConfigError(
                f"the training data holds no document {held.unknown[0]!r}",
                mend="it may have been removed since",
            )
        if not held.documents and not wish.works:
            near = [name for owner in wish.owners for name in self._data.near(owner)]
            raise ConfigError(
                f"the training data holds nothing of {wish.owners[0]!r}",
                mend=f"near: {', '.join(near)}" if near else "it may have been removed since",
            )

    def _counted(self, name: str, index: int, works: Sequence[str]) -> dict[str, int]:
        """Remove works; return what went for a request, with what went when it was tried before."""
        before = self._ledger.entries(use_case=self._use, request=name, kind=WAITING)
        last = before[-1].body.get("gone", {}) if before else {}
        return {
            "index": last.get("index", 0) + index,
            "works": last.get("works", 0) + self._data.remove_works(works),
        }

    def _wait(self, name: str, body: Mapping[str, Any], remaining: Sequence[str]) -> None:
        record = self._keep("takeout.remaining", remaining, name)
        self._note(name, WAITING, {**body, "remaining": len(remaining), "record": record})

    def _receipt(
        self, name: str, told: Mapping[str, Any], done: Mapping[str, Any], remade: Remade | None
    ) -> str:
        """Sign what was removed: JSON Web Signature, compact, EdDSA, as certificates have it."""
        issuer = Issuer(self._use, self._ledger.home)
        made = "; the corpus was made again without them, and stays so" if remade else ""
        claims = {
            "jti": name,
            "iss": self._use,
            "iat": int(datetime.now(UTC).timestamp()),
            **{kind: told.get(kind, []) for kind in _KINDS},
            **done,
            "corpus": f"no file that the documents came from holds one of them{made}",
            **({"corpus_digest": remade.digest} if remade else {}),
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


def _wish(kept: Mapping[str, Any]) -> Wish:
    documents, works, owners = (tuple(kept.get(kind, ())) for kind in _KINDS)
    return Wish(documents, works, str(kept["reason"]), owners)


def _part(value: Mapping[str, Any]) -> str:
    return base64url(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
