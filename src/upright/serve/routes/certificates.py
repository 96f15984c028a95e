"""Addresses of certificates, and of the log that they are in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from upright.certify import CertificateError, Certifier
from upright.certify.certificate import base64url
from upright.ledger import NotFoundError
from upright.serve.errors import ApiError, refused

if TYPE_CHECKING:
    from fastapi import FastAPI

    from upright.serve.state import GatewayState

Form = Literal["json", "cose", "jws"]

COSE = "application/cose"
_PUBLIC_PER_MINUTE = 300


def add(app: FastAPI, state: GatewayState) -> None:
    """Add the addresses to the application."""
    certifier = Certifier.open(state.ledger)
    _add_certificate(app, state, certifier)
    _add_log(app, state, certifier)


def _add_certificate(app: FastAPI, state: GatewayState, certifier: Certifier) -> None:
    @app.get("/v1/certificates/{name}", tags=["origin"])
    async def certificate(request: Request, name: str, form: Form = "json") -> Response:
        """Return a certificate of the key's use, with a fresh receipt of the log."""
        key = await state.key(request.headers.get("authorization"))
        await _of_use(state, name, key.use_case)
        try:
            if form == "jws":
                signed = await asyncio.to_thread(certifier.jws, name)
                return PlainTextResponse(signed, media_type="application/jose")
            found = await asyncio.to_thread(certifier.certificate, name)
            taken_back = await asyncio.to_thread(certifier.revocation, name)
        except NotFoundError:
            raise _unknown() from None
        except CertificateError as error:
            # Revoked, or altered: nothing is handed out that looks as if it stood. The JSON form
            # says beside it that it does not.
            raise refused(409, "certificate_refused", error.problem) from None
        if form == "cose":
            if taken_back is not None:
                reason = f"the certificate was revoked: {taken_back.reason}"
                raise refused(409, "certificate_refused", reason)
            return Response(found.data, media_type=COSE)
        revoked = taken_back and {"time": taken_back.time, "reason": taken_back.reason}
        shape = {"object": "upright.certificate", **found.to_json(), "revoked": revoked}
        return JSONResponse(shape)


def _add_log(app: FastAPI, state: GatewayState, certifier: Certifier) -> None:
    @app.get("/v1/log/head", tags=["origin"])
    async def head() -> Response:
        """Return the signed head of the log. Keep it: later heads must contain it."""
        return await _public(state, certifier.head)

    @app.get("/v1/log/consistency", tags=["origin"])
    async def consistency(first: int) -> Response:
        """Return the newest head with the proof that it contains the log of `first` leaves."""
        if first < 1:
            raise refused(400, "invalid_size", "a log has at least one leaf", param="first")
        return await _public(state, lambda: certifier.growth_from(first))

    @app.get("/v1/log/revoked", tags=["origin"])
    async def revoked() -> Response:
        """Return the signed list of certificates that the issuer took back."""
        return await _public(state, certifier.revoked)

    @app.get("/v1/log/keys", tags=["origin"])
    async def keys() -> Response:
        """Return the issuer's public keys, PEM; whoever checks gets them once, and by hand."""
        _take(state)
        pem = await asyncio.to_thread(certifier.issuer.public_pem)
        return Response(pem, media_type="application/x-pem-file")


async def _public(state: GatewayState, make: Callable[[], bytes]) -> Response:
    """Answer with a signed statement that anybody may have."""
    _take(state)
    try:
        data = await asyncio.to_thread(make)
    except NotFoundError as error:
        raise refused(404, "not_in_the_log", error.problem, param="first") from None
    return JSONResponse({"object": "upright.log", "cose": base64url(data)})


def _take(state: GatewayState) -> None:
    # Whoever asks has no key, and addresses can be made up: everybody shares one allowance.
    wait = state.rates.take("log", per_minute=_PUBLIC_PER_MINUTE)
    if wait:
        raise refused(429, "rate_limited", "the log was asked too often", retry_after=wait)


async def _of_use(state: GatewayState, name: str, use_case: str) -> None:
    """Let nobody learn of another use's certificates, not even that there are any."""
    try:
        stored = await asyncio.to_thread(state.ledger.certificates.get, name)
    except NotFoundError:
        raise _unknown() from None
    if stored.use_case != use_case:
        raise _unknown()


def _unknown() -> ApiError:
    return refused(404, "unknown_certificate", "this use has no such certificate")
