"""Pieces: the sentences of an article with what the packer of chunks must know about each.

A piece is a sentence outside the excluded ranges, or a part of one that is longer than a chunk
may be, with its token count and the heading it stands under.

This module must not know chunks, their budget's use, or context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embeddings.text import Range, fold_text, sentences
from embeddings.tokens import count_tokens, truncate_tokens

if TYPE_CHECKING:
    from embeddings.articles import Article

__all__ = ["Piece", "parts_of", "pieces_of"]

# A heading is a line of its own: no longer than this and without a sentence's end.
_MAX_HEADING_CHARACTERS = 120
_MAX_HEADING_WORDS = 16
# Characters looked at per token when a long sentence is cut; a token has seldom more.
_WINDOW_PER_TOKEN = 8

_SENTENCE_END = re.compile(r"[.!?…;,][»”\"’')\]]*$")
# Where a sentence longer than a chunk is cut, best first. Applied to the last part of a window.
_CUTS = (
    re.compile(r"[;:][»”\"’')\]]*\s"),
    re.compile(r",[»”\"’')\]]*\s|\s[—–-]\s"),
    re.compile(r"\s"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, or a part of one that is too long, as the packer sees it."""

    start: int
    end: int
    tokens: int
    gap: int  # tokens that a line break before it adds
    section: str  # the heading it stands under, or ""
    is_heading: bool
    follows: bool  # the piece before it stands in the same allowed range


def pieces_of(article: Article, max_tokens: int) -> Iterator[Piece]:
    """The pieces of an article in order, none over `max_tokens`, none in an excluded range.

    Together they cover every character outside the excluded ranges that is not whitespace.
    """
    text = article.text
    section = ""
    for allowed in _allowed(len(text), article.excluded):
        found = sentences(text, article.language, within=[allowed])
        headings = _headings(article, found)
        follows = False
        for index, (start, end) in enumerate(found):
            is_heading = index in headings
            if is_heading:
                section = text[start:end]
            gap = int("\n" in text[max(start - 2, 0) : start])
            tokens = count_tokens(text[start:end])
            if tokens <= max_tokens:
                yield Piece(start, end, tokens, gap, section, is_heading, follows)
            else:
                for first, last in parts_of(text, start, end, max_tokens):
                    tokens = count_tokens(text[first:last])
                    yield Piece(first, last, tokens, gap, section, is_heading, follows)
                    follows, gap = True, 0
            follows = True


def _allowed(length: int, excluded: Sequence[Range]) -> list[Range]:
    position = 0
    ranges: list[Range] = []
    for start, end in excluded:
        if position < start:
            ranges.append((position, start))
        position = max(position, end)
    if position < length:
        ranges.append((position, length))
    return ranges


def _headings(article: Article, found: list[Range]) -> set[int]:
    """Indices of the sentences that are headings of what follows them."""
    text = article.text
    names = {fold_text(name) for name in (article.source, article.author) if name}
    alike = [_looks_like_heading(text, start, end, names) for start, end in found]
    headings: set[int] = set()
    run = 0
    for index, is_alike in enumerate(alike):
        if is_alike:
            run += 1
        else:
            # A headline below a section's name is two lines; three and more are a list.
            if 1 <= run <= 2:
                headings.add(index - 1)
            run = 0
    return headings


def _looks_like_heading(text: str, start: int, end: int, names: set[str]) -> bool:
    if end - start > _MAX_HEADING_CHARACTERS or not _alone_on_line(text, start, end):
        return False
    line = text[start:end]
    if _SENTENCE_END.search(line) or len(line.split()) > _MAX_HEADING_WORDS:
        return False
    if not any(character.isalpha() for character in line):
        return False
    folded = fold_text(line)
    return not any(name in folded for name in names)


def _alone_on_line(text: str, start: int, end: int) -> bool:
    before = start
    while before > 0 and text[before - 1].isspace() and text[before - 1] not in "\n\r":
        before -= 1
    after = end
    while after < len(text) and text[after].isspace() and text[after] not in "\n\r":
        after += 1
    starts = before == 0 or text[before - 1] in "\n\r"
    return starts and (after == len(text) or text[after] in "\n\r") and "\n" not in text[start:end]


def parts_of(text: str, start: int, end: int, max_tokens: int) -> Iterator[Range]:
    """Parts of a sentence within the budget, cut where it hurts least."""
    window = max_tokens * _WINDOW_PER_TOKEN
    position = start
    while position < end:
        ahead = text[position : min(position + window, end)]
        head = truncate_tokens(ahead, max_tokens)
        if not head:  # one character of more tokens than the budget
            head = ahead[:1]
        if position + len(head) >= end:
            yield position, end
            return
        if len(head) < len(ahead):  # the next part will have about as many tokens a character
            window = max(2 * len(head), max_tokens)
        else:
            window *= 2
        stop = position + _cut(head)
        first, last = _strip(text, position, stop)
        if first < last:
            yield first, last
        position = _strip(text, stop, end)[0]


def _cut(head: str) -> int:
    """How much of a window to keep: up to the last clause's or word's end in its second half."""
    half = len(head) // 2
    for boundary in _CUTS:
        last = 0
        for match in boundary.finditer(head, half):
            last = match.end()
        if last:
            return last
    return len(head)


def _strip(text: str, start: int, end: int) -> Range:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
