"""Words with their offsets, and the terms that the lexical index holds.

A term is what two spellings of the same thing have in common: folded and stemmed words,
numbers in one notation, for names a form that is the same in Cyrillic, Azerbaijani, Turkish and
English spelling (prefix "~"), and for words of the news the concept that they name in all four
languages (prefix "="). Terms are compared, never shown.

This module must not know the store, its tokeniser or its ranking.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from typing import Protocol

from embeddings.concepts import may_be_name, phrase_concepts, word_concepts
from embeddings.fold import fold_text, transliterate
from embeddings.months import month_number

__all__ = ["Range", "Term", "is_shared", "name_forms", "phrase_terms", "terms", "words"]

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Term:
    """A term and the range of the text it was made from."""

    text: str
    start: int
    end: int


# A number keeps its separators ("1,234.5", "22.09.2022", "10:30"); a word keeps its marks.
_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b4-\u17d3"
    "\u200c\u200d\u20d0-\u20f0\u302a-\u302f\u3099\u309a"
)
_TOKEN = re.compile(
    rf"\d+(?:[.,:/\-\u00a0\u202f\u2009]\d+)*|[^\W\d_](?:[^\W_]|[{_MARKS}])*|[^\W_]+"
)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_GROUPED = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f\u2009 ]\d{3})+")
_GROUPED_DECIMAL = re.compile(r"(\d{1,3}(?:([.,  ])\d{3})(?:\2\d{3})*)[.,](\d{1,2})")
_DECIMAL = re.compile(r"\d+[.,]\d+")


def words(text: str) -> list[Range]:
    """Ranges of word tokens: runs of letters and digits with their combining marks.

    An apostrophe or hyphen ends a word ("Bayramov'un" is "Bayramov" and "un"); the
    separators inside a number do not ("22.09.2022", "1,234.5").
    """
    return [match.span() for match in _TOKEN.finditer(text)]


def terms(text: str, language: str) -> list[str]:
    """The terms of a text, in its order, repeats kept: what the lexical index holds.

    * Words are folded and stemmed: Snowball where it serves the language, the first five
      characters of the ASCII spelling in Azerbaijani, Turkish and languages without a stemmer.
    * A word that the table of concepts knows adds its concept, `=chair`, and a phrase too.
    * Every other word adds the form that it has in any script, `~bairam`: names are not told
      from other words, so that capitals do not matter and words that languages share meet too.
    * Numbers stay whole in one notation (1.234, "1 234" with a fixed space and 1,234 are
      1234), full dates are ISO dates, and a month is the same term in every language.
    * Stop words are left out, unless there is nothing else.

    Args:
        text: a chunk, its context, or a question.
        language: a code such as `detect_language` returns.
    """
    tokens = list(_tokens(text))
    stop = _stop_words().get(language, frozenset())
    kept = [token for token in tokens if token not in stop]
    if not kept:
        kept = tokens
    found: list[str] = []
    for token in kept:
        found.extend(_token_terms(token, language))
    found.extend(_CONCEPT_PREFIX + concept for concept in phrase_concepts(tokens, language))
    found.extend(_day_terms(tokens, language))
    found.extend(_compounds(text))
    return found


def phrase_terms(phrase: str, language: str) -> tuple[str, ...]:
    """The terms of a phrase as they stand one behind the other among those of a text holding it.

    Those of its stop words do not, nor what `terms` puts behind all words: often none are left.
    """
    stop = _stop_words().get(language, frozenset())
    kept = (token for token in _tokens(phrase) if token not in stop)
    return tuple(term for token in kept for term in _token_terms(token, language))


def is_shared(term: str) -> bool:
    """Whether a term is the same in every language: a name, a concept, a number or a date."""
    return term[:1] in _SHARED_PREFIXES or term[:1].isdigit()


def _tokens(text: str) -> Iterator[str]:
    """The folded words, without the endings that hang on names and numbers."""
    last = -1
    for start, end in words(text):
        between = text[last:start] if last >= 0 else " "
        after_digit = last > 0 and text[last - 1].isdigit()
        last = end
        folded = fold_text(text[start:end])
        if len(between) == 1 and between in _APOSTROPHES and folded in _SUFFIXES:
            continue
        if between in {"", "-", "‑"} and after_digit and folded.isalpha() and len(folded) <= 3:
            continue  # "29th", "76-й", "2024-cü"
        if folded:
            yield folded


def _token_terms(word: str, language: str) -> Iterator[str]:
    if word[0].isdigit():
        yield from _number_terms(word)
        return
    if _UNSPACED.match(word):
        yield from _bigrams(word)
        return
    month = month_number(word, abbreviations=False)
    if month is not None:
        yield f"{_DATE_PREFIX}{month:02d}"
    yield _stem(word, language)
    concepts = word_concepts(word, language)
    for concept in concepts:
        yield _CONCEPT_PREFIX + concept
    if not concepts or may_be_name(word, language):
        for form in name_forms(word):
            yield _NAME_PREFIX + form


def _bigrams(run: str) -> Iterator[str]:
    """Scripts without spaces between words are indexed by pairs of characters."""
    if len(run) == 1:
        yield run
    for first, second in pairwise(run):
        yield first + second


def _number_terms(number: str) -> Iterator[str]:
    iso = _iso_date(number)
    if iso is not None:
        yield from (iso, iso[:4], f"{_DATE_PREFIX}{iso[5:7]}", f"{_DATE_PREFIX}{iso[5:7]}{iso[8:]}")
    elif number.isdigit():
        yield number
    elif _GROUPED.fullmatch(number):
        yield _NOT_DIGITS.sub("", number)
    elif _DECIMAL.fullmatch(number):
        yield number.replace(",", ".")
    elif (match := _GROUPED_DECIMAL.fullmatch(number)) is not None:
        yield _NOT_DIGITS.sub("", match[1]) + "." + match[3]
    else:
        yield number
        if _SEPARATED.fullmatch(number):
            yield from _NOT_DIGITS.split(number)


def _iso_date(number: str) -> str | None:
    match = _YEAR_FIRST.fullmatch(number)
    if match is not None:
        year, month, day = match.groups()
    else:
        match = _DAY_FIRST.fullmatch(number)
        if match is None:
            return None
        day, month, year = match.groups()
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _day_terms(tokens: list[str], language: str) -> Iterator[str]:
    """ "22 сентября" and "September 22" are both "@0922"."""
    for one, other in pairwise(tokens):
        for day, name in ((one, other), (other, one)):
            if other == day and language in {"ru", "az", "tr"}:
                continue  # only English puts the month first
            if day.isdecimal() and len(day) <= 2 and 1 <= int(day) <= 31:
                month = month_number(name)
                if month is not None:
                    yield f"{_DATE_PREFIX}{month:02d}{int(day):02d}"


def _compounds(text: str) -> Iterator[str]:
    """ "COVID-19" is also "covid19", as some write it."""
    for match in _COMPOUND.finditer(text):
        yield fold_text(match[1]) + match[2]


@lru_cache(maxsize=1 << 16)
def _stem(word: str, language: str) -> str:
    stemmer = _stemmer(language)
    if stemmer is not None:
        return stemmer.stemWord(word)
    return word.translate(_TO_ASCII)[:_CUT]


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - the library's name


@cache
def _stemmer(language: str) -> _Stemmer | None:
    name = _SNOWBALL.get(language)
    if name is None:
        return None
    import snowballstemmer

    stemmer: _Stemmer = snowballstemmer.stemmer(name)
    return stemmer


def name_forms(word: str) -> tuple[str, ...]:
    """The forms under which a name is found in any spelling, the closest one first.

    Two spellings of one name share at least one form: Джейхун, Ceyhun and Jeyhun; Хаджиев,
    Hacıyev and Hajiyev; Байрамовым, Bayramova and Byramov'un without its ending. Sounds that
    the spellings confuse are one letter: a, e, ə; g, h, k, q, x; c, ç, j, ж; s, ş; i, y, ы.
    The price is that some different names share a form too.
    """
    return _name_forms(fold_text(word))


@lru_cache(maxsize=1 << 16)
def _name_forms(folded: str) -> tuple[str, ...]:
    forms: list[str] = []
    for spelling in _readings(folded):
        plain = transliterate(spelling)
        if not plain.isascii() or not plain.isalpha():
            continue
        for many, one in _SOUNDS:
            plain = many.sub(one, plain)
        for form in (_strip_vowels(plain), _strip_ending(plain)):
            cut = form[:_NAME_CUT]
            if len(cut) >= _MIN_NAME and cut not in forms:
                forms.append(cut)
    return tuple(forms)


def _readings(folded: str) -> tuple[str, ...]:
    """Latin c is j in Azerbaijani and Turkish but k elsewhere, and x is kh or ks."""
    if not _LATIN_C_OR_X.search(folded):
        return (folded,)
    other = _LATIN_C_OR_X.sub(lambda match: "k" if match[0] == "c" else "ks", folded)
    return (folded, other)


def _strip_vowels(form: str) -> str:
    return form.rstrip("aiou")


def _strip_ending(form: str) -> str:
    match = _ENDING.search(form)
    if match is None or match.start() < _MIN_STEM:
        return _strip_vowels(form)
    return _strip_vowels(form[: match.start()])


_MIN_NAME = 3
# Letters of a form. Shorter ones meet across more endings and languages, longer ones tell more
# names apart; on XQuAD six did best across scripts at no loss within a language.
_NAME_CUT = 6
_MIN_STEM = 4
_LATIN_C_OR_X = re.compile("c(?!h)|x")
# Applied to the ASCII spelling of `transliterate`, in this order.
_SOUNDS = tuple(
    (re.compile(many), one)
    for many, one in (
        ("[kg]h", "k"),
        ("[cz]h|c", "j"),
        ("sh", "s"),
        ("ph", "f"),
        ("[hgq]", "k"),
        ("y", "i"),
        ("^ie", "e"),
        ("e", "a"),
        ("(?<=[aou])i(?=[aou])", ""),  # Kazakbayev, Казакбаев
        (r"(.)\1+", r"\1"),  # Mammadov, Мамедов; Aliyev, Алиев
    )
)
_ENDING = re.compile(
    "(?:[iu]n|n[iu]n?|[dt]an?|daki|i?la|lar|larin|ia|[aio]m|imi|[ao]mu|[ao]ko|oi)$"
)

_CUT = 5  # characters; measured for Azerbaijani and Turkish
_NAME_PREFIX = "~"
_DATE_PREFIX = "@"
_CONCEPT_PREFIX = "="
_SHARED_PREFIXES = frozenset({_NAME_PREFIX, _DATE_PREFIX, _CONCEPT_PREFIX})
_TO_ASCII = str.maketrans("əğöüşçâîûé", "egouscaiue")
_SEPARATED = re.compile(r"\d+(?:\D\d+)+")
_NOT_DIGITS = re.compile(r"\D+")
_COMPOUND = re.compile(r"(?<![^\W_])([^\W\d_]{1,12})[-‑](\d{1,4})(?![^\W_])")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
_SNOWBALL = {
    **{"en": "english", "ru": "russian", "de": "german", "es": "spanish", "fr": "french"},
    **{"it": "italian", "pt": "portuguese", "nl": "dutch", "ro": "romanian", "sv": "swedish"},
    **{"no": "norwegian", "da": "danish", "fi": "finnish", "hu": "hungarian", "el": "greek"},
    **{"ar": "arabic", "hy": "armenian", "lt": "lithuanian", "sr": "serbian"},
}
_APOSTROPHES = frozenset("'’ʼ`´‘")
# After an apostrophe: English endings, and the case endings of Turkish and Azerbaijani names.


def _word_set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_SUFFIXES = _word_set(
    "s t d m ll re ve a e i u ü ya ye yi yu yü da de ta te dan den tan ten in un ün nin nun nün "
    "la le yla yle ca ce daki deki taki teki li lu lü lik luk dir dur dür tir tur ə də tə dən tən "
    "lə yə ci cu cü inci nci uncu lar ler lər na ne ni nu nü nda nde ndan nden ndə ndən"
)


@cache
def _stop_words() -> dict[str, frozenset[str]]:
    return {language: _word_set(fold_text(words)) for language, words in _STOP_WORDS.items()}


_STOP_WORDS = {
    "en": "a an the of and or in on at to for from by with as is are was were be been has have had "
    "do does did it its this that these those who whom whose what which when where why how he she "
    "they we you i his her their our your my me him them us not no but if than then so such into "
    "about also s t",
    "ru": "и в во на с со к ко у о об от до за из по под при над для без через не ни но а или же "
    "ли бы то что чтобы как кто где когда куда откуда почему зачем какой какая какое какие каком "
    "каких какую чей сколько это этот эта эти этого этой этом тот та те того он она оно они его ее "
    "их ему ей им нам вам мы вы я ты был была было были быть есть так также уже",
    "az": "və ve ilə ile bu o da də de ki bir nə ne nədir nedir kim kimdir kimi kimə hansı hansi "
    "necə nece neçə harada hara haraya haçan niyə üçün ucun amma lakin isə ise həm hem onun onlar "
    "onu ona biz siz mən sən mi mı mu mü olan olub idi",
    "tr": "ve veya ile bu şu o da de ki bir ne nedir kim kimdir kimi kime hangi hangisi nasıl kaç "
    "nerede nereye neden niçin niye için ama fakat ancak ise hem onun onlar onu ona biz siz ben "
    "sen mi mı mu mü olan idi gibi",
}
