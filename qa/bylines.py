"""Who wrote an article: asked for, and named in its byline.

"Who wrote the Azernews story on the meetings?" asks for what no sentence of the story tells. The
byline does ("By Vugar Khalilov"), which indexing has read as the article's author. The word lists
are `prompts/bylines.json`.

This module must not know readers or scores, nor how a byline is recognised.
"""

from __future__ import annotations

from functools import cache

from embeddings.text import Range, fold_text, words
from prompts import load_json

__all__ = ["asks_author", "find_byline"]


def asks_author(question: str) -> bool:
    """Whether a question asks for the writer of an article, rather than of a book or a law."""
    said = [fold_text(question[start:end]) for start, end in words(question)]
    told = {kind for kind, stems in _stems().items() if any(w.startswith(stems) for w in said)}
    # Two of them: "who wrote the law" has no article, "the author of the novel" no writing.
    return len(told) > 1 and ("author" in told or not _who().isdisjoint(said))


def find_byline(text: str, author: str | None) -> Range | None:
    """Where a passage has the author's name: `[start, end)` code points; None where it has not."""
    if not author:
        return None
    start = text.find(author)
    return None if start < 0 else (start, start + len(author))


@cache
def _stems() -> dict[str, tuple[str, ...]]:
    lists = load_json("bylines.json")
    return {kind: tuple(map(fold_text, lists[kind])) for kind in ("author", "report", "writing")}


@cache
def _who() -> frozenset[str]:
    return frozenset(map(fold_text, load_json("bylines.json")["who"]))
