"""The trained reader in service: one encoder's layers, slightly changed, and a span head.

Loading adds the shipped difference to the encoder's layers once and keeps the network for the
light runtime in the cache folder; the word table and the tokenizer are the encoder's own, shared
with it. One passage is read whole, in windows where it is longer than the network takes. Of
several, the most promising stretches are read first, and more only while no answer is clear. The
best spans of all are then looked at again. All scores are log-odds against "not here", so that
they compare across windows and passages.

This module must not know of articles, stores or filters, nor import torch.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any

from embeddings.bundled import unpack_bundled
from embeddings.cache import Progress, cache_root, ensure_folder
from embeddings.encoder import Encoder, LightEncoder
from embeddings.errors import EncoderError, WeightsError
from embeddings.modelfolder import open_tensors
from embeddings.runtime import (
    SHAPE_MULTIPLE,
    BertShape,
    Network,
    TextTokenizer,
    WordTable,
    length_batches,
    write_network,
)
from qa.errors import ReaderError
from qa.read.cut import Similarity, Stretch, sentence_tokens, stretches, take, windows
from qa.read.decode import SpanHead, TokenSpan, drop_overlaps, trim_span
from qa.read.look import SecondLook, WindowSpans, choose_looks, merge_looks
from qa.read.packed import RESTORE, PackedReader, read_packed
from qa.read.protocol import Reading, ScoredSpan

__all__ = ["WEIGHTS", "ReadBudget", "SpanReader", "load_span_reader"]

Range = tuple[int, int]

WEIGHTS = Path(__file__).with_name("weights") / "reader.safetensors"
"""The reader that ships."""

EXPORT = 1
"""Counted up when an export changes, so that old ones are left alone."""

QUESTION_TOKENS = 96
"""Of a longer question the first and the last half of this are read: what is asked stands at
either end, and the passage needs the room."""

WINDOW_TOKENS = 128
"""Of the passage in one window. On every third question of XQuAD (en) windows of 128 tokens read
with an F1 of 73.1, of 288 with 71.4: training saw mostly short ones."""

OVERLAP_TOKENS = 64
_MOST_SPANS = 8
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n")
_BOS, _EOS = 0, 2
_EXPORT_BYTES = 60_000_000


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """How much of several passages is read.

    Attributes:
        first_tokens: of passages, read at once.
        further_tokens: read next, all together, unless the first held a clear answer.
        stretch_tokens: most tokens of one stretch.
        clear: log-odds of an answer that is clear.
        doubtful: what is below these log-odds after that is doubtful.
        last_tokens: read last, all together, while the best answer is doubtful.
        passages: only so many, the first, are read; the others stand behind them by more than
            a reader makes good.
    """

    first_tokens: int = 160
    further_tokens: int = 224
    stretch_tokens: int = 112
    clear: float = 4.0
    doubtful: float = 0.0
    last_tokens: int = 384
    passages: int = 3


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Ids of a text and the code-point range of each, without outer spaces."""

    ids: list[int]
    ranges: list[Range]


_DEFAULT_BUDGET = ReadBudget()
_DEFAULT_LOOK = SecondLook()


class SpanReader:
    """Reads passages for spans; safe to use from several threads.

    Args:
        network: gives last hidden states, as exported by `load_span_reader`.
        words: the encoder's word table.
        tokenizer: the encoder's tokenizer.
        head: the span head.
        identity: of the weights.
        limit: the most tokens of one sequence.
        budget: how much of several passages is read; None for all.
        look: how much is read a second time; None for nothing.

    Raises:
        ReaderError: `limit` leaves too little room for a passage.
    """

    def __init__(
        self,
        *,
        network: Network,
        words: WordTable,
        tokenizer: TextTokenizer,
        head: SpanHead,
        identity: str,
        limit: int,
        budget: ReadBudget | None = _DEFAULT_BUDGET,
        look: SecondLook | None = _DEFAULT_LOOK,
    ) -> None:
        self._network = network
        self._words = words
        self._tokenizer = tokenizer
        self._head = head
        self._identity = identity
        self._budget = budget
        self._look = look
        self._multiple = gcd(SHAPE_MULTIPLE, limit)
        self._similarity = Similarity(words)
        self._window = min(WINDOW_TOKENS, limit - QUESTION_TOKENS - 4)
        if self._window <= OVERLAP_TOKENS:
            raise ReaderError(f"the encoder takes {limit} tokens, too few to read with")

    @property
    def identity(self) -> str:
        """Names the weights."""
        return self._identity

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """One `Reading` a passage, in the order given; all null scores are 0.

        Raises:
            ReaderError: a text is no Unicode, or the runtime failed.
        """
        try:
            asked, *texts = self._encode([question, *passages])
            asked_ids = asked.ids
            if len(asked_ids) > QUESTION_TOKENS:
                half = QUESTION_TOKENS // 2
                asked_ids = asked_ids[:half] + asked_ids[-half:]
            first = self._read(asked_ids, passages, texts)
            found = merge_looks(first, self._look_again(asked_ids, passages, texts, first))
        except EncoderError as error:
            raise ReaderError(error.problem, error.remedy) from error
        readings = []
        for number, (text, tokens) in enumerate(zip(passages, texts, strict=True)):
            spans = [
                (*trimmed, span.score)
                for span in found.get(number, [])
                if (trimmed := _trimmed(text, tokens, span)) is not None
            ]
            kept = drop_overlaps(spans, _MOST_SPANS)
            readings.append(Reading(tuple(ScoredSpan(*span) for span in kept), 0.0))
        return readings

    def _encode(self, texts: Sequence[str]) -> list[_Tokens]:
        try:
            encodings = self._tokenizer.raw.encode_batch(list(texts), add_special_tokens=False)
        except TypeError as error:
            raise ReaderError(
                "the question or a passage is not Unicode: it holds half of a surrogate pair",
                "Decode it with the encoding it was written in",
            ) from error
        return [
            _Tokens(list(made.ids), [_bare(text, place) for place in made.offsets])
            for text, made in zip(texts, encodings, strict=True)
        ]

    def _read(
        self, asked: list[int], passages: Sequence[str], texts: Sequence[_Tokens]
    ) -> list[WindowSpans]:
        """The first reading: of everything, or of what promises most until an answer is clear."""
        budget = self._budget
        total = sum(len(text.ids) for text in texts)
        if budget is None or len(texts) < 2 or total <= budget.first_tokens:
            every = [
                window
                for number, text in enumerate(texts)
                for window in windows(number, len(text.ids), self._window, OVERLAP_TOKENS)
            ]
            return self._run(asked, texts, every)
        texts = texts[: budget.passages]
        queue = self._promising(
            asked, passages[: budget.passages], texts, min(budget.stretch_tokens, self._window)
        )
        first, rest = take(queue, budget.first_tokens)
        found = self._run(asked, texts, first)
        for enough, tokens in (
            (budget.clear, budget.further_tokens),
            (budget.doubtful, budget.last_tokens),
        ):
            best = max((span.score for one in found for span in one.spans), default=-1e9)
            if not rest or best >= enough:
                break
            chosen, rest = take(rest, tokens)
            found += self._run(asked, texts, chosen)
        return found

    def _look_again(
        self,
        asked: list[int],
        passages: Sequence[str],
        texts: Sequence[_Tokens],
        first: Sequence[WindowSpans],
    ) -> list[WindowSpans]:
        """The second reading, of the best spans of the first that can be answers."""
        if self._look is None:
            return []
        chosen = choose_looks(
            first,
            [len(text.ids) for text in texts],
            self._look,
            most_tokens=self._window,
            stands=lambda number, span: _trimmed(passages[number], texts[number], span) is not None,
        )
        return self._run(asked, texts, chosen)

    def _promising(
        self, asked: list[int], passages: Sequence[str], texts: Sequence[_Tokens], most: int
    ) -> list[Stretch]:
        """Stretches of all passages that fit one window, most promising first."""
        queue: list[Stretch] = []
        for number, (passage, text) in enumerate(zip(passages, texts, strict=True)):
            if not text.ids:
                continue
            starts = [begin for begin, _ in text.ranges]
            parts = sentence_tokens(passage, starts, self._window)
            likeness = self._similarity.of_sentences(asked, text.ids, parts)
            queue.extend(stretches(number, parts, likeness, most))
        return sorted(queue, key=lambda s: (-s.promise, s.passage, s.first))

    def _run(
        self, asked: list[int], texts: Sequence[_Tokens], chosen: Sequence[Stretch]
    ) -> list[WindowSpans]:
        """What the head keeps of each window, in no order."""
        opening = [_BOS, *asked, _EOS, _EOS]
        found = []
        sequences = [[*opening, *texts[w.passage].ids[w.first : w.last], _EOS] for w in chosen]
        for batch in length_batches([len(sequence) for sequence in sequences]):
            rows = [sequences[i] for i in batch]
            (states,) = self._network.run(*self._words.batch(rows, multiple=self._multiple))
            for row, place in enumerate(batch):
                window = chosen[place]
                inside = (len(opening), len(sequences[place]) - 1)
                spans, _ = self._head.best(states[row, : len(sequences[place])], inside)
                shift = window.first - len(opening)
                moved = [TokenSpan(s.first + shift, s.last + shift, s.score) for s in spans]
                found.append(WindowSpans(window, moved))
        return found


def _bare(text: str, place: Range) -> Range:
    start, end = place
    while start < end and text[start].isspace():
        start += 1
    return start, end


def _trimmed(text: str, tokens: _Tokens, span: TokenSpan) -> Range | None:
    """The span's range in `text`; None where nothing is left or a paragraph ends inside."""
    found = trim_span(text, tokens.ranges[span.first][0], tokens.ranges[span.last][1])
    return None if found is None or _PARAGRAPH.search(text, *found) else found


def load_span_reader(
    encoder: Encoder,
    *,
    weights: Path = WEIGHTS,
    cache_dir: Path | None = None,
    threads: int | None = None,
    budget: ReadBudget | None = _DEFAULT_BUDGET,
    look: SecondLook | None = _DEFAULT_LOOK,
    progress: Progress | None = None,
) -> SpanReader:
    """The trained reader for this encoder.

    Args:
        encoder: must be the one that the reader was trained on.
        weights: the packed reader.
        cache_dir: where the export is kept; without it see `embeddings.cache.cache_root`.
        threads: of the runtime; None lets it choose.
        budget: how much of several passages is read; None for all.
        look: how much is read a second time; None for nothing.
        progress: told what is being done and how far it is.

    Raises:
        WeightsError: the weights are missing, truncated or altered; says how to restore them.
        ReaderError: the reader was made for another encoder.
        EncoderError: the cache folder cannot be written.
    """
    packed = read_packed(weights)
    if packed.encoder != encoder.identity or not isinstance(encoder, LightEncoder):
        raise ReaderError(
            f"the reader {packed.identity} was made for the encoder {packed.encoder},"
            f" not for {encoder.identity}",
            "Unset MENBE_ENCODER to use the bundled encoder, or train a reader for this one"
            " (python -m qa.read.train)",
        )
    head = SpanHead.of(packed.head, encoder.dimension)

    def fill(folder: Path) -> None:
        source = unpack_bundled(cache_dir=cache_dir, progress=progress)
        _export(packed, source, folder, progress)

    name = f"reader-{EXPORT}-{packed.identity}-{_short(packed.encoder)}"
    folder = ensure_folder(cache_root(cache_dir) / name, fill, needed_bytes=_EXPORT_BYTES)
    return SpanReader(
        network=Network(folder / "model.xml", threads=threads),
        words=encoder.words,
        tokenizer=encoder.tokenizer,
        head=head,
        identity=packed.identity,
        limit=encoder.limit,
        budget=budget,
        look=look,
    )


def _short(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:8]


def _export(packed: PackedReader, source: Path, folder: Path, progress: Progress | None) -> None:
    """Write the network of the encoder with the reader's difference added."""
    if progress is not None:
        progress("Preparing the reader", 0.0)
    try:
        config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{source / 'config.json'} cannot be read", RESTORE) from error
    with open_tensors(source) as tensor:
        write_network(
            folder / "model.xml",
            BertShape.from_config(config),
            lambda name: packed.merged(name, tensor(name)),
            _last_states,
        )
    if progress is not None:
        progress("Preparing the reader", 1.0)


def _last_states(hidden: Any, kept: Any, _tensor: Any) -> list[Any]:
    """The network's output: the last layer's states, zero on padding."""
    return [hidden * kept]
