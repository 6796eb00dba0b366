"""Holds a saved answer against the store: the article's sha256, then `text[start:end] == quote`.

An article is looked up by its id and, where the id is unknown or its text has changed, by the
sha256: a citation is about a text, wherever that text is kept. How much one saved answer can make
the store read, and the report show, is bounded: it may come from anybody.

This module must not know how the answer was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embeddings.articles import Article
from embeddings.store import Store
from qa.errors import SavedAnswerError
from qa.models import CitationCheck, VerifyReport

__all__ = ["verify_answer"]

_REMEDY = "Save one with: qa ask --json QUESTION > answer.json."
_MAX_CITATIONS = 500  # four times what the largest reply holds
_MAX_SHOWN = 200  # characters; a range may be the whole article


def verify_answer(saved: object, store: Store) -> VerifyReport:
    """Check every citation of `saved`, an `AskResult.to_dict()` that went through JSON.

    Raises:
        SavedAnswerError: it is not a saved answer; says which part is missing or of which type. Or
            it has more citations than are checked at once.
    """
    answers = _field(saved, "answers", list, "the saved answer")
    cited: list[tuple[str, Any]] = []
    for number, answer in enumerate(answers):
        where = f"answers[{number}]"
        citations = [_field(answer, "citation", dict, where)]
        if isinstance(answer, Mapping) and "also" in answer:
            citations += _field(answer, "also", list, where)
        cited += [(where, citation) for citation in citations]
    if len(cited) > _MAX_CITATIONS:
        raise SavedAnswerError(
            f"the saved answer has {len(cited)} citations, more than {_MAX_CITATIONS}",
            "Check it in parts, with fewer answers each.",
        )
    return VerifyReport(checks=tuple(_check(citation, store, where) for where, citation in cited))


def _check(citation: object, store: Store, where: str) -> CitationCheck:
    article_id = _field(citation, "article_id", str, where)
    start = _field(citation, "start", int, where)
    end = _field(citation, "end", int, where)
    quote = _field(citation, "quote", str, where)
    sha256 = _field(citation, "sha256", str, where)
    sentence = _field(citation, "sentence", dict, where)
    around = _field(sentence, "text", str, where)
    first, last = _field(sentence, "start", int, where), _field(sentence, "end", int, where)
    article = store.article(article_id)
    if article is None or article.sha256 != sha256:
        same_text = store.article_by_sha256(sha256)
        article = article if same_text is None else same_text
    problem = _problem(article, start, end, quote, sha256)
    if not problem:
        problem = _problem(article, first, last, around, sha256)
    return CitationCheck(article_id, start, end, quote, ok=not problem, problem=problem)


def _problem(article: Article | None, start: int, end: int, quote: str, sha256: str) -> str:
    if article is None:
        return "the store has neither an article of this id nor one of this sha256"
    if article.sha256 != sha256:
        return "the article's text has changed since: its sha256 differs"
    if not 0 <= start < end <= len(article.text):
        return f"[{start}, {end}) is not a range of the article's {len(article.text)} characters"
    found = article.text[start:end]
    if found == quote:
        return ""
    shown = repr(found if len(found) <= _MAX_SHOWN else f"{found[:_MAX_SHOWN]}…")
    return f"the article has {shown} there"


def _field(record: object, name: str, kind: type, where: str) -> Any:
    value = record.get(name) if isinstance(record, Mapping) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise SavedAnswerError(f"{where} has no {name!r} of type {kind.__name__}", _REMEDY)
    return value
