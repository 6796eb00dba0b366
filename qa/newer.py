"""Names the newer articles on the same thing as an answer's citation.

What is cited may have been overtaken: beside an answer from March stand the titles of what was
published since. They are looked for among the passages that this question found, so that filters
hold for them as for everything else and no model runs again. An article is on the same thing when
a passage of it fits the question nearly as well as the cited one and shares its names.

This module must not know how passages were found, nor how any of this is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from embeddings.text import name_forms
from qa.models import Answer, NewerArticle, Passage

__all__ = ["with_newer"]

_MOST = 3
# Chosen by looking at what 52 questions over 200 Russian news articles found, 17 stories of two to
# four articles among them: other stories share no two names, or fit the question much worse.
_NEARLY_AS_WELL = 0.1  # fused score, which is in units of cosine
_LEAST_SHARED = 2
_LEAST_SHARE = 1 / 3
_WORD = re.compile(r"[^\W\d_]{3,}")
_SENTENCE_END = re.compile(r"(?:^|[.!?…:\n])[\s\"'“”«»„(\[—–-]*$")

_Forms = frozenset[str]


def with_newer(
    answers: Sequence[Answer], passages: Sequence[Passage], *, question: str
) -> tuple[Answer, ...]:
    """The answers, each with at most three newer articles, the newest first.

    An answer from an article without a date has none, and neither copies of what it cites nor
    what it cites anyway is named.

    Args:
        passages: what was found for `question`, with fused scores.
    """
    found = [_Found(passage) for passage in passages]
    asked = _names(question)
    return tuple(replace(answer, newer=_newer(answer, found, asked)) for answer in answers)


class _Found:
    """A passage, and the forms of the names in it once they are asked for."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self._forms: _Forms | None = None

    @property
    def forms(self) -> _Forms:
        """Of every word with a capital, in the title too."""
        if self._forms is None:
            title = "" if self.passage.title is None else self.passage.title
            words = _capitalised(f"{title}\n{self.passage.text}")
            self._forms = frozenset(form for _, word in words for form in name_forms(word))
        return self._forms


def _newer(
    answer: Answer, found: Sequence[_Found], asked: Sequence[_Forms]
) -> tuple[NewerArticle, ...]:
    cited, score = answer.citation, answer.scores.fused
    if cited.published_at is None or score is None:
        return ()
    known = {each.article_id for each in (cited, *answer.also)}
    known.update(copy for each in (cited, *answer.also) for copy in each.duplicates)
    names = _distinct([*_names(cited.sentence.text), *asked])
    named: list[NewerArticle] = []
    later = sorted(_later(found, cited.published_at), key=lambda item: item[0], reverse=True)
    for day, one in later:
        passage, fused = one.passage, one.passage.scores.fused
        if known & {passage.article_id, *passage.duplicates}:
            continue
        if fused is None or fused < score - _NEARLY_AS_WELL or not _shares(names, one.forms):
            continue
        known.update((passage.article_id, *passage.duplicates))
        named.append(NewerArticle(passage.article_id, passage.title, passage.source, day))
    return tuple(named[:_MOST])


def _later(found: Sequence[_Found], day: date) -> Iterator[tuple[date, _Found]]:
    """With their days, those that were published after `day`."""
    for one in found:
        published = one.passage.published_at
        if published is not None and published > day:
            yield published, one


def _shares(names: Sequence[_Forms], forms: _Forms) -> bool:
    shared = sum(1 for name in names if name & forms)
    return shared >= max(_LEAST_SHARED, _LEAST_SHARE * len(names))


def _names(text: str) -> list[_Forms]:
    """The forms of each word with a capital that does not owe it to its sentence's beginning."""
    words = [word for start, word in _capitalised(text) if not _SENTENCE_END.search(text[:start])]
    return [forms for word in words if (forms := frozenset(name_forms(word)))]


def _capitalised(text: str) -> Iterator[tuple[int, str]]:
    for match in _WORD.finditer(text):
        if match.group()[0].isupper():
            yield match.start(), match.group()


def _distinct(names: Sequence[_Forms]) -> list[_Forms]:
    """Without those that share a form with an earlier one: "Bayramov", "Байрамова"."""
    kept: list[_Forms] = []
    for name in names:
        if not any(name & other for other in kept):
            kept.append(name)
    return kept
