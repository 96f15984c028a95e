"""Templates become responses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from upright.console import words

BASE: Final = "/console"

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


def render(template: str, values: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
    """Return a page. Every value is escaped; a name that the template misses is an error."""
    text = environment().get_template(template).render(values)
    # A lone surrogate has no UTF-8 form; the page shows a question mark in its place.
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=status, headers=HEADERS)


@cache
def environment() -> Environment:
    """Return the one Jinja environment, with autoescape for every template."""
    made = Environment(
        loader=PackageLoader("upright.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(base=BASE, static=f"{BASE}/static")
    for name in (
        "deed",
        "ellipsis",
        "gist",
        "moment",
        "percent",
        "pretty",
        "sentence",
        "short",
        "spelled",
    ):
        made.filters[name] = getattr(words, name)
    made.filters["width"] = words.width
    return made
