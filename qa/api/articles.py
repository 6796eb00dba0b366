"""The routes of articles: add, list, show, delete, and the jobs of long uploads.

This module must not know how articles are indexed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from embeddings.articles import Article, make_article
from embeddings.errors import ArticleError
from qa.api.body import ParsedRoute
from qa.api.errors import RESPONSES, ApiError, responses
from qa.api.state import Shared, filters_of, note, shared
from qa.api.threads import beside
from qa.schemas import (
    ArticleBatch,
    ArticleIn,
    ArticleList,
    ArticleReply,
    Day,
    FiltersIn,
    JobReply,
    LanguageCode,
    SourceName,
    Upload,
    UploadReply,
    article_dict,
    summary_dict,
)

__all__ = ["read_records", "router"]


class UploadRoute(ParsedRoute):
    """Validates a long list of articles beside the event loop, one at a time."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, which finds such a list validated."""
        handle = super().get_route_handler()

        async def handle_validated(request: Request) -> Response:
            state = request.scope["state"]
            given = state.get("json")
            if isinstance(given, dict) and given.keys() == {"articles"}:
                articles = given["articles"]
                if isinstance(articles, list) and len(articles) > _MANY:
                    state["json"] = await beside(partial(_validated, articles))
            return await handle(request)

        return handle_validated


router = APIRouter(prefix="/v1", tags=["articles"], responses=RESPONSES, route_class=UploadRoute)
Parts = Annotated[Shared, Depends(shared)]
ArticleId = Annotated[str, Path(min_length=1, max_length=1000)]
_SHOWN = 20
_MANY = 100  # articles that take longer than a question may be held up
_SYNC_CHARS = 100_000  # half a minute of encoding on a slow machine, the default timeout
_STATED = ("title", "source", "author", "published_at", "language", "url")


@router.post(
    "/articles",
    operation_id="add_articles",
    summary="Add or replace one article or many",
    response_model=UploadReply,
    responses={
        201: {"model": UploadReply, "description": "At least one article is new"},
        202: {"model": JobReply, "description": "Kept on disk; indexed in the background"},
        **responses(507),
    },
)
async def add_articles(
    upload: Upload,
    request: Request,
    parts: Parts,
    prefer: Annotated[str, Header(description="respond-async makes any upload a job.")] = "",
) -> Response:
    """Index before replying, or reply 202 with a job when the upload is long.

    Posting the same article again changes nothing; posting other content under the same id
    replaces it. What was replied to with 2xx survives a crash.
    """
    given = upload.articles if isinstance(upload, ArticleBatch) else [upload]
    if len(given) > _MANY:
        records = await beside(partial(_records, given, parts))
    else:
        records = _records(given, parts)
    note(request, articles=len(records))
    chars = sum(len(article.text) for article in given if article.text is not None)
    long = len(given) > parts.settings.upload_sync_articles or chars > _SYNC_CHARS
    if long or "respond-async" in prefer:
        job = await beside(partial(parts.jobs.submit, records))
        return JSONResponse(
            job.to_dict(), status_code=202, headers={"Location": f"/v1/jobs/{job.id}"}
        )
    outcome = await parts.work.within(
        parts.jobs.now(records), "not indexed within {seconds:g} s; it may still be"
    )
    if outcome.failed and len(outcome.failed) == len(given):
        raise ApiError(
            422,
            "article_error",
            "; ".join(f"{one['problem']}. {one['remedy']}" for one in outcome.failed[:5]),
            errors=[(one["article"], one["problem"]) for one in outcome.failed],
        )
    return JSONResponse(
        {
            "added": outcome.added,
            "changed": outcome.changed,
            "unchanged": outcome.unchanged,
            "ids": outcome.ids,
            "failed": outcome.failed,
        },
        status_code=201 if outcome.added else 200,
    )


@router.get(
    "/articles",
    operation_id="list_articles",
    summary="List the articles",
    response_model=ArticleList,
)
async def list_articles(
    parts: Parts,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    date_from: Annotated[Day | None, Query()] = None,
    date_to: Annotated[Day | None, Query()] = None,
    source: Annotated[list[SourceName], Query(max_length=100)] = [],  # noqa: B006 - FastAPI copies it
    language: Annotated[list[LanguageCode], Query(max_length=100)] = [],  # noqa: B006
    undated: bool = True,
) -> Response:
    """Reply with a page of the articles that pass the filters, ordered by id."""
    filters = filters_of(
        FiltersIn(
            date_from=date_from,
            date_to=date_to,
            sources=source,
            languages=language,
            undated=undated,
        )
    )

    def call() -> dict[str, Any]:
        with parts.service.store.snapshot() as moment:
            total = moment.count_articles(filters)
            found = moment.find_articles(filters=filters, offset=offset, limit=limit)
        after = offset + len(found)
        return {
            "total": total,
            "offset": offset,
            "limit": limit,
            "next_offset": after if found and after < total else None,
            "articles": [summary_dict(item) for item in found],
        }

    return JSONResponse(await parts.lookups.run(call))


@router.get(
    "/articles/{article_id:path}",
    operation_id="get_article",
    summary="Show one article",
    response_model=ArticleReply,
    responses=responses(404),
)
async def get_article(article_id: ArticleId, parts: Parts) -> Response:
    """Reply with the article, its text verbatim."""
    article = await parts.lookups.run(partial(parts.service.article, article_id))
    return JSONResponse(article_dict(article))


@router.delete(
    "/articles/{article_id:path}",
    operation_id="delete_article",
    summary="Delete one article",
    status_code=204,
    response_class=Response,
    responses={**responses(404, 507), 204: {"description": "It is never served again"}},
)
async def delete_article(article_id: ArticleId, parts: Parts) -> Response:
    """Remove the article, its terms and its vectors."""
    removal = parts.jobs.remove(article_id, partial(parts.service.delete, article_id))
    await parts.work.within(removal, "not deleted within {seconds:g} s; it may still be")
    return Response(status_code=204)


@router.get(
    "/jobs/{job_id}",
    operation_id="get_job",
    summary="How far a long upload is",
    response_model=JobReply,
    responses=responses(404),
)
async def get_job(job_id: Annotated[str, Path(max_length=100)], parts: Parts) -> Response:
    """Reply with the job's state, its progress and, when it is done, its result."""
    job = parts.jobs.get(job_id)
    if job is None:
        raise ApiError(404, "no_such_job", "there is no such job. Jobs are forgotten at a restart.")
    return JSONResponse(job.to_dict())


def read_records(
    records: Sequence[dict[str, Any]], first: int, fetch: Any = None
) -> list[Article | ArticleError]:
    """Articles of an upload's records; an error stands in the place of one that cannot be made.

    Args:
        records: `ArticleIn` as JSON values, without its nulls.
        first: number of the first one in its upload, from 0.
        fetch: takes a URL and returns the page's `Record`; None where that is off.
    """
    return [_read(number, record, fetch) for number, record in enumerate(records, start=first)]


def _read(number: int, record: dict[str, Any], fetch: Any) -> Article | ArticleError:
    given = ArticleIn.model_validate(record)
    name = f"articles[{number}]" if given.id is None else given.id
    fields = given.model_dump(exclude_none=True, exclude={"fetch_url"})
    try:
        if given.fetch_url is not None:
            page = fetch(given.fetch_url)
            stated = {key: getattr(page, key) for key in _STATED}
            fields = {**stated, **fields, "text": page.text}
        article = make_article(**fields)
        # The origin is what an error of the indexing names the article by.
        return replace(article, origin=f"api:{article.id}")
    except ArticleError as error:
        problem = error.problem.removeprefix(f"{error.origin}: ")
        return ArticleError(name, problem, error.remedy)


def _validated(articles: list[Any]) -> ArticleBatch:
    """As the model of the request has it, with its errors."""
    most = next(one.max_length for one in _LIMITS if hasattr(one, "max_length"))
    where: tuple[str | int, ...] = ("body", "many", "articles")
    if len(articles) > most:
        message = f"List should have at most {most} items after validation, not {len(articles)}"
        raise RequestValidationError([{"type": "too_long", "loc": where, "msg": message}])
    made: list[ArticleIn] = []
    problems: list[Any] = []
    for number, given in enumerate(articles):
        try:
            made.append(ArticleIn.model_validate(given, from_attributes=True))
        except ValidationError as error:
            problems += [{**one, "loc": (*where, number, *one["loc"])} for one in error.errors()]
            if len(problems) >= _SHOWN:
                break
    if problems:
        raise RequestValidationError(problems)
    return ArticleBatch.model_construct(articles=made)


_LIMITS = ArticleBatch.model_fields["articles"].metadata


def _records(given: Sequence[ArticleIn], parts: Shared) -> list[dict[str, Any]]:
    _check(given, parts)
    return [article.model_dump(mode="json", exclude_none=True) for article in given]


def _check(given: Sequence[ArticleIn], parts: Shared) -> None:
    problems = []
    ids = Counter(article.id for article in given if article.id is not None)
    for number, article in enumerate(given):
        where = f"articles.{number}"
        if (article.text is None) == (article.fetch_url is None):
            problems.append((f"{where}.text", "give either text or fetch_url"))
        elif article.fetch_url is not None and not parts.settings.fetch_urls:
            problems.append((f"{where}.fetch_url", "fetching is switched off; send the text"))
        if article.id in (".", ".."):
            problems.append((f"{where}.id", "this cannot be an id"))
        elif article.id is not None and ids[article.id] > 1:
            problems.append((f"{where}.id", "another article of this upload has the same id"))
    if problems:
        field, problem = problems[0]
        raise ApiError(422, "invalid_request", f"{field}: {problem}", errors=problems[:_SHOWN])
