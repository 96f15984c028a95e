"""Signing in and out: an API key becomes a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upright.console.endpoint import live_key
from upright.console.errors import PageError
from upright.console.frame import framed, go, with_session
from upright.console.session import Session
from upright.console.visit import Page, Visit

if TYPE_CHECKING:
    from starlette.responses import Response

_LONGEST_SECRET = 512


def show(visit: Visit) -> Page | Response:
    """The form; whoever is signed in is sent on."""
    return go("/") if visit.key else Page("sign_in.html", {"problem": ""})


def sign_in(visit: Visit) -> Page | Response:
    """Turn a key into a session with a new nonce."""
    secret = visit.form.get("key", "").strip()
    key = visit.state.ledger.api_keys.find(secret) if 0 < len(secret) <= _LONGEST_SECRET else None
    if key is None:
        problem = "This key is unknown or was revoked."
    elif key.use_case not in visit.state.uses.names:
        problem = f"This key is for the use {key.use_case}, which this service does not serve."
    else:
        return with_session(go("/"), visit, _session(visit, key.id))
    return Page("sign_in.html", {"problem": problem}, status=401)


def open_link(visit: Visit) -> Response:
    """Sign in with a one-time link.

    Raises:
        PageError: for a link that was used, is over, or whose key was revoked.
    """
    if visit.request.method == "HEAD":
        # Whoever previews a link must not use it up.
        raise PageError("A link is opened by GET.", status=405)
    key_id = visit.desk.links.redeem(visit.path["token"])
    key = live_key(visit.desk, key_id) if key_id else None
    if key is None:
        raise PageError(
            "This link was used already, or is too old.",
            mend="Start the service again for a new one, or sign in with an API key.",
            status=403,
        )
    session = _session(visit, key.id)
    signed_in = Visit(visit.desk, visit.request, session, key)
    response = framed(signed_in, Page("signed_in.html"))
    # A redirect would lose a strict cookie when another site opened the link; a page of our
    # own that asks for the next one does not.
    response.headers["refresh"] = "0; url=/console/"
    return response


def sign_out(visit: Visit) -> Response:
    """End the session in this browser."""
    return with_session(go("/sign-in"), visit, Session.start(now=visit.desk.sessions.clock()))


def _session(visit: Visit, key_id: str) -> Session:
    return Session.start(key_id, now=visit.desk.sessions.clock())
