"""Answers and passages as text for a terminal: the quote marked inside its sentence.

Colour is an addition and never the only mark: without it the quote stands between «» signs, so
that a pipe, a screen reader or a log loses nothing. Text from articles is never read as markup.

This module must not know how an answer was found, nor where the text goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from rich.text import Text

from prompts import reply
from qa.models import Answer, AskResult, Citation, Passage

__all__ = [
    "marked_sentence",
    "printable",
    "render_answer",
    "render_explanation",
    "render_passage",
    "render_result",
]

_SHOWN_PASSAGES = 3
_SHOWN_CHARS = 240


def render_result(result: AskResult, *, answers: int = 1) -> Text:
    """The message, the first `answers` answers or, in silence, the nearest passages."""
    if result.state == "answered":
        parts = [render_answer(answer, result.language) for answer in result.answers[:answers]]
        return Text("\n\n").join(parts)
    lines = [Text(result.message, style="yellow")]
    if result.passages:
        lines.append(Text(f"{reply('label.nearest', result.language)}:", style="dim"))
        lines += [
            render_passage(passage, result.language)
            for passage in result.passages[:_SHOWN_PASSAGES]
        ]
    return Text("\n").join(lines)


def render_answer(answer: Answer, language: str) -> Text:
    """Three lines: the answer; its sentence with the quote marked; where it is from."""
    return Text("\n").join(
        [
            Text(printable(answer.text), style="bold"),
            Text("  ") + marked_sentence(answer.citation),
            Text("  ") + _origin(answer, language),
        ]
    )


def marked_sentence(citation: Citation) -> Text:
    """The sentence, the quote between «» and highlighted."""
    sentence = citation.sentence
    start, end = citation.start - sentence.start, citation.end - sentence.start
    marked = Text(printable(sentence.text[:start]))
    marked.append(f"«{printable(sentence.text[start:end])}»", style="bold green")
    marked.append(printable(sentence.text[end:]))
    return marked


def render_passage(passage: Passage, language: str) -> Text:
    """One passage, shortened to a few lines, after where it is from."""
    text = printable(passage.text)
    shown = text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1].rstrip() + "…"
    head = _place(passage.source, passage.title, passage.article_id, passage.published_at, language)
    return Text(f"  [{head}] ", style="dim") + Text(shown)


def render_explanation(explanation: Mapping[str, Any]) -> Text:
    """What `qa.explain` tells, one line a passage, after what the whole search went by."""
    period, removed = explanation["period"], explanation["removed_by_filters"]
    named = "-" if period is None else f"{period['from']} … {period['to']}"
    taken = ", ".join(f"{name} {count}" for name, count in removed.items())
    lines = [
        f"terms: {printable(' '.join(explanation['terms']))}",
        f"time: {named}; chunks ranked: {explanation['candidates']};"
        f" articles removed: {taken if taken else '-'}",
        "dense  bm25   share  time   fused  reader copies  passage",
    ]
    for each in explanation["passages"]:
        scores = [each[name] for name in ("dense", "lexical", "lexical_share", "time", "fused")]
        shown = "".join(f"{'-' if one is None else f'{one:.3f}':<7}" for one in scores)
        reader = "-" if each["reader"] is None else f"{each['reader']:.2f}"
        place = f"{printable(each['chunk_id'])}{' (other language)' * each['other_language']}"
        lines.append(f"{shown}{reader:<7}{each['stands_for']:<8}{place}")
    return Text("\n".join(lines), style="dim")


def printable(text: str) -> str:
    """`text` on one line, control and bidirectional characters replaced.

    A run of white space becomes one space, at the ends too: pieces can be put together again.
    An article's text goes to a terminal: an escape sequence in it must not be obeyed.
    """
    spaced = re.sub(r"\s+", " ", text)
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) == "Cc" or char in _BIDI else char
        for char in spaced
    )


_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _origin(answer: Answer, language: str) -> Text:
    citation = answer.citation
    place = _place(
        citation.source, citation.title, citation.article_id, citation.published_at, language
    )
    bucket = reply(f"bucket.{answer.confidence_bucket}", language)
    label = reply("label.confidence", language)
    return Text(f"{place} · {label}: {bucket} ({answer.confidence:.2f})", style="dim")


def _place(
    source: str | None, title: str | None, article_id: str, published: object, language: str
) -> str:
    named = reply("label.unsourced", language) if source is None else source
    day = reply("label.undated", language) if published is None else str(published)
    shown = article_id if title is None else title
    return printable(f"{named} · {day} · {shown}")
