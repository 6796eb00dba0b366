"""What can be asked at all: text of a bounded length; and what of it stands in quotes.

This module must not know what is done with a question.
"""

from __future__ import annotations

import re

from embeddings.text import Range
from qa.errors import QuestionError

__all__ = ["checked_question", "outside_quotes", "quoted_places"]

_QUOTED = re.compile(r'"([^"]+)"|[“„‟]([^“”„‟"]+)[”“‟"]|”([^”]+)”|«([^«»]+)»')


def quoted_places(question: str) -> list[Range]:
    """What stands in quotes of any kind, without them: `[start, end)` code points."""
    return [match.span(match.lastindex or 0) for match in _QUOTED.finditer(question)]


def outside_quotes(pattern: re.Pattern[str], question: str) -> list[re.Match[str]]:
    """The matches that do not begin in quotes, in order."""
    quoted = quoted_places(question)
    return [
        match
        for match in pattern.finditer(question)
        if not any(start <= match.start() < end for start, end in quoted)
    ]


def checked_question(question: str, *, max_chars: int) -> str:
    """The question without white space around it.

    Raises:
        QuestionError: it is empty, longer than `max_chars`, or not text.
    """
    cleaned = question.strip()
    if not cleaned:
        raise QuestionError("the question is empty", "Type a question.")
    if len(cleaned) > max_chars:
        raise QuestionError(
            f"the question has {len(cleaned)} characters, more than {max_chars}",
            "Ask a shorter one, or raise MENBE_MAX_QUESTION_CHARS.",
        )
    try:
        cleaned.encode("utf-8")
    except UnicodeEncodeError as error:
        raise QuestionError(
            "the question holds half of a surrogate pair, which is not text",
            "Send the question as UTF-8.",
        ) from error
    return cleaned
