"""The HTTP API: `create_app` makes the ASGI application that `qa serve` runs.

    threads     a few threads that do not keep a process from ending
    spool       what long uploads keep on disk
    intake      from an upload's records to what became of each
    jobs        uploads, and the long ones that survive a kill
    errors      every error as problem+json
    body        a request's body within its caps
    work        a bounded pool for calls that compute
    telemetry   what /metrics shows
    state       what the routes share
    streams     server-sent events
    parameters  query parameters that a route does not name
    guard       what stands before every route
    wire        connections: slow headers, and bytes that are no HTTP
    fetch       public web pages, where fetching is switched on
    questions   ask, search, context, verify
    articles    articles and jobs
    openai      OpenAI's wire format
    operations  healthz, readyz, metrics
    page        the web page
    app         puts them together

A module imports only from those above it. This package must not know how anything is answered:
it talks only to `qa.service.Service`.
"""

from __future__ import annotations

from qa.api.app import create_app

__all__ = ["create_app"]
