"""Puts one server together: the routes, what stands before them, and what starts and stops.

This module must not know how a route does its work.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI

from embeddings.database import DATABASE
from embeddings.errors import MenbeError
from qa import schemas as models
from qa.api import articles, errors, openai, operations, page, questions
from qa.api.guard import Guard
from qa.api.jobs import Jobs
from qa.api.parameters import only_known
from qa.api.state import Shared
from qa.api.telemetry import Telemetry
from qa.api.work import Work
from qa.keys import Keyring, keys_path
from qa.logs import make_logger
from qa.settings import Settings

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from qa.service import Service

__all__ = ["create_app"]

_ABOUT = (
    "Answers from your news articles, each a verbatim quote with the place it stands at. Offsets "
    "are `[start, end)` in Unicode code points of the article's text. Errors are problem+json."
)


def create_app(
    service: Service,
    settings: Settings,
    *,
    log: FilteringBoundLogger | None = None,
    warm: bool = True,
) -> FastAPI:
    """The ASGI application. The service stays the caller's to close.

    Args:
        service: an open service.
        settings: see `qa.settings`.
        log: None makes one that writes to stderr.
        warm: load models and index in the background at the start.

    Raises:
        UsageError: a setting cannot be used.
        KeyFileError: the file of keys cannot be read.
    """
    shared = _make_shared(
        service, settings, make_logger(settings.log_format) if log is None else log
    )
    _ = shared.keyring.records  # a damaged file must stop the start, not the first request
    app = FastAPI(
        title="Menbe",
        version=_version(),
        description=_ABOUT,
        docs_url=None,  # its page would load scripts from another host
        redoc_url=None,
        lifespan=_lifespan(shared, warm=warm),
        separate_input_output_schemas=False,
        redirect_slashes=False,  # an empty 307 is no account of what is wrong with the path
    )
    app.state.shared = shared
    for module in (questions, articles, openai, operations):
        app.include_router(module.router, dependencies=[Depends(only_known)])
    app.include_router(page.router)  # whose parameters are the page's own: a link to a question
    errors.install(app)
    app.add_middleware(Guard, shared=shared)
    app.openapi = partial(_openapi, app, app.openapi)  # type: ignore[method-assign]
    return app


def _make_shared(service: Service, settings: Settings, log: FilteringBoundLogger) -> Shared:
    fetch = None
    if settings.fetch_urls:
        from qa.api.fetch import fetch_page

        fetch = partial(
            fetch_page, max_bytes=settings.max_body_bytes, timeout_s=settings.request_timeout_s
        )
    telemetry = Telemetry()
    work, lookups = (
        Work(
            workers=settings.workers,
            queue_limit=settings.queue_limit,
            timeout_s=settings.request_timeout_s,
            queue_wait_s=settings.queue_wait_s,
            name=name,
        )
        for name in ("answer", "lookup")
    )
    jobs = Jobs(
        service.store.path / "jobs",
        add=service.add,
        read=partial(articles.read_records, fetch=fetch),
        limit=settings.upload_queue_limit,
        on_error=lambda error: log.error("job failed", exc_info=error),
    )
    shared = Shared(
        service=service,
        settings=settings,
        work=work,
        lookups=lookups,
        jobs=jobs,
        keyring=Keyring(keys_path(settings.store, settings.keys)),
        telemetry=telemetry,
        log=log,
    )
    store = service.store
    for name, text, value in (
        ("menbe_articles", "Articles in the store.", lambda: store.article_count),
        ("menbe_chunks", "Chunks in the store.", lambda: store.chunk_count),
        ("menbe_index_age_seconds", "Time since the index's last change.",
         lambda: telemetry.index_age(store.version, partial(_changed_at, store.path))),
        ("menbe_queue_waiting", "Questions that wait.", lambda: work.waiting + lookups.waiting),
        ("menbe_questions_pending", "Questions that wait or are answered.",
         lambda: work.pending + lookups.pending),
        ("menbe_uploads_pending", "Uploads that wait or are indexed.", lambda: jobs.waiting),
        ("menbe_ready", "Whether models and index are loaded.", lambda: shared.ready),
    ):  # fmt: skip
        telemetry.gauge(name, text, value)
    return shared


def _changed_at(folder: Path) -> float:
    """When the store was last written to, in Unix time."""
    times = [0.0]
    for name in (DATABASE, f"{DATABASE}-wal"):
        with suppress(FileNotFoundError):  # the second one comes and goes
            times.append((folder / name).stat().st_mtime)
    return max(times) or time.time()


def _lifespan(shared: Shared, *, warm: bool) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        resumed = shared.jobs.resume()
        if resumed:
            shared.log.info("resumed", jobs=resumed)
        if warm:
            threading.Thread(target=_warm, args=(shared,), name="warm", daemon=True).start()
        else:
            shared.ready = True
        yield
        await asyncio.to_thread(shared.close)

    return lifespan


def _warm(shared: Shared) -> None:
    try:
        shared.service.encoder()
        shared.service.reader()
        shared.service.ask("Is everything loaded?")
        shared.ready = True
        shared.log.info("ready", articles=shared.service.store.article_count)
    except Exception as error:  # the last stop of this thread: nobody else would tell
        shared.problem = "the models or the store cannot be used; see the server's log"
        unexpected = {} if isinstance(error, MenbeError) else {"exc_info": error}
        shared.log.error("not ready", problem=str(error), **unexpected)


def _openapi(app: FastAPI, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """FastAPI's document, with the truth about errors and keys."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = make()
    schemas = document["components"]["schemas"]
    problem = dict(errors.PROBLEM_SCHEMA)
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for name, schema in schemas.items():
        # FastAPI drops every null, and with it fields of a reply that are always there.
        config = getattr(getattr(models, name, None), "model_config", {})
        extra = config.get("json_schema_extra", {})
        schema |= {"examples": extra["examples"]} if "examples" in schema else {}
    document["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "Needed once keys exist."}
    }
    for path, operations_ in document["paths"].items():
        for operation in operations_.values():
            if path.startswith("/v1/") or path == "/metrics":
                operation["security"] = [{}, {"key": []}]
    app.openapi_schema = document
    return document


def _version() -> str:
    try:
        return version("menbe")
    except PackageNotFoundError:
        return "0"
