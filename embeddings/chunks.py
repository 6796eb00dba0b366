"""Chunks: runs of whole sentences of one article within a token budget, the unit that is embedded.

Next to its own text a chunk carries its context: what a reader of the page would know when
arriving there (title, section heading, the sentence before, who wrote it and when). Context goes
into vectors and terms, because a paragraph that says "the meeting" cannot be found by the name of
the meeting; it never goes into a quote.

This module must not know vectors, the store or questions. The encoder's own token limit comes in
as a function.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embeddings.errors import UsageError
from embeddings.text import Range, fold_text, sentences
from embeddings.tokens import count_tokens, truncate_tokens

if TYPE_CHECKING:
    from embeddings.articles import Article

__all__ = ["Chunk", "chunk_article", "passage_input"]

# A heading is a line of its own: no longer than this and without a sentence's end.
_MAX_HEADING_CHARACTERS = 120
_MAX_HEADING_WORDS = 16
# A new section starts a new chunk only when the current one is worth searching alone.
_SECTION_SHARE = 0.25
# Characters looked at per token when a long sentence is cut; a token has seldom more.
_WINDOW_PER_TOKEN = 8
_MIN_BEFORE_TOKENS = 8  # less of a sentence says nothing
_PART_TOKENS = {"title": 64, "heading": 48, "byline": 32}

_SENTENCE_END = re.compile(r"[.!?…;,][»”\"’')\]]*$")
# Where a sentence longer than a chunk is cut, best first. Applied to the last part of a window.
_CUTS = (
    re.compile(r"[;:][»”\"’')\]]*\s"),
    re.compile(r",[»”\"’')\]]*\s|\s[—–-]\s"),
    re.compile(r"\s"),
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences of one article.

    Attributes:
        id: `"{article_id}:{start}-{end}"`.
        article_id: the article it belongs to.
        ordinal: its place among the article's chunks, from 0.
        start, end: code points `[start, end)` of the article's text.
        tokens: tiktoken's count of that text, without context.
        sentences: ranges of the article's text, in order, disjoint, the first beginning at
            `start` and the last ending at `end`. Part of a sentence where one alone exceeds
            the budget.
        context: what may travel into vector and terms; lines, possibly empty.
    """

    id: str
    article_id: str
    ordinal: int
    start: int
    end: int
    tokens: int
    sentences: tuple[Range, ...]
    context: str


def passage_input(article: Article, chunk: Chunk) -> str:
    """What the encoder sees of a chunk: its context, a line break, its text."""
    text = article.text[chunk.start : chunk.end]
    return f"{chunk.context}\n{text}" if chunk.context else text


def chunk_article(
    article: Article,
    *,
    max_tokens: int = 200,
    overlap_sentences: int = 1,
    limit: Callable[[str], int] | None = None,
    max_limit: int | None = None,
    context_tokens: int = 128,
) -> list[Chunk]:
    """Cut an article into chunks that together cover every sentence outside its excluded ranges.

    A chunk never reaches into an excluded range, never holds more than `max_tokens` tokens of
    text, and repeats the last `overlap_sentences` of the one before it in the same section
    where they fit into half of the budget.

    Args:
        article: what to cut.
        max_tokens: budget of a chunk's text in tiktoken tokens, context not counted.
        overlap_sentences: sentences repeated from the chunk before.
        limit: the encoder's own token counter; asked about context and text together.
        max_limit: the most that `limit` may answer. Context is shortened before text is.
        context_tokens: budget of the context; 0 for none.

    Raises:
        UsageError: a budget is too small to hold anything, or only one of `limit` and
            `max_limit` is given.
    """
    if max_tokens < 8:
        raise UsageError(f"max_tokens is {max_tokens}", "use at least 8 tokens a chunk")
    if overlap_sentences < 0 or context_tokens < 0:
        raise UsageError(
            f"overlap_sentences is {overlap_sentences} and context_tokens {context_tokens}",
            "use 0 or more",
        )
    if (limit is None) != (max_limit is None):
        raise UsageError("limit and max_limit belong together", "give both or neither")
    fits = _Fits(limit, max_limit) if limit is not None and max_limit is not None else None
    packer = _Packer(
        article, max_tokens, overlap_sentences, _Context(article, context_tokens), fits
    )
    return list(packer.chunks())


@dataclass(frozen=True, slots=True)
class _Fits:
    """The encoder's limit."""

    count: Callable[[str], int]
    most: int

    def __call__(self, context: str, text: str) -> bool:
        return self.count(f"{context}\n{text}" if context else text) <= self.most


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long, as the packer sees it."""

    start: int
    end: int
    tokens: int
    section: str  # the heading it stands under, or ""
    is_heading: bool
    follows: bool  # the piece before it stands in the same allowed range


# --- article to pieces -----------------------------------------------------------------------


def _pieces(article: Article, max_tokens: int) -> Iterator[_Piece]:
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
            for first, last in _parts(text, start, end, max_tokens):
                tokens = count_tokens(text[first:last])
                yield _Piece(first, last, tokens, section, is_heading, follows)
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


def _parts(text: str, start: int, end: int, max_tokens: int) -> Iterator[Range]:
    """The sentence itself, or parts of it within the budget, cut where it hurts least."""
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


# --- pieces to chunks ------------------------------------------------------------------------


class _Packer:
    """Packs the pieces of one article greedily. Used once."""

    def __init__(
        self,
        article: Article,
        max_tokens: int,
        overlap: int,
        context: _Context,
        fits: _Fits | None,
    ) -> None:
        self._article = article
        self._text = article.text
        self._max_tokens = max_tokens
        self._overlap = overlap
        self._context = context
        self._fits = fits

    def chunks(self) -> Iterator[Chunk]:
        source = _pieces(self._article, self._max_tokens)
        waiting: deque[_Piece] = deque()
        carried: list[_Piece] = []
        previous: _Piece | None = None  # the piece before `carried`
        ordinal = 0
        while True:
            run = list(carried)
            while (piece := _next(waiting, source)) is not None:
                if len(run) > len(carried) and not self._joins(run, piece):
                    waiting.appendleft(piece)
                    break
                if (
                    len(run) == len(carried)
                    and run
                    and (piece.is_heading or not self._joins(run, piece))
                ):
                    run, carried, previous = [], [], run[-1]  # the overlap is in the way
                run.append(piece)
            if len(run) == len(carried):
                return
            kept, rest, previous = self._settle(run, len(carried), previous)
            waiting.extendleft(reversed(rest))
            yield self._chunk(kept, previous, ordinal)
            ordinal += 1
            carried = self._carry(kept)
            previous = kept[-len(carried) - 1] if len(kept) > len(carried) else previous

    def _joins(self, run: list[_Piece], piece: _Piece) -> bool:
        tokens = sum(member.tokens for member in run)
        if not piece.follows or tokens + piece.tokens > self._max_tokens:
            return False
        return not (piece.is_heading and tokens >= _SECTION_SHARE * self._max_tokens)

    def _carry(self, kept: list[_Piece]) -> list[_Piece]:
        carried: list[_Piece] = []
        tokens = 0
        for piece in reversed(kept[-self._overlap :] if self._overlap else []):
            tokens += piece.tokens
            if 2 * tokens > self._max_tokens:
                break
            carried.insert(0, piece)
        return carried

    def _settle(
        self, run: list[_Piece], carried: int, previous: _Piece | None
    ) -> tuple[list[_Piece], list[_Piece], _Piece | None]:
        """What of the run really fits, what has to wait, and the piece before it.

        Token counts do not quite add up and the encoder counts differently, so the sum is
        only a first guess: the overlap goes first, then the last pieces, then a piece is cut.
        """
        rest: list[_Piece] = []
        while not self._holds(run, previous):
            if carried:
                previous, run, carried = run[carried - 1], run[carried:], 0
            elif len(run) > 1:
                rest.insert(0, run.pop())
            else:
                whole = run.pop()
                halves = self._halves(whole)
                run, rest = [halves[0]], [*halves[1:], *rest]
        return run, rest, previous

    def _holds(self, run: list[_Piece], previous: _Piece | None) -> bool:
        text = self._text[run[0].start : run[-1].end]
        if len(run) > 1 and count_tokens(text) > self._max_tokens:
            return False
        if self._fits is None:
            return True
        return any(self._fits(context, text) for context in self._contexts(run, previous))

    def _halves(self, piece: _Piece) -> list[_Piece]:
        if piece.end - piece.start < 2:
            assert self._fits is not None  # noqa: S101 - without it one piece always holds
            raise UsageError(
                f"the encoder's limit of {self._fits.most} tokens holds not even one character",
                "use another encoder",
            )
        budget = max(piece.tokens // 2, 1)
        ranges = list(_parts(self._text, piece.start, piece.end, budget))
        if len(ranges) == 1:
            middle = (piece.start + piece.end) // 2
            ranges = [(piece.start, middle), (middle, piece.end)]
        return [
            replace(
                piece,
                start=start,
                end=end,
                tokens=count_tokens(self._text[start:end]),
                follows=piece.follows if index == 0 else True,
            )
            for index, (start, end) in enumerate(ranges)
        ]

    def _contexts(self, run: list[_Piece], previous: _Piece | None) -> list[str]:
        before = ""
        headings = run[0].is_heading or (previous is not None and previous.is_heading)
        if run[0].follows and previous is not None and not headings:
            before = self._text[previous.start : previous.end]
        text = self._text[run[0].start : run[-1].end]
        return self._context.variants(text, run[0].section, before)

    def _chunk(self, run: list[_Piece], previous: _Piece | None, ordinal: int) -> Chunk:
        start, end = run[0].start, run[-1].end
        text = self._text[start:end]
        contexts = self._contexts(run, previous)
        context = contexts[0]
        if self._fits is not None:
            context = next(context for context in contexts if self._fits(context, text))
        return Chunk(
            id=f"{self._article.id}:{start}-{end}",
            article_id=self._article.id,
            ordinal=ordinal,
            start=start,
            end=end,
            tokens=count_tokens(text),
            sentences=tuple((piece.start, piece.end) for piece in run),
            context=context,
        )


def _next(waiting: deque[_Piece], source: Iterator[_Piece]) -> _Piece | None:
    return waiting.popleft() if waiting else next(source, None)


# --- context ---------------------------------------------------------------------------------


class _Context:
    """What a chunk's place in its article says about it, within a token budget."""

    def __init__(self, article: Article, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._title = _label(article.title, _PART_TOKENS["title"])
        self._folded_title = fold_text(article.title) if article.title else ""
        published = article.published_at.isoformat() if article.published_at else None
        byline = ", ".join(part for part in (article.author, article.source, published) if part)
        self._byline = _label(byline, _PART_TOKENS["byline"])

    def variants(self, text: str, section: str, before: str) -> list[str]:
        """The context, then ever shorter ones, the last empty.

        Args:
            text: the chunk's own text; what it already says is left out of its context.
            section: the heading above its first sentence, or "".
            before: the sentence before its first one in the same section, or "".
        """
        if self._max_tokens == 0:
            return [""]
        title = self._title if self._folded_title not in fold_text(text) else ""
        heading = ""
        if section and section not in text and fold_text(section) != self._folded_title:
            heading = _label(section, _PART_TOKENS["heading"])
        labels = " ".join(part for part in (title, heading, self._byline) if part)
        labels = _whole_words(labels, self._max_tokens)
        left = self._max_tokens - count_tokens(labels) - 1 if before else 0
        said = _whole_words(before, left) if left >= _MIN_BEFORE_TOKENS else ""
        full = "\n".join(part for part in (labels, said) if part)
        return list(dict.fromkeys((full, labels, title, "")))


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
