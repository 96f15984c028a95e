"""Addresses for whoever keeps the gateway running."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from upright.terms import UprightError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from upright.serve.state import GatewayState


def add(app: FastAPI, state: GatewayState) -> None:
    """Add the addresses to the application."""

    @app.get("/healthz", tags=["operation"])
    async def alive() -> Response:
        """Say that the process answers."""
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", tags=["operation"])
    async def ready() -> Response:
        """Say whether requests would be answered: ledger, guards and engines are there."""
        faults = await _faults(state)
        body = {"status": "not ready" if faults else "ok", "faults": faults}
        return JSONResponse(body, 503 if faults else 200)

    @app.get("/metrics", tags=["operation"])
    async def metrics(_: Request) -> Response:
        """Give counters to Prometheus."""
        state.metrics.in_flight.set(state.gate.in_flight)
        return Response(state.metrics.page(), media_type=state.metrics.content_type)


async def _faults(state: GatewayState) -> list[str]:
    faults = ["shutting down"] if state.draining else []
    if not state.uses.names:
        faults.append("no use is loaded")
    try:
        await asyncio.to_thread(state.ledger.head)
    except UprightError:
        faults.append("the ledger does not answer")
    return faults
