"""The *Take out* page: where a work stands in training data, index and answers, and its removal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from upright.attribute import Attributor
from upright.attribute.clearing import Data
from upright.attribute.takeout import TakeOuts, Wish
from upright.attribute.verbatim import Verbatim
from upright.certify import Certifier
from upright.console.errors import PageError
from upright.console.frame import go
from upright.console.pipeline import admitted
from upright.console.visit import Page, Visit
from upright.match.index import Index
from upright.serve.routes.attribute import LONGEST, asked
from upright.terms import UprightError

if TYPE_CHECKING:
    from starlette.responses import Response

    from upright.attribute import Credit, NearCopy
    from upright.certify import Match
    from upright.policy import Policy

_HERE: Final = "take-out"
_MOST: Final = 20
"""Documents and works named; a form has fields for no more than both."""
_LONGEST_REASON: Final = 2000


@dataclass(frozen=True, slots=True)
class Held:
    """A document of the training data that has something of a work.

    Attributes:
        credit: the document; its score is the share of the work's words in passages of it.
        near_copy: the passage that is the work's but for some words, or None.
    """

    credit: Credit
    near_copy: NearCopy | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a work stands.

    Attributes:
        training: documents of the training data.
        works: names of works in the index of protected works; None where the use has none.
        answer: the certificate of an answer that has to do with it, or None.
    """

    training: tuple[Held, ...]
    works: tuple[str, ...] | None
    answer: Match | None

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose the documents are."""
        return tuple(dict.fromkeys(one.credit.owner for one in self.training if one.credit.owner))


def show(visit: Visit) -> Page:
    """The empty form, and the requests there are."""
    return _page(visit, "")


async def look(visit: Visit) -> Page:
    """Look where the work of the form stands."""
    text = visit.form.get("text", "")
    try:
        if not text.strip():
            raise PageError("There is no work to look for.", mend="Paste one.")
        if len(text) > LONGEST:
            raise PageError(f"A work may have {LONGEST:,} characters.", mend="Look part by part.")
        async with admitted(visit):
            found = await run_in_threadpool(standing, visit, text)
        return _page(visit, text, found=found)
    except UprightError as problem:
        return _page(visit, text, problem=problem)


def standing(visit: Visit, text: str) -> Standing:
    """Return where a work stands."""
    certifier = Certifier.open(visit.state.ledger)
    return Standing(
        training=asked(visit.policy, lambda one: held(one, text)),
        works=_works(visit.policy, text),
        answer=certifier.find(text, use_case=visit.use_case),
    )


def held(attributor: Attributor, text: str) -> tuple[Held, ...]:
    """Return the documents that have passages of a work, or passages nearly its own."""
    trace = attributor.index.trace(text)
    near = {one.document: one for one in attributor.attribute(text, most=_MOST).documents}
    exact = Verbatim().credits(trace, _MOST)
    names = {one.document for one in exact}
    found = [Held(one, getattr(near.get(one.document), "near_copy", None)) for one in exact]
    others = [one for one in near.values() if one.near_copy and one.document not in names]
    return (*found, *(Held(replace(one, score=0.0), one.near_copy) for one in others))[:_MOST]


def _works(policy: Policy, text: str) -> tuple[str, ...] | None:
    folder = policy.index_folder
    if folder is None:
        return None
    hits = Index.open(folder, check=False).query(text)
    return tuple(dict.fromkeys(hit.document.id for hit in hits))[:_MOST]


def ask(visit: Visit) -> Page | Response:
    """Record a request for removal."""
    form = visit.form
    reason = form.get("reason", "").strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise PageError(f"A request needs a reason of at most {_LONGEST_REASON:,} characters.")
    documents, works, owners = (_chosen(form, kind) for kind in ("document", "work", "owner"))
    wish = Wish(documents, works, reason, owners)
    taken = _take_outs(visit).ask(wish, by=visit.by)
    return go(f"/take-out/{taken.id}", done="asked")


def item(visit: Visit) -> Page:
    """One request."""
    taken = _take_outs(visit).get(visit.path["item"])
    values = {"taken": taken, "corpus": visit.policy.corpus_folder is not None}
    return Page("take_out_item.html", values, here=_HERE)


def carry_out(visit: Visit) -> Response:
    """Remove what a request names, or look again whether the corpus is rid of it."""
    taken = _take_outs(visit).carry_out(visit.path["item"], by=visit.by)
    return go(f"/take-out/{taken.id}", done="removed" if taken.state == "done" else "")


def _chosen(form: Mapping[str, str], kind: str) -> tuple[str, ...]:
    return tuple(form[f"{kind}{at}"] for at in range(_MOST) if form.get(f"{kind}{at}"))


def _take_outs(visit: Visit) -> TakeOuts:
    folder = visit.policy.training_folder
    if folder is None:
        raise PageError("This use names no index of its training data.", status=404)
    data = Data(folder, visit.policy.index_folder, visit.policy.corpus_folder)
    return TakeOuts(visit.state.ledger, visit.use_case, data)


def _page(visit: Visit, text: str, **told: Any) -> Page:  # noqa: ANN401 (a result or a problem)
    named = visit.policy.training_folder is not None
    values = {
        "text": text,
        "longest": LONGEST,
        "problem": told.get("problem"),
        "found": told.get("found"),
        "most": _MOST,
        "named": named,
        "requests": _take_outs(visit).newest() if named else [],
    }
    return Page("take_out.html", values, here=_HERE)
