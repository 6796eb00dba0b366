"""From a span in a passage to a citation that anyone can check.

The invariant of the whole project is made here: `article.text[start:end] == quote`, for the quote
and for its sentence, in code points. A span that reaches into an excluded range is refused.

This module must not know how spans are found or scored.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date

from embeddings.articles import Article
from qa.models import Citation, Passage, Sentence

__all__ = ["cite", "crosses_excluded", "sentence_around"]


def cite(
    article: Article, passage: Passage, start: int, end: int, *, today: date | None = None
) -> Citation | None:
    """The citation of `article.text[start:end]`; None when the span may not be quoted.

    Args:
        article: the article that `passage` is from.
        passage: the passage that the span was found in.
        start, end: the span, in the article's code points.
        today: the day to count the source's age from; None: no age.

    Raises:
        ValueError: the span is empty or outside its passage; a defect of the reader.
    """
    if not passage.start <= start < end <= passage.end:
        raise ValueError(
            f"span [{start}, {end}) is empty or outside its passage "
            f"[{passage.start}, {passage.end}) of {article.id}"
        )
    if crosses_excluded(article, start, end):
        return None
    first, last = sentence_around(passage, start, end)
    published = article.published_at
    age = None if today is None or published is None else max((today - published).days, 0)
    return Citation(
        article_id=article.id,
        title=article.title,
        source=article.source,
        author=article.author,
        published_at=published,
        language=article.language,
        url=article.url,
        sha256=article.sha256,
        start=start,
        end=end,
        quote=article.text[start:end],
        sentence=Sentence(start=first, end=last, text=article.text[first:last]),
        duplicates=passage.duplicates,
        age_days=age,
    )


def crosses_excluded(article: Article, start: int, end: int) -> bool:
    """Whether `[start, end)` shares a code point with a range that is never quoted."""
    position = bisect_right(article.excluded, start, key=lambda item: item[0])
    before = article.excluded[position - 1] if position else (0, 0)
    after = article.excluded[position] if position < len(article.excluded) else (end, end)
    return before[1] > start or after[0] < end


def sentence_around(passage: Passage, start: int, end: int) -> tuple[int, int]:
    """The range from the start of the first to the end of the last sentence that the span touches.

    The whole passage where no sentence of it touches the span.
    """
    touched = [item for item in passage.sentences if item[0] < end and item[1] > start]
    if not touched:
        return passage.start, passage.end
    return min(touched[0][0], start), max(touched[-1][1], end)
