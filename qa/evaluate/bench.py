"""Puts a `Service` on the bench: the one place where evaluation meets the product.

Reading mode runs the product's own path from reader to citation, only without retrieval: the whole
article is the one passage.

This module must not know test sets, gold or measures.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from embeddings.articles import Article
from embeddings.text import sentences
from qa.answer import compose_answers
from qa.models import Answer, Passage, Scores
from qa.read.protocol import Reading
from qa.service import Service

__all__ = ["PairReader", "ServiceBench"]

Progress = Callable[[int, int | None, str], None]
_PAGE = 500


@runtime_checkable
class PairReader(Protocol):
    """A reader that reads many questions at once, each over its own passage."""

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        """One `Reading` a (question, passage), in the order given."""
        ...


class ServiceBench:
    """A service as `qa.evaluate.run.Bench`; the service stays the caller's to close."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def articles(self) -> Iterable[Article]:
        """Every article of the service's store."""
        offset = 0
        while page := self._service.store.find_articles(offset=offset, limit=_PAGE):
            for summary in page:
                yield self._service.article(summary.id)
            offset += len(page)

    def store(self) -> Service:
        """The service itself."""
        return self._service

    @contextmanager
    def over(
        self, articles: Sequence[Article], *, progress: Progress | None = None
    ) -> Iterator[Service]:
        """A service with the same models over a temporary store of these articles."""
        with tempfile.TemporaryDirectory(prefix="menbe-eval-") as folder:
            settings = self._service.settings.model_copy(update={"store": Path(folder) / "store"})
            with Service.open(
                settings,
                create=True,
                encoder=self._service.encoder(),
                reader=self._service.reader(),
            ) as service:
                report = service.add(articles, progress=_stage_first(progress))
                if report.failed:
                    raise report.failed[0]
                yield service

    def read_many(self, items: Sequence[tuple[str, str, Article]]) -> list[tuple[Answer, ...]]:
        """Each (question, its language, article) answered from the whole article."""
        reader, _ = self._service.reader()
        pairs = [(question, article.text) for question, _, article in items]
        if isinstance(reader, PairReader):
            readings = reader.read_pairs(pairs)
        else:
            readings = [reader.read(question, [text])[0] for question, text in pairs]
        return [
            compose_answers(
                question,
                [_whole(article)],
                [reading],
                {article.id: article},
                calibration=self._service.calibration(language),
                max_answers=1,
            )
            for (question, language, article), reading in zip(items, readings, strict=True)
        ]

    def threshold(self, language: str) -> float:
        """As the service has it."""
        return self._service.threshold(language)

    def versions(self) -> Mapping[str, str]:
        """As the service has them."""
        return self._service.versions()


def _stage_first(progress: Progress | None) -> Callable[[str, int, int | None], None] | None:
    """The same callback as the service calls it."""
    if progress is None:
        return None
    return lambda stage, done, total: progress(done, total, stage)


def _whole(article: Article) -> Passage:
    """The whole article as one passage."""
    length = len(article.text)
    return Passage(
        article_id=article.id,
        chunk_id=f"{article.id}:0-{length}",
        start=0,
        end=length,
        text=article.text,
        scores=Scores(),
        title=article.title,
        source=article.source,
        published_at=article.published_at,
        language=article.language,
        sentences=tuple(sentences(article.text, article.language)),
    )
