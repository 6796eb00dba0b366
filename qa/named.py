"""Whether an article names what a question names: the organisation, the country, the person.

"Which country chaired the meeting of СВМДА?" is hardly answered by an article in which that never
stands, under any of its names, while another one of those found speaks of it. A small reader that
sees one passage at a time takes the country that stands there.

What another one of the articles found does name counts most against an article. What none of them
names counts less, since an article may say "the two states" of Israel and Palestine, and only if a
table knows it in all four languages: other names may be there, translated.

This module must not know readers, scores or how articles are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from embeddings.articles import Article
from embeddings.concepts import may_be_name
from embeddings.fold import fold_text
from embeddings.terms import name_forms
from prompts import LANGUAGES
from qa.known import bare_words, is_owner, known_places
from qa.models import Passage

__all__ = ["Lack", "lacking", "lacking_here"]

Thing = frozenset[str]
"""What one thing may be told by: its concept, its country, or the forms of its name."""

_LEAST_LETTERS = 4  # shorter names share their form with too much
_CONCEPT = "="  # before concepts and countries, to tell them from forms


@dataclass(frozen=True, slots=True)
class Lack:
    """What one article or passage lacks of the things that a question names.

    Attributes:
        told: how many of these another one found has.
        untold: how many of these none has, though they are known by all their names.
    """

    told: int = 0
    untold: int = 0


def lacking(question: str, articles: Iterable[Article]) -> dict[str, Lack]:
    """What each article lacks, by its id.

    Args:
        question: as it was read.
        articles: those found, in any order, repeats allowed.
    """
    by_id = {one.id: (one.title, one.text, one.language) for one in articles}
    return _lacking(question, by_id)


def lacking_here(question: str, passages: Iterable[Passage]) -> dict[str, Lack]:
    """The same of passages, each with what it stands in, by the chunk's id.

    A passage may well say "the meeting" of what the one before it names, so that this tells less.
    """
    by_id = {one.chunk_id: (one.context, one.text, one.language) for one in passages}
    return _lacking(question, by_id)


def _lacking(question: str, texts: Mapping[str, tuple[str | None, str, str]]) -> dict[str, Lack]:
    things = _things(question)
    if not things:
        return dict.fromkeys(texts, Lack())
    told = {key: {thing for thing in things if thing & _told(*text)} for key, text in texts.items()}
    anywhere = frozenset[Thing]().union(*told.values())
    # Of a name that no table knows the article may have another spelling. A text in a language
    # without a table has none of the known names.
    known = {thing for thing in things - anywhere if any(name[0] == _CONCEPT for name in thing)}
    return {
        key: Lack(len(anywhere - found), len(known) if texts[key][-1] in LANGUAGES else 0)
        for key, found in told.items()
    }


@lru_cache(maxsize=64)
def _things(question: str) -> frozenset[Thing]:
    """What the question names; without small letters or capitals, only what the tables know."""
    places = bare_words(question)
    said = [fold_text(question[start:end]) for start, end in places]
    known: dict[tuple[int, int], set[str]] = {}
    for first, last, name in _owners(said, LANGUAGES):
        known.setdefault((first, last), set()).add(_CONCEPT + name)
    things = {frozenset(names) for names in known.values()}
    taken = {place for first, last in known for place in range(first, last)}
    capital = [question[start].isupper() for start, _ in places]
    if not all(capital):
        things |= {
            frozenset(name_forms(word))
            for place, word in enumerate(said)
            if place and capital[place] and place not in taken and len(word) >= _LEAST_LETTERS
            and all(may_be_name(word, language) for language in LANGUAGES)
        }  # fmt: skip
    return frozenset(things - {frozenset()})


@lru_cache(maxsize=256)
def _told(above: str | None, text: str, language: str) -> frozenset[str]:
    """All that a text and what stands above it name."""
    text = text if above is None else f"{above}\n{text}"
    places = bare_words(text)
    said = [_folded(text[start:end]) for start, end in places]
    capital = {word for (start, _), word in zip(places, said, strict=True) if text[start].isupper()}
    forms = (form for word in capital for form in name_forms(word))
    owners = (_CONCEPT + name for _, _, name in _owners(said, (language,)))
    return frozenset((*forms, *owners))


@lru_cache(maxsize=1 << 16)
def _folded(word: str) -> str:
    return fold_text(word)


def _owners(said: Sequence[str], languages: Sequence[str]) -> list[tuple[int, int, str]]:
    """Organisations and countries: the first word, behind the last, the name."""
    return [each for each in known_places(said, languages) if is_owner(each[2])]
