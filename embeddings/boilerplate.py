"""Boilerplate: the ranges of an article that are the page's and not the article's.

Section names, breadcrumbs, adverts, share buttons, counters, font-size controls, subscription
lines, "read also" lists, rights notices and agency footers, in English, Russian, Azerbaijani and
Turkish. They are never indexed and never quoted. What they are called is a table of phrases, so
that a site's habit is one more line in a table and not one more rule.

Two things look like boilerplate and are kept on purpose. A byline ("By Vugar Khalilov") and a
date line ("17 April 2024, 14:30") are often the only place where the article says who wrote it
and when, so a question after these can be answered with a quote only if they may be quoted.

A line is taken only when the whole of it fits: a phrase inside a sentence never matches. It must
not know of metadata, formats, articles or anything later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from embeddings.phrases import (
    BUTTONS,
    CHANNELS,
    COUNTERS,
    FIELDS,
    NETWORKS,
    NOTICES,
    PLACES,
    READ_ALSO,
    SECTIONS,
    SUBSCRIBE,
)
from embeddings.text import fold_text

__all__ = [
    "Line",
    "Range",
    "find_boilerplate",
    "is_headline",
    "is_prose",
    "leaves_words",
    "merge",
    "split_lines",
]

Range = tuple[int, int]

# Bounded gaps: a search over the whole text must take linear time whatever it holds.
_CONTROL = re.compile(
    r"(?:[+＋]\s{0,3}[↺⟲↻⟳]?\s{0,3}[-−–—]|[-−–—]\s{0,3}[↺⟲↻⟳]?\s{0,3}[+＋])"
    r"\s{0,3}\d{1,3}\s{0,3}(?:px|pt)\b"
    r"|(?<!\S)[-−–—]\s{0,3}\d{1,3}\s{0,3}(?:px|pt)\s{0,3}[+＋](?!\S)"
    r"|(?<!\S)[AА][-−–]\s?[AА]?\s?[AА]\+(?!\S)|(?<!\S)[AА]\+\s?[AА]?\s?[AА][-−–](?!\S)"
)
_TRACKING = re.compile(r"^\(?MENAFN[-\d]{8,}(?:ID\d+)?\)?$|\berid\s*[:=]\s*\w{6,}", re.IGNORECASE)
_COUNTER = re.compile(r"^(?:[👁🕒💬❤👍🔗📷]\W*)?\d{1,3}(?:[ ,.]?\d{3})*$|^\d{1,2}:\d{2}$")
_RULE = re.compile(r"^[-–—_*=~#.•·|/\\ ]{3,}$|^[•·|↑»«<>]+$")
_MARKUP = re.compile(r"^!\[[^\]]*\]\([^)]*\)$|^<!--.*-->$")
_SPLIT = re.compile(r"\s*[/>»›→|·•,]\s*|\s+[-–—]\s+|\t+|\s{2,}")
_ENDING = re.compile(r"[.!?…]['\")\]»”’*]*$")
_BULLET = re.compile(r"^(?:[-–—•·▪►▶>*■●]|\d{1,2}[.)])\s*")
_SENTENCE_BREAK = re.compile(r"[.!?…][»\"”)]?\s+\S")

_MAX_NOTICE = 400
_MAX_SUBSCRIBE = 180
_MAX_FIELD = 160
_MAX_HEADLINE = 220
_MIN_ITEM_WORDS = 4
_MAX_ITEMS = 60
_NOTICE_LINES = 6  # notices of rights stand among the last lines, seldom among the first


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: its range without surrounding white space, and its text."""

    start: int
    end: int
    text: str


def split_lines(text: str) -> list[Line]:
    r"""Return the lines of `text` that are not blank. Only "\n" ends a line."""
    lines: list[Line] = []
    start = 0
    for raw in text.split("\n"):
        body = raw.strip()
        if body:
            begin = start + raw.index(body)
            lines.append(Line(begin, begin + len(body), body))
        start += len(raw) + 1
    return lines


def merge(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return the ranges sorted and disjoint; those that touch or overlap become one."""
    merged: list[Range] = []
    for start, end in sorted(r for r in ranges if r[0] < r[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def is_prose(line: str) -> bool:
    """Say whether a line reads as a sentence or a paragraph rather than a headline or label."""
    words = len(line.split())
    if len(line) > _MAX_HEADLINE:
        return True
    if _ENDING.search(line) and not line.endswith(("?", "!", "?»", "!»")):
        return words >= 5
    return words >= 14 and _SENTENCE_BREAK.search(line) is not None


def is_headline(line: str) -> bool:
    """Say whether a line can be a headline: short, more than a word, and not a sentence."""
    return len(line) <= _MAX_HEADLINE and len(line) >= 8 and not is_prose(line)


@cache
def _phrases(table: str) -> frozenset[str]:
    items = (item for row in table.split("\n") for item in row.split("|"))
    return frozenset(fold_text(item.strip()) for item in items if item.strip())


@cache
def _starts(table: str) -> tuple[str, ...]:
    return tuple(sorted(_phrases(table)))


@lru_cache(maxsize=64)  # one line is asked about by several rules in turn
def _bare(line: str) -> str:
    """Return the folded line without bullets and edge punctuation, for whole-line tables."""
    return fold_text(line).strip(" :.!…»«>›*#|-–—→▼▲►▶•\"'()[]↓↑=_").strip()


def _is_section_line(line: str, following: str | None) -> bool:
    if len(line) > 120:
        return False
    sections, places = _phrases(SECTIONS), _phrases(PLACES)
    bare = _bare(line)
    if bare in sections or _COUNTER.match(line):
        return True
    if bare in places:
        return following is not None and is_headline(following)
    parts = [part for part in map(_bare, _SPLIT.split(line)) if part]
    return any(part in sections for part in parts) and all(
        part in sections or part in places for part in parts
    )


def _is_button_line(line: str) -> bool:
    if len(line) > 120:
        return False
    bare = _bare(line)
    if bare in _phrases(BUTTONS) or _RULE.match(line):
        return True
    if _CONTROL.fullmatch(line) or _TRACKING.search(line) or _MARKUP.match(line):
        return True
    words = [word.strip(".,:;") for word in bare.replace("|", " ").replace("/", " ").split()]
    networks = _phrases(NETWORKS)
    return (
        bool(words) and all(word in networks for word in words) and (len(words) > 1 or bare != "x")
    )


def _is_subscribe_line(line: str) -> bool:
    if len(line) > _MAX_SUBSCRIBE:
        return False
    folded = fold_text(_BULLET.sub("", line)).lstrip(" !👉📲📌➡️▶►✅🔔👇")
    if not folded.startswith(_starts(SUBSCRIBE)):
        return False
    # "Follow the money" and "Подпишитесь под петицией" begin so too: a channel or "us" decides
    words = re.findall(r"[\w.-]+", folded)
    for channel in _phrases(CHANNELS):
        if " " in channel and channel in folded:
            return True
        if len(channel) <= 4 and channel in words:
            return True
        if len(channel) > 4 and any(word.startswith(channel) for word in words):
            return True
    return any(word.startswith("наш") for word in words)


def _is_notice_line(line: str) -> bool:
    if len(line) > _MAX_NOTICE:
        return False
    folded = fold_text(_BULLET.sub("", line)).lstrip('*_ «"(')
    return folded.startswith(_starts(NOTICES))


def _is_field_line(line: str) -> bool:
    label, colon, value = line.partition(":")
    if not colon or len(line) > _MAX_FIELD:
        return False
    bare = _bare(label)
    return bare in _phrases(FIELDS) or (
        bare in _phrases(COUNTERS) and value.strip()[:1].isdecimal()
    )


def _goes_on(line: str, following: str, *, notice: bool) -> bool:
    """Say whether "Tags:" or "Legal Disclaimer:" has its content on the next line."""
    if not line.endswith(":"):
        return False
    if _bare(line) in _phrases(FIELDS):
        return not is_prose(following)
    return notice and _is_notice_line(line) and len(following) <= _MAX_NOTICE


def _is_furniture(line: str) -> bool:
    return _is_button_line(line) or _is_subscribe_line(line) or _is_field_line(line)


def _opens_list(line: str) -> bool:
    """Say whether a line is "Read also", alone or with a headline after its colon."""
    if len(line) > _MAX_HEADLINE:
        return False
    return _bare(line.partition(":")[0]) in _phrases(READ_ALSO)


def _is_item(line: Line) -> bool:
    body = _BULLET.sub("", line.text)
    return not is_prose(body) and not body.endswith((":", ";", ","))


def _list_end(lines: Sequence[Line], label: int, *, text: str) -> int:
    """Return the index after the last item of the list that the line `label` opens.

    At the end of an article all that follows is headlines and belongs to the list. Before more
    prose the list ends at a short line, which is rather the heading of what follows.
    """
    stop = label + 1
    limit = min(len(lines), label + _MAX_ITEMS)
    while stop < limit and (_is_item(lines[stop]) or _is_furniture(lines[stop].text)):
        stop += 1
    if stop == len(lines):
        return stop
    # A single label with its headline behind the colon lists nothing below it.
    _, colon, rest = lines[label].text.partition(":")
    if colon and rest.strip():
        return label + 1
    end = label + 1
    while end < stop:
        line = lines[end]
        apart = "\n\n" in text[lines[end - 1].end : line.start]
        if len(line.text.split()) < _MIN_ITEM_WORDS and apart and end > label + 1:
            break
        end += 1
    return end


def _head_and_tail(lines: Sequence[Line]) -> tuple[int, int]:
    """Return the index of the first line of prose and the index after the last."""
    prose = [i for i, line in enumerate(lines) if is_prose(line.text)]
    return (prose[0], prose[-1] + 1) if prose else (len(lines), len(lines))


def find_boilerplate(text: str) -> tuple[Range, ...]:
    """Find what belongs to the page and not to the article.

    Args:
        text: the article's text, lines ended by line feeds.

    Returns:
        Ranges `[start, end)` in code points, sorted and disjoint. Empty when nothing else would
        be left of the text.
    """
    lines = split_lines(text)
    first, last = _head_and_tail(lines)
    taken: set[int] = set()
    i = 0
    while i < len(lines):
        line = lines[i].text
        if _opens_list(line):
            # above the first sentence a list cannot be told from the article's own headline
            end = _list_end(lines, i, text=text) if i >= first else i + 1
            taken.update(range(i, end))
            i = end
            continue
        edge = i < first or i >= last
        following = lines[i + 1].text if i + 1 < len(lines) else None
        notice = i < _NOTICE_LINES or i >= len(lines) - _NOTICE_LINES
        if (
            _is_furniture(line)
            or (edge and _is_section_line(line, following))
            or (notice and _is_notice_line(line))
        ):
            taken.add(i)
            if following is not None and _goes_on(line, following, notice=notice):
                i += 1
                taken.add(i)
        i += 1
    ranges = [(lines[i].start, lines[i].end) for i in taken]
    found = merge([*ranges, *(match.span() for match in _CONTROL.finditer(text))])
    return found if leaves_words(text, found) else ()


def leaves_words(text: str, ranges: Sequence[Range]) -> bool:
    """Say whether a letter or digit of `text` stands outside the sorted, disjoint `ranges`."""
    start = 0
    for begin, end in (*ranges, (len(text), len(text))):
        if any(char.isalnum() for char in text[start:begin]):
            return True
        start = end
    return False
