"""A conversation as a file that keeps its citations: Markdown to read, JSON to work with.

Every citation carries the article's id, sha256 and offsets, so a saved conversation can be
checked long after. A file that exists is never written over, and a file is whole or not there.

This module must not know how a conversation is had.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from embeddings.errors import UsageError
from prompts import reply
from qa.models import Answer, AskResult, Citation, Passage
from qa.render import (
    Copies,
    cited_place,
    copies_in_words,
    counts_in_words,
    place_of,
    printable,
    uncited_copies,
)

__all__ = ["save_transcript", "transcript_json", "transcript_markdown"]

_NEAREST = 3  # passages shown where there is no answer


def save_transcript(
    results: Sequence[AskResult], path: Path, *, language: str, copies: Copies
) -> None:
    """Write the conversation to `path`, as its suffix says: .md or .json.

    Args:
        language: of the heading, and of what goes wrong.
        copies: articles that citations name as copies.

    Raises:
        UsageError: another suffix, a file that exists, or a place that cannot be written.
    """
    makers = {".md": transcript_markdown, ".json": transcript_json}
    if path.suffix.lower() not in makers:
        raise UsageError(reply("save.suffix", language, file=path))
    text = makers[path.suffix.lower()](results, language=language, copies=copies)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("x", encoding="utf-8") as file:
            file.write(text)
        # Linking fails where the name is taken; renaming would write over it.
        os.link(part, path)
    except FileExistsError as error:
        raise UsageError(reply("save.exists", language, file=path)) from error
    except OSError as error:
        reason = error.strerror
        raise UsageError(reply("save.failed", language, file=path, reason=reason)) from error
    finally:
        part.unlink(missing_ok=True)


def transcript_json(results: Sequence[AskResult], *, language: str, copies: Copies) -> str:
    """`saved_at`, `turns`, each as `POST /v1/ask` replies, and what is known of the `copies`."""
    saved = datetime.now(UTC).isoformat(timespec="seconds")
    record = {
        "saved_at": saved,
        "language": language,
        "turns": [result.to_dict() for result in results],
        "copies": {
            name: {
                "title": article.title,
                "source": article.source,
                "published_at": article.published_at and article.published_at.isoformat(),
                "url": article.url,
            }
            for name, article in sorted(copies.items())
        },
    }
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def transcript_markdown(results: Sequence[AskResult], *, language: str, copies: Copies) -> str:
    """A heading a question; below it what it was understood as, the answers and their sources."""
    day = datetime.now(UTC).date().isoformat()
    parts = [f"# {reply('label.transcript', language)} · {day}"]
    for result in results:
        spoken = result.language
        parts.append(f"## {_plain(result.question)}")
        if result.rewritten_question is not None:
            asked = _plain(result.rewritten_question)
            parts.append(f"*{reply('chat.understood', spoken, question=asked)}*")
        if not result.answers:
            parts.append(_plain(result.message))
            parts += [_nearest(passage, spoken) for passage in result.passages[:_NEAREST]]
        if result.disagreement:
            parts.append(_plain(reply("disagreement", spoken)))
        parts += [_answer(answer, spoken, copies) for answer in result.answers]
    return "\n\n".join(parts) + "\n"


def _answer(answer: Answer, language: str, copies: Copies) -> str:
    sure = f"{reply('label.confidence', language)}: "
    sure += f"{reply(f'bucket.{answer.confidence_bucket}', language)}, {answer.confidence:.2f}"
    parts = [f"**{_plain(answer.text)}** ({sure})"]
    parts += [_cited(citation, language) for citation in (answer.citation, *answer.also)]
    parts += [_plain(line) for line in counts_in_words(answer, language)]
    named = uncited_copies(answer)
    if named:
        heading, *lines = copies_in_words(named, language, copies, most=len(named))
        parts.append("\n".join([_plain(heading), "", *(f"- {_plain(each[2:])}" for each in lines)]))
    if answer.newer:
        places = (place_of(each, language, name=each.article_id) for each in answer.newer)
        heading = f"{reply('label.newer', language)}:"
        parts.append("\n".join([_plain(heading), "", *(f"- {_plain(place)}" for place in places)]))
    return "\n\n".join(parts)


def _cited(citation: Citation, language: str) -> str:
    sentence = citation.sentence
    start, end = citation.start - sentence.start, citation.end - sentence.start
    quoted = (
        f"{_plain(sentence.text[:start])}**{_plain(sentence.text[start:end])}**"
        f"{_plain(sentence.text[end:])}"
    )
    return (
        f"> {quoted}\n>\n> {_plain(cited_place(citation, language))}\n>\n"
        f"> `{citation.article_id}` [{citation.start}, {citation.end}) "
        f"sha256 `{citation.sha256}`"
    )


def _nearest(passage: Passage, language: str) -> str:
    place = place_of(passage, language, name=passage.article_id)
    return f"> {_plain(passage.text)}\n>\n> {_plain(place)}"


_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


def _plain(text: str) -> str:
    """`text` on one line, nothing in it read as Markdown or HTML."""
    return _MARKUP.sub(r"\\\1", printable(text))
