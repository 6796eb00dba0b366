"""Persons by name in a passage, and the titles that it gives them beside the name.

"OSCE Secretary General Helga Maria Schmid", "глава МИД Кыргызстана Руслан Казакбаев": the words of
the title are found here, what they mean is another question (`qa.offices`).

This module must not know questions, readers, scores or articles.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from embeddings.concepts import phrase_concepts, word_concepts
from embeddings.terms import name_forms
from embeddings.text import Range, fold_text, words
from qa.countries import countries_among
from qa.known import bare_words, known_places
from qa.officelists import listed, named_stems

__all__ = [
    "TITLE_WORDS",
    "full_names",
    "is_inside_sentence",
    "is_told_post",
    "may_be_name",
    "mentions",
    "most_named",
    "plain_words",
    "titles",
]

TITLE_WORDS = 9
"""Words of a title: "Minister of Foreign Affairs of the Republic of Azerbaijan"."""

_MOST_MENTIONS = 50
_BEFORE = 160  # characters before a name in which its title may stand
_BEHIND = 80  # characters behind a name in which a title may stand
_BREAK = re.compile(r"[,;:.!?()\[\]«»\"“”\n]|\s[-–—]\s")
_APPOSED = re.compile(
    r"\s?[,(](?!\s*(?:and|but|while|а|и|но|да|или|как|чем)\b)\s*(?:the |an? )?([^,;:.!?()\n]+)"
)
_RU_ADJECTIVE = ("ый", "ий", "ой", "ая", "ого", "ым", "им", "ому")
_LEAST_NAME = 4
_OPENING_MARKS = 4  # characters that may stand between a sentence's end and its first word
_LEAST_WORDS, _MOST_WORDS = 2, 3  # of a person's full name
_NO_PERSON_BEHIND = frozenset({"of", "the", "for", "and", "on", "in"})


def may_be_name(word: str, language: str) -> bool:
    """Whether a word with a capital is no country's name and none that the tables know."""
    return (
        word[:1].isupper()
        and not word_concepts(word, language)
        and not any(countries_among([fold_text(word)]))
    )


def is_inside_sentence(text: str, place: int) -> bool:
    """Whether the word at a place does not begin a sentence, a line or what is quoted in one."""
    before = text[max(0, place - _OPENING_MARKS) : place].rstrip(' \t«"“(')
    return bool(before) and before[-1] not in ".!?…:\n"


@lru_cache(maxsize=32)
def most_named(text: str) -> frozenset[str]:
    """The countries that a text names most often, by their English names."""
    said = [fold_text(word) for word in plain_words(text)]
    counts = Counter(country for _, _, country in countries_among(said))
    most = max(counts.values(), default=0)
    return frozenset(country for country, count in counts.items() if count == most)


def plain_words(text: str) -> list[str]:
    """The words of `qa.known.bare_words` as they stand."""
    return [text[start:end] for start, end in bare_words(text)]


def full_names(text: str, language: str) -> Iterator[Range]:
    """Two or three words with a capital, of no known meaning, behind which no such word stands.

    What follows "of" or "and" in English belongs to a name that is none of a person: "the
    Conference on Interaction and Confidence Building".
    """
    places = words(text)
    said = [fold_text(text[start:end]) for start, end in places]
    known = {at for first, last, _ in known_places(said, (language,)) for at in range(first, last)}
    run: list[Range] = []
    before = ""
    for at, (start, end) in enumerate((*places, (len(text), len(text)))):
        joined = bool(run) and text[run[-1][1] : start] == " "
        names = text[start:end][:1].isupper() and at not in known
        if run and not (joined and names):
            if len(run) >= _LEAST_WORDS and not (language == "en" and before in _NO_PERSON_BEHIND):
                yield run[max(0, len(run) - _MOST_WORDS)][0], run[-1][1]
            run = []
        if names:
            before = before if run else (said[at - 1] if at else "")
            run.append((start, end))


def mentions(text: str, span: Range) -> list[Range]:
    """The span and every other place where its last word stands."""
    inside = words(text[slice(*span)])
    if not inside:
        return []
    last = text[span[0] + inside[-1][0] : span[0] + inside[-1][1]]
    found = [span]
    if last[:1].isupper() and len(last) >= _LEAST_NAME:
        forms = set(name_forms(last))
        alike = re.compile(rf"\b{re.escape(last[:_LEAST_NAME])}\w*")
        found += [
            match.span()
            for match in alike.finditer(text)
            if not (span[0] <= match.start() < span[1]) and forms.intersection(name_forms(match[0]))
        ][:_MOST_MENTIONS]
    return found


def titles(text: str, span: Range, language: str) -> Iterator[list[str]]:
    """The folded words of every office that stands before, in or behind the name at `span`."""
    far = max(0, span[0] - _BEFORE)
    begin = max((m.end() for m in _BREAK.finditer(text, far, span[0])), default=far)
    before = plain_words(text[begin : span[1]])
    title = _title_before(before[-TITLE_WORDS - 3 :], language)
    if title:
        yield [fold_text(word) for word in title]
    if language in ("en", "ru"):
        behind = _APPOSED.match(text, span[1], min(len(text), span[1] + _BEHIND))
        if behind:
            title = plain_words(behind[1])[:TITLE_WORDS]
            if any(is_told_post(title, at, language) for at in range(min(4, len(title)))):
                yield [fold_text(word) for word in title]


def _title_before(said: Sequence[str], language: str) -> Sequence[str]:
    """The title at the end of the words, behind which nothing but a name stands."""
    places = [at for at in range(len(said)) if is_told_post(said, at, language)]
    if not places:
        return ()
    last = places[-1]
    between = said[last + 1 :]
    if language in ("az", "tr"):
        named = all(word[:1].isupper() for word in between)
        return said[max(0, last - 5) : last + 1] if between and named else ()
    joining = listed("joining")
    if language == "en" and not all(w[:1].isupper() or w.casefold() in joining for w in between):
        return ()
    if language == "ru" and any(w.casefold() in listed("breaks") for w in between):
        return ()
    first = last
    while first > 0 and (first - 1 in places or _belongs(said[first - 1], language, joining)):
        first -= 1
    first = _with_candidate(said, first)
    return said[first:] if between else ()


def _with_candidate(said: Sequence[str], first: int) -> int:
    """Where the title begins with what it is only stood for: "кандидат на пост президента"."""
    place = first - 1
    while place >= 0 and fold_text(said[place]) in listed("candidates_for"):
        place -= 1
    stood = place < first - 1 or fold_text(said[first]) in listed("candidates_for")
    return (
        place
        if place >= 0 and stood and fold_text(said[place]).startswith(_ranks("candidate"))
        else first
    )


def _ranks(*names: str) -> tuple[str, ...]:
    return tuple(stem for name in names for stem in named_stems("ranks")[name])


def _belongs(word: str, language: str, joining: frozenset[str]) -> bool:
    if word[:1].isupper() or fold_text(word).startswith(_ranks("deputy", "former")):
        return True
    if language == "en":
        return word in joining or any(map(word.startswith, named_stems("portfolios").values()))
    return word.endswith(_RU_ADJECTIVE)


def is_told_post(said: Sequence[str], at: int, language: str) -> bool:
    """Whether the word at a place, or it and the next one, names an office."""
    return _is_post_in(tuple(fold_text(word) for word in said[at : at + 2]), language)


@lru_cache(maxsize=1 << 14)
def _is_post_in(pair: tuple[str, ...], language: str) -> bool:
    if any(concept in listed("posts") for concept in word_concepts(pair[0], language)):
        return True
    return any(concept in listed("posts") for concept in phrase_concepts(pair, language))
