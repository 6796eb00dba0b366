"""Sentences as exact ranges of a text.

sentencex finds the boundaries; what it is known to get wrong in news (initials, ordinals,
speech tags after a dash, sentences glued together) is mended here. Lines matter as much as
full stops: a headline has none, and hard-wrapped text breaks lines inside sentences.

This module must not know articles, and never changes or copies text into its results:
only `[start, end)` ranges in code points leave it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from embeddings.fold import without_surrogates

__all__ = ["Range", "sentences"]

Range = tuple[int, int]

# sentencex takes and returns copies of the whole text it is given: a longer block goes in
# windows, so that memory stays flat on a text without line breaks.
_WINDOW = 1 << 18
# Lines of this width in a row, each as full as its next word allows, were wrapped by a program.
_WRAP_WIDTHS = range(40, 121)

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢİĪĶĻŁŃŅŇŐŒŘŚŞŠŢŤŪŮŰŲŹŻŽƏȘȚА-ЯЁЄІЇҐӘҒҚҢӨҰҮҺҸ"
_LOWER = "a-zß-öø-ÿāăąćčďđēėęěğģıīķļłńņňőœřśşšţťūůűųźżžəșțа-яёєіїґәғқңөұүһҹ"


class _Rules(NamedTuple):
    """Abbreviations of one language, folded to lower case, without the last dot."""

    leading: frozenset[str]  # something always follows: "Prof.", "им.", "bkz."
    trailing: frozenset[str]  # may also end a sentence: "г.", "млн.", "Inc."


def _word_set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _rules(leading: str, trailing: str) -> _Rules:
    return _Rules(_word_set(leading), _word_set(trailing))


_COMMON = _rules(
    "prof dr mr mrs ms st sr jr gen col lt sgt capt maj adm rev hon gov sen rep no nos vol fig "
    "art sec pp vs approx jan feb apr jun jul aug sep sept oct nov dec",
    "etc inc co ltd corp plc llc gmbh a.m p.m u.s u.k u.n e.g i.e cf al est d.c b.c a.d",
)
_RULES: dict[str, _Rules] = {
    "en": _COMMON,
    "ru": _rules(
        "им ул пр просп пер пл наб д кв корп стр рис гл ст п пп ч т см ср напр акад проф доц "
        "г-н г-жа гр тов св обл р-н пос с дер г-на г-ну гос ген полк подп кап лейт адм муз реж "
        "ред сост сост т.н т.наз т.е т.к и.о в.и.о дж ж.-д зам нач инст янв февр апр авг сент "
        "окт нояб дек",
        "г гг в вв н.э тыс млн млрд трлн руб коп долл евро км м см кг т.д т.п др пр проч р "
        "экз чел ч мин сек с.г т.г",
    ),
    "az": _rules(
        "prof dr akad dos cən xan küç pr məh bax səh şək cəd yan fev avq sent okt noy dek əs "
        "mr mrs b.e.ə",
        "və.s s v.s m km kq mln mlrd min man qəp ş r-n il ci və ədəd dəq saat e.ə",
    ),
    "tr": _rules(
        "prof dr doç yrd öğr gör av sn alb gen org tüm tuğ yb bnb yzb kur uzm arş bkz s cad sok "
        "mah apt blv no nu hz şb krş örn m.ö m.s t.c i̇ng fr alm osm ar far lat",
        "vb vd vs v.b a.ş ltd şti km m kg mn milyon mlr yy s",
    ),
}

_INITIAL = re.compile(rf"(?:^|[\s(\[«“„\"'.—–-])(?:[{_UPPER}]|Дж|Дм|Ст|Св|Юл|Ch|Sh|Kh|Zh|Yu|Ya)\.$")
_LAST_WORD = re.compile(r"([^\s(\[«“„\"]{1,12})\.$")
_AND_SO_ON = re.compile(r"\bт\.\s?[дп]\.$")
_ORDINAL = re.compile(r"(?:^|[\s(\[«“„\"—–-])(?:\d{1,3}|[IVXLC]{1,6})\.$")
_LIST_NUMBER = re.compile(r"[(\[]?(?:\d{1,3}|[IVXLC]{1,6}|\w)[.)]+")
_SPEECH_TAG = re.compile(rf"[—–-]\s?[{_LOWER}]")
_OPENERS = "«“„\"'([‹‘—–- \t\u00a0"
# Words that begin sentences and no names: after "vitamin C." and "2022 г." they start a new one.
_STARTERS = _word_set(
    "the he she it in on at a an this that they we i there but and as his her its these by "
    "however then now later meanwhile after before when if while also "
    "после это этот эта эти этого он она оно они мы вы но а и на по при также как из для кроме "
    "помимо потом затем теперь однако тогда там здесь сейчас ранее позже если когда хотя поэтому "
    "так его ее её их все всё до от за об под между через во со "
    "bu o və lakin amma onun onlar həmçinin bundan sonra ancaq artıq hazırda bununla biz "
    "ve ama fakat bunun ayrıca şimdi ardından daha"
)
# Letters that are words too: at a sentence's beginning, unless they are an initial.
_LETTER_STARTERS = frozenset("вскуоя")
_CLOCK = frozenset({"a.m", "p.m"})
_AFTER_CLOCK = _word_set(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may "
    "june july august september october november december gmt utc et est edt pt pst bst local"
)
# Where sentencex never cuts: a dot with a capital behind it.
_MAYBE_OVER = re.compile(rf"\.\s+(?=[«“„\"]?[{_UPPER}])")
_GLUED = re.compile(rf"(?<=[{_LOWER}][{_LOWER}])[.!?…][»”\"]?(?=[{_UPPER}][{_LOWER}’'])")
_DOMAINS = _word_set(
    "az ru com net org tr info edu gov ua ge am kz uz kg tm by eu uk de fr me tv io us me biz "
    "ir il ca cn jp pl it es"
)
_BULLET = re.compile(r"\s*(?:[•●▪■◦‣·*►▶✓–—-]\s|\(?\d{1,3}[.)]\s)")
_ENDS_SENTENCE = re.compile(r"[.!?…:;][»”\"')\]]*\s*$")


def sentences(text: str, language: str, *, within: Sequence[Range] | None = None) -> list[Range]:
    """Sentence ranges of `text`, in order, disjoint, without leading or trailing whitespace.

    Every character that is not whitespace belongs to a sentence. A blank line or a line that
    stands alone (a heading, a bullet) ends one; lines wrapped at a fixed width do not.

    Args:
        text: any text; offsets are code points of it.
        language: a code such as `detect_language` returns; unknown ones use English rules.
        within: only these ranges are looked at, sorted and disjoint; no sentence crosses
            from one into the next. None is the whole text.
    """
    found: list[Range] = []
    ranges = [(0, len(text))] if within is None else within
    for start, end in ranges:
        for block in _blocks(text, max(start, 0), min(end, len(text))):
            found.extend(_block_sentences(text, block, language))
    return found


# --- lines to blocks -------------------------------------------------------------------------


def _blocks(text: str, start: int, end: int) -> Iterator[Range]:
    """Runs of lines that may hold a sentence across a line break. Stripped, never empty."""
    paragraph: list[Range] = []
    for line in _lines(text, start, end):
        first, last = _strip(text, *line)
        if first < last:
            paragraph.append((first, last))
        elif paragraph:
            yield from _joined(text, paragraph)
            paragraph = []
    if paragraph:
        yield from _joined(text, paragraph)


_LINE_END = re.compile("\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")


def _lines(text: str, start: int, end: int) -> Iterator[Range]:
    position = start
    for match in _LINE_END.finditer(text, start, end):
        yield position, match.start()
        position = match.end()
    if position < end:
        yield position, end


def _joined(text: str, lines: list[Range]) -> Iterator[Range]:
    width = max(last - first for first, last in lines)
    # A list of headlines can look wrapped too, but all its lines begin with capitals.
    small = sum(text[first].islower() for first, _ in lines[1:])
    wrapped = width in _WRAP_WIDTHS and 3 * small >= len(lines) - 1
    start = lines[0][0]
    for before, after in pairwise(lines):
        if not _continues(text, before, after, width if wrapped else None):
            yield start, before[1]
            start = after[0]
    yield start, lines[-1][1]


def _continues(text: str, before: Range, after: Range, width: int | None) -> bool:
    """Whether the line `after` goes on with the sentence that the line `before` leaves open."""
    if _ENDS_SENTENCE.search(text, max(before[1] - 8, before[0]), before[1]):
        return False
    first, last = after
    if _BULLET.match(text, first, last):
        return False
    if text[first].islower():
        return True
    if width is None:
        return False
    word_end = first
    while word_end < last and not text[word_end].isspace():
        word_end += 1
    return before[1] - before[0] + 1 + word_end - first > width


def _strip(text: str, start: int, end: int) -> Range:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


# --- blocks to sentences ---------------------------------------------------------------------


def _block_sentences(text: str, block: Range, language: str) -> Iterator[Range]:
    rules = _RULES.get(language, _COMMON)
    current: Range | None = None
    for piece in _pieces(text, block, language):
        if current is None:
            current = piece
        elif _belongs(text, current, piece, language, rules):
            current = (current[0], piece[1])
        else:
            yield current
            current = piece
    if current is not None:
        yield current


def _pieces(text: str, block: Range, language: str) -> Iterator[Range]:
    """sentencex's sentences, cut again where two are glued together or an abbreviation ends one.

    Stripped, not empty.
    """
    for start, end in _parted(text, block, language):
        position = start
        for match in _GLUED.finditer(text, start, end):
            if _is_glued(text, match, end):
                yield from _not_empty(text, position, match.end())
                position = match.end()
        yield from _not_empty(text, position, end)


def _parted(text: str, block: Range, language: str) -> Iterator[Range]:
    """sentencex's sentences, cut where "г." or "и т. д." is followed by who starts a new one."""
    trailing = _RULES.get(language, _COMMON).trailing
    for start, end in _boundaries(text, block, language):
        position = start
        for match in _MAYBE_OVER.finditer(text, start, end):
            head = text[max(position, match.start() - 16) : match.start() + 1]
            word = _LAST_WORD.search(head)
            if word is None or not (word[1].lower() in trailing or _AND_SO_ON.search(head)):
                continue
            if _starts_anew(text[match.end() : match.end() + 24].lstrip(_OPENERS)):
                yield position, match.end()
                position = match.end()
        yield position, end


def _starts_anew(following: str) -> bool:
    word = _first_word(following)
    if len(word) == 1 and not following[1:2].isspace():
        return False  # an initial
    return word in _STARTERS or word in _LETTER_STARTERS


def _not_empty(text: str, start: int, end: int) -> Iterator[Range]:
    first, last = _strip(text, start, end)
    if first < last:
        yield first, last


def _is_glued(text: str, match: re.Match[str], end: int) -> bool:
    position = match.end()
    while position < end and text[position].isalpha():
        position += 1
    following = text[match.end() : position]
    if following.lower() in _DOMAINS:
        return False
    if position < end and text[position] == "." and text[position + 1 : position + 2].isalpha():
        return False  # a longer name with dots
    before = match.start()
    while before > 0 and text[before - 1].isalpha():
        before -= 1
    return before == 0 or text[before - 1] not in "@/._-"


def _boundaries(text: str, block: Range, language: str) -> Iterator[Range]:
    from sentencex import get_sentence_boundaries

    start, end = block
    while start < end:
        stop = min(start + _WINDOW, end)
        if stop < end:
            stop = _last_space(text, start, stop)
        found = get_sentence_boundaries(language, without_surrogates(text[start:stop]))
        cuts = [start + int(boundary["end_index"]) for boundary in found[:-1]]
        position = start
        for cut in cuts:
            yield position, cut
            position = cut
        if stop >= end or position == start:
            yield position, stop
            position = stop
        start = position  # the window's last sentence may go on behind it


def _last_space(text: str, start: int, stop: int) -> int:
    for position in range(stop, max(start, stop - 4096), -1):
        if text[position].isspace():
            return position
    return stop


# --- repairs ---------------------------------------------------------------------------------


def _belongs(text: str, before: Range, after: Range, language: str, rules: _Rules) -> bool:
    """Whether the boundary between two neighbouring pieces is none."""
    head = text[max(before[0], before[1] - 64) : before[1]]
    tail = text[after[0] : min(after[1], after[0] + 64)]
    if not any(c.isalnum() for c in tail) and not _LINE_END.search(text, before[1], after[0]):
        return True  # closing quotes, dots and brackets
    if before[1] - before[0] <= 12 and not any(c.isalnum() for c in head):
        return True  # opening ones
    if before[1] == after[0] and head.endswith("."):
        match = _GLUED.search(text, max(before[0], before[1] - 3), after[0] + 2)
        if match is None or not _is_glued(text, match, after[1]):
            return True  # "News.Az", "v1.2", "e.g.this"
    if _SPEECH_TAG.match(tail):
        return True
    following = tail.lstrip(_OPENERS)
    if not following:
        return False
    if following[0].islower() and text[before[0] : before[0] + 64].lstrip(_OPENERS)[:1].isupper():
        return True
    if not head.endswith("."):
        return False
    return _after_dot(head, following, before, language, rules)


def _after_dot(head: str, following: str, before: Range, language: str, rules: _Rules) -> bool:
    alone = before[1] - before[0] == len(head) and _LIST_NUMBER.fullmatch(head) is not None
    if alone:
        return True
    if _INITIAL.search(head):
        return _first_word(following) not in _STARTERS
    if language in {"tr", "az"} and _ORDINAL.search(head):
        return True
    match = _LAST_WORD.search(head)
    if match is None:
        return False
    word = match[1].lower()
    if word in _CLOCK and _first_word(following) in _AFTER_CLOCK:
        return True
    if _AND_SO_ON.search(head):
        return not _starts_anew(following)
    if word in rules.leading and (len(word) > 1 or following[0].isdigit()):
        return True
    if word in rules.leading and following[0].isupper():
        return _first_word(following) not in _STARTERS
    return word in rules.trailing and (following[0].isdigit() or following[0] in "%,;")


def _first_word(text: str) -> str:
    end = 0
    while end < len(text) and text[end].isalpha():
        end += 1
    return text[:end].lower()
