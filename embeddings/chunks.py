"""Chunks: runs of whole sentences of one article within a token budget, the unit that is embedded.

Next to its own text a chunk carries its context: what a reader of the page would know when
arriving there (title, section heading, the sentence before, who wrote it and when). Context goes
into the terms, because a paragraph that says "the meeting" cannot be found by the name of the
meeting; it never goes into a quote. Nor into the vector: there it makes all chunks of an article
alike, and costs 1.5 points of R@1 across languages on XQuAD and more on the seeds
(`tests/benchmarks/README.md`).

This module must not know vectors, the store or questions. The encoder's own token limit comes in
as a function.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embeddings.context import Context
from embeddings.errors import UsageError
from embeddings.pieces import Piece, parts_of, pieces_of
from embeddings.text import Range
from embeddings.tokens import count_tokens

if TYPE_CHECKING:
    from embeddings.articles import Article

__all__ = ["Chunk", "chunk_article", "passage_input", "passage_terms_input"]

# A new section starts a new chunk only when the current one is worth searching alone.
_SECTION_SHARE = 0.25


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
        context: what travels into the terms; lines, possibly empty.
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
    """What the encoder sees of a chunk: its text."""
    return article.text[chunk.start : chunk.end]


def passage_terms_input(article: Article, chunk: Chunk) -> str:
    """What the terms of a chunk are made from: its context, a line break, its text."""
    text = article.text[chunk.start : chunk.end]
    return f"{chunk.context}\n{text}" if chunk.context else text


def chunk_article(
    article: Article,
    *,
    max_tokens: int = 150,
    overlap_sentences: int = 1,
    limit: Callable[[str], int] | None = None,
    max_limit: int | None = None,
    context_tokens: int = 48,
) -> list[Chunk]:
    """Cut an article into chunks that together cover every sentence outside its excluded ranges.

    A chunk never reaches into an excluded range, never holds more than `max_tokens` tokens of
    text, and repeats the last `overlap_sentences` of the one before it in the same section
    where they fit into half of the budget.

    Args:
        article: what to cut.
        max_tokens: budget of a chunk's text in tiktoken tokens, context not counted.
        overlap_sentences: sentences repeated from the chunk before.
        limit: the encoder's own token counter.
        max_limit: the most that `limit` may answer about a chunk's text.
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
    packer = _Packer(article, max_tokens, overlap_sentences, Context(article, context_tokens), fits)
    return list(packer.chunks())


@dataclass(frozen=True, slots=True)
class _Fits:
    """The encoder's limit."""

    count: Callable[[str], int]
    most: int

    def __call__(self, text: str) -> bool:
        return self.count(text) <= self.most


@dataclass(slots=True)
class _Run:
    """The pieces of the next chunk."""

    pieces: list[Piece]
    carried: int  # how many of them, from the first, the chunk before holds too
    previous: Piece | None  # the piece before the first
    tokens: int  # a first guess: counts do not quite add up

    @property
    def is_fresh(self) -> bool:
        """Whether it holds no more than what the chunk before holds."""
        return len(self.pieces) == self.carried

    @property
    def range(self) -> Range:
        return self.pieces[0].start, self.pieces[-1].end

    def add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.tokens += piece.tokens + piece.gap

    def drop_carried(self) -> None:
        self.previous = self.pieces[self.carried - 1]
        dropped, self.pieces = self.pieces[: self.carried], self.pieces[self.carried :]
        self.tokens -= sum(piece.tokens + piece.gap for piece in dropped)
        self.carried = 0


class _Packer:
    """Packs the pieces of one article greedily. Used once."""

    def __init__(
        self,
        article: Article,
        max_tokens: int,
        overlap: int,
        context: Context,
        fits: _Fits | None,
    ) -> None:
        self._article = article
        self._text = article.text
        self._max_tokens = max_tokens
        self._overlap = overlap
        self._context = context
        self._fits = fits
        self._source = pieces_of(article, max_tokens)
        self._waiting: deque[Piece] = deque()

    def chunks(self) -> Iterator[Chunk]:
        run = _Run([], 0, None, 0)
        ordinal = 0
        while True:
            self._fill(run)
            if run.is_fresh:
                return
            tokens, context = self._settle(run)
            start, end = run.range
            yield Chunk(
                id=f"{self._article.id}:{start}-{end}",
                article_id=self._article.id,
                ordinal=ordinal,
                start=start,
                end=end,
                tokens=tokens,
                sentences=tuple((piece.start, piece.end) for piece in run.pieces),
                context=context,
            )
            ordinal += 1
            run = self._next_run(run)

    def _fill(self, run: _Run) -> None:
        """Add the pieces that belong to the run; at least one, if there is one."""
        while (piece := self._next_piece()) is not None:
            if run.is_fresh:
                if run.carried and (piece.is_heading or not self._joins(run, piece)):
                    run.drop_carried()
            elif not self._joins(run, piece):
                self._waiting.appendleft(piece)
                return
            run.add(piece)

    def _next_piece(self) -> Piece | None:
        return self._waiting.popleft() if self._waiting else next(self._source, None)

    def _joins(self, run: _Run, piece: Piece) -> bool:
        if not piece.follows or run.tokens + piece.gap + piece.tokens > self._max_tokens:
            return False
        return not (piece.is_heading and run.tokens >= _SECTION_SHARE * self._max_tokens)

    def _next_run(self, run: _Run) -> _Run:
        """An empty run, or one that begins with the overlap."""
        carried: list[Piece] = []
        tokens = 0
        for piece in reversed(run.pieces[-self._overlap :] if self._overlap else []):
            if 2 * (tokens + piece.gap + piece.tokens) > self._max_tokens:
                break
            tokens += piece.gap + piece.tokens
            carried.insert(0, piece)
        left = len(run.pieces) - len(carried)
        previous = run.pieces[left - 1] if left else run.previous
        return _Run(carried, len(carried), previous, tokens)

    def _settle(self, run: _Run) -> tuple[int, str]:
        """Shrink the run until it really fits; its exact token count and its context.

        The overlap goes first, then the last pieces, which wait for the next chunk, and at
        last a piece is cut.
        """
        while True:
            start, end = run.range
            text = self._text[start:end]
            tokens = count_tokens(text)
            fits = self._fits is None or self._fits(text)
            if fits and (tokens <= self._max_tokens or len(run.pieces) == 1):
                return tokens, self._context_of(run, text)
            if run.carried:
                run.drop_carried()
            elif len(run.pieces) > 1:
                # In steps that grow with the run, so that a bad guess costs no more than log n.
                keep = max(1, len(run.pieces) - 1 - len(run.pieces) // 8)
                self._waiting.extendleft(reversed(run.pieces[keep:]))
                del run.pieces[keep:]
            else:
                first, *others = self._halves(run.pieces.pop())
                run.pieces.append(first)
                self._waiting.extendleft(reversed(others))

    def _context_of(self, run: _Run, text: str) -> str:
        first, previous = run.pieces[0], run.previous
        before = None
        if first.follows and not first.is_heading and previous is not None:
            before = None if previous.is_heading else previous
        said = "" if before is None else self._text[before.start : before.end]
        return self._context.of(text, first.section, said, before.tokens if before else 0)

    def _halves(self, piece: Piece) -> list[Piece]:
        if piece.end - piece.start < 2:
            raise UsageError(
                "the encoder's token limit holds not even one character of text",
                "use another encoder",
            )
        budget = max(piece.tokens // 2, 1)
        ranges = list(parts_of(self._text, piece.start, piece.end, budget))
        if len(ranges) == 1:
            middle = (piece.start + piece.end) // 2
            ranges = [(piece.start, middle), (middle, piece.end)]
        return [
            replace(
                piece,
                start=start,
                end=end,
                tokens=count_tokens(self._text[start:end]),
                follows=piece.follows or index > 0,
                gap=0 if index else piece.gap,
            )
            for index, (start, end) in enumerate(ranges)
        ]
