"""The frame around every page: tabs, state of the use, form token, cookie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import RedirectResponse, Response

from upright.console.render import BASE, HEADERS, render
from upright.console.session import COOKIE, LIFETIME_SECONDS

if TYPE_CHECKING:
    from upright.console.session import Session
    from upright.console.visit import Page, Visit

_TABS: Final = (
    ("next-word", "Next word"),
    ("chat", "Chat"),
    ("verify", "Verify"),
    ("attribute", "Attribute"),
    ("take-out", "Take out"),
    ("review", "Review"),
    ("thresholds", "Thresholds"),
    ("ledger", "Ledger"),
    ("use-case", "Use case"),
)
_MOST_COUNTED = 99

OUTSIDE: Final[Mapping[str, Any]] = {"visitor": None, "policy": None, "use": None}
"""The frame for whoever has not signed in."""

DONE: Final = {
    "decided": "Your decision is recorded.",
    "appealed": "Your appeal waits for a person.",
    "stopped": "The use is stopped.",
    "resumed": "The use answers again.",
    "activated": "The version is active.",
    "forgotten": "Your examples are forgotten.",
    "asked": "The request is recorded.",
    "removed": "It is removed; the receipt is below.",
}
"""What a page says after a form did its work, by the code in its address."""


def framed(visit: Visit, page: Page) -> Response:
    """Render a page. Reads the ledger, so it belongs in a thread."""
    frame = _frame(visit, page) if visit.key else OUTSIDE
    shared = {
        "form_token": visit.desk.sessions.form_token(visit.session),
        "done": DONE.get(visit.query.get("done", ""), ""),
    }
    response = render(page.template, {**shared, **frame, **page.values}, status=page.status)
    return with_session(response, visit, visit.session)


def go(path: str, *, done: str = "") -> Response:
    """Send the browser to another page of the console, by GET."""
    target = f"{BASE}{path}" + (f"?done={done}" if done else "")
    return RedirectResponse(target, status_code=303, headers=HEADERS)


def with_session(response: Response, visit: Visit, session: Session) -> Response:
    """Give the browser its session, unless it came with it."""
    sessions = visit.desk.sessions
    if sessions.read(visit.request.cookies.get(COOKIE)) != session:
        response.set_cookie(
            COOKIE,
            sessions.cookie(session),
            max_age=LIFETIME_SECONDS,
            path=BASE,
            secure=visit.request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
    return response


def _frame(visit: Visit, page: Page) -> Mapping[str, Any]:
    state = visit.state
    waiting = state.ledger.reviews.list(state="open", limit=_MOST_COUNTED)
    count = sum(item.use_case == visit.use_case for item in waiting)
    return {
        "visitor": visit.visitor,
        "tabs": [
            {"path": path, "title": title, "count": count if path == "review" else 0}
            for path, title in _TABS
        ],
        "here": page.here,
        "policy": visit.policy,
        "engine_name": visit.answerer.engine.name,
        "use": state.ledger.uses.state(visit.use_case),
    }
