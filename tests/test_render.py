from __future__ import annotations

import dataclasses
import io
from datetime import date

import pytest
from rich.console import Console

from qa.models import Answer, Citation, Passage, Scores, Sentence
from qa.render import marked_sentence, printable, render_answer, render_passage, render_result

SENTENCE = "Addressing the meeting, chaired by Kazakhstan, he spoke."
START = SENTENCE.index("Kazakhstan")
CITATION = Citation(
    article_id="a",
    title="On the margins",
    source="Azernews",
    author=None,
    published_at=date(2022, 9, 23),
    language="en",
    url=None,
    sha256="0" * 64,
    start=100 + START,
    end=100 + START + len("Kazakhstan"),
    quote="Kazakhstan",
    sentence=Sentence(100, 100 + len(SENTENCE), SENTENCE),
)
ANSWER = Answer("Kazakhstan", 0.934, "high", CITATION, Scores())


def test_the_quote_is_marked_inside_its_sentence_without_colour():
    assert marked_sentence(CITATION).plain == SENTENCE.replace("Kazakhstan", "«Kazakhstan»")


def test_an_answer_shows_source_date_and_confidence():
    lines = render_answer(ANSWER, "en").plain.splitlines()
    assert lines[0] == "Kazakhstan"
    assert lines[2] == "  Azernews · 2022-09-23 · On the margins · confidence: high (0.93)"


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "no source given · no date given · a"),
        ("ru", "источник не указан · дата не указана · a"),
        ("az", "mənbə göstərilməyib · tarix göstərilməyib · a"),
        ("tr", "kaynak belirtilmemiş · tarih belirtilmemiş · a"),
        ("de", "no source given · no date given · a"),
    ],
)
def test_what_an_article_does_not_say_is_said_in_the_askers_language(language, says):
    bare = dataclasses.replace(CITATION, title=None, source=None, published_at=None)
    assert says in render_answer(dataclasses.replace(ANSWER, citation=bare), language).plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\x1b[31mred", "a\N{REPLACEMENT CHARACTER}[31mred", id="escape sequence"),
        pytest.param("a\u202eb", "a\N{REPLACEMENT CHARACTER}b", id="right-to-left override"),
        pytest.param("two\nlines\tand tab", "two lines and tab", id="white space"),
        pytest.param("İstanbul 🇦🇿", "İstanbul 🇦🇿", id="letters and flags stay"),
    ],
)
def test_article_text_cannot_steer_a_terminal(text, shown):
    assert printable(text) == shown


def test_article_text_is_never_read_as_markup():
    out = io.StringIO()
    console = Console(file=out, markup=False, highlight=False, emoji=False, width=200)
    quoted = dataclasses.replace(
        CITATION, sentence=Sentence(100, 115, "[bold]:smile:[/]"[:15]), start=100, end=106
    )
    console.print(marked_sentence(quoted))
    assert out.getvalue().strip() == "«[bold]»:smile:[/"


def test_a_long_passage_is_shortened_visibly():
    passage = Passage(
        "a", "a:0-999", 0, 999, "word " * 200, Scores(), None, None, None, "en", ((0, 999),)
    )
    shown = render_passage(passage, "en").plain
    assert shown.endswith("…")
    assert len(shown) < 320


def test_silence_shows_the_nearest_passages_as_no_answer(seeded):
    result = dataclasses.replace(
        seeded.ask("Who chaired the CICA meeting?"),
        state="no_answer",
        answers=(),
        message="Nothing.",
        language="tr",
    )
    shown = render_result(result).plain
    first = result.passages[0]
    title = first.article_id if first.title is None else first.title
    assert shown.startswith(f"Nothing.\n{first.source} · tarih belirtilmemiş · {title}\n  ")
