"""Answers and passages as text for a terminal or a pipe: the quote marked inside its sentence.

Colour is an addition and never the only mark: without it the quote stands between «» signs, so
that a pipe, a screen reader or a log loses nothing. Text from articles is never read as markup.

This module must not know how an answer was found, nor where the text goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from rich.console import Console
from rich.text import Text

from embeddings.articles import Article
from prompts import reply
from qa.disagree import opposed
from qa.models import Answer, AskResult, Citation, Passage, SearchResult
from qa.wording import age_in_words, counted, filters_in_words

__all__ = [
    "Copies",
    "cited_place",
    "contradictions",
    "copies_in_words",
    "copies_named_in",
    "counts_in_words",
    "lay_out",
    "left_out",
    "marked_sentence",
    "origin_of",
    "place_of",
    "printable",
    "render_answer",
    "render_explanation",
    "render_passage",
    "render_result",
    "render_search",
    "uncited_copies",
    "understood_as",
]

Copies = Mapping[str, Article]
"""Articles by id, to say more of a copy than its id."""

_UNDATED = "dated-only"  # the filter that leaves articles without a date out
_SHOWN_PASSAGES = 3
_SHOWN_COPIES = 3
_SHOWN_CHARS = 240
_TITLE_CHARS = 48


class _Placed(Protocol):
    """What says where it is from: a citation, a passage, an article or the mention of one."""

    @property
    def source(self) -> str | None: ...
    @property
    def title(self) -> str | None: ...
    @property
    def published_at(self) -> date | None: ...


def contradictions(result: AskResult) -> tuple[Answer, ...]:
    """The answers that contradict one another, in their order; none where sources agree."""
    if not result.disagreement:
        return ()
    asked = result.question if result.rewritten_question is None else result.rewritten_question
    return opposed(result.answers, question=asked, passages=result.passages)


def copies_named_in(result: AskResult | SearchResult) -> tuple[str, ...]:
    """Ids of the articles that a citation or a passage names as its copies, each once."""
    answers = result.answers if isinstance(result, AskResult) else ()
    named = [passage.duplicates for passage in result.passages]
    named += [each.duplicates for answer in answers for each in (answer.citation, *answer.also)]
    return tuple(dict.fromkeys(name for names in named for name in names))


def render_result(result: AskResult, *, answers: int = 1, copies: Copies | None = None) -> Text:
    """The first `answers` answers or, in silence, the message and the nearest passages.

    Above them stands what the question was understood as, if that is not what was typed. Answers
    that contradict one another are all shown, under a sentence that says so.

    Args:
        copies: articles that `copies_named_in` names, as far as they are known.
    """
    told = _without_understanding(result, answers, copies)
    return Text("\n").join([*understood_as(result), told])


def understood_as(result: AskResult) -> list[Text]:
    """The line that tells what was asked, where that is not what was typed."""
    if result.rewritten_question is None:
        return []
    asked = printable(result.rewritten_question)
    return [Text(reply("chat.understood", result.language, question=asked), style="italic")]


def _without_understanding(result: AskResult, answers: int, copies: Copies | None) -> Text:
    language = result.language
    if result.state == "answered":
        against = contradictions(result)
        first = result.answers[: max(answers, len(against))]
        shown = [
            render_answer(each, language, copies=copies, dated=bool(against)) for each in first
        ]
        head = [Text(reply("disagreement", language), style="yellow")] if against else []
        return Text("\n\n").join([*head, *shown, *left_out(result)])
    lines = [Text(result.message, style="yellow"), *left_out(result)]
    lines += [
        render_passage(passage, language, copies=copies)
        for passage in result.passages[:_SHOWN_PASSAGES]
    ]
    return Text("\n").join(lines)


def render_search(
    result: SearchResult, *, copies: Copies | None = None, every_copy: bool = False
) -> Text:
    """Every passage, best first, or the sentence that says why there is none.

    Args:
        copies: articles that `copies_named_in` names, as far as they are known.
        every_copy: name all copies of each passage, however many.
    """
    language = result.language
    if not result.passages:
        removed = filters_in_words(result.removed_by_filters, language)
        reason = "filtered_out" if removed else "no_articles"
        lines = [Text(reply(reason, language, filters=removed), style="yellow")]
        return Text("\n").join([*lines, *left_out(result)])
    lines = [
        render_passage(passage, language, copies=copies, every_copy=every_copy)
        for passage in result.passages
    ]
    return Text("\n").join([*lines, *left_out(result)])


def left_out(result: AskResult | SearchResult) -> list[Text]:
    """A sentence on the articles that were left out because they have no date, if any were."""
    count = result.removed_by_filters.get(_UNDATED, 0)
    if not count:
        return []
    articles = counted("article", count, result.language)
    return [Text(reply("undated_left_out", result.language, articles=articles), style="yellow")]


def render_answer(
    answer: Answer,
    language: str,
    *,
    numbers: Sequence[int] = (),
    copies: Copies | None = None,
    dated: bool = False,
) -> Text:
    """The answer; below it its marked sentence, where it is from, who agrees, what is newer.

    Args:
        numbers: of its citation and of each further one; shown where there are any.
        dated: put the day before the answer, for comparing.
    """
    citation = answer.citation
    bucket = reply(f"bucket.{answer.confidence_bucket}", language)
    sure = f"{reply('label.confidence', language)}: {bucket} ({answer.confidence:.2f})"
    head = Text(f"[{numbers[0]}] " if numbers else "", style="cyan")
    head.append(f"{_day(citation, language)} – " if dated else "", style="dim")
    head.append(printable(answer.text), style="bold")
    lines = [
        head,
        Text("  ") + marked_sentence(citation),
        Text(f"  {cited_place(citation, language)} · {sure}", style="dim"),
    ]
    lines += [
        Text(f"  {line}", style="dim") for line in _support(answer, language, numbers, copies)
    ]
    return Text("\n").join(lines)


def counts_in_words(answer: Answer, language: str) -> list[str]:
    """One line, "6 articles, 2 independent reports"; none where there is but one article."""
    if answer.articles < 2:
        return []
    articles = counted("article", answer.articles, language)
    return [f"{articles}, {counted('report', answer.independent_reports, language)}"]


def uncited_copies(answer: Answer) -> tuple[str, ...]:
    """Ids of the copies that the answer's citations name, less the articles they cite."""
    citations = (answer.citation, *answer.also)
    named = dict.fromkeys(name for each in citations for name in each.duplicates)
    cited = {each.article_id for each in citations}
    return tuple(name for name in named if name not in cited)


def copies_in_words(
    names: Sequence[str], language: str, copies: Copies | None, *, most: int = _SHOWN_COPIES
) -> list[str]:
    """A heading and a line a copy, the earliest ahead; after `most` of them their number.

    Args:
        names: ids of the copies.
        copies: what is known of them; the id stands for any other.
    """
    if not names:
        return []
    known = {} if copies is None else copies
    ordered = sorted(names, key=lambda name: (_published(known.get(name)), name))
    lines = [f"{reply('label.copies', language)}:"]
    for name in ordered[:most]:
        article = known.get(name)
        shown = name if article is None else place_of(article, language, name=name, short=True)
        lines.append(f"  {printable(shown)}")
    if len(ordered) > most:
        lines.append(f"  {reply('label.more_copies', language, count=len(ordered) - most)}")
    return lines


def marked_sentence(citation: Citation) -> Text:
    """The sentence, the quote between «» and highlighted."""
    sentence = citation.sentence
    start, end = citation.start - sentence.start, citation.end - sentence.start
    marked = Text(printable(sentence.text[:start]))
    marked.append(f"«{printable(sentence.text[start:end])}»", style="bold green")
    marked.append(printable(sentence.text[end:]))
    return marked


def render_passage(
    passage: Passage,
    language: str,
    *,
    copies: Copies | None = None,
    every_copy: bool = False,
) -> Text:
    """Where a passage is from, a few lines of it, and the articles that it stands for.

    Args:
        every_copy: name all copies, however many.
    """
    text = printable(passage.text)
    most = len(passage.duplicates) if every_copy else _SHOWN_COPIES
    named = copies_in_words(passage.duplicates, language, copies, most=most)
    lines = [
        Text(place_of(passage, language, name=passage.article_id), style="dim"),
        Text(f"  {_cut(text, _SHOWN_CHARS)}"),
        *(Text(f"  {line}", style="dim") for line in named),
    ]
    return Text("\n").join(lines)


def render_explanation(explanation: Mapping[str, Any]) -> Text:
    """What `qa.explain` tells, two lines a passage, after what the whole search went by."""
    period, removed = explanation["period"], explanation["removed_by_filters"]
    named = "-" if period is None else f"{period['from'] or ''} … {period['to'] or ''}".strip()
    taken = ", ".join(f"{name} {count}" for name, count in removed.items())
    lines = [
        f"terms: {printable(' '.join(explanation['terms']))}",
        f"time: {named}; chunks ranked: {explanation['candidates']};"
        f" articles removed: {taken if taken else '-'}",
        "passage",
        "  dense  bm25   share  time   fused  reader copies",
    ]
    for each in explanation["passages"]:
        scores = [each[name] for name in ("dense", "lexical", "lexical_share", "time", "fused")]
        shown = "".join(f"{'-' if one is None else f'{one:.3f}':<7}" for one in scores)
        reader = "-" if each["reader"] is None else f"{each['reader']:.2f}"
        lines.append(f"{printable(each['chunk_id'])}{' (other language)' * each['other_language']}")
        lines.append(f"  {shown}{reader:<7}{each['stands_for']}")
    return Text("\n".join(lines), style="dim")


def lay_out(text: Text, console: Console) -> Text:
    """`text` wrapped between words to the console's width.

    What is wrapped goes on below where its line began, or below its second column.
    """
    lines = []
    for line in text.split("\n", allow_blank=True):
        indent = _hanging(line.plain, console.width // 2)
        first, rest = line[:indent], line[indent:]
        for part in rest.wrap(console, console.width - indent):
            part.rstrip()
            lines.append(first + part)
            first = Text(" " * indent)
    return Text("\n").join(lines)


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


def place_of(
    thing: _Placed, language: str, *, name: str, age_days: int | None = None, short: bool = False
) -> str:
    """Source, date and title on one line, with what the article does not say said.

    Args:
        name: what stands where there is no title.
        age_days: of the article, put in words beside its date.
        short: cut a long title.
    """
    title = printable(name if thing.title is None else thing.title)
    shown = _cut(title, _TITLE_CHARS) if short else title
    return f"{origin_of(thing, language, age_days=age_days)} · {shown}"


def origin_of(thing: _Placed, language: str, *, age_days: int | None = None) -> str:
    """Source and date on one line; `age_days`, of the article, in words beside its date.

    A day that is still to come has no age.
    """
    source = reply("label.unsourced", language) if thing.source is None else thing.source
    age = ""
    if age_days is not None and age_days >= 0:
        age = f" ({age_in_words(age_days, language)})"
    return f"{printable(source)} · {_day(thing, language)}{age}"


def cited_place(citation: Citation, language: str) -> str:
    """`place_of` a citation, with the age of its article."""
    return place_of(citation, language, name=citation.article_id, age_days=citation.age_days)


_INDENT = re.compile(r" *")
_COLUMN = re.compile(r" *+\S++(?: \S++)*+  +")  # article text has no two spaces, see `printable`
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _support(
    answer: Answer, language: str, numbers: Sequence[int], copies: Copies | None
) -> list[str]:
    """Lines that name who else says so (how many, where, the copies), then what is newer."""
    lines = counts_in_words(answer, language)
    places = _also(answer, language, numbers)
    if places:
        lines += [f"{reply('label.also', language)}:", *places]
    lines += copies_in_words(uncited_copies(answer), language, copies)
    if answer.newer:
        lines.append(f"{reply('label.newer', language)}:")
    for article in answer.newer:
        lines.append(f"  {place_of(article, language, name=article.article_id, short=True)}")
    return lines


def _hanging(line: str, most: int) -> int:
    """Where the last column of `line` begins; columns are two spaces or more apart."""
    for column in (_COLUMN, _INDENT):
        found = column.match(line)
        if found is not None and found.end() <= most:
            return found.end()
    return 0


def _also(answer: Answer, language: str, numbers: Sequence[int]) -> list[str]:
    """A line a further citation; without numbers to open them by, a line a further article."""
    if not numbers:
        places = {answer.citation.article_id: answer.citation}
        for citation in answer.also:
            places.setdefault(citation.article_id, citation)
        return [f"  {cited_place(each, language)}" for each in list(places.values())[1:]]
    lines = []
    for place, citation in enumerate(answer.also, start=1):
        same = citation.article_id == answer.citation.article_id
        shown = reply("label.same_article", language) if same else cited_place(citation, language)
        lines.append(f"  [{numbers[place]}] {shown}")
    return lines


def _day(thing: _Placed, language: str) -> str:
    day = thing.published_at
    return reply("label.undated", language) if day is None else day.isoformat()


def _published(article: Article | None) -> date:
    day = None if article is None else article.published_at
    return date.max if day is None else day


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
