"""A grounded prompt: numbered passages within a token budget, for somebody's language model.

The wording is `prompts/grounded.json`. A passage that does not fit whole is cut at the end of a
sentence, and the result says so. The passages stand between tags that occur in none of them, so
that no article can close its own quotation.

This module must not know which model reads the prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from embeddings.errors import UsageError
from embeddings.tokens import count_tokens
from prompts import LANGUAGES, load_json, reply
from qa.models import Passage, SearchResult

__all__ = ["Grounded", "NumberedText", "build_context"]


@dataclass(frozen=True, slots=True)
class NumberedText:
    """A passage in the prompt.

    Attributes:
        number: what it is cited by, from 1.
        passage: as retrieved.
        end: where the text in the prompt ends, in the article's code points; `passage.end` unless
            sentences were left out.
    """

    number: int
    passage: Passage
    end: int

    @property
    def text(self) -> str:
        """What stands in the prompt, verbatim."""
        return self.passage.text[: self.end - self.passage.start]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the passage as it stands in the prompt."""
        return {
            **self.passage.to_dict(),
            "end": self.end,
            "text": self.text,
            "number": self.number,
            "truncated": self.end < self.passage.end,
        }


@dataclass(frozen=True, slots=True)
class Grounded:
    """A prompt and what stands in it. `tokens` counts the whole prompt."""

    result: SearchResult
    prompt: str
    tokens: int
    max_tokens: int
    encoding: str
    passages: tuple[NumberedText, ...]

    def to_dict(self) -> dict[str, Any]:
        """As the contract has it."""
        return {
            "query_id": self.result.query_id,
            "question": self.result.question,
            "language": self.result.language,
            "prompt": self.prompt,
            "tokens": self.tokens,
            "max_tokens": self.max_tokens,
            "encoding": self.encoding,
            "passages": [numbered.to_dict() for numbered in self.passages],
            "left_out": len(self.result.passages) - len(self.passages),
            "index_version": self.result.index_version,
        }


def build_context(
    result: SearchResult, *, max_tokens: int, encoding: str = "cl100k_base"
) -> Grounded:
    """The prompt for a search's passages, best first, as many as fit.

    Args:
        result: what was found.
        max_tokens: the longest prompt, in tokens of `encoding`.
        encoding: a tiktoken encoding that is available offline.

    Raises:
        UsageError: the instructions and the question alone are longer, or the encoding is unknown.
    """

    def tokens_of(chosen: Sequence[NumberedText]) -> int:
        return count_tokens(_render(result, chosen), encoding=encoding)

    frame = tokens_of(())
    if frame > max_tokens:
        raise UsageError(
            f"max_tokens {max_tokens} is too few: instructions and question take {frame}",
            f"Give at least {frame}; 1500 has room for about six passages.",
        )
    chosen: list[NumberedText] = []
    for passage in result.passages:
        whole = NumberedText(len(chosen) + 1, passage, passage.end)
        if tokens_of([*chosen, whole]) <= max_tokens:
            chosen.append(whole)
            continue
        for _, end in reversed(passage.sentences[:-1]):
            part = NumberedText(len(chosen) + 1, passage, end)
            if tokens_of([*chosen, part]) <= max_tokens:
                chosen.append(part)
                break
        break  # a later passage that happens to be short must not overtake a better one
    return Grounded(
        result=result,
        prompt=_render(result, chosen),
        tokens=tokens_of(chosen),
        max_tokens=max_tokens,
        encoding=encoding,
        passages=tuple(chosen),
    )


def _render(result: SearchResult, chosen: Sequence[NumberedText]) -> str:
    wording = load_json("grounded.json")
    language = result.language if result.language in LANGUAGES else LANGUAGES[0]
    tag = _unused_tag([one.text for one in chosen] + [_place(one.passage) for one in chosen])
    passages = "\n\n".join(
        wording["passage"].format(
            tag=tag, number=one.number, place=_place(one.passage), text=one.text
        )
        for one in chosen
    )
    return str(
        wording["prompt"].format(
            instructions=wording["instructions"][language],
            passages=passages,
            question=wording["question"][language].format(question=result.question),
        )
    )


def _place(passage: Passage) -> str:
    language = passage.language
    source = reply("label.unsourced", language) if passage.source is None else passage.source
    day = passage.published_at
    date = reply("label.undated", language) if day is None else day.isoformat()
    title = passage.article_id if passage.title is None else passage.title
    return " · ".join(" ".join(part.split()) for part in (source, date, title))


def _unused_tag(texts: Sequence[str]) -> str:
    everything = "\n".join(texts).lower()
    tag = "passage"
    while f"<{tag}" in everything or f"</{tag}" in everything:
        tag += "-x"
    return tag
