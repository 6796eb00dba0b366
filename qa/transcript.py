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
from qa.models import Answer, AskResult
from qa.render import printable

__all__ = ["save_transcript", "transcript_json", "transcript_markdown"]


def save_transcript(results: Sequence[AskResult], path: Path, *, language: str) -> None:
    """Write the conversation to `path`, as its suffix says: .md or .json.

    Raises:
        UsageError: another suffix, a file that exists, or a place that cannot be written.
    """
    formats = {".md": transcript_markdown, ".json": transcript_json}
    if path.suffix.lower() not in formats:
        raise UsageError(
            f"{path} ends neither in .md nor in .json", "Name the file so, as in: /save talk.md"
        )
    text = formats[path.suffix.lower()](results, language=language)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("x", encoding="utf-8") as file:
            file.write(text)
        # Linking fails where the name is taken; renaming would write over it.
        os.link(part, path)
    except FileExistsError as error:
        raise UsageError(f"{path} exists already", "Choose another name.") from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", "Choose another place."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def transcript_json(results: Sequence[AskResult], *, language: str) -> str:
    """`saved_at` and `turns`, each turn as `POST /v1/ask` replies."""
    saved = datetime.now(UTC).isoformat(timespec="seconds")
    record = {
        "saved_at": saved,
        "language": language,
        "turns": [result.to_dict() for result in results],
    }
    return json.dumps(record, ensure_ascii=False, indent=2) + "\n"


def transcript_markdown(results: Sequence[AskResult], *, language: str) -> str:
    """A heading a question; below it what it was understood as, the answers and their sources."""
    day = datetime.now(UTC).date().isoformat()
    parts = [f"# {reply('label.transcript', language)} · {day}"]
    for result in results:
        parts.append(f"## {_plain(result.question)}")
        if result.rewritten_question is not None:
            understood = reply(
                "chat.understood", result.language, question=_plain(result.rewritten_question)
            )
            parts.append(f"*{understood}*")
        if not result.answers:
            parts.append(_plain(result.message))
        parts += [_answer(answer, result.language) for answer in result.answers]
    return "\n\n".join(parts) + "\n"


def _answer(answer: Answer, language: str) -> str:
    lines = [f"**{_plain(answer.text)}** ({reply('label.confidence', language)}: "
             f"{reply(f'bucket.{answer.confidence_bucket}', language)}, "
             f"{answer.confidence:.2f})"]  # fmt: skip
    for citation in (answer.citation, *answer.also):
        sentence = citation.sentence
        start, end = citation.start - sentence.start, citation.end - sentence.start
        quoted = (
            f"{_plain(sentence.text[:start])}**{_plain(sentence.text[start:end])}**"
            f"{_plain(sentence.text[end:])}"
        )
        source = reply("label.unsourced", language) if citation.source is None else citation.source
        published = (
            reply("label.undated", language)
            if citation.published_at is None
            else citation.published_at.isoformat()
        )
        title = "" if citation.title is None else f" · {_plain(citation.title)}"
        lines.append(
            f"> {quoted}\n>\n> {_plain(source)} · {published}{title}\n>\n"
            f"> `{citation.article_id}` [{citation.start}, {citation.end}) "
            f"sha256 `{citation.sha256}`"
        )
    return "\n\n".join(lines)


_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


def _plain(text: str) -> str:
    """`text` on one line, nothing in it read as Markdown or HTML."""
    return _MARKUP.sub(r"\\\1", printable(text))
