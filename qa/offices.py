"""Who holds an office, where a passage says it beside the name.

"Who is the Secretary General of CICA?": a small reader takes whoever the passage speaks of most.
But news writes offices beside names ("OSCE Secretary General Helga Maria Schmid", "глава МИД
Кыргызстана Руслан Казакбаев", "Ilham Aliyev, President of Azerbaijan"), so what is told of a name
is compared with what is asked: the office, and the country or organisation it is held in.

This module must not know readers, scores or articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, Self

from embeddings.concepts import (
    phrase_concepts,
    word_concepts,
)
from embeddings.terms import name_forms
from embeddings.text import Range, fold_text, words
from prompts import LANGUAGES, load_json
from qa.countries import countries_among
from qa.known import bare_words, is_owner, known_places

__all__ = ["Office", "Verdict"]

Verdict = Literal["holds", "may hold", "holds another"]

_AROUND = 4  # words on either side of an office that may say whose it is
_REACH = 9  # words of a title: "Minister of Foreign Affairs of the Republic of Azerbaijan"
_MOST_MENTIONS = 50
_BEFORE = 160  # characters before a name in which its title may stand
_BEHIND = 80  # characters behind a name in which a title may stand
_BREAK = re.compile(r"[,;:.!?()\[\]«»\"“”\n]|\s[-–—]\s")
_APPOSED = re.compile(r"\s?[,(]\s*(?:the |an? )?([^,;:.!?()\n]+)")
_RU_PAST = re.compile(r"(?<!генер)[аеияоуы]л[аио]?(?:с[яь])?$|[бпртзск]ся$")
_HEAD_FIRST = frozenset({"en", "ru"})  # "minister of ..."; Turkic titles end with the post
_RU_ADJECTIVE = ("ый", "ий", "ой", "ая", "ого", "ым", "им", "ому")
_LEAST_NAME = 4
_LEAST_WORDS, _MOST_WORDS = 2, 3  # of a person's full name
_NO_PERSON_BEHIND = frozenset({"of", "the", "for", "and", "on", "in"})
_LEAST_ACRONYM = 3


@dataclass(frozen=True, slots=True)
class Office:
    """An office as a question or a passage names it.

    Attributes:
        posts: concepts of the office (`prompts/concepts.txt`); empty where none is meant.
        owners: the country or organisation, as a concept and as a country's English name.
        names: its other words, in the spelling that is the same in every script.
        deputy: it is the deputy's.
    """

    posts: frozenset[str]
    owners: frozenset[str]
    names: frozenset[str]
    deputy: bool

    @classmethod
    def asked(cls, question: str) -> Self | None:
        """The office whose holder a question asks for; None where it asks for something else."""
        phrase = _asked_phrase([fold_text(word) for word in _bare_words(question)])
        office = cls._of(phrase, LANGUAGES) if phrase else None
        return office if office is not None and office.posts else None

    @classmethod
    def _of(cls, phrase: Sequence[str], languages: Sequence[str]) -> Self:
        named = list(known_places(phrase, languages))
        known = {place for first, last, _ in named for place in range(first, last)}
        posts = _heads(named, languages)
        return cls(
            posts=frozenset(posts - _list("general")) or frozenset(posts),
            owners=frozenset(each for _, _, each in named if is_owner(each)),
            names=frozenset(
                form
                for place, word in enumerate(phrase)
                if place not in known and len(word) >= _LEAST_ACRONYM
                for form in name_forms(word)
            ),
            deputy=any(word.startswith(_stems("deputies")) for word in phrase),
        )

    @classmethod
    def described(cls, question: str) -> tuple[Self, ...]:
        """The offices whose holders a question speaks of, as far as it says where they hold them.

        "Whom did the OSCE's Secretary General meet?" is not answered by who that is. Empty where
        the question asks who was elected or appointed.
        """
        said = [fold_text(word) for word in _bare_words(question)]
        if any(word.startswith(_stems("appointing")) for word in said):
            return ()
        offices = (
            cls._of(said[max(0, at - _AROUND) : at + _AROUND + 1], LANGUAGES)
            for at in range(len(said))
            if any(_is_told_post(said, at, language) for language in LANGUAGES)
        )
        return tuple(
            {o: None for o in offices if o.posts - _list("vague") and (o.owners or o.names)}
        )

    def verdict(self, text: str, span: Range, language: str) -> Verdict | None:
        """Whether the person at `span` holds this office, by what the passage says beside the name.

        Args:
            text: the passage.
            span: `[start, end)` code points of it.
            language: the passage's.

        Returns:
            None where no office is told of the person, or there stands no person's name.
        """
        name = [word for word in _bare_words(text[slice(*span)]) if _may_be_name(word, language)]
        if not name:
            return None
        own = frozenset(form for word in name for form in name_forms(word))
        told = [
            self._compare(self._of(phrase, (language,)), own)
            for mention in _mentions(text, span)
            for phrase in _titles(text, mention, language)
        ]
        if "elsewhere" in told and "holds" not in told:
            return "holds another"
        order: tuple[Verdict, ...] = ("holds", "may hold", "holds another")
        return next((verdict for verdict in order if verdict in told), None)

    def holders(self, text: str, language: str) -> tuple[Range, ...]:
        """Whom a passage names as holding this office, by full name: `[start, end)` code points.

        Args:
            text: the passage.
            language: the passage's.
        """
        return tuple(
            name
            for name in _full_names(text, language)
            if self.verdict(text, name, language) == "holds"
        )

    def _compare(self, told: Office, name: frozenset[str]) -> Verdict | Literal["elsewhere"]:
        same = _same_post(self.posts, told.posts)
        # The head of an organisation has many titles: its president may be told as its chair.
        heads = "chair" in self.posts | told.posts
        if self.deputy != told.deputy or not (same or heads):
            return "holds another"
        if self.owners & told.owners:
            return "holds"
        if self.owners and told.owners:
            return "elsewhere"
        return "holds" if same and self.names & (told.names - name) else "may hold"


def _heads(named: Sequence[tuple[int, int, str]], languages: Sequence[str]) -> set[str]:
    """The posts of a title without those that only say whose it is: "the president's adviser"."""
    posts = {(place, concept) for place, _, concept in named if concept in _list("posts")}
    if len(languages) > 1 or not posts:
        return {concept for _, concept in posts}
    first = languages[0] in _HEAD_FIRST
    head = (min if first else max)(place for place, _ in posts)
    return {concept for place, concept in posts if concept not in _list("persons") or place == head}


def _same_post(one: frozenset[str], other: frozenset[str]) -> bool:
    kinds = _kinds()
    return bool(one & other) or any(
        kinds.get(a) == b or kinds.get(b) == a for a in one for b in other
    )


def _may_be_name(word: str, language: str) -> bool:
    return (
        word[:1].isupper()
        and not word_concepts(word, language)
        and not any(countries_among([fold_text(word)]))
    )


def _bare_words(text: str) -> list[str]:
    return [text[start:end] for start, end in bare_words(text)]


def _full_names(text: str, language: str) -> Iterator[Range]:
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


# --- in a question ---------------------------------------------------------------------------


def _asked_phrase(said: Sequence[str]) -> Sequence[str]:
    """The words of a question that name what a person is asked for by: "the OSCE's chair"."""
    for opening in _patterns("openings"):
        if tuple(said[: len(opening)]) == opening:
            rest = said[len(opening) :]
            if opening == ("кто",) and any(map(_RU_PAST.search, rest[:2])):
                return ()  # "Кто принял генсека": asked for by a deed
            return _until(rest, _list("ends"))
    for ending in _patterns("endings"):
        if tuple(said[-len(ending) :]) == ending:
            phrase = said[max(0, len(said) - len(ending) - _REACH) : -len(ending)]
            # The office stands right before: "CICA-nın baş katibi kimdir".
            return phrase if phrase and _is_post(phrase[-2:]) else ()
    return ()


def _until(said: Sequence[str], ends: frozenset[str]) -> Sequence[str]:
    stop = next((at for at, word in enumerate(said) if word in ends), len(said))
    return said[: min(stop, _REACH)]


@cache
def _patterns(kind: str) -> tuple[tuple[str, ...], ...]:
    """Longest first."""
    listed = (tuple(fold_text(each).split()) for each in load_json("offices.json")[kind])
    return tuple(sorted(listed, key=len, reverse=True))


def _is_post(said: Sequence[str]) -> bool:
    return any(
        c in _list("posts")
        for language in LANGUAGES
        for c in (*phrase_concepts(said, language), *word_concepts(said[-1], language))
    )


# --- in a passage ----------------------------------------------------------------------------


def _mentions(text: str, span: Range) -> list[Range]:
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


def _titles(text: str, span: Range, language: str) -> Iterator[list[str]]:
    """The folded words of every office that stands before, in or behind the name at `span`."""
    far = max(0, span[0] - _BEFORE)
    begin = max((m.end() for m in _BREAK.finditer(text, far, span[0])), default=far)
    before = _bare_words(text[begin : span[1]])
    title = _title_before(before[-_REACH - 3 :], language)
    if title:
        yield [fold_text(word) for word in title]
    if language in ("en", "ru"):
        behind = _APPOSED.match(text, span[1], min(len(text), span[1] + _BEHIND))
        if behind:
            title = _bare_words(behind[1])[:_REACH]
            if any(_is_told_post(title, at, language) for at in range(min(4, len(title)))):
                yield [fold_text(word) for word in title]


def _title_before(said: Sequence[str], language: str) -> Sequence[str]:
    """The title at the end of the words, behind which nothing but a name stands."""
    places = [at for at in range(len(said)) if _is_told_post(said, at, language)]
    if not places:
        return ()
    last = places[-1]
    between = said[last + 1 :]
    if language in ("az", "tr"):
        named = all(word[:1].isupper() for word in between)
        return said[max(0, last - 5) : last + 1] if between and named else ()
    joining = _list("joining")
    if language == "en" and not all(w[:1].isupper() or w.casefold() in joining for w in between):
        return ()
    if language == "ru" and any(w.casefold() in _list("breaks") for w in between):
        return ()
    first = last
    while first > 0 and (first - 1 in places or _belongs(said[first - 1], language, joining)):
        first -= 1
    return said[first:] if between else ()


def _belongs(word: str, language: str, joining: frozenset[str]) -> bool:
    if word[:1].isupper() or fold_text(word).startswith(_stems("deputies")):
        return True
    return word in joining if language == "en" else word.endswith(_RU_ADJECTIVE)


def _is_told_post(said: Sequence[str], at: int, language: str) -> bool:
    return _is_post_in(tuple(fold_text(word) for word in said[at : at + 2]), language)


@lru_cache(maxsize=1 << 14)
def _is_post_in(pair: tuple[str, ...], language: str) -> bool:
    if any(concept in _list("posts") for concept in word_concepts(pair[0], language)):
        return True
    return any(concept in _list("posts") for concept in phrase_concepts(pair, language))


# --- lists -----------------------------------------------------------------------------------


@cache
def _list(kind: str) -> frozenset[str]:
    """A list of `prompts/offices.json`, folded."""
    return frozenset(map(fold_text, load_json("offices.json")[kind]))


@cache
def _stems(kind: str) -> tuple[str, ...]:
    return tuple(sorted(_list(kind)))


@cache
def _kinds() -> dict[str, str]:
    return dict(load_json("offices.json")["kinds"])
