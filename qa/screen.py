"""What the chat shows of an answer on a terminal: numbered citations, ages, scores, articles.

Colour is an addition and never the only mark; text from articles is never read as markup. Long
lines are wrapped by whoever prints.

This module must not know how an answer was found, nor what a command is called.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from embeddings.articles import Article
from prompts import reply
from qa.models import Answer, AskResult, Citation, Scores
from qa.render import marked_sentence, printable, render_result
from qa.wording import age_in_words

__all__ = [
    "Numbered",
    "numbered",
    "show_article",
    "show_more",
    "show_result",
    "show_why",
    "understood_as",
]

_AROUND = 1500  # code points of the article shown before and after the quote


@dataclass(frozen=True, slots=True)
class Numbered:
    """A citation under the number that it is opened by, 1 and up."""

    number: int
    answer: Answer
    citation: Citation


def numbered(result: AskResult) -> tuple[Numbered, ...]:
    """Every citation of every answer, in the order they are shown."""
    pairs = [
        (answer, citation)
        for answer in result.answers
        for citation in (answer.citation, *answer.also)
    ]
    return tuple(
        Numbered(number, answer, citation)
        for number, (answer, citation) in enumerate(pairs, start=1)
    )


def show_result(result: AskResult) -> Text:
    """What the question was understood as, then the best answer or the silence."""
    lines = []
    if result.rewritten_question is not None:
        lines.append(understood_as(result))
    if result.answers:
        lines.append(_answer(result, 0))
    else:
        lines.append(render_result(result))
    return Text("\n").join(lines)


def understood_as(result: AskResult) -> Text:
    """The line that shows what was carried over."""
    asked = "" if result.rewritten_question is None else printable(result.rewritten_question)
    return Text(reply("chat.understood", result.language, question=asked), style="italic")


def show_more(result: AskResult) -> Text:
    """The answers after the best."""
    if len(result.answers) < 2:
        return Text(reply("chat.no_more", result.language), style="yellow")
    shown = [_answer(result, place) for place in range(1, len(result.answers))]
    return Text("\n\n").join(shown)


def show_why(result: AskResult) -> Text:
    """The scores of each answer, or of the nearest passages in silence, and what it took."""
    language = result.language
    lines = [
        Text(f"[{item.number}] {printable(item.answer.text)}: "
             f"{_scores(item.answer.scores, language)} · "
             f"{reply('label.confidence', language)} {item.answer.confidence:.2f}")
        for item in numbered(result) if item.citation is item.answer.citation
    ]  # fmt: skip
    if not lines:
        lines = [
            Text(f"{printable(passage.chunk_id)}: {_scores(passage.scores, language)}")
            for passage in result.passages[:3]
        ]
    took = result.timings_ms
    lines.append(Text(f"{reply('label.time', language)}: {took.total:.0f} ms "
                      f"({took.encode:.0f} + {took.retrieve:.0f} + {took.read:.0f})",
                      style="dim"))  # fmt: skip
    return Text("\n").join(lines)


def show_article(article: Article, citation: Citation, language: str) -> Text:
    """The article around the quote, the quote marked; cut far from it, and shown to be."""
    start = max(0, citation.start - _AROUND)
    end = min(len(article.text), citation.end + _AROUND)
    shown = Text(printable(_title(citation)), style="bold")
    shown.append("\n" + _place(citation, language) + "\n\n", style="dim")
    shown.append("… " if start else "")
    shown.append(_lines(article.text[start : citation.start]))
    shown.append(f"«{printable(citation.quote)}»", style="bold green")
    shown.append(_lines(article.text[citation.end : end]))
    shown.append(" …" if end < len(article.text) else "")
    return shown


def _answer(result: AskResult, place: int) -> Text:
    answer, language = result.answers[place], result.language
    items = [item for item in numbered(result) if item.answer is answer]
    head = Text(f"[{items[0].number}] ", style="cyan") + Text(printable(answer.text), style="bold")
    bucket = reply(f"bucket.{answer.confidence_bucket}", language)
    sure = f"{reply('label.confidence', language)}: {bucket} ({answer.confidence:.2f})"
    lines = [
        head,
        marked_sentence(answer.citation),
        Text(f"{_place(answer.citation, language)} · {sure}", style="dim"),
    ]
    if items[1:]:
        others = "; ".join(
            f"[{item.number}] {_place(item.citation, language)}" for item in items[1:]
        )
        lines.append(Text(f"{reply('label.also', language)}: {others}", style="dim"))
    return Text("\n").join(lines)


def _scores(scores: Scores, language: str) -> str:
    parts = [
        f"{reply(f'label.{name}', language)} {value:.3f}"
        for name, value in (
            ("dense", scores.dense),
            ("lexical", scores.lexical),
            ("fused", scores.fused),
            ("reader", scores.reader),
        )
        if value is not None
    ]
    return " · ".join(parts)


def _title(citation: Citation) -> str:
    return citation.article_id if citation.title is None else citation.title


def _place(citation: Citation, language: str) -> str:
    source = reply("label.unsourced", language) if citation.source is None else citation.source
    day = citation.published_at
    published = reply("label.undated", language) if day is None else day.isoformat()
    if citation.age_days is not None and citation.age_days >= 0:
        published += f" ({age_in_words(citation.age_days, language)})"
    return printable(f"{source} · {published} · {_title(citation)}")


def _lines(text: str) -> str:
    """Each line made fit for a terminal by itself, so that paragraphs stay."""
    return "\n".join(printable(line) for line in text.split("\n"))
