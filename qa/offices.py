"""Who holds an office, where a passage says it beside the name.

"Who is the Secretary General of CICA?": a small reader takes whoever the passage speaks of most.
But news writes offices beside names ("OSCE Secretary General Helga Maria Schmid", "глава МИД
Кыргызстана Руслан Казакбаев", "Ilham Aliyev, President of Azerbaijan"), so what is told of a name
is compared with what is asked: the office, and the country or organisation it is held in.

This module must not know readers, scores or articles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from embeddings.concepts import concept_names, phrase_concepts, word_concepts
from embeddings.terms import name_forms
from embeddings.text import Range, fold_text
from prompts import LANGUAGES
from qa.known import is_owner, known_places
from qa.officelists import kinds_of_posts, listed, named_stems, patterns, stems
from qa.titles import (
    TITLE_WORDS,
    full_names,
    is_inside_sentence,
    is_told_post,
    may_be_name,
    mentions,
    most_named,
    plain_words,
    titles,
)

__all__ = ["Office", "Verdict"]

Verdict = Literal["holds", "may hold", "holds another"]

_AROUND = 4  # words on either side of an office that may say whose it is
_RU_PAST = re.compile(r"(?<!генер)[аеияоуы]л[аио]?(?:с[яь])?$|[бпртзск]ся$")
_HEAD_FIRST = frozenset({"en", "ru"})  # "minister of ..."; Turkic titles end with the post
_LEAST_ACRONYM = 3
_FORMER = "former"


@dataclass(frozen=True, slots=True)
class Office:
    """An office as a question or a passage names it.

    Attributes:
        posts: concepts of the office (`prompts/concepts.txt`); empty where none is meant.
        owners: the country or organisation, as a concept and as a country's English name.
        names: its other words, in the spelling that is the same in every script.
        ranks: it is the deputy's, a former holder's or a candidate's.
        department: it is the head's of a part of a ministry.
        portfolios: what a minister is minister of, as `prompts/offices.json` names it.
    """

    posts: frozenset[str]
    owners: frozenset[str]
    names: frozenset[str]
    ranks: frozenset[str]
    department: bool
    portfolios: frozenset[str]

    @classmethod
    def asked(cls, question: str) -> Self | None:
        """The office whose holder a question asks for; None where it asks for something else."""
        phrase = _asked_phrase([fold_text(word) for word in plain_words(question)])
        office = cls._of(phrase, LANGUAGES) if phrase else None
        return office if office is not None and office.posts else None

    @classmethod
    def _of(cls, phrase: Sequence[str], languages: Sequence[str]) -> Self:
        named = list(known_places(phrase, languages))
        known = {place for first, last, _ in named for place in range(first, last)}
        posts = _heads(named, languages)
        portfolios = _named("portfolios", phrase) if _is_minister(posts) else {}
        return cls(
            posts=frozenset(posts - listed("general")) or frozenset(posts),
            owners=frozenset(each for _, _, each in named if is_owner(each)),
            names=frozenset(
                form
                for place, word in enumerate(phrase)
                if place not in known and place not in portfolios and len(word) >= _LEAST_ACRONYM
                for form in name_forms(word)
            ),
            ranks=frozenset(_named("ranks", phrase).values()),
            department=any(word.startswith(stems("departments")) for word in phrase),
            portfolios=frozenset(portfolios.values()),
        )

    @classmethod
    def described(cls, question: str) -> tuple[Self, ...]:
        """The offices whose holders a question speaks of, as far as it says where they hold them.

        "Whom did the OSCE's Secretary General meet?" is not answered by who that is. Empty where
        the question asks who was elected or appointed.
        """
        said = [fold_text(word) for word in plain_words(question)]
        if any(word.startswith(stems("appointing")) for word in said):
            return ()
        offices = (
            cls._of(said[max(0, at - _AROUND) : at + _AROUND + 1], LANGUAGES)
            for at in range(len(said))
            if any(is_told_post(said, at, language) for language in LANGUAGES)
        )
        return tuple({o: None for o in offices if not o.is_vague and (o.owners or o.names)})

    @property
    def _countries(self) -> frozenset[str]:
        return self.owners - concept_names()

    @property
    def is_vague(self) -> bool:
        """Whether a country may hold it too, as the chair of an organisation."""
        return self.posts <= listed("vague")

    def verdict(self, text: str, span: Range, language: str) -> Verdict | None:
        """Whether the person at `span` holds this office, by what the passage says beside the name.

        Args:
            text: the passage.
            span: `[start, end)` code points of it.
            language: the passage's.

        Returns:
            None where no office is told of the person, or there stands no person's name.
        """
        name = _name_words(text, span, language)
        if not name:
            return None
        own = frozenset(form for word in name for form in name_forms(word))
        told = [
            self._compare(self._of(phrase, (language,)), own)
            for mention in mentions(text, span)
            for phrase in titles(text, mention, language)
        ]
        if "elsewhere" in told and "holds" not in told:
            return "holds another"
        order: tuple[Verdict, ...] = ("holds", "may hold", "holds another")
        return next((verdict for verdict in order if verdict in told), None)

    def may_be_held_by(self, text: str, span: Range, language: str) -> bool:
        """Whether at `span` there stands what may be a person's name.

        A single word at the head of a sentence has its capital from there, unless it has one
        inside a sentence too: "Француженка" is nobody.

        Args:
            text: the passage, or all of its article.
            span: `[start, end)` code points of it.
            language: the passage's.
        """
        return bool(_name_words(text, span, language))

    def may_be_in(self, text: str) -> bool:
        """Whether an office told without its country may be of the country asked for.

        "The defence minister" of an article is mostly that of the country it names most often.

        Args:
            text: the article, or as much of it as is near.
        """
        most = most_named(text)
        return not self._countries or not most or bool(self._countries & most)

    def holders(self, text: str, language: str) -> tuple[Range, ...]:
        """Whom a passage names as holding this office, by full name: `[start, end)` code points.

        Args:
            text: the passage.
            language: the passage's.
        """
        return tuple(
            name
            for name in full_names(text, language)
            if self.verdict(text, name, language) == "holds"
        )

    def _compare(self, told: Office, name: frozenset[str]) -> Verdict | Literal["elsewhere"]:
        same = _same_post(self.posts, told.posts)
        # The head of an organisation has many titles: its president may be told as its chair. The
        # head of something of a country is not the country's president.
        heads = "chair" in self.posts or ("chair" in told.posts and not self._countries)
        if (self.ranks ^ told.ranks) - {_FORMER} or not (same or heads):
            return "holds another"
        if self._is_of_another_part(told):
            return "holds another"
        # "The Greek minister" may be any of them, and who once held it no more.
        vague = bool(self.portfolios) > bool(told.portfolios) or _FORMER in told.ranks - self.ranks
        if self.owners & told.owners:
            return "may hold" if vague else "holds"
        if self.owners and told.owners:
            return "elsewhere"
        named = same and not vague and self.names & (told.names - name)
        return "holds" if named else "may hold"

    def _is_of_another_part(self, told: Office) -> bool:
        """Whether what is told is another ministry's, or that of a part of one."""
        another = self.portfolios and told.portfolios and not self.portfolios & told.portfolios
        return bool(another) or (told.department and not self.department)


def _heads(named: Sequence[tuple[int, int, str]], languages: Sequence[str]) -> set[str]:
    """The posts of a title without those that only say whose it is: "the president's adviser"."""
    posts = {(place, concept) for place, _, concept in named if concept in listed("posts")}
    if len(languages) > 1 or not posts:
        return {concept for _, concept in posts}
    first = languages[0] in _HEAD_FIRST
    head = (min if first else max)(place for place, _ in posts)
    return {
        concept for place, concept in posts if concept not in listed("persons") or place == head
    }


def _name_words(text: str, span: Range, language: str) -> list[str]:
    """The words at `span` that may be a person's name; none where it is but one at the head of a
    sentence and none inside."""
    name = [word for word in plain_words(text[slice(*span)]) if may_be_name(word, language)]
    if len(name) != 1:
        return name
    start = text.index(name[0], span[0])
    places = mentions(text, (start, start + len(name[0])))
    return name if any(is_inside_sentence(text, first) for first, _ in places) else []


def _is_minister(posts: set[str]) -> bool:
    return "prime-minister" not in posts and bool(posts & {"minister", "foreign-minister"})


def _named(kind: str, phrase: Sequence[str]) -> dict[int, str]:
    """Which ranks, or what a minister is minister of, the words of a title name, by place."""
    return {
        place: name
        for place, word in enumerate(phrase)
        for name, beginnings in named_stems(kind).items()
        if word.startswith(beginnings)
    }


def _same_post(one: frozenset[str], other: frozenset[str]) -> bool:
    kinds = kinds_of_posts()
    return bool(one & other) or any(
        kinds.get(a) == b or kinds.get(b) == a for a in one for b in other
    )


# --- in a question ---------------------------------------------------------------------------


def _asked_phrase(said: Sequence[str]) -> Sequence[str]:
    """The words of a question that name what a person is asked for by: "the OSCE's chair"."""
    for opening in patterns("openings"):
        if tuple(said[: len(opening)]) == opening:
            rest = said[len(opening) :]
            if opening == ("кто",) and any(map(_RU_PAST.search, rest[:2])):
                return ()  # "Кто принял генсека": asked for by a deed
            return _until(rest, listed("ends"))
    for ending in patterns("endings"):
        if tuple(said[-len(ending) :]) == ending:
            phrase = said[max(0, len(said) - len(ending) - TITLE_WORDS) : -len(ending)]
            # The office stands right before: "CICA-nın baş katibi kimdir".
            return phrase if phrase and _is_post(phrase[-2:]) else ()
    return ()


def _until(said: Sequence[str], ends: frozenset[str]) -> Sequence[str]:
    stop = next((at for at, word in enumerate(said) if word in ends), len(said))
    return said[: min(stop, TITLE_WORDS)]


def _is_post(said: Sequence[str]) -> bool:
    return any(
        c in listed("posts")
        for language in LANGUAGES
        for c in (*phrase_concepts(said, language), *word_concepts(said[-1], language))
    )
