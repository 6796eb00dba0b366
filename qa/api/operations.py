"""The routes for whoever runs the server: healthz, readyz and metrics.

This module must not know what the server is for.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from qa.api.errors import ApiError, responses
from qa.api.state import Shared, shared
from qa.schemas import Health

__all__ = ["router"]

router = APIRouter(tags=["operations"])
Parts = Annotated[Shared, Depends(shared)]
_EXAMPLE = """# HELP menbe_articles Articles in the store.
# TYPE menbe_articles gauge
menbe_articles 1188.0
"""
_ALWAYS = responses(421, 422, 429, 500)


@router.get("/healthz", operation_id="healthz", summary="Does the server live?", responses=_ALWAYS)
async def healthz() -> Health:
    """Reply as long as the process can reply at all."""
    return Health(status="ok")


@router.get(
    "/readyz",
    operation_id="readyz",
    summary="Can the server answer?",
    responses={**_ALWAYS, **responses(503)},
)
async def readyz(parts: Parts) -> Health:
    """Reply 503 until models and index are loaded, and when they cannot be."""
    if not parts.ready:
        detail = "models and index are loading" if parts.problem is None else parts.problem
        raise ApiError(503, "not_ready", detail, headers={"Retry-After": "2"})
    return Health(status="ready")


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        **_ALWAYS,
        **responses(401, 403),
        200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}}},
    },
)
async def metrics(parts: Parts) -> Response:
    """Reply in Prometheus's text format."""
    return Response(
        parts.telemetry.render(), headers={"Content-Type": parts.telemetry.CONTENT_TYPE}
    )
