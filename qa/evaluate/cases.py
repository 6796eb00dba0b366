"""What a test set is once it has been read: cases with gold, and the articles the gold lies in.

Offsets are `[start, end)` in Unicode code points of the article's text. A case names articles by a
key: the id of an article in a store, or what the test set calls its own paragraphs.

This module must not know any file format, nor how a question is answered or judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from embeddings.articles import Article
from qa.errors import TestSetError
from qa.metrics import normalize_unicode

__all__ = [
    "Case",
    "Conversation",
    "Gold",
    "Paragraph",
    "TestSet",
    "Turn",
    "check_gold",
    "make_paragraph",
    "occurrences",
    "resolve",
]

_SHOWN_CHARS = 60
_MAX_OCCURRENCES = 20


@dataclass(frozen=True, slots=True)
class Gold:
    """One acceptable answer. Without offsets only its text can be judged.

    `article` is the key of the article it stands in; "" when the test set does not say.
    """

    text: str
    start: int | None = None
    end: int | None = None
    article: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text that gold lies in: a paragraph of a public test set or an article of a store."""

    key: str
    text: str
    sha256: str
    language: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One question with everything it is judged by.

    Attributes:
        answerable: None where the test set hides its answers or has none; then only retrieval
            is judged.
        relevant: (article key, grade) of the articles that retrieval should find, best first.
        parallel: keys of the same paragraph in other languages of one pool.
        group: cases of one group are the same question in different languages.
        kind: the test set's own label, such as "near-miss".
        own: key of the paragraph that reading mode reads; None when there is none.
    """

    id: str
    language: str
    question: str
    answers: tuple[Gold, ...] = ()
    answerable: bool | None = None
    relevant: tuple[tuple[str, int], ...] = ()
    parallel: tuple[str, ...] = ()
    group: str | None = None
    kind: str = ""
    own: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation.

    Attributes:
        stand_alone: it stands by itself and must be left as it is.
        key_terms: what a completion must hold: one of each inner tuple's alternatives.
        full_question: the same asked in full; None for a turn that stands by itself.
    """

    case: Case
    stand_alone: bool
    key_terms: tuple[tuple[str, ...], ...] = ()
    full_question: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns in the order they are asked."""

    id: str
    language: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class TestSet:
    """A whole test set.

    Attributes:
        kind: "squad", "jsonl", "csv", "beir" or "conversations".
        sha256: of the file's bytes (of all its files', in order), to name what was measured.
        paragraphs: its own texts by key; empty when it lies over the articles of a store.
        notes: what was repaired or cannot be judged, one line each.
    """

    __test__ = False  # the name would make pytest collect it

    name: str
    kind: str
    sha256: str
    cases: tuple[Case, ...]
    paragraphs: Mapping[str, Paragraph] = field(default_factory=dict)
    conversations: tuple[Conversation, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_unanswerable(self) -> bool:
        """Whether any question has no answer in the articles."""
        return any(case.answerable is False for case in self.cases)

    @property
    def over_store(self) -> bool:
        """Whether the gold lies in articles of a store and not in paragraphs of its own."""
        return self.kind in ("jsonl", "csv", "conversations") and not self.paragraphs


def make_paragraph(key: str, text: str, *, language: str, title: str | None = None) -> Paragraph:
    """A paragraph with its checksum."""
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return Paragraph(key, text, digest, language, title)


def occurrences(text: str, wanted: str) -> list[int]:
    """Starts of `wanted` in `text`, at most 20, not overlapping."""
    found: list[int] = []
    start = text.find(wanted) if wanted else -1
    while start >= 0 and len(found) < _MAX_OCCURRENCES:
        found.append(start)
        start = text.find(wanted, start + len(wanted))
    return found


def check_gold(case_id: str, gold: Gold, text: str) -> None:
    """Check that gold with offsets is what stands there.

    Raises:
        TestSetError: the offsets lie outside the text or hold something else.
    """
    if gold.start is None or gold.end is None:
        return
    there = text[max(gold.start, 0) : max(gold.end, 0)]
    if 0 <= gold.start < gold.end <= len(text) and there == gold.text:
        return
    places = occurrences(text, gold.text)
    remedy = (
        f"It stands at {places[0]}-{places[0] + len(gold.text)}: correct the offsets."
        if places
        else "That text is nowhere in the article: correct the answer or the article's name."
    )
    raise TestSetError(
        f"question {case_id!r}: gold answer {_shown(gold.text)} is not at "
        f"{gold.start}-{gold.end} of article {gold.article!r} ({len(text)} characters); "
        f"found there: {_shown(there)}",
        remedy,
    )


def resolve(test_set: TestSet, articles: Iterable[Article]) -> TestSet:
    """The same test set with its articles found in a store and its gold checked against them.

    An article is named by its id, its sha256, or its file's path, name or stem. Gold without
    offsets gets those of every place where its text stands in the article.

    Raises:
        TestSetError: an article is not there or its name fits several; gold is not in its
            article. The message names the question and what was found instead.
    """
    by_id: dict[str, Article] = {}
    names: dict[str, set[str]] = {}
    for article in articles:
        by_id[article.id] = article
        for name in _names_of(article):
            names.setdefault(name, set()).add(article.id)
    finder = _Finder(by_id, names)
    notes = list(test_set.notes)
    cases = tuple(_resolve_case(case, finder, notes) for case in test_set.cases)
    conversations = tuple(
        replace(
            talk,
            turns=tuple(
                replace(turn, case=_resolve_case(turn.case, finder, notes)) for turn in talk.turns
            ),
        )
        for talk in test_set.conversations
    )
    paragraphs = {
        key: Paragraph(key, article.text, article.sha256, article.language, article.title)
        for key, article in by_id.items()
    }
    return replace(
        test_set,
        cases=cases,
        conversations=conversations,
        paragraphs=paragraphs,
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Finder:
    by_id: Mapping[str, Article]
    names: Mapping[str, set[str]]

    def find(self, case_id: str, name: str) -> Article:
        if name in self.by_id:
            return self.by_id[name]
        ids = self.names.get(name, set())
        if len(ids) == 1:
            return self.by_id[next(iter(ids))]
        if ids:
            raise TestSetError(
                f"question {case_id!r}: article {name!r} fits {len(ids)} articles of the store",
                f"Name it by id: one of {', '.join(sorted(ids)[:5])}.",
            )
        some = ", ".join(sorted(self.by_id)[:3])
        raise TestSetError(
            f"question {case_id!r}: article {name!r} is not among the {len(self.by_id)} articles",
            f"Index it first, or name it by id or file name (there are: {some})."
            if some
            else "The store is empty: index the articles first.",
        )


def _names_of(article: Article) -> set[str]:
    path = PurePath(article.origin)
    names = {article.sha256}
    if article.origin != "api":
        names |= {article.origin, path.name, path.stem}
    return names


def _resolve_case(case: Case, finder: _Finder, notes: list[str]) -> Case:
    relevant = tuple((finder.find(case.id, key).id, grade) for key, grade in case.relevant)
    answers: list[Gold] = []
    lost: list[Gold] = []
    for gold in case.answers:
        if not gold.article:
            answers.append(gold)
            continue
        article = finder.find(case.id, gold.article)
        if gold.start is not None:
            check_gold(case.id, gold, article.text)
            answers.append(replace(gold, article=article.id))
            continue
        places = occurrences(article.text, gold.text)
        length = len(gold.text)
        answers += [Gold(gold.text, at, at + length, article.id) for at in places]
        if not places:
            lost.append(gold)
            answers.append(replace(gold, article=article.id))
    _judge_lost(case, answers, lost, finder, notes)
    own = finder.find(case.id, case.own).id if case.own is not None else None
    return replace(case, relevant=relevant, answers=tuple(answers), own=own)


def _judge_lost(
    case: Case, answers: list[Gold], lost: list[Gold], finder: _Finder, notes: list[str]
) -> None:
    """Refuse a case none of whose answers is in its article; note one that has some."""
    for gold in lost:
        text = finder.find(case.id, gold.article).text
        if normalize_unicode(gold.text) in normalize_unicode(text):
            notes.append(
                f"{case.id}: {_shown(gold.text)} stands in its article only in another spelling; "
                "its place is not judged"
            )
        elif all(each.start is None for each in answers):
            raise TestSetError(
                f"question {case.id!r}: gold answer {_shown(gold.text)} is not in article "
                f"{gold.article!r}, which begins {_shown(text)}",
                "Copy the answer from the article's text, or correct the article's name.",
            )
        else:
            notes.append(f"{case.id}: {_shown(gold.text)} is not in its article; text only")


def _shown(text: str) -> str:
    """At most 60 characters of a text, on one line, in quotes."""
    line = " ".join(text.split())
    return f"«{line if len(line) <= _SHOWN_CHARS else line[:_SHOWN_CHARS] + '…'}»"
