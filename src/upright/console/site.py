"""The console's addresses, mounted on the gateway."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from upright.console import (
    attribute,
    chat,
    ledger,
    next_word,
    review,
    sign_in,
    take_out,
    thresholds,
    use_case,
    verify,
)
from upright.console.endpoint import endpoint, stranger
from upright.console.errors import PageError
from upright.console.forms import MAX_BYTES
from upright.console.frame import go
from upright.console.render import BASE, HEADERS
from upright.console.seal import Seal
from upright.console.session import Links, Sessions, console_secret
from upright.console.visit import Desk

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope

    from upright.console.endpoint import Handler
    from upright.serve.state import GatewayState

_LINKS: Final = "console-links"
_STATIC_SECONDS = 3600

_PUBLIC: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/sign-in", sign_in.show),
    ("POST", "/sign-in", sign_in.sign_in),
    ("GET", "/enter/{token}", sign_in.open_link),
)

_SIGNED_IN: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/", lambda _: go("/next-word")),
    ("POST", "/sign-out", sign_in.sign_out),
    ("GET", "/next-word", next_word.show),
    ("POST", "/next-word", next_word.work),
    ("GET", "/chat", chat.show),
    ("POST", "/chat", chat.send),
    ("POST", "/chat/stream", chat.stream),
    ("GET", "/verify", verify.show),
    ("POST", "/verify", verify.work),
    ("GET", "/attribute", attribute.show),
    ("POST", "/attribute", attribute.work),
    ("GET", "/attribute/source", attribute.source),
    ("GET", "/take-out", take_out.show),
    ("POST", "/take-out", take_out.look),
    ("POST", "/take-out/ask", take_out.ask),
    ("GET", "/take-out/{item}", take_out.item),
    ("POST", "/take-out/{item}", take_out.carry_out),
    ("GET", "/review", review.index),
    ("GET", "/review/{item}", review.show),
    ("POST", "/review/{item}", review.decide),
    ("GET", "/appeal", review.appeal_form),
    ("POST", "/appeal", review.appeal),
    ("GET", "/thresholds", thresholds.show),
    ("POST", "/thresholds", thresholds.send),
    ("POST", "/thresholds/forget", thresholds.forget),
    ("GET", "/ledger", ledger.index),
    ("POST", "/ledger/verify", ledger.verify),
    ("GET", "/ledger/{sequence:int}", ledger.show),
    ("GET", "/use-case", use_case.show),
    ("GET", "/use-case/versions/{number:int}", use_case.version),
    ("GET", "/use-case/stop", use_case.ask_stop),
    ("POST", "/use-case/stop", use_case.stop),
    ("GET", "/use-case/resume", use_case.ask_resume),
    ("POST", "/use-case/resume", use_case.resume),
    ("GET", "/use-case/activate", use_case.ask_activate),
    ("POST", "/use-case/activate", use_case.activate),
)


def mount(app: Starlette, state: GatewayState) -> None:
    """Add the console to a gateway's application, under `/console/`; `/` and `/console` lead there.

    Raises:
        KeyFileError: if the secret behind the cookies cannot be read or made.
    """
    for path in ("/", BASE):
        app.router.routes.append(Route(path, _to_console, methods=["GET"], include_in_schema=False))
    app.router.routes.append(Mount(BASE, app=build(state)))


def build(state: GatewayState) -> Starlette:
    """Return the console as an application of its own."""
    seal = Seal(console_secret(state.ledger.home))
    desk = Desk(state, seal, Sessions(seal), Links(state.ledger.home / _LINKS))
    routes = [
        Route(path, endpoint(desk, handler, public=public, most=_most(path)), methods=[method])
        for public, table in ((True, _PUBLIC), (False, _SIGNED_IN))
        for method, path, handler in table
    ]
    static = Path(str(files("upright.console").joinpath("static")))
    strangers = {status: stranger(desk, status) for status in (404, 405)}
    return Starlette(
        routes=[Mount("/static", app=_Static(directory=static)), *routes],
        exception_handlers=strangers,
    )


def _most(path: str) -> int:
    return thresholds.MOST_BYTES if path == "/thresholds" else MAX_BYTES


def one_time_link(state: GatewayState, base_url: str) -> str:
    """Return an address that signs one browser in, once, within a quarter of an hour.

    It signs in with the local key of the state folder.

    Raises:
        KeyFileError: if the state folder cannot be written.
    """
    policy = state.policy
    _, secret = state.ledger.api_keys.ensure_local(policy.use_case.name)
    key = state.ledger.api_keys.find(secret)
    if key is None:
        raise PageError("The local key was revoked.", mend="upright keys create makes another.")
    token = Links(state.ledger.home / _LINKS).mint(key.id)
    return f"{base_url.rstrip('/')}{BASE}/enter/{token}"


class _Static(StaticFiles):
    """Style sheets, script and icon, with the headers that the pages have."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update({**HEADERS, "cache-control": f"max-age={_STATIC_SECONDS}"})
        return response


async def _to_console(_: Request) -> Response:
    return RedirectResponse(f"{BASE}/", status_code=307)
