"""Case endings of names, in the languages that decline them.

A name that is carried into a question has to stand in the case of the word it replaces: "его" is
"Байрамова", "onunla" is "Bayramovla" and "Bayramov'la". Only what rules decide safely is
declined; a name in another script, or of a kind that no rule here covers, stays as it is.

Rules: the Turkish and Azerbaijani ones are vowel harmony and the buffer letters of any school
grammar; the Russian ones cover surnames in -ов/-ев/-ин and place names.

This module must not know questions or conversations.
"""

from __future__ import annotations

import re

from qa.chat.lexicon import key_of

__all__ = [
    "RUSSIAN_GOVERNED",
    "TURKIC_SUFFIXES",
    "base_form",
    "case_of",
    "compound",
    "from_case",
    "with_case",
]

TURKIC_SUFFIXES = (
    (re.compile("^n?[iu]n$"), "gen"),
    (re.compile("^y?l[ae]$"), "ins"),
    (re.compile("^n?[dt][ae]n$"), "abl"),
    (re.compile("^n?[dt][ae]$"), "loc"),
    (re.compile("^[yn]?[ae]$"), "dat"),
    (re.compile("^[yn]?[iu]$"), "acc"),
)
"""Azerbaijani and Turkish case endings by key."""
RUSSIAN_GOVERNED = {
    **dict.fromkeys(("с", "со", "за", "перед", "между", "над", "под"), "ins"),
    **dict.fromkeys(("у", "от", "для", "против", "до", "после", "из", "без", "кроме"), "gen"),
    **dict.fromkeys(("к", "ко", "по"), "dat"),
    **dict.fromkeys(("о", "об", "обо", "в", "во", "на", "при"), "loc"),
}
"""The case that a Russian preposition asks for, the likeliest where it asks for several."""

_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_VOWELS = "aeıioöuüə"
_HIGH = {"a": "ı", "ı": "ı", "e": "i", "i": "i", "ə": "i", "o": "u", "u": "u", "ö": "ü", "ü": "ü"}
_BACK = frozenset("aıou")
_VOICELESS = frozenset("fstkçşhp")
# The last vowel of each digit's name.
_DIGITS = {
    "az": dict(zip("0123456789", "ıiiüöəıiiu", strict=True)),
    "tr": dict(zip("0123456789", "ıiiüöeıiiu", strict=True)),
}


def with_case(name: str, case: str, language: str, *, kind: str = "name") -> str:
    """`name` in a case: nom, gen, dat, acc, loc, abl or ins.

    Args:
        name: in its dictionary form.
        language: of the question that it goes into.
        kind: "person", "place" and so on; "noun" for a common noun, which takes no apostrophe;
            "compound" for one that ends in the possessive ("CICA toplantısı"), which takes an n
            before its endings.
    """
    if case == "nom" or not name:
        return name
    if language == "en":
        return _english(name) if case == "gen" else name
    if language == "ru":
        return _russian(name, case, kind)
    if language in {"az", "tr"} and not _CYRILLIC.search(name):
        joint = "" if kind in {"compound", "noun"} else _joint(name, language)
        return _turkic(name, case, language, joint=joint, compounded=kind == "compound")
    return name


def compound(noun: str) -> str:
    """The possessive form of a Turkic noun: "görüş" to "görüşü", "toplantı" to "toplantısı"."""
    if noun.endswith(("ları", "ləri", "leri")):
        return noun
    if noun.endswith(("lar", "lər", "ler")):
        return noun + _HIGH[_last_vowel(noun, "az")]
    high = _HIGH[_last_vowel(noun, "az")]
    return f"{noun}s{high}" if _lower(noun[-1]) in _VOWELS else f"{noun}{high}"


def base_form(name: str, language: str, attested: frozenset[str] = frozenset()) -> str:
    """The dictionary form of a name found in a text, as far as that is certain.

    Args:
        attested: keys of words that stand as names elsewhere; an ending is cut off where what
            remains is one of them.
    """
    head, gap, last = name.rpartition(" ")
    if language == "ru":
        return _russian_base(name, attested)
    if language in {"az", "tr"}:
        return head + gap + _turkic_base(last, attested)
    return name


def _english(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


# --- Azerbaijani and Turkish -------------------------------------------------------------------


def _turkic(name: str, case: str, language: str, *, joint: str, compounded: bool) -> str:
    vowel = _last_vowel(name, language)
    high = _HIGH[vowel]
    front = "ə" if language == "az" else "e"
    low = "a" if vowel in _BACK else front
    ends_open = _ends_in_vowel(name, language)
    d = "t" if language == "tr" and _lower(name[-1]) in _VOICELESS and not compounded else "d"
    n = "n" if compounded else ""
    buffer = "n" if compounded else "y" if ends_open else ""
    ending = {
        "gen": f"n{high}n" if ends_open else f"{high}n",
        "dat": f"{buffer}{low}",
        "acc": (f"n{high}" if compounded or language == "az" else f"y{high}")
        if ends_open
        else high,
        "loc": f"{n}{d}{low}",
        "abl": f"{n}{d}{low}n",
        "ins": f"yl{low}" if ends_open and language == "tr" else f"l{low}",
    }[case]
    return name + joint + ending


def _joint(name: str, language: str) -> str:
    if language == "tr":
        return "'"
    last = name.split()[-1]
    return "-" if last[-1].isdigit() or (len(last) > 1 and last.isupper()) else ""


def _lower(char: str) -> str:
    return {"I": "ı", "İ": "i"}.get(char, char.lower())


def _last_vowel(name: str, language: str) -> str:
    if name[-1].isdigit():
        return _DIGITS[language].get(name[-1], "i")
    return next((_lower(char) for char in reversed(name) if _lower(char) in _VOWELS), "e")


def _ends_in_vowel(name: str, language: str) -> bool:
    if name[-1].isdigit():
        # The numbers' names: iki, altı, yeddi/yedi end in a vowel.
        return name[-1] in "267"
    return _lower(name[-1]) in _VOWELS


_TURKIC_ENDING = re.compile(
    "(?:n?[ıiuü]n|[yn]?[aəe]|[yn]?[ıiuü]|n?[dt][aəe]n?|y?l[aəe]|n?[dt][aəe]ki)$"
)
_TURKIC_SURE = re.compile(
    "(?<=[oe]v|əv|in)(?:[ıiuü]n|[aəe]|[ıiuü]|d[aəe]n?|l[aəe]|un)$|(?<=stan)(?:[ıiuü]n|[aəe]|ı|i|d[aəe]n?|l[aəe])$"
)


def _turkic_base(word: str, attested: frozenset[str]) -> str:
    if key_of(word) in attested:
        return word
    for match in (_TURKIC_ENDING.search(word), _TURKIC_SURE.search(word)):
        start = 0 if match is None else match.start()
        while match is not None and start < len(word):
            if start >= 3 and key_of(word[:start]) in attested:
                return word[:start]
            start += 1
    sure = _TURKIC_SURE.search(word)
    return word[: sure.start()] if sure is not None and sure.start() >= 5 else word


# --- Russian -----------------------------------------------------------------------------------

_ORDER = ("gen", "dat", "acc", "ins", "loc")
# Endings by what the dictionary form ends in; "0" stands for nothing to cut off.
_MALE_SURNAME = re.compile("(?:ов|ев|ёв|ин|ын)$")
_FEMALE_SURNAME = re.compile("(?:ов|ев|ёв|ин|ын)а$")
_TABLE: dict[str, tuple[int, tuple[str, str, str, str, str]]] = {
    "surname": (0, ("а", "у", "а", "ым", "е")),
    "surname_f": (1, ("ой", "ой", "у", "ой", "ой")),
    "hard": (0, ("а", "у", "а", "ом", "е")),
    "hard_place": (0, ("а", "у", "", "ом", "е")),
    "й": (1, ("я", "ю", "я", "ем", "е")),
    "ия": (2, ("ии", "ии", "ию", "ией", "ии")),
    "а": (1, ("ы", "е", "у", "ой", "е")),
    "я": (1, ("и", "е", "ю", "ей", "е")),
}


def _russian(name: str, case: str, kind: str) -> str:
    words = name.split(" ")
    if not _CYRILLIC.search(words[-1]) or case not in {*_ORDER, "abl"}:
        return name
    case = "gen" if case == "abl" else case
    if _FEMALE_SURNAME.search(words[-1]):
        return " ".join([*(_decline(word, case) for word in words[:-1]),
                         _decline(words[-1], case, "surname_f")])  # fmt: skip
    if _MALE_SURNAME.search(words[-1]):
        return " ".join([*(_decline(word, case) for word in words[:-1]),
                         _decline(words[-1], case, "surname")])  # fmt: skip
    if kind in {"place", "name", "noun"} and len(words) == 1 and not name.isupper():
        return _decline(name, case, "hard_place" if name[-1] in _CONSONANTS else None)
    return name


_CONSONANTS = "бвгджзклмнпрстфхцчшщ"


def _decline(word: str, case: str, table: str | None = None) -> str:
    if table is None:
        if word.endswith("ия"):
            table = "ия"
        elif word[-1] in "йая":
            table = word[-1]
        elif word[-1] in _CONSONANTS:
            table = "hard"
        else:
            return word
    cut, endings = _TABLE[table]
    ending = endings[_ORDER.index(case)]
    if table == "а" and ending == "ы" and word[-2:-1] in "гкхжчшщ":
        ending = "и"
    return word[: len(word) - cut] + ending


_CASED_SURNAME = re.compile("^(.+?(?:ов|ев|ёв|ин|ын))(?:у|ым|е)$")
_CASED_GIVEN = re.compile(f"^(.+[{_CONSONANTS}])(?:а|у|ом|ем|е)$")
_CASED_STAN = re.compile("^(.+стан)(?:а|у|ом|е)$")


def _russian_base(name: str, attested: frozenset[str]) -> str:
    words = name.split(" ")
    last = words[-1]
    surname = _CASED_SURNAME.match(last)
    bare = None if surname is None else surname[1]
    # "Байрамова" may be him or her: only the same name elsewhere tells.
    if bare is None and last.endswith("ва") and key_of(last) not in attested:
        bare = last[:-1] if key_of(last[:-1]) in attested else None
    if bare is not None:
        given = [
            match[1] if (match := _CASED_GIVEN.match(word)) is not None else word
            for word in words[:-1]
        ]
        return " ".join([*given, bare])
    placed = re.match(f"^(.+[{_CONSONANTS}])(?:а|у|е|ом)$", last)
    if (
        len(words) == 1
        and placed is not None
        and key_of(placed[1]) in attested
        and (_MALE_SURNAME.search(placed[1]) is None)
    ):
        return placed[1]
    stan = _CASED_STAN.match(last)
    return " ".join([*words[:-1], stan[1]]) if stan is not None else name


def case_of(text: str, base: str, lead: str, *, kind: str) -> str:
    """The case that the Russian name `text` stands in; "nom" where nothing tells.

    Args:
        base: its dictionary form.
        lead: the preposition before it, or "".
    """
    governed = RUSSIAN_GOVERNED.get(lead, "nom")
    if text == base and (text[-1] not in _CONSONANTS or text.isupper()):
        # "Баку" has one form, and the base of "Вене" is not known: the preposition tells.
        return governed
    for case in (governed, *_ORDER):
        if case != "nom" and text != base and with_case(base, case, "ru", kind=kind) == text:
            return case
    endings = {"а": "gen", "у": "dat", "ым": "ins", "ом": "ins", "ем": "ins", "е": "loc",
               "и": "gen", "ии": "gen", "ы": "gen"}  # fmt: skip
    return endings.get(text[len(base) :] if text.startswith(base) else "", "nom")


# What a word of a name ends in, and in the nominative, the likeliest first.
_FROM = {
    "gen": (("ской", "ская"), ("ой", "а"), ("ии", "ия"), ("ы", "а"), ("и", "я"), ("а", ""),
            ("я", "й")),
    "ins": (("ским", "ский"), ("ской", "ская"), ("ией", "ия"), ("ой", "а"), ("ей", "я"),
            ("ым", ""), ("ом", ""), ("ем", "")),
}  # fmt: skip


def from_case(name: str, case: str) -> str:
    """The likeliest nominative of a Russian name that stands in the genitive or instrumental."""
    return " ".join(_word_from(word, case) for word in name.split(" "))


def _word_from(word: str, case: str) -> str:
    for ending, nominative in _FROM[case]:
        stem = word[: len(word) - len(ending)]
        if not word.endswith(ending) or len(stem) < 2:
            continue
        if ending == "и" and stem[-1] in "гкхжчшщ":
            return f"{stem}а"
        if ending == "я" and stem[-1] in _CONSONANTS:
            return f"{stem}ь"
        return stem + nominative
    return word
