"""Paragraphs as a store that is searched with parts of the search switched off.

This module must not know which parts are compared, nor what is made of the ranks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np

import qa.retrieve
from embeddings.articles import make_article
from embeddings.build import Generation, index_articles, open_generation
from embeddings.encoder import Encoder, FloatMatrix
from embeddings.records import LexicalHit
from embeddings.store import Snapshot, Store
from embeddings.text import terms
from qa.retrieve import Evidence, Fusion, retrieve

DEPTH = 24  # passages asked for, so that ten different articles are among them

Paragraphs = list[tuple[str, str | None]]
Ranking = Callable[[Mapping[int, Evidence], Fusion], list[tuple[int, float]]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the n-th paragraph."""

    text: str
    language: str
    paragraph: int


@dataclass(frozen=True)
class Part:
    """One line of a table: a state of the search.

    Attributes:
        fusion: None for the lexical side alone.
        concepts: whether terms have concepts.
        shared_ceiling: whether a chunk in another language is held against shared terms only.
        own_place: whether, of translations, the one in the question's language has the place.
        ranking: instead of `qa.retrieve.fuse`.
    """

    fusion: Fusion | None = field(default_factory=Fusion)
    concepts: bool = True
    shared_ceiling: bool = True
    own_place: bool = True
    ranking: Ranking | None = None


class CachingEncoder:
    """An encoder that keeps its vectors, in a file where one is named."""

    def __init__(self, encoder: Encoder, file: Path | None) -> None:
        self._encoder = encoder
        self._file = file
        self._fresh = False
        self.identity, self.dimension = encoder.identity, encoder.dimension
        self.max_tokens = encoder.max_tokens
        self._known: dict[str, FloatMatrix] = {}
        if file is not None and file.exists():
            with np.load(file, allow_pickle=False) as kept:
                self._known = dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))

    def count_tokens(self, text: str) -> int:
        return self._encoder.count_tokens(text)

    def encode_questions(self, texts: Sequence[str]) -> FloatMatrix:
        return self._encode("q", texts, self._encoder.encode_questions)

    def encode_passages(self, texts: Sequence[str]) -> FloatMatrix:
        return self._encode("p", texts, self._encoder.encode_passages)

    def _encode(
        self, kind: str, texts: Sequence[str], encode: Callable[[Sequence[str]], FloatMatrix]
    ) -> FloatMatrix:
        keys = [hashlib.sha256((kind + text).encode()).hexdigest() for text in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if fresh:
            self._fresh = True
            self._known |= dict(zip(fresh, encode(list(fresh.values())), strict=True))
        return np.stack([self._known[key] for key in keys])

    def save(self) -> None:
        """Keep what was encoded for the next run."""
        if self._file is not None and self._fresh:
            np.savez(self._file, keys=list(self._known), vectors=np.stack([*self._known.values()]))
            self._fresh = False


class Pool:
    """Paragraphs of some languages in a temporary store; `pick` chooses among them."""

    def __init__(
        self,
        texts: Mapping[str, Paragraphs],
        encoder: CachingEncoder,
        folder: Path,
        pick: Callable[[str, int], bool] = lambda language, number: True,
    ) -> None:
        self._articles = [
            make_article(text=text, title=title, language=language, id=f"{language}:{number}")
            for language, paragraphs in texts.items()
            for number, (text, title) in enumerate(paragraphs)
            if pick(language, number)
        ]
        self._folder = folder
        self.ids = {article.id for article in self._articles}
        self.encoder = encoder
        self._stores: dict[bool, tuple[Store, Generation]] = {}
        self._kept: dict[tuple[Question, str], list[str]] = {}

    def ranks(
        self, questions: Sequence[Question], name: str, part: Part, *, own_only: bool = False
    ) -> list[int]:
        """Per question, the rank of the first right article; 0 where none is found.

        Args:
            name: of the part; results are kept under it.
            own_only: only the paragraph in the question's language is right.
        """
        with searching(part):
            store, generation = self._made(part.concepts)
            with store.snapshot() as moment:
                return [
                    self._rank(moment, generation, question, name, part, own_only)
                    for question in questions
                ]

    def _made(self, concepts: bool) -> tuple[Store, Generation]:
        if concepts not in self._stores:
            store = Store.open(
                f"{self._folder}-{concepts}",
                encoder_identity=self.encoder.identity,
                dimension=self.encoder.dimension,
                create=True,
            )
            index_articles(store, self.encoder, self._articles)
            self.encoder.save()
            self._stores[concepts] = store, open_generation(store)
        return self._stores[concepts]

    def _rank(
        self, moment: Snapshot, generation: Generation, question: Question, name: str, part: Part,
        own_only: bool,
    ) -> int:  # fmt: skip
        suffix = f":{question.paragraph}"
        right = {one for one in self.ids if one.endswith(suffix)}
        if own_only:
            right = {question.language + suffix}
        if (question, name) not in self._kept:
            articles = self._found(moment, generation, question, part.fusion)
            self._kept[question, name] = list(dict.fromkeys(articles))
        found = self._kept[question, name]
        return next((rank for rank, one in enumerate(found, start=1) if one in right), 0)

    def _found(
        self, moment: Snapshot, generation: Generation, question: Question, fusion: Fusion | None
    ) -> list[str]:
        if fusion is None:
            hits = moment.lexical_search(terms(question.text, question.language), DEPTH)
            stored = moment.chunks_by_rowid(hit.rowid for hit in hits)
            return [stored[hit.rowid].chunk.article_id for hit in hits]
        found = retrieve(
            question.text,
            store=moment,
            generation=generation,
            encoder=self.encoder,
            language=question.language,
            filters=None,
            top_k=DEPTH,
            fusion=fusion,
        )
        return [passage.article_id for passage in found.passages]


@contextmanager
def searching(part: Part) -> Iterator[None]:
    """The search in the state of `part`."""
    with ExitStack() as stack:
        if not part.concepts:
            stack.enter_context(patch("embeddings.terms.word_concepts", lambda *_: ()))
            stack.enter_context(patch("embeddings.terms.phrase_concepts", lambda *_: []))
        if not part.shared_ceiling:
            search = Snapshot.lexical_search

            def one_ceiling(*given: object) -> list[LexicalHit]:
                return [hit._replace(shared=hit.share) for hit in search(*given)]  # type: ignore[arg-type]

            stack.enter_context(patch.object(Snapshot, "lexical_search", one_ceiling))
        if not part.own_place:
            group = qa.retrieve.group_copies
            stack.enter_context(
                patch("qa.retrieve.group_copies", lambda *given, **_: group(*given))
            )
        if part.ranking is not None:
            stack.enter_context(patch("qa.retrieve.fuse", part.ranking))
        yield


def read_squad(file: Path, language: str) -> tuple[Paragraphs, list[Question]]:
    """Paragraphs with their titles, and questions with the numbers of their paragraphs."""
    texts: Paragraphs = []
    questions = []
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            questions += [
                Question(each["question"], language, len(texts)) for each in paragraph["qas"]
            ]
            title = article.get("title")
            texts.append((paragraph["context"], title.replace("_", " ") if title else None))
    return texts, questions
