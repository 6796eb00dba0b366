"""Refuses query parameters that a route does not name, so that none is silently ignored.

A misspelt filter that is dropped gives everything, and looks like an answer to what was asked.

This module must not know what any parameter means.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import APIRoute

from qa.api.errors import ApiError

__all__ = ["only_known"]

_SHOWN = 20


def only_known(request: Request) -> None:
    """For `Depends`, on every route whose parameters are the API's.

    Raises:
        ApiError: 422; says which parameter is unknown and which there are.
    """
    route = request.scope["route"]
    assert isinstance(route, APIRoute)  # noqa: S101 - dependencies are FastAPI's own
    known = [parameter.alias for parameter in route.dependant.query_params]
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if not unknown:
        return
    problem = f"unknown parameter; there {'are ' + ', '.join(known) if known else 'is none'}"
    shown = [(name[:100], problem) for name in unknown[:_SHOWN]]
    field, first = shown[0]
    raise ApiError(422, "invalid_request", f"{field}: {first}", errors=shown)
