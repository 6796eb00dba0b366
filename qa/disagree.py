"""How many independent reports carry an answer, and whether independent reports contradict it.

Copies of one story are one report, in whatever language. Reports disagree when they give
different values of one kind (numbers, dates or names) in sentences that speak of the same thing.
That two sentences share what the question names, or what most of the found passages hold, does
not make their things the same: each of one minister's meetings has another guest.

This module must not know how answers were found, nor how confident is confident enough.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Literal

from embeddings.articles import Article
from embeddings.copies import numbers_of, shared_terms
from embeddings.dates import FoundDate, find_dates
from embeddings.text import fold_text, name_forms
from qa.models import Answer, Citation, Passage
from qa.stamps import is_stamp

__all__ = ["opposed", "side_by_side", "with_support"]

_LEAST_CONFIDENCE = 0.5  # of the best answer's
_SAME_THING = 0.5  # share of the shorter sentence's names and numbers
_SAME_STORY = 0.4  # share of the shorter passage's, where sentences have too little to compare
_FEW_STORIES = 2  # what no more of them hold is rare, however few were found
_SAME_EVENT = 0.7  # share of what two passages have of the question
_NEAR_DAYS = 7
_SPELT_OUT = 12  # a translator may write numbers up to it as words
_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"(?:^|[.!?…:\n])[\s\"'“”«»„(\[—–-]*$")
_LONG_NUMBER = re.compile(r"(?!(?:19|20)\d\d$)\d{3,}|\d+\.\d+")  # no year, no day of a month
_MAX_NAME_WORDS = 5
_NAME = "~"  # of terms that are a word's script-free form
_CAPITALISED = r"(?=[^\W\d_])(?![a-zа-яёəğışöçüß])[^\W_]+"
_NAME_IN_FULL = re.compile(rf"{_CAPITALISED}(?:(?: (?:of|for))?(?: the)? {_CAPITALISED})+")
_LANGUAGES = ("en", "ru", "az", "tr")  # those that have concepts

_Kind = Literal["date", "number", "name"]
_Terms = frozenset[str]


def with_support(answer: Answer, articles: Mapping[str, Article] | None = None) -> Answer:
    """The answer with its counts of articles and of independent reports.

    Args:
        articles: copies by id, as far as they are known. One that is known counts only where its
            text holds the answer: a copy may be cut, or edited.
    """
    known = {} if articles is None else articles
    stories: list[set[str]] = []
    carrying: set[str] = set()
    for citation in (answer.citation, *answer.also):
        story = {citation.article_id, *citation.duplicates}
        apart = [other for other in stories if not other & story]
        stories = [*apart, story.union(*(other for other in stories if other & story))]
        carrying.add(citation.article_id)
        carrying.update(
            name
            for name in citation.duplicates
            if name not in known or _holds(known[name], citation)
        )
    return replace(answer, articles=len(carrying), independent_reports=len(stories))


def side_by_side(
    answers: Sequence[Answer], *, question: str = "", passages: Sequence[Passage] = ()
) -> tuple[tuple[Answer, ...], bool]:
    """The answers, and whether independent reports contradict the first.

    Where they do, the first and its contradictions come first, the newest source ahead; undated
    ones follow. Of each other story only the most confident value is a contradiction.

    Args:
        answers: confident enough, best first.
        question: as it was read.
        passages: what was found for it.
    """
    against = _Compared(answers, question, passages).opposing()
    if not against:
        return tuple(answers), False
    together = sorted(
        against, key=lambda each: each.citation.published_at or date.min, reverse=True
    )
    return (*together, *(each for each in answers if each not in together)), True


def opposed(
    answers: Sequence[Answer], *, question: str = "", passages: Sequence[Passage] = ()
) -> tuple[Answer, ...]:
    """Of what `side_by_side` gave, the answers that contradict one another, in its order.

    Args:
        question, passages: as `side_by_side` was given them.
    """
    against = _Compared(answers, question, passages).opposing()
    return tuple(each for each in answers if each in against)


class _Compared:
    """The answers to one question, held against each other.

    Passages are looked at only once two answers differ in a value.
    """

    def __init__(
        self, answers: Sequence[Answer], question: str, passages: Sequence[Passage]
    ) -> None:
        # The order must not break ties in confidence: `side_by_side` changes it.
        self._answers = sorted(
            answers,
            key=lambda each: (-each.confidence, each.citation.article_id, each.citation.start),
        )
        self._question = question
        self._passages = passages

    def opposing(self) -> list[Answer]:
        """The best answer and those that contradict it, most confident first; or none."""
        found: list[Answer] = []
        kind = _kind(self._answers[0]) if self._answers else None
        if kind is None:
            return found
        stories = _articles(self._answers[0])
        for other in self._answers[1:]:
            if _kind(other) != kind or stories & _articles(other):
                continue
            stories |= _articles(other)
            if self._contradicts(self._answers[0], other, kind):
                found.append(other)
        return [self._answers[0], *found] if found else []

    def _contradicts(self, best: Answer, other: Answer, kind: _Kind) -> bool:
        if _values(best, kind) & _values(other, kind):
            return False
        if other.confidence < _LEAST_CONFIDENCE * best.confidence:
            return False
        if kind != "date" and not self._of_a_day_asked_for(other):
            return False
        return self._same_thing(best, other, kind)

    def _of_a_day_asked_for(self, answer: Answer) -> bool:
        """Whether the sentence, where it names days at all, names one that the question does."""
        asked = find_dates(self._question, yearless=True)
        named = find_dates(answer.citation.sentence.text, yearless=True)
        return not asked or not named or any(_meet(one, two) for one in asked for two in named)

    def _same_thing(self, best: Answer, other: Answer, kind: _Kind) -> bool:
        days = _days_apart(best.citation, other.citation)
        near = days is not None and days <= _NEAR_DAYS
        if kind == "number" and (near or days is None) and self._both_of_what_is_asked(best, other):
            return True
        shared = self._shared(best, other)
        if shared is None:
            return False
        if self._telling(shared):
            return True
        one, two = _surroundings(best), _surroundings(other)
        if kind == "number":
            return near or (days is None and one == two)
        # Whom someone met in a week has many answers: what each sentence adds tells them apart.
        one, two = self._added(one), self._added(two)
        return near and (not one or not two or _enough(one, two, _SAME_THING) is not None)

    def _both_of_what_is_asked(self, best: Answer, other: Answer) -> bool:
        """Whether both passages hold the same of the question, something rare among it."""
        one, two = (self._across(self._around(each)) & self._asked for each in (best, other))
        shared = one & two
        if not shared - self._common:
            return False
        if best.citation.language != other.citation.language:  # which hold the question unequally
            return len(shared) >= _SAME_EVENT * min(len(one), len(two))
        alike = bool(_surroundings(best) & _surroundings(other))
        return alike and len(shared) >= _SAME_EVENT * max(len(one), len(two))

    def _shared(self, best: Answer, other: Answer) -> _Terms | None:
        """What both speak of; None where that is too little of what they could share."""
        one, two = _surroundings(best), _surroundings(other)
        if best.citation.language == other.citation.language:
            return _enough(one, two, _SAME_THING)
        shared = _enough(self._across(one), self._across(two), _SAME_THING)
        if shared is not None:
            return shared
        one, two = self._across(self._around(best)), self._across(self._around(other))
        return _enough(one, two, _SAME_STORY)

    def _around(self, answer: Answer) -> _Terms:
        """The terms of the passage that the answer stands in, without the answer's own."""
        cited = answer.citation
        own = shared_terms(answer.text, cited.language)
        holding = (
            _terms_of(passage) - own
            for passage in self._passages
            if passage.article_id == cited.article_id
            and passage.start <= cited.start < cited.end <= passage.end
        )
        return next(holding, frozenset())

    def _across(self, terms: _Terms) -> _Terms:
        """Of the terms those that two languages can have in common: ordinary words are none."""
        return frozenset(term for term in terms if term[0] != _NAME or term in self._names)

    def _added(self, terms: _Terms) -> _Terms:
        """What neither the question has nor most of what was found."""
        return terms - self._asked - self._common - self._companions

    def _telling(self, terms: _Terms) -> _Terms:
        """The names and long numbers of `_added`."""
        return frozenset(
            term
            for term in self._added(terms)
            if term in self._names or _LONG_NUMBER.fullmatch(term)
        )

    @cached_property
    def _asked(self) -> _Terms:
        return _Terms().union(*(shared_terms(self._question, each) for each in _LANGUAGES))

    @cached_property
    def _common(self) -> _Terms:
        """The terms that more than half of the stories hold that were found."""
        held: dict[str, set[str]] = {}
        for passage in self._passages:
            story = min(passage.article_id, *passage.duplicates)
            held.setdefault(story, set()).update(_terms_of(passage))
        if not held:
            for answer in self._answers:
                cited = answer.citation
                told = shared_terms(cited.sentence.text, cited.language)
                held.setdefault(min(_articles(answer)), set()).update(told)
        counts = Counter(term for terms in held.values() for term in terms)
        most = max(_FEW_STORIES, len(held) // 2)
        return frozenset(term for term, count in counts.items() if count > most)

    @cached_property
    def _names(self) -> _Terms:
        """The forms of words that have a capital anywhere but at a sentence's beginning."""
        return frozenset(
            _NAME + form
            for text, _ in self._texts
            for match in _WORD.finditer(text)
            if match[0][0].isupper() and not _opens_sentence(text, match.start())
            for form in name_forms(match[0])
        )

    @cached_property
    def _companions(self) -> _Terms:
        """The forms of words that stand in one name with what is asked for or common.

        "Minister of Foreign Affairs Jeyhun Bayramov" tells no more than "Bayramov".
        """
        known = frozenset(term for term in self._asked | self._common if term[0] == _NAME)
        found: set[str] = set()
        for text, language in self._texts:
            for match in _NAME_IN_FULL.finditer(text):
                terms = shared_terms(match[0], language)
                if terms & known:
                    found |= terms
        return frozenset(found)

    @cached_property
    def _texts(self) -> list[tuple[str, str]]:
        """With their languages, what may hold names: the passages and the cited sentences."""
        cited = [each.citation for each in self._answers]
        return [(passage.text, passage.language) for passage in self._passages] + [
            (each.sentence.text, each.language) for each in cited
        ]


def _holds(article: Article, citation: Citation) -> bool:
    """Whether a copy says what the citation quotes; of a translation only what can be compared."""
    quote, translated = citation.quote, article.language != citation.language
    numbers = numbers_of(quote)
    if translated:
        numbers = frozenset(
            each for each in numbers if not each.isdecimal() or int(each) > _SPELT_OUT
        )
    if not numbers <= numbers_of(article.text):
        return False
    if not translated:
        words = set(_WORD.findall(fold_text(article.text)))
        return bool(numbers) or words.issuperset(_WORD.findall(fold_text(quote)))
    own = _wanted_names(quote, citation.language)
    return not own or bool(own & _terms(article.text, article.language))


def _wanted_names(quote: str, language: str) -> _Terms:
    """The terms by which a translation can be known to hold a name; none where it is no name."""
    return shared_terms(quote, language) if _is_name(quote) else frozenset()


def _articles(answer: Answer) -> set[str]:
    return {
        each
        for citation in (answer.citation, *answer.also)
        for each in (citation.article_id, *citation.duplicates)
    }


def _kind(answer: Answer) -> _Kind | None:
    if is_stamp(answer.text, answer.citation.start, answer.citation.published_at):
        return None  # when the article came out, not what it reports
    if find_dates(answer.text, yearless=True):
        return "date"
    if numbers_of(answer.text):
        return "number"
    return "name" if _is_name(answer.text) else None


def _is_name(text: str) -> bool:
    words = _WORD.findall(text)
    return 0 < len(words) <= _MAX_NAME_WORDS and all(word[0].isupper() for word in words)


def _values(answer: Answer, kind: _Kind) -> frozenset[object]:
    """What must differ: any value in common, or a name that is part of the other, is agreement."""
    if kind == "date":
        return frozenset(
            (each.month, each.day) if each.month is not None else each.year
            for each in find_dates(answer.text, yearless=True)
        )
    if kind == "number":
        return frozenset(numbers_of(answer.text))
    return frozenset(shared_terms(answer.text, answer.citation.language))


def _surroundings(answer: Answer) -> _Terms:
    """Names and numbers of the sentence, without the answer's own."""
    citation = answer.citation
    sentence = _terms(citation.sentence.text, citation.language)
    return sentence - shared_terms(answer.text, citation.language)


def _enough(one: _Terms, two: _Terms, share: float) -> _Terms | None:
    """What both have; None where that is less than `share` of the smaller."""
    smaller = min(len(one), len(two))
    return one & two if smaller > 0 and len(one & two) >= share * smaller else None


def _days_apart(one: Citation, other: Citation) -> int | None:
    if one.published_at is None or other.published_at is None:
        return None
    return abs((one.published_at - other.published_at).days)


def _meet(one: FoundDate, other: FoundDate) -> bool:
    """Whether two dates can be one, as far as both are stated."""
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(here == there for here, there in pairs if here is not None and there is not None)


def _opens_sentence(text: str, at: int) -> bool:
    return _SENTENCE_END.search(text, max(at - 8, 0), at) is not None


def _terms_of(passage: Passage) -> _Terms:
    title = "" if passage.title is None else passage.title
    return _terms(f"{title}\n{passage.text}", passage.language)


@lru_cache(maxsize=256)
def _terms(text: str, language: str) -> _Terms:
    """`shared_terms` of what one answer after another is compared with. A cache."""
    return shared_terms(text, language)
