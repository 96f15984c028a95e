"""The *Review* pages: what waits for a person, the decision, and appeals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import ValidationError

from upright.console.endpoint import as_problem
from upright.console.errors import PageError
from upright.console.frame import go
from upright.console.marks import Mark, segments
from upright.console.visit import Page, Visit
from upright.console.words import hazard_title, tone
from upright.serve.errors import ApiError
from upright.serve.routes.people import appeal as open_appeal
from upright.serve.wire import AppealRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from upright.ledger import ReviewItem
    from upright.terms import UprightError

_HERE: Final = "review"
_MOST: Final = 100
_LONGEST_REASON: Final = 2000


@dataclass(frozen=True, slots=True)
class Card:
    """An item as pages show it.

    Attributes:
        id: its name.
        title: what it is, in words.
        why: what was found, in words.
        request: id of the request.
        opened: when.
        text: what it is about; None once erased.
        appeal_reason: what the appealing user wrote.
        decision: `release`, `withhold` or "".
        reason: of the decision.
        by: who decided.
        decided: when.
    """

    id: str
    title: str
    why: str
    request: str
    opened: str
    text: str | None
    appeal_reason: str
    decision: str
    reason: str
    by: str
    decided: str


def index(visit: Visit) -> Page:
    """Open items first, then the newest decisions."""
    return Page(
        "review.html",
        {"open": _cards(visit, "open"), "decided": _cards(visit, "decided")},
        here=_HERE,
    )


def show(visit: Visit) -> Page:
    """One item with its text."""
    return _item_page(_item(visit))


def decide(visit: Visit) -> Page | Response:
    """Record a decision; it needs a reason."""
    item = _item(visit)
    reason = visit.form.get("reason", "").strip()
    decision = visit.form.get("decision", "")
    problem = ""
    if not reason:
        problem = "A decision needs a reason."
    elif len(reason) > _LONGEST_REASON:
        problem = f"The reason is longer than {_LONGEST_REASON:,} characters."
    elif decision not in {"release", "withhold"}:
        problem = "Choose to release or to withhold."
    if problem:
        return _item_page(item, problem=problem, draft=reason, status=400)
    visit.state.ledger.reviews.decide(item.id, cast("Any", decision), reason=reason, by=visit.by)
    return go(f"/review/{item.id}", done="decided")


def appeal_form(visit: Visit) -> Page:
    """The form for an appeal."""
    return _appeal_page({"id": visit.query.get("id", "")})


def appeal(visit: Visit) -> Page | Response:
    """Put an answer that was withheld or altered into the queue."""
    given = {name: visit.form.get(name, "").strip() for name in ("id", "reason", "text")}
    try:
        asked = AppealRequest(**given)
    except ValidationError:
        problem: UprightError = PageError(
            "An appeal needs the answer's id and a reason, each of a fitting length."
        )
        return _appeal_page(given, problem=problem)
    try:
        item = open_appeal(visit.state.ledger, visit.use_case, asked)
    except ApiError as error:
        return _appeal_page(given, problem=as_problem(error))
    return go(f"/review/{item.id}", done="appealed")


def _cards(visit: Visit, state: Any) -> list[Card]:  # noqa: ANN401 (the queue's Literal)
    items = visit.state.ledger.reviews.list(state=state, limit=_MOST)
    return [_card(item) for item in items if item.use_case == visit.use_case]


def _item(visit: Visit) -> ReviewItem:
    item = visit.state.ledger.reviews.get(visit.path["item"])
    if item.use_case != visit.use_case:
        # The same words as for no item: a key must not learn of another use's.
        raise PageError(f"the review queue has no item {item.id!r}", status=404)
    return item


def _item_page(item: ReviewItem, *, problem: str = "", draft: str = "", status: int = 200) -> Page:
    marks = _marks(item)
    values = {
        "item": _card(item),
        "marks": marks,
        "parts": segments(item.text or "", marks),
        "problem": problem,
        "draft": draft,
    }
    return Page("review_item.html", values, here=_HERE, status=status)


def _appeal_page(given: Mapping[str, str], *, problem: UprightError | None = None) -> Page:
    values = {"id": "", "reason": "", "text": "", **given, "problem": problem}
    return Page("appeal.html", values, here=_HERE, status=400 if problem else 200)


def _card(item: ReviewItem) -> Card:
    hazards = dict.fromkeys(
        hazard_title(finding["hazard"], finding["rule"]) for finding in item.findings
    )
    kind = "Appeal against a block" if item.kind == "appeal" else "Answer held for review"
    return Card(
        id=item.id,
        title=kind,
        why=", ".join(hazards) or "no finding is recorded",
        request=item.request,
        opened=item.time,
        text=item.text,
        appeal_reason=item.reason,
        decision=item.decision,
        reason=item.decision_reason,
        by=item.decided_by,
        decided=item.decided_time,
    )


def _marks(item: ReviewItem) -> list[Mark]:
    """Return the item's findings as marks; the vault's text is what they were found in."""
    return [
        Mark(
            start=finding["start"],
            end=finding["end"],
            number=number,
            label=hazard_title(finding["hazard"], finding["rule"]),
            tone=tone(finding["hazard"]),
            action="",
            rule=finding["rule"],
            explanation=finding["explanation"],
            severity=finding["severity"],
        )
        for number, finding in enumerate(item.findings, 1)
    ]
