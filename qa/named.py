"""Whether an article names what a question names: the organisation, the country, the person.

"Which country chaired the meeting of СВМДА?" is hardly answered by an article in which that never
stands, under any of its names, while another one of those found speaks of it. A small reader that
sees one passage at a time takes the country that stands there.

Only what is known to be found across spellings counts against an article: what another one of the
articles found does name. A name that is translated and not spelt alike is in none of them.

This module must not know readers, scores or how articles are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from embeddings.articles import Article
from embeddings.concepts import may_be_name, owner_concepts, phrase_places, word_concepts
from embeddings.fold import fold_text
from embeddings.terms import Range, name_forms, words
from prompts import LANGUAGES
from qa.countries import countries_among

__all__ = ["lacking"]

Thing = frozenset[str]
"""What one thing may be told by: its concept, its country, or the forms of its name."""

_LEAST_LETTERS = 4  # shorter names share their form with too much
_APOSTROPHES = ("'", "’")  # what follows one is an ending: "Bayramov'un" is not of the UN
_CONCEPT = "="  # before concepts and countries, to tell them from forms


def lacking(question: str, articles: Iterable[Article]) -> dict[str, int]:
    """How many of the things that a question names each article lacks and another one has.

    Args:
        question: as it was read.
        articles: those found, in any order, repeats allowed.

    Returns:
        the number by the article's id.
    """
    by_id = {article.id: article for article in articles}
    things = _things(question)
    if not things or len(by_id) < 2:
        return dict.fromkeys(by_id, 0)
    told = {
        key: {
            thing
            for thing in things
            if thing & _told(article.title, article.text, article.language)
        }
        for key, article in by_id.items()
    }
    anywhere = frozenset[Thing]().union(*told.values())
    return {key: len(anywhere - found) for key, found in told.items()}


@lru_cache(maxsize=64)
def _things(question: str) -> frozenset[Thing]:
    """What the question names; without small letters or capitals, only what the tables know."""
    places = _bare_words(question)
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


def _named_by(article: Article, things: frozenset[Thing]) -> frozenset[Thing]:
    told = _told(article.title, article.text, article.language)
    return frozenset(thing for thing in things if thing & told)


@lru_cache(maxsize=64)
def _told(title: str | None, text: str, language: str) -> frozenset[str]:
    """All that an article's title and text name."""
    text = text if title is None else f"{title}\n{text}"
    places = _bare_words(text)
    said = [fold_text(text[start:end]) for start, end in places]
    forms = (
        form
        for (start, _), word in zip(places, said, strict=True)
        if text[start].isupper()
        for form in name_forms(word)
    )
    owners = (_CONCEPT + name for _, _, name in _owners(said, (language,)))
    return frozenset((*forms, *owners))


def _owners(said: Sequence[str], languages: Iterable[str]) -> list[tuple[int, int, str]]:
    """Organisations and countries: the first word, behind the last, the name."""
    found = list(countries_among(said))
    for language in languages:
        concepts = [
            *phrase_places(said, language),
            *(
                (place, place + 1, concept)
                for place, word in enumerate(said)
                for concept in word_concepts(word, language)
            ),
        ]
        found += [each for each in concepts if each[2] in owner_concepts()]
    return found


def _bare_words(text: str) -> list[Range]:
    return [
        place for place in words(text) if place[0] == 0 or text[place[0] - 1] not in _APOSTROPHES
    ]
