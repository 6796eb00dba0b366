"""Context: what a chunk's place in its article says about it.

A paragraph that says "the meeting" cannot be found by the name of the meeting; the headline, the
section's heading and the sentence before can. Who wrote it and when stands in no sentence at all.

This module must not know how chunks are packed, nor the encoder. Context goes into terms, never
into quotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from embeddings.text import fold_text
from embeddings.tokens import count_tokens, truncate_tokens

if TYPE_CHECKING:
    from embeddings.articles import Article

__all__ = ["Context"]

_MIN_BEFORE_TOKENS = 8  # less of a sentence says nothing
_PART_TOKENS = {"title": 32, "heading": 24, "byline": 24}
_SENTENCE_END = re.compile(r"[.!?…;,][»”\"’')\]]*$")


class Context:
    """What a chunk's place in its article says about it, within a token budget."""

    def __init__(self, article: Article, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._headline = article.title or ""
        self._title = _label(article.title, _PART_TOKENS["title"])
        published = article.published_at.isoformat() if article.published_at else None
        byline = ", ".join(part for part in (article.author, article.source, published) if part)
        self._byline = _label(byline, _PART_TOKENS["byline"])
        self._labels: dict[tuple[str, str], tuple[str, int]] = {}

    def of(self, text: str, section: str, before: str, before_tokens: int) -> str:
        """The context of one chunk, within the budget.

        Args:
            text: the chunk's own text; what it already says is left out of its context.
            section: the heading above its first sentence, or "".
            before: the sentence before its first one in the same section, or "".
            before_tokens: the tokens of that sentence.
        """
        if self._max_tokens == 0:
            return ""
        title = "" if not self._headline or self._headline in text else self._title
        heading = "" if not section or section in text else section
        labels, tokens = self._labels_of(title, heading)
        left = self._max_tokens - tokens - 1
        if before_tokens > left:
            before = _whole_words(before, left) if left >= _MIN_BEFORE_TOKENS else ""
        return "\n".join(part for part in (labels, before) if part)

    def _labels_of(self, title: str, heading: str) -> tuple[str, int]:
        known = self._labels.get((title, heading))
        if known is None:
            section = ""
            if heading and fold_text(heading) != fold_text(self._headline):
                section = _label(heading, _PART_TOKENS["heading"])
            labels = " ".join(part for part in (title, section, self._byline) if part)
            labels = _whole_words(labels, self._max_tokens)
            known = labels, count_tokens(labels)
            # A text of headings only must not fill the memory.
            if len(self._labels) > 64:
                self._labels.clear()
            self._labels[title, heading] = known
        return known


def _label(text: str | None, max_tokens: int) -> str:
    """A line that ends like a sentence, so that the next does not run into it."""
    if not text:
        return ""
    line = _whole_words(" ".join(text.split()), max_tokens)
    return line if _SENTENCE_END.search(line) else f"{line}."


def _whole_words(text: str, max_tokens: int) -> str:
    """A prefix within the budget that ends at a word's end, where there is one."""
    head = truncate_tokens(text, max_tokens)
    if len(head) < len(text) and not text[len(head)].isspace():
        head = head[: head.rfind(" ")] if " " in head else head
    return head.rstrip()
