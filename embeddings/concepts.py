"""Concepts: words of the news that share no letters across the four languages, under one name.

"chaired", "председательствовал", "sədrlik etdi" and "başkanlık etti" are the concept "chair";
"OSCE", "ОБСЕ", "ATƏT" and "AGİT" are another. Names that are spelt alike meet by their script-free
form (`embeddings.terms.name_forms`); these do not, and without them a question shares no term with
an article in another language but names and numbers. The table is `prompts/concepts.txt`.

A form with a star is a stem. A name may begin like one ("Warsaw", "Мирзиёев", "Yıldırım"), so what
follows a stem must be an inflection of its language; behind a long stem anything may follow, but
the word may then be a name as well.

This module must not know what terms look like, nor what they are compared for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from embeddings.fold import fold_text
from prompts import load_text

__all__ = [
    "concept_names",
    "may_be_name",
    "owner_concepts",
    "phrase_concepts",
    "phrase_places",
    "spelt_words",
    "word_concepts",
]

_LANGUAGES = ("en", "ru", "az", "tr")  # the order of the table's columns
_MIN_STEM = 2
_LONG_STEM = 6  # letters that few names begin with by chance
# Azerbaijani and Turkish are also typed without their own letters: "gorusub" is "görüşüb".
_BELOW_OWNERS = "# Offices and institutions."  # the table's heading
_AS_SPELT = "!"  # before a form that would be another word without its marks: "öldü", "oldu"
_PLAIN = str.maketrans("əğöüşçâîûé", "egouscaiue")


@dataclass(frozen=True, slots=True)
class _Forms:
    """One language's column of the table.

    Attributes:
        words: concepts by a whole word.
        stems: concepts by the beginning of a word.
        phrases: by the first two letters of a phrase's first word: its words, with a star where
            any ending may follow, and its concept.
    """

    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stems: dict[str, tuple[str, ...]] = field(default_factory=dict)
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)


def word_concepts(word: str, language: str) -> tuple[str, ...]:
    """The concepts that one word names: of the longest form that fits it, often none.

    Args:
        word: one word; case and, in Azerbaijani and Turkish, missing marks do not matter.
        language: the word's; other than the four languages have no concepts.
    """
    return _named(word, language)[0]


def may_be_name(word: str, language: str) -> bool:
    """Whether a word may be somebody's name or a place's, whatever concepts it names too."""
    return _named(word, language)[1]


@lru_cache(maxsize=1 << 16)
def _named(word: str, language: str) -> tuple[tuple[str, ...], bool]:
    forms = _table().get(language)
    if forms is None:
        return (), True
    plain = _plain(word, language)
    spelt = _AS_SPELT + fold_text(word)
    return _in_forms(spelt, forms, language) or _in_forms(plain, forms, language) or ((), True)


def _in_forms(word: str, forms: _Forms, language: str) -> tuple[tuple[str, ...], bool] | None:
    whole = forms.words.get(word)
    if whole is not None:
        return whole, False
    for length in range(len(word), _MIN_STEM - 1, -1):
        stem, rest = word[:length], word[length:]
        concepts = forms.stems.get(stem)
        if concepts is None:
            continue
        if _is_ending(stem, rest, language):
            return concepts, length < _LONG_STEM and language == "ru" and rest in _OF_MANY
        if length >= _LONG_STEM:
            return concepts, True
    return None


def _is_ending(stem: str, rest: str, language: str) -> bool:
    if not rest:
        return True
    if language == "en" and rest[0] == stem[-1] and _ENGLISH_DOUBLED.fullmatch(rest, 1):
        return True  # "winning"
    if language in {"az", "tr"}:
        rest = rest.translate(_HARMONY)
    return _ENDINGS[language].fullmatch(rest) is not None


def phrase_concepts(words: Sequence[str], language: str) -> list[str]:
    """The concepts that are named by several words in a row, in order, repeats kept."""
    return [concept for _, _, concept in phrase_places(words, language)]


def phrase_places(words: Sequence[str], language: str) -> list[tuple[int, int, str]]:
    """As `phrase_concepts`, each with the places of its first word and behind its last."""
    forms = _table().get(language)
    if forms is None:
        return []
    plain = [_plain(word, language) for word in words]
    return [
        (place, place + len(phrase), concept)
        for place, word in enumerate(plain)
        for phrase, concept in forms.phrases.get(word[:_MIN_STEM], ())
        if _stands(phrase, plain, place)
    ]


def _stands(phrase: tuple[str, ...], words: Sequence[str], place: int) -> bool:
    if place + len(phrase) > len(words):
        return False
    return all(
        word.startswith(form[:-1]) if form.endswith("*") else word == form
        for form, word in zip(phrase, words[place : place + len(phrase)], strict=True)
    )


@cache
def concept_names() -> frozenset[str]:
    """Every concept of the table."""
    lines = load_text("concepts.txt").splitlines()
    return frozenset(_name(line) for line in lines if line and line[0] != "#")


@cache
def owner_concepts() -> frozenset[str]:
    """The concepts that name organisations, countries or peoples: what offices are held in."""
    above = load_text("concepts.txt").partition(_BELOW_OWNERS)[0]
    return frozenset(_name(line) for line in above.splitlines() if line and line[0] != "#")


def spelt_words(language: str) -> frozenset[str]:
    """The words of the table in one language, stems too, with their marks.

    Left out is what is another word without them ("öldü", "oldu").
    """
    column = _LANGUAGES.index(language)
    lines = load_text("concepts.txt").splitlines()
    forms = [
        form.strip()
        for line in lines
        if line and line[0] != "#"
        for form in line.split("|")[column].split(",")
    ]
    return frozenset(
        word.removesuffix("*").replace("İ", "i").lower()
        for form in forms
        if not form.startswith(_AS_SPELT)
        for word in form.split()
    )


def _name(line: str) -> str:
    return line.split("|")[0].split(",")[0].replace("*", "").strip().replace(" ", "-")


@cache
def _table() -> dict[str, _Forms]:
    table = {language: _Forms() for language in _LANGUAGES}
    for line in load_text("concepts.txt").splitlines():
        if not line or line.startswith("#"):
            continue
        concept = _name(line)
        for language, column in zip(_LANGUAGES, line.split("|"), strict=True):
            for form in map(str.strip, column.split(",")):
                spelt = form.startswith(_AS_SPELT)
                plain = fold_text(form) if spelt else _plain(form, language)
                _enter(table[language], plain, concept)
    return table


def _enter(forms: _Forms, form: str, concept: str) -> None:
    words = tuple(form.split())
    if len(words) > 1:
        forms.phrases.setdefault(words[0][:_MIN_STEM], []).append((words, concept))
        return
    kept = forms.stems if form.endswith("*") else forms.words
    form = form.removesuffix("*")
    kept[form] = tuple(dict.fromkeys((*kept.get(form, ()), concept)))


@lru_cache(maxsize=1 << 16)
def _plain(word: str, language: str) -> str:
    folded = fold_text(word)
    return folded.translate(_PLAIN) if language in {"az", "tr"} else folded


# --- endings ---------------------------------------------------------------------------------
# What may follow a stem of the table: endings of nouns, adjectives and verbs, and the commonest
# that make one of these of another. Wide rather than exact: that "Венесуэла" is not "Вена" and
# "Yıldırım" not "yıl" is all that is asked. Held against 700,000 words of Russian, English and
# Turkish text, what they leave out most often is names and chance beginnings; for Azerbaijani
# there was no such text.

_OF_MANY = frozenset({"ов", "ев"})  # "городов" are towns, "Войнов" is a name: nothing tells them
_ENGLISH_DOUBLED = re.compile("(?:ed|ing|ings|er|ers)")
_ENGLISH = (
    "(?:a|s|es|e|ed|d|ing|ings|er|ers|r|rs|or|ors|est|ion|ions|tion|tions|ation|ations|ition|ment"
    "|ments|al|als|ally|ic|ics|ical|ically|y|ies|ied|ying|ial|ially|ian|ians|n|ns|t|ist|ists|ism"
    "|ive|ives|ively|ivity|able|ible|ance|ence|ant|ants|ent|ents|ary|ory|ity|ities|ness|ful|less"
    "|ly|ship|ships|hood|dom|ise|ised|ising|ize|ized|izing|ization|isation|ify|an|ans|ese|ish|en"
    "|ened|ening|ine|ines|ous|ure|c|wide|time)"
)
_RUSSIAN_NOUN = (
    "(?:[аяоеиыуюьй]|[оеё]м|[оеь]й|[оеь]ю|а[мх]|я[мх]|ами|ями|ов|ев|и[йяеюи]|и[ея]м|ией|иям|иями"
    "|иях|ь[яеию]|ь[ея]м|ьев|ьями|ьях|ьми|ь(?:его|ему|им|ей|их|ими)|овь[яею]|ок|ек)"
)
_RUSSIAN_ADJECTIVE = (
    "(?:[ыио]й|[ая]я|[ое]е|[ыи]е|[ое]го|[ое]му|[ыи]м|[ое]м|ей|[ую]ю|[ое]ю|[ыи]х|[ыи]ми)"
)
_RUSSIAN_OF_ADJECTIVES = (
    "(?:(?:[ая]н|[ое]н|он|ион)?н|[яе]н|ян|(?:[ая]н|ей|й|н|ов|ен|ь)?ск|е?ческ|ическ|етическ|истическ"
    "|альн|тельн|ительн|ельн|йн|ов|ев|ивн|чн|ист|ейш|айш|ованн)"
)
_RUSSIAN_OF_NOUNS = (
    "(?:н?ост|(?:[лщтв]|жд)?ени|[тн]и|ани|ь?ств|еств|тельств|ельств|ник|ь?ниц|чик|щик|тел|тельниц|ист"
    "|изм|ик|к|ц|ец|[ея]ц|иц|анин|[ея]н|чан|ян|изаци|аци|ант|ат|ад|етик|[ая]нц|[ая]нец|[ая]нк|еец)"
)
_RUSSIAN_THEME = "(?:[аяиеоуы]|ну|ова|ева|ыва|ива|ле|ля|ва)"
_RUSSIAN = "|".join(
    (
        _RUSSIAN_NOUN,
        f"{_RUSSIAN_OF_ADJECTIVES}?(?:{_RUSSIAN_ADJECTIVE}|[аоы])",
        f"{_RUSSIAN_THEME}{{0,2}}{_RUSSIAN_OF_NOUNS}{_RUSSIAN_NOUN}?",
        f"{_RUSSIAN_THEME}{{0,2}}(?:л[аои]?|т[ьиаоы]?|[еиюуая]т|[еи]м|[еи]те|[еи]шь|й|йте|в|вши"
        "|н[аоы]?|[яюу])?(?:с[яь])?",
        f"{_RUSSIAN_THEME}{{0,2}}(?:вш|ш|[юуая]щ|нн|енн|н|т|[еи]м){_RUSSIAN_ADJECTIVE}(?:ся)?",
        "(?:ше|ее|ей)",
    )
)
# Azerbaijani and Turkish, with one letter for those that change by harmony and beside each other.
_HARMONY = str.maketrans("eutqg", "aidkk")
_TURKIC_CASE = "(?:[yn]?i|[yn]?a|n?da|n?dan|n?in|y?la|n?ca)"
_TURKIC_COPULA = "(?:dir|dirlar|y?di|y?dilar|y?mis|y?sa|idi|imis)"
_TURKIC_NOUN = (
    "(?:li|siz|lik|liy|ci|cilik|sal|al|das|ca){0,2}(?:lar)?(?:[sy]?i|[sy]?i?[mn](?:iz)?|lari)?"
    f"{_TURKIC_CASE}?(?:ki(?:lar)?{_TURKIC_CASE}?)?{_TURKIC_COPULA}?"
)
_TURKIC_VERB = (
    "(?:dir|ir|d|il|in|n|l|is|s|ar|la|las|lan){0,3}(?:y?abil|y?iyor)?(?:m[ai]?|y?ama)?"
    "(?:(?:di|mis|[iay]?r|maz|i?yor|y?acak|mali|makda|sa|sin|y?ib)"
    f"(?:m|n|k|iz|niz|siniz|lar)?{_TURKIC_COPULA}?"
    f"|(?:y?an|dik|diy|mis|y?acak|y?asi|ma|mak|may|y?is|y?ici|ik|inti){_TURKIC_NOUN}"
    "|y?ib|arak|yarak|inca|madan|kan|ali|y?ip)?"
)
_ENDINGS = {
    "en": re.compile(f"{_ENGLISH}{{1,3}}"),
    "ru": re.compile(_RUSSIAN),
    "az": re.compile(f"{_TURKIC_NOUN}|{_TURKIC_VERB}"),
    "tr": re.compile(f"{_TURKIC_NOUN}|{_TURKIC_VERB}"),
}
