"""What a text names: people, organisations, places, dates.

No model and no list of names: a name is a run of capitalised words, its kind is told by the words
inside and before it. Casing at the start of a sentence says nothing, so a single word there is a
name only if it stands as one elsewhere.

This module must not know conversations, or what a mention will be used for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from embeddings.dates import find_dates
from embeddings.months import month_number
from qa.chat.cases import base_form
from qa.chat.countries import country_of
from qa.chat.lexicon import Lexicon, Word, has_ending, key_of, split

__all__ = [
    "LIGHT_VERB",
    "LOCATIVE",
    "Mention",
    "attested_names",
    "common_words",
    "find_names",
    "find_names_in_lower_case",
    "is_verb",
]

_SURNAME = re.compile("(?:ov|ev|yev|ova|eva|ow|off|zade|oglu|ов|ев|ова|ева|ский|ская|енко|ян)$")
_SENTENCE_END = re.compile(r"[.!?…:;\n«“„\"(\[]\s*$")
_SHORTEST_PLACE = 3  # letters that a place keeps when its ending is cut off
_OF = re.compile(r"\s+of(?:\s+the)?\s+$")
LIGHT_VERB = re.compile("(?:et|ed|ol|yap|ver|apar|eyl)")
"""What Azerbaijani and Turkish make verbs of nouns with, by key: "müzakirə etdi"."""
LOCATIVE = re.compile("(?:[dt][ae]|[dt][ae]ki)$")
"""Azerbaijani and Turkish endings of "in", by key."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as the text has it, `text == source[start:end]`, and its dictionary form.

    Attributes:
        kind: person, org, place, date, or name where nothing tells.
    """

    text: str
    base: str
    kind: str
    start: int
    end: int


def attested_names(texts: Iterable[str]) -> frozenset[str]:
    """Keys of the words that stand capitalised inside sentences of `texts`."""
    found: set[str] = set()
    for text in texts:
        for word in split(text):
            if word.text[0].isupper() and not _begins_sentence(text, word.start):
                found.add(word.key)
    return frozenset(found)


def common_words(texts: Iterable[str]) -> frozenset[str]:
    """Keys of the words that stand in lower case in `texts`: no part of a person's name."""
    return frozenset(word.key for text in texts for word in split(text) if word.text[0].islower())


def find_names_in_lower_case(
    text: str, words: Lexicon, attested: frozenset[str], common: frozenset[str]
) -> tuple[Mention, ...]:
    """Words that are names elsewhere and only there: "cica" in a question typed in a hurry."""
    return tuple(
        Mention(word.text, word.text, "name", word.start, word.end)
        for word in split(text)
        if not word.capital
        and len(word.key) > 3
        and word.key in attested
        and word.key not in common
        and not words.is_small(word)
        and words.noun(word) is None
        and month_number(word.text) is None
    )


def find_names(
    text: str,
    words: Lexicon,
    attested: frozenset[str] = frozenset(),
    common: frozenset[str] = frozenset(),
) -> tuple[Mention, ...]:
    """The people, organisations, places and other names of `text`, in order; no dates.

    Args:
        attested: keys of words that are names elsewhere, see `attested_names`.
        common: keys of words that are not, see `common_words`.
    """
    spoken = split(text)
    dates = [(day.start, day.end) for day in find_dates(text, yearless=True)]
    found: list[Mention] = []
    index = 0
    while index < len(spoken):
        stop = _run_end(text, spoken, index, words)
        if stop == index:
            index += 1
            continue
        run = spoken[index:stop]
        for part, at in _parts(text, run, index, words):
            mention = _mention(text, part, at, spoken, words, attested, common)
            if mention is not None and not any(
                mention.start < end and start < mention.end for start, end in dates
            ):
                found.append(mention)
        index = stop
    return tuple(found)


def is_verb(word: Word, words: Lexicon) -> bool:
    """Whether the word looks like a finite verb: by its ending, in English by list."""
    if word.key in words.verbs or word.key in words.auxiliaries:
        return True
    pattern = _VERBS.get(words.language)
    return pattern is not None and not word.capital and pattern.search(word.key) is not None


_VERBS = {
    "en": re.compile("[^e]{2}ed$"),
    "ru": re.compile(
        "(?:[аияуеоы]л(?:а|о|и)?(?:с[ья])?|[еиу]т(?:ся)?|[юя]т(?:ся)?|[шр]ел|[шр]ла|[шр]ли"
        "|лся|лась|лось|лись|ны|но|нa|дет|дут|ут)$"
    ),
    "az": re.compile(
        "(?:[iu]b(?:l[ae]r|dir)?|[iu]bs[ae]n|d[iu](?:l[ae]r)?|m[iu]s(?:d[iu]r)?"
        "|(?:ac[ae]q|ec[ae]k)(?:d[iu]r|l[ae]r)?|[iu]r(?:d[iu]|l[ae]r)?|[ae]r(?:d[iu])?"
        "|m[ae]qd[ae](?:d[iu]r)?|m[ae]kd[ae](?:d[iu]r)?|[iu]rm[iu])$"
    ),
    "tr": re.compile(
        "(?:[dt][iu](?:l[ae]r)?|m[iu]s(?:t[iu]r?)?|[iu]yor(?:du|lar)?|[ae]c[ae][kg](?:t[iu]r?|l[ae]r)?"
        "|[iu]r(?:l[ae]r)?|[ae]r(?:l[ae]r)?|m[ae]kt[ae](?:d[iu]r)?)$"
    ),
}


# --- names -------------------------------------------------------------------------------------


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start]
    return not before.strip() or _SENTENCE_END.search(before[-8:]) is not None


def _run_end(text: str, spoken: Sequence[Word], index: int, words: Lexicon) -> int:
    """The index after the run of capitalised words that begins at `index`; `index` for none."""
    first = spoken[index]
    if not first.capital or (
        _begins_sentence(text, first.start)
        and (words.is_small(first) or words.question_at(spoken, index) is not None)
    ):
        return index
    stop = index + 1
    while stop < len(spoken):
        gap = text[spoken[stop - 1].end : spoken[stop].start]
        if spoken[stop].capital and (gap in {"-", "‑", "–"} or (gap.isspace() and "\n" not in gap)):
            stop += 1
        elif (
            stop + 1 < len(spoken)
            and spoken[stop].key == "of"
            and spoken[stop - 1].key in words.org_words
            and (ahead := _after_of(text, spoken, stop)) is not None
        ):
            stop = ahead + 1
        else:
            break
    return stop


def _parts(
    text: str, run: Sequence[Word], index: int, words: Lexicon
) -> Iterator[tuple[Sequence[Word], int]]:
    """A run cut where a title or a state ends and a person begins.

    "OSCE Secretary General Helga Schmid" is "OSCE" and the person; "Кыргызской Республики
    Русланом Казакбаевым" is the state and the person; "Azerbaijani Foreign Minister" is a role
    and names nobody.
    """
    titles = [at for at, word in enumerate(run) if word.key in words.titles]
    if titles:
        cut = titles[-1] + 1
        before = [word for word in run[: titles[0]] if len(word.text) > 1 and word.text.isupper()]
        yield from (([word], index + run.index(word)) for word in before)
        if cut < len(run):
            yield run[titles[-1] :], index + titles[-1]
        return
    cut = _side_by_side(text, run, words)
    if cut:
        yield run[:cut], index
        yield from _parts(text, run[cut:], index + cut, words)
        return
    states = [at for at, word in enumerate(run[:-1]) if word.key in words.org_words]
    if states and len(run) > 3 and _SURNAME.search(run[-1].key) and states[-1] < len(run) - 2:
        # "Republic of Azerbaijan Jeyhun Bayramov"
        yield run[:-2], index
        yield run[-2:], index + len(run) - 2
        return
    if states and words.language == "ru" and len(run) - states[-1] > 2:
        yield run[: states[-1] + 1], index
        yield run[states[-1] + 1 :], index + states[-1] + 1
        return
    yield run, index


def _side_by_side(text: str, run: Sequence[Word], words: Lexicon) -> int:
    """Where a run is cut because two names only stand side by side; 0 for nowhere.

    "Bayramov ABŞ-ın", "Bayramov Bakıda": a subject ends with its surname. "Erdoğan Ankara'da":
    a person is hardly ever in the locative, so the last word is a place of its own, unless what
    stands before it begins places' names ("New York'ta") or it is a compound ("Dəhlizində").
    """
    if words.language == "en":
        return 0
    turkic = words.language in {"az", "tr"}
    for at in range(1, len(run)):
        surname = _SURNAME.search(key_of(base_form(run[at - 1].text, words.language)))
        apart = text[run[at - 1].end : run[at].start].isspace()
        if surname and apart and (_is_acronym(run[at]) or (turkic and not _holds(run[at:], words))):
            return at
    if not turkic or len(run) < 2 or _holds(run[-1:], words):
        return 0
    last, before = run[-1], run[-2]
    starts_place = before.key in words.place_words | words.place_starts
    alone = text[before.end : last.start].isspace() and not starts_place
    whole = country_of(text[before.start : last.end], words.language)
    compounded = _COMPOUND_LOCATIVE.search(last.key) is not None
    return len(run) - 1 if alone and not compounded and whole is None and _is_locative(
        text, last) else 0  # fmt: skip


_COMPOUND_LOCATIVE = re.compile("[iu]nd[ae](?:ki)?$")


def _holds(run: Sequence[Word], words: Lexicon) -> bool:
    """Whether a name holds what makes it a body's or a place's: "Əliyev Fondu", "Şurasında"."""
    telling = words.org_words | words.place_words
    return any(words.noun(word) is not None or _is_form(word, telling, words) for word in run)


def _is_form(word: Word, listed: frozenset[str], words: Lexicon) -> bool:
    if word.key in listed or words.language in {"en", "ru"}:
        return word.key in listed
    return any(
        word.key[:cut] in listed and has_ending(word.key[cut:], words.language)
        for cut in range(3, len(word.key))
    )


def _is_acronym(word: Word) -> bool:
    return len(word.text) > 1 and word.text.isupper()


def _after_of(text: str, spoken: Sequence[Word], at: int) -> int | None:
    ahead = at + 2 if spoken[at + 1].key == "the" and at + 2 < len(spoken) else at + 1
    joined = _OF.fullmatch(text[spoken[at - 1].end : spoken[ahead].start])
    return ahead if joined is not None and spoken[ahead].capital else None


def _mention(
    text: str,
    run: Sequence[Word],
    index: int,
    spoken: Sequence[Word],
    words: Lexicon,
    attested: frozenset[str],
    common: frozenset[str],
) -> Mention | None:
    titled = index > 0 and spoken[index - 1].key in words.titles
    initial = _begins_sentence(text, run[0].start)
    while run and run[0].key in words.titles:
        run, titled, initial = run[1:], True, False
    if not run or all(month_number(word.text) is not None for word in run):
        return None
    lone = initial and len(run) == 1
    shouted = run[0].text.isupper() and len(run[0].text) > 1
    whole = text[run[0].start : run[-1].end]
    country = country_of(whole, words.language)
    if country is not None and not titled:
        return Mention(whole, country, "place", run[0].start, run[-1].end)
    base = base_form(whole, words.language, attested)
    if lone and not shouted and not any(char.isdigit() for char in run[0].text):
        known = key_of(base.split()[-1]) in attested or _SURNAME.search(key_of(base)) is not None
        # In a question every first word has a capital; in these languages names stand first.
        if not known and (words.language in {"en", "ru"} or words.noun(run[0]) is not None):
            return None
    kind = _kind(text, run, index, spoken, words, common, titled=titled, base=base)
    if kind in {"place", "org"} and words.language in {"az", "tr"} and base == whole:
        base = _without_locative(base)
    return Mention(whole, base, kind, run[0].start, run[-1].end)


def _kind(
    text: str,
    run: Sequence[Word],
    index: int,
    spoken: Sequence[Word],
    words: Lexicon,
    common: frozenset[str],
    *,
    titled: bool,
    base: str,
) -> str:
    if any(_is_form(word, words.org_words, words) for word in run):
        return "org"
    acronym = len(run[0].text) > 1 and run[0].text.isupper()
    if len(run) == 1 and (acronym or any(char.isdigit() for char in run[0].text)):
        return "org"
    if any(word.key in words.place_words for word in run) or (
        len(run) > 1 and run[0].key in words.place_starts
    ):
        return "place"
    if titled or _SURNAME.search(key_of(base)) is not None:
        return "person"
    if any(map(_is_acronym, run)) and not all(map(_is_acronym, run)):
        return "org"  # "Генассамблеи ООН"
    before = spoken[index - 1].key if index > 0 else ""
    # In Turkish "in" before a name is the end of its owner: "Ermenistan'ın".
    led = words.language in {"en", "ru"} and before in {"in", "at", "в", "из", "near"}
    if led or (words.language in {"az", "tr"} and _is_locative(text, run[-1])):
        return "place"
    return "person" if len(run) > 1 and not any(word.key in common for word in run) else "name"


def _without_locative(name: str) -> str:
    """ "Bakıda" is Bakı; so is "Nevada" cut, but what stands in "in" is seldom named so itself."""
    ending = LOCATIVE.search(key_of(name))
    if ending is None or ending.start() < _SHORTEST_PLACE:
        return name
    # "Avropa Şurasında" is in a compound, which takes an n before its ending: "Avropa Şurası".
    buffered = _COMPOUND_LOCATIVE.search(key_of(name)) is not None and " " in name
    return name[: ending.start() - (1 if buffered else 0)]


def _is_locative(text: str, last: Word) -> bool:
    after = re.match(r"['’‘]([^\W\d_]+)", text[last.end :])
    if after is not None:
        return LOCATIVE.search(key_of(after[1])) is not None
    return LOCATIVE.search(last.key) is not None and len(last.key) > 4
