"""Unanswerable questions that are hard: near passages, and questions about something else.

Four kinds, all made from answerable examples. *retrieved*: a passage that lexical search ranks
high for the question and that does not hold the answer. *exchanged*: the right passage, but a
number, year or name of the question is exchanged for another of its kind. *reworded*: the same
with a common word, so that what is asked for did not happen or is not told. (The fourth, *own*,
a stretch of the right passage without the answer, is cut in `qa.read.data_windows`.)

This module must not know tokens, nor anything of models.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from qa.read.data import Example

__all__ = ["NameExchange", "Neighbours", "WordExchange", "terms"]

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,4}(?![\w]|[.,]\d)")
# Capitalised words inside the sentence; in German every noun is one, so not there.
_CAPITALISED = r"[A-ZÇĞİÖŞÜÁÉÍÓÚÑА-ЯЁӘҒҚҢӨҰҮҺІ][\w-]+"
_NAME = re.compile(rf"(?<=[\w,] ){_CAPITALISED}(?: {_CAPITALISED})*")
# At the head of a question a capital says nothing, unless more capitals or an apostrophe follow;
# languages whose question word seldom stands first.
_OPENING = re.compile(rf"^{_CAPITALISED}(?:(?: {_CAPITALISED})+|(?=['’]))")
_OPENING_LANGUAGES = frozenset({"tr", "kk"})
_NAME_LANGUAGES = frozenset({"en", "tr", "ru", "es", "vi", "kk", "sw"})
_PREFIX = 5
_COMMON_WORD = re.compile(r"(?<![\w'’-])[^\W\d_]{5,}(?![\w'’-])")
_ENDING = 3
# A word in more than one of so many questions belongs to the way of asking, not to the matter.
_OF_ASKING = 60


def terms(text: str) -> list[str]:
    """Folded words cut to five characters, which stands in for stemming in any language."""
    return [word[:_PREFIX] for word in _WORD.findall(text.casefold())]


class Neighbours:
    """Lexical search (tf-idf, cosine) from questions to the passages of a language.

    Questions over a passage in another language are looked up through `pivot`: the same
    question and passage in English, by `Example.key` (MLQA is parallel).
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        self._by_language: dict[str, list[str]] = {}
        self._pivot: dict[str, Example] = {}
        self._in_language: dict[tuple[str, str], str] = {}
        grouped: dict[str, dict[str, None]] = defaultdict(dict)
        for example in examples:
            grouped[example.passage_language][example.passage] = None
            if example.set.startswith("mlqa"):
                self._in_language[example.passage_language, example.key] = example.passage
                if example.passage_language == example.question_language == "en":
                    self._pivot[example.key] = example
        self._by_language = {language: list(texts) for language, texts in grouped.items()}

    def find(self, examples: Sequence[Example], *, top: int = 8) -> list[list[str]]:
        """For each example up to `top` other passages in its passage's language, best first,
        that hold none of its answers.
        """
        found: list[list[str]] = [[] for _ in examples]
        groups: dict[str, list[int]] = defaultdict(list)
        for place, example in enumerate(examples):
            crossing = example.question_language != example.passage_language
            groups["pivot" if crossing else example.passage_language].append(place)
        for group, places in groups.items():
            members = [examples[place] for place in places]
            if group == "pivot":
                ranked = self._through_pivot(members, top)
            else:
                questions = [example.question for example in members]
                ranked = _rank(questions, self._by_language[group], 4 * top)
            for place, example, passages in zip(places, members, ranked, strict=True):
                found[place] = _without_answer(example, passages)[:top]
        return found

    def _through_pivot(self, examples: Sequence[Example], top: int) -> list[list[str]]:
        keys = list(self._pivot)
        known = [place for place, e in enumerate(examples) if e.key in self._pivot]
        questions = [self._pivot[examples[place].key].question for place in known]
        texts = [self._pivot[key].passage for key in keys]
        result: list[list[str]] = [[] for _ in examples]
        for place, order in zip(known, _rank_indexes(questions, texts, 12 * top), strict=True):
            language = examples[place].passage_language
            named = (self._in_language.get((language, keys[i])) for i in order)
            result[place] = list(dict.fromkeys(p for p in named if p is not None))
        return result


def _without_answer(example: Example, passages: Sequence[str]) -> list[str]:
    answers = {example.passage[start:end].casefold() for start, end in example.answers}
    return [
        passage
        for passage in passages
        if passage != example.passage and not any(a in passage.casefold() for a in answers)
    ]


def _rank(questions: Sequence[str], texts: Sequence[str], top: int) -> list[list[str]]:
    return [[texts[i] for i in row] for row in _rank_indexes(questions, texts, top)]


def _rank_indexes(questions: Sequence[str], texts: Sequence[str], top: int) -> list[list[int]]:
    """Indexes of the `top` texts nearest to each question by tf-idf cosine, best first."""
    from sklearn.feature_extraction.text import (  # type: ignore[import-untyped]
        TfidfVectorizer,
    )

    if not questions or not texts:
        return [[] for _ in questions]
    vectorizer = TfidfVectorizer(analyzer=terms, sublinear_tf=True, dtype=np.float32)
    matrix = vectorizer.fit_transform(texts)
    asked = vectorizer.transform(questions)
    top = min(top, len(texts))
    ranked: list[list[int]] = []
    for begin in range(0, len(questions), 256):
        scores = (asked[begin : begin + 256] @ matrix.T).toarray()  # (256, texts)
        best = np.argpartition(-scores, top - 1, axis=1)[:, :top]
        order = np.take_along_axis(scores, best, axis=1).argsort(axis=1)[:, ::-1]
        ranked.extend(np.take_along_axis(best, order, axis=1).tolist())
    return ranked


class NameExchange:
    """Exchanges a number or name of a question for another of its kind.

    The pool of names of a set and language is taken from its own questions, so that the new
    name is as likely in form as the old one.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        pool: dict[tuple[str, str, int], dict[str, None]] = defaultdict(dict)
        for example in examples:
            for name in _names(example):
                pool[example.set, example.question_language, len(name.split())][name] = None
        self._pool = {kind: list(names) for kind, names in pool.items()}

    def exchange(self, example: Example, rng: random.Random) -> str | None:
        """The question about something else; None when nothing in it can be exchanged.

        Only what stands in the passage too is exchanged, and only for what does not.
        """
        passage = example.passage.casefold()
        numbers = [m.group() for m in _NUMBER.finditer(example.question) if m.group() in passage]
        names = [name for name in _names(example) if name.casefold() in passage]
        if numbers and (not names or rng.random() < 0.5):
            return self._other_number(example, rng.choice(numbers), rng)
        if not names:
            return None
        old = rng.choice(names)
        kinds = self._pool.get((example.set, example.question_language, len(old.split())), [])
        for _ in range(8):
            new = rng.choice(kinds)
            if new.casefold() not in passage and new.casefold() not in example.question.casefold():
                return example.question.replace(old, new)
        return None

    def _other_number(self, example: Example, old: str, rng: random.Random) -> str | None:
        value = int(old)
        for _ in range(8):
            reach = 30 if len(old) == 4 else max(9, value // 2)
            new = str(max(1, value + rng.choice((-1, 1)) * rng.randint(1, reach)))
            if len(new) == len(old) and new not in example.passage and new != old:
                return re.sub(rf"(?<!\d){old}(?!\d)", new, example.question)
        return None


def _names(example: Example) -> list[str]:
    """Capitalised names inside the question, without a Turkic suffix after an apostrophe."""
    if example.question_language not in _NAME_LANGUAGES:
        return []
    answers = {example.passage[start:end] for start, end in example.answers}
    found = [match.group() for match in _NAME.finditer(example.question)]
    opening = _OPENING.match(example.question)
    if opening and example.question_language in _OPENING_LANGUAGES:
        found.append(opening.group())
    return [name for name in found if len(name) > 2 and name not in answers]


class WordExchange:
    """Exchanges a common word of a question for another with the same ending.

    The ending stands in for part of speech and inflection, so that the question stays about as
    grammatical as it was. Only what stands in the passage too is exchanged, and only for a word
    that stands in neither: a synonym of the old one comes up too seldom to matter.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        sizes: Counter[tuple[str, str]] = Counter()
        for example in examples:
            if example.question_language == example.passage_language:
                kind = (example.set, example.question_language)
                counts[kind].update(set(_common_words(example)))
                sizes[kind] += 1
        self._pool: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for kind, words in counts.items():
            for word, count in words.items():
                if count >= 2 and count * _OF_ASKING <= sizes[kind]:
                    self._pool[(*kind, word[-_ENDING:])].append(word)

    def exchange(self, example: Example, rng: random.Random) -> str | None:
        """The question about something else; None when nothing in it can be exchanged."""
        if example.question_language != example.passage_language:
            return None
        held = set(terms(example.passage)) | set(terms(example.question))
        told = set(terms(example.passage))
        words = [word for word in _common_words(example) if word[:_PREFIX] in told]
        rng.shuffle(words)
        for old in words:
            others = self._pool.get((example.set, example.question_language, old[-_ENDING:]), [])
            if old not in others:
                continue
            for _ in range(8):
                new = rng.choice(others)
                if new[:_PREFIX] not in held:
                    return re.sub(rf"(?<!\w){old}(?!\w)", new, example.question, count=1)
        return None


def _common_words(example: Example) -> list[str]:
    """Words of five letters and more without a capital, in the order of the question."""
    found = _COMMON_WORD.findall(example.question)
    return [word for word in found if word == word.casefold()]
