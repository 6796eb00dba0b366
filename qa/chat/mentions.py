"""What a text names: people, organisations, places, dates, and the events it speaks of.

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
from qa.chat.cases import base_form, compound
from qa.chat.lexicon import Lexicon, Noun, Word, key_of, split

__all__ = [
    "Event",
    "Mention",
    "attested_names",
    "common_words",
    "find_events",
    "find_names",
    "find_names_in_lower_case",
    "find_when",
    "is_verb",
]

_SURNAME = re.compile("(?:ov|ev|yev|ova|eva|ow|off|zade|oglu|ов|ев|ова|ева|ский|ская|енко|ян)$")
_SENTENCE_END = re.compile(r"[.!?…:;\n«“„\"(\[]\s*$")
_OF = re.compile(r"\s+of(?:\s+the)?\s+$")
_LOCATIVE = re.compile("(?:[dt][ae]|[dt][ae]ki)$")
_LIGHT_VERB = re.compile("(?:et|ed|ol|yap|ver|apar|eyl)")
_MAX_SIDE = 6  # words that a phrase may reach from its head, either way


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


@dataclass(frozen=True, slots=True)
class Event:
    """A noun phrase that speaks of a meeting, a visit, a session and the like.

    Attributes:
        text: the phrase as the text has it, without article; `text == source[start:end]`.
        name: the phrase in its dictionary form, as far as the rules can tell.
        left, right: what stands before and after the head inside the phrase.
        lead: the preposition before the phrase, or "".
    """

    text: str
    name: str
    left: str
    right: str
    lead: str
    noun: Noun
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
        for part, at in _parts(run, index, words):
            mention = _mention(text, part, at, spoken, words, attested, common)
            if mention is not None and not any(
                mention.start < end and start < mention.end for start, end in dates
            ):
                found.append(mention)
        index = stop
    return tuple(found)


def find_when(text: str) -> tuple[Mention, ...]:
    """The dates of `text`, with or without a year, as it writes them."""
    return tuple(
        Mention(text[day.start : day.end], text[day.start : day.end], "date", day.start, day.end)
        for day in find_dates(text, yearless=True)
    )


def find_events(
    text: str, words: Lexicon, names: Sequence[Mention], *, kind: str = "event"
) -> tuple[Event, ...]:
    """The phrases of `text` around its event nouns, in order; with `kind` around others."""
    spoken = split(text)
    found = []
    for index, word in enumerate(spoken):
        noun = words.noun(word)
        if noun is None or noun.kind != kind:
            continue
        if index + 1 < len(spoken) and _adjacent(text, word, spoken[index + 1]):
            following = spoken[index + 1]
            # "peace process talks": the last noun is the head. "müzakirə etdi" is a verb.
            if words.language == "en" and words.noun(following) is not None:
                continue
            if words.language in {"az", "tr"} and _LIGHT_VERB.match(following.key):
                continue
        found.append(_event(text, spoken, index, noun, words, names))
    return tuple(found)


def is_verb(word: Word, words: Lexicon) -> bool:
    """Whether the word looks like a finite verb: by its ending, in English by list."""
    if word.key in words.verbs or word.key in words.auxiliaries:
        return True
    pattern = _VERBS.get(words.language)
    return pattern is not None and not word.capital and pattern.search(word.key) is not None


_VERBS = {
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


def _parts(run: Sequence[Word], index: int, words: Lexicon) -> Iterator[tuple[Sequence[Word], int]]:
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
    if words.language != "en":
        # "Bayramov ABŞ-ın": a person and a state that only stand side by side.
        cut = next((at for at in range(1, len(run)) if _is_acronym(run[at])
                    and _SURNAME.search(run[at - 1].key)), 0)  # fmt: skip
        if cut:
            yield run[:cut], index
            yield run[cut:], index + cut
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
    base = base_form(text[run[0].start : run[-1].end], words.language, attested)
    if lone and not shouted and not any(char.isdigit() for char in run[0].text):
        known = key_of(base.split()[-1]) in attested or _SURNAME.search(key_of(base)) is not None
        # In a question every first word has a capital; in these languages names stand first.
        if not known and (words.language in {"en", "ru"} or words.noun(run[0]) is not None):
            return None
    kind = _kind(text, run, index, spoken, words, common, titled=titled, base=base)
    return Mention(text[run[0].start : run[-1].end], base, kind, run[0].start, run[-1].end)


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
    if any(word.key in words.org_words for word in run):
        return "org"
    acronym = len(run[0].text) > 1 and run[0].text.isupper()
    if len(run) == 1 and (acronym or any(char.isdigit() for char in run[0].text)):
        return "org"
    if any(word.key in words.place_words for word in run):
        return "place"
    if titled or _SURNAME.search(key_of(base)) is not None:
        return "person"
    before = spoken[index - 1].key if index > 0 else ""
    if before in {"in", "at", "в", "из", "near"} or (
        words.language in {"az", "tr"} and _is_locative(text, run[-1])
    ):
        return "place"
    return "person" if len(run) > 1 and not any(word.key in common for word in run) else "name"


def _is_locative(text: str, last: Word) -> bool:
    after = re.match(r"['’‘]([^\W\d_]+)", text[last.end :])
    ending = key_of(after[1]) if after is not None else last.key
    return _LOCATIVE.search(ending) is not None and len(last.key) > 4


# --- events ------------------------------------------------------------------------------------


def _adjacent(text: str, left: Word, right: Word) -> bool:
    gap = text[left.end : right.start]
    return gap in {"-", "‑", "–"} or (gap.isspace() and "\n" not in gap)


def _event(
    text: str,
    spoken: Sequence[Word],
    index: int,
    noun: Noun,
    words: Lexicon,
    names: Sequence[Mention],
) -> Event:
    first = _left_edge(text, spoken, index, words, names)
    last = _right_edge(text, spoken, index, words)
    start, end = spoken[first].start, spoken[last].end
    head = spoken[index]
    left = text[start : head.start]
    right = text[head.end : end]
    lead = spoken[first - 1] if first > 0 else None
    if lead is not None and lead.key in words.articles and first > 1:
        lead = spoken[first - 2]
    return Event(
        text=text[start:end],
        name=_phrase_name(left, head, right, noun, words),
        left=left,
        right=right,
        lead=lead.text if lead is not None and lead.key in words.prepositions else "",
        noun=noun,
        start=start,
        end=end,
    )


def _phrase_name(left: str, head: Word, right: str, noun: Noun, words: Lexicon) -> str:
    if words.language == "en":
        return f"{left}{head.text}{right}"
    if words.language == "ru":
        # Adjectives would have to agree with the nominative; what follows the head need not.
        kept = re.match(r".*?\d+-\w+\s", left)
        ordinal = f"{kept[0].split()[-1]} " if kept is not None else ""
        return f"{ordinal}{noun.base}{right}"
    plural = re.match(f"{noun.stem}(l[ae]r)", head.key)
    base = noun.base
    if plural is not None and not base.endswith(("lar", "lər", "ler")):
        base = head.text[: len(noun.stem) + 3]
    return f"{left}{compound(base) if left.strip() else base}"


def _left_edge(
    text: str, spoken: Sequence[Word], index: int, words: Lexicon, names: Sequence[Mention]
) -> int:
    first = index
    while first > 0 and index - first < _MAX_SIDE:
        word = spoken[first - 1]
        gap = text[word.end : spoken[first].start]
        possessive = gap == " " and word.key == "s" and first > 1
        if possessive and spoken[first - 2].capital:
            first -= 2
            continue
        suffix = word.key in _TURKIC_SUFFIXES and words.language in {"az", "tr"}
        if suffix and first > 1 and text[spoken[first - 2].end : word.start] in _JOINTS:
            if _LOCATIVE.search(word.key):
                break
            first -= 2
            continue
        if not _adjacent(text, word, spoken[first]) or _stops_left(spoken, first - 1, words, names):
            break
        first -= 1
    return first


_JOINTS = frozenset("'’‘-‑`´")
_TURKIC_SUFFIXES = frozenset(
    "in un nin nun i u ni nu de da te ta den dan ten tan ci cu inci uncu nci ncu e a ye ya".split()
)


def _stops_left(
    spoken: Sequence[Word], index: int, words: Lexicon, names: Sequence[Mention]
) -> bool:
    word = spoken[index]
    if word.text[0].isdigit():
        return False
    if words.is_small(word) or any(
        (found := words.question_at(spoken, at)) is not None and at + found[0] > index
        for at in range(max(0, index - 3), index + 1)
    ):
        return True
    if words.language == "ru":
        return (
            word.capital or re.search("(?:ой|ей|ая|ый|ий|ое|ом|ого|ую|ые|ых|ым)$", word.key) is None
        )
    if is_verb(word, words) and not word.capital:
        return True
    if words.language == "en":
        return word.key.endswith("ed") and not word.capital
    person = any(name.kind == "person" and name.start <= word.start < name.end for name in names)
    genitive = re.search("n?[iu]n$", word.key) is not None
    return (_LOCATIVE.search(word.key) is not None and len(word.key) > 4) or (
        person and not genitive
    )


def _right_edge(text: str, spoken: Sequence[Word], index: int, words: Lexicon) -> int:
    last = index
    if words.language in {"az", "tr"}:
        return last
    while last + 1 < len(spoken) and last - index < _MAX_SIDE:
        word = spoken[last + 1]
        if not _adjacent(text, spoken[last], word):
            break
        if words.language == "en":
            ahead = _english_right(text, spoken, last + 1, words)
            if ahead is None:
                break
            last = ahead
        elif words.is_small(word) or is_verb(word, words) and not word.capital:
            break
        else:
            last += 1
    return last


def _english_right(text: str, spoken: Sequence[Word], at: int, words: Lexicon) -> int | None:
    """The end of "of the foreign ministers", "on Palestine", "between X and Y" at `at`."""
    if spoken[at].key not in {"of", "on", "with", "between", "for"}:
        return None
    at += 1
    if at < len(spoken) and spoken[at].key in words.articles:
        at += 1
    stop = at
    while (
        stop < len(spoken)
        and stop - at < 4
        and (stop == at or _adjacent(text, spoken[stop - 1], spoken[stop]))
        and not words.is_small(spoken[stop])
        and (spoken[stop].capital or not is_verb(spoken[stop], words))
    ):
        stop += 1
    return stop - 1 if stop > at else None
