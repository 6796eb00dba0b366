"""What the chat shows of an answer on a terminal: numbered citations, scores, articles.

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
from qa.render import (
    Copies,
    contradictions,
    left_out,
    origin_of,
    printable,
    render_answer,
    render_result,
    understood_as,
)

__all__ = [
    "Numbered",
    "numbered",
    "show_article",
    "show_more",
    "show_result",
    "show_why",
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


def show_result(result: AskResult, copies: Copies | None = None) -> Text:
    """What the question was understood as, then the best answer or the silence.

    Answers that contradict one another are all shown, under a sentence that says so.
    """
    if not result.answers:
        return render_result(result, copies=copies)
    lines = understood_as(result)
    if result.disagreement:
        lines.append(Text(reply("disagreement", result.language) + "\n", style="yellow"))
    lines.append(_answers(result, copies, result.answers[: _shown_first(result)]))
    undated = left_out(result)
    return Text("\n").join([*lines, *([Text(""), *undated] if undated else [])])


def show_more(result: AskResult, copies: Copies | None = None) -> Text:
    """The answers that `show_result` left out."""
    left = result.answers[_shown_first(result) :]
    if not left:
        return Text(reply("chat.no_more", result.language), style="yellow")
    return _answers(result, copies, left)


def show_why(result: AskResult) -> Text:
    """The scores of each answer, or of the nearest passages in silence, and what it took."""
    language = result.language
    lines = []
    for item in numbered(result):
        if item.citation is item.answer.citation:
            sure = f"{reply('label.confidence', language)} {item.answer.confidence:.2f}"
            lines.append(Text(f"[{item.number}] {printable(item.answer.text)}", style="bold"))
            lines.append(Text(f"  {_scores(item.answer.scores, language)} · {sure}"))
    if not lines:
        for passage in result.passages[:3]:
            lines.append(Text(printable(passage.chunk_id), style="bold"))
            lines.append(Text(f"  {_scores(passage.scores, language)}"))
    took = f"{reply('label.time', language)}: {result.timings_ms.total:.0f} ms"
    return Text("\n").join([*lines, Text(took, style="dim")])


def show_article(article: Article, citation: Citation, language: str) -> Text:
    """The article around the quote, the quote marked; cut far from it, and shown to be."""
    start = max(0, citation.start - _AROUND)
    end = min(len(article.text), citation.end + _AROUND)
    title = citation.article_id if citation.title is None else citation.title
    shown = Text(printable(title), style="bold")
    origin = origin_of(citation, language, age_days=citation.age_days)
    shown.append(f"\n{origin}\n\n", style="dim")
    shown.append("… " if start else "")
    shown.append(_lines(article.text[start : citation.start]))
    shown.append(f"«{printable(citation.quote)}»", style="bold green")
    shown.append(_lines(article.text[citation.end : end]))
    shown.append(" …" if end < len(article.text) else "")
    return shown


def _shown_first(result: AskResult) -> int:
    """How many answers are shown before anyone asks for more: one, or all that contradict."""
    return max(1, len(contradictions(result)))


def _answers(result: AskResult, copies: Copies | None, chosen: tuple[Answer, ...]) -> Text:
    items = numbered(result)
    shown = [
        render_answer(
            answer,
            result.language,
            numbers=[item.number for item in items if item.answer is answer],
            copies=copies,
            dated=result.disagreement,
        )
        for answer in chosen
    ]
    return Text("\n\n").join(shown)


def _scores(scores: Scores, language: str) -> str:
    parts = [
        f"{reply(f'label.{name}', language)} {value:.3f}"
        for name, value in (
            ("dense", scores.dense),
            ("lexical", scores.lexical),
            ("time_score", scores.time),
            ("fused", scores.fused),
            ("reader", scores.reader),
        )
        if value is not None
    ]
    return " · ".join(parts)


def _lines(text: str) -> str:
    """Each line made fit for a terminal by itself, so that paragraphs stay."""
    return "\n".join(printable(line) for line in text.split("\n"))
