"""From a request to a page: session, form token, handler, and errors as pages."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from upright.answer import UseStoppedError
from upright.console.errors import PageError
from upright.console.forms import MAX_BYTES, read_form
from upright.console.frame import OUTSIDE, framed, go
from upright.console.render import BASE, HEADERS, render
from upright.console.session import COOKIE, Session
from upright.console.visit import Page, Visit
from upright.generate import EngineError
from upright.ledger import ConflictError, LedgerError, NotFoundError
from upright.serve.errors import ApiError
from upright.serve.logs import log_failure
from upright.terms import UprightError

if TYPE_CHECKING:
    from starlette.requests import Request

    from upright.console.visit import Desk
    from upright.ledger import ApiKey

Handler = Callable[[Visit], Page | Response | Awaitable[Page | Response]]
Endpoint = Callable[["Request"], Awaitable[Response]]

# An error page has not the part that htmx was told to take, so it takes the whole.
_WHOLE_PAGE: Final = {"hx-retarget": "#main", "hx-reselect": "#main", "hx-reswap": "outerHTML"}

_STATUSES: Final[tuple[tuple[type[UprightError], int], ...]] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (LedgerError, 503),
    (UseStoppedError, 503),
    (EngineError, 503),
)

TITLES: Final = {
    400: "This could not be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "There is no such page",
    405: "This address does not take that",
    409: "Too late for that",
    413: "Too long",
    415: "Forms only",
    429: "Too many requests",
    500: "Something failed here",
    503: "Not now",
}


def endpoint(
    desk: Desk, handler: Handler, *, public: bool = False, most: int = MAX_BYTES
) -> Endpoint:
    """Wrap a handler of visits as an endpoint.

    Without a session of a live key the browser is sent to sign in, unless the page is public.
    A posted form must carry the session's token and have at most `most` bytes. Handlers that are
    plain functions, and all rendering, run in threads, since they read the ledger.
    """

    async def answer(request: Request) -> Response:
        try:
            made = await _answer(desk, handler, request, public=public, most=most)
        except Exception as error:  # noqa: BLE001 (without the ledger not even the frame can be made)
            made = _bare(error)
        if _by_htmx(request) and made.status_code >= HTTPStatus.BAD_REQUEST:
            made.headers.update(_WHOLE_PAGE)
        return made

    return answer


async def _answer(
    desk: Desk, handler: Handler, request: Request, *, public: bool, most: int
) -> Response:
    visit = await run_in_threadpool(_visit, desk, request)
    if visit.key is None and not public:
        return _to_sign_in(request)
    try:
        if request.method == "POST":
            visit = await _with_form(visit, most)
        made = await _called(handler, visit)
    except Exception as error:
        if visit.key is None and not isinstance(error, PageError):
            raise
        made = error_page(error)
    return await run_in_threadpool(framed, visit, made) if isinstance(made, Page) else made


def _bare(error: Exception) -> Response:
    """Return an error page without the frame; it tells a stranger nothing."""
    log_failure("console_failed", error)
    page = error_page(PageError("The service cannot answer now.", mend="Try again.", status=503))
    values = {**OUTSIDE, "form_token": "", "done": "", **page.values}
    return render(page.template, values, status=page.status)


def _by_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _to_sign_in(request: Request) -> Response:
    """Send the browser to sign in; htmx would put that page into a part of the old one."""
    if _by_htmx(request):
        return Response(headers={**HEADERS, "hx-redirect": f"{BASE}/sign-in"})
    return go("/sign-in")


def stranger(desk: Desk, status: int) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return the handler for addresses and methods that lead nowhere."""

    async def answer(request: Request, _: Exception) -> Response:
        visit = await run_in_threadpool(_visit, desk, request)
        page = error_page(PageError(f"{request.url.path} leads nowhere.", status=status))
        return await run_in_threadpool(framed, visit, page)

    return answer


def error_page(error: Exception) -> Page:
    """Return the page for an error."""
    problem = as_problem(error)
    status = _status(problem)
    title = TITLES.get(status, TITLES[400])
    values = {"title": title, "problem": problem.problem, "mend": problem.mend, "status": status}
    return Page("error.html", values, status=status)


def _status(problem: UprightError) -> int:
    if isinstance(problem, PageError):
        return problem.status
    return next((status for kind, status in _STATUSES if isinstance(problem, kind)), 400)


def as_problem(error: Exception) -> UprightError:
    """Return an error that may be shown; of an unforeseen one only the type is logged."""
    if isinstance(error, UprightError):
        return error
    if isinstance(error, ApiError):
        return PageError(f"{error.problem.message}.", status=error.problem.status)
    # The message of an unforeseen error can hold anybody's text.
    log_failure("console_failed", error)
    return PageError("The page failed.", mend="Try again; the service's log names it.", status=500)


async def _called(handler: Handler, visit: Visit) -> Page | Response:
    if inspect.iscoroutinefunction(handler):
        made: Page | Response = await handler(visit)
        return made
    return await run_in_threadpool(handler, visit)  # type: ignore[arg-type]  # not a coroutine


def _visit(desk: Desk, request: Request) -> Visit:
    now = desk.sessions.clock()
    session = desk.sessions.read(request.cookies.get(COOKIE)) or Session.start(now=now)
    key = live_key(desk, session.key_id) if session.key_id else None
    return Visit(desk, request, session, key)


def live_key(desk: Desk, key_id: str) -> ApiKey | None:
    """Return a key that is not revoked and opens a use that is served here."""
    for key in desk.state.ledger.api_keys.list():
        if key.id == key_id and not key.revoked:
            return key if key.use_case in desk.state.uses.names else None
    return None


async def _with_form(visit: Visit, most: int) -> Visit:
    form = await read_form(visit.request, max_bytes=most)
    if not visit.desk.sessions.form_token_fits(visit.session, form.get("form_token", "")):
        raise PageError(
            "This form does not belong to your session.",
            mend="Open the page again and send the form from there.",
            status=403,
        )
    return Visit(visit.desk, visit.request, visit.session, visit.key, form)
