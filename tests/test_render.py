from __future__ import annotations

import dataclasses
import io
from datetime import date

import pytest
from rich.console import Console

from embeddings.articles import make_article
from prompts import LANGUAGES, reply
from qa.disagree import side_by_side, with_support
from qa.models import Answer, Citation, NewerArticle, Passage, Scores, Sentence
from qa.render import (
    lay_out,
    marked_sentence,
    printable,
    render_answer,
    render_passage,
    render_result,
    render_search,
)
from qa.screen import show_result

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


@pytest.mark.parametrize(("days", "shown"), [(-3, False), (0, True), (5, True)])
def test_a_day_that_is_still_to_come_has_no_age(days, shown):
    cited = dataclasses.replace(CITATION, age_days=days)
    told = render_answer(dataclasses.replace(ANSWER, citation=cited), "en").plain
    assert ("(today)" in told or "ago)" in told) == shown


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


def cited(article: str, source: str, day: date, *, duplicates: tuple[str, ...] = ()) -> Citation:
    return dataclasses.replace(
        CITATION, article_id=article, source=source, published_at=day, duplicates=duplicates
    )


COPIED = with_support(
    dataclasses.replace(
        ANSWER,
        citation=cited("a", "Azernews", date(2022, 9, 23), duplicates=("b", "c", "d", "e")),
        also=(cited("f", "Trend", date(2022, 9, 25)),),
    )
)
COPIES = {
    name: make_article(
        text="Kazakhstan was in the chair.",
        id=name,
        title=f"Title of {name}",
        source=f"Source of {name}",
        published_at=day,
        language="en",
    )
    for name, day in (("b", "2022-09-26"), ("c", "2022-09-24"), ("d", None))
}


def lines_at_60_columns(text):
    """As a terminal of 60 columns without colours has it."""
    out = io.StringIO()
    console = Console(file=out, width=60, color_system=None, force_terminal=True, highlight=False)
    console.print(lay_out(text, console), soft_wrap=True)
    assert "\x1b" not in out.getvalue()
    lines = out.getvalue().splitlines()
    assert all(len(line) <= 60 for line in lines)
    return lines


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "6 articles, 2 independent reports"),
        ("ru", "6 статей, 2 независимых источника"),
        ("az", "6 məqalə, 2 müstəqil mənbə"),
        ("tr", "6 makale, 2 bağımsız kaynak"),
    ],
)
def test_copies_are_counted_apart_from_independent_reports(language, says):
    lines = lines_at_60_columns(render_answer(COPIED, language, copies=COPIES))
    assert f"  {says}" in lines


def test_a_single_article_is_not_counted():
    assert "independent" not in render_answer(ANSWER, "en").plain


def test_duplicates_are_named_the_earliest_first_and_the_rest_counted():
    lines = lines_at_60_columns(render_answer(COPIED, "en", copies=COPIES))
    heading = lines.index("  the same story elsewhere:")
    assert lines[heading + 1 :] == [
        "    Source of c · 2022-09-24 · Title of c",
        "    Source of b · 2022-09-26 · Title of b",
        "    Source of d · no date given · Title of d",
        "    … and 1 more",
    ]
    assert "    Trend · 2022-09-25 · On the margins" in lines[:heading]


def test_a_copy_that_is_not_known_is_named_by_its_id():
    assert render_answer(COPIED, "en").plain.endswith("    b\n    c\n    d\n    … and 1 more")


def test_another_place_in_the_same_article_is_named_only_where_it_can_be_opened():
    again = dataclasses.replace(ANSWER, also=(dataclasses.replace(CITATION, start=300, end=310),))
    assert len(render_answer(again, "en").plain.splitlines()) == 3
    numbered = render_answer(again, "en", numbers=[1, 2]).plain
    assert numbered.endswith("also said in:\n    [2] elsewhere in the same article")


def test_further_places_in_one_article_take_one_line_without_numbers():
    f, g = cited("f", "Trend", date(2022, 9, 25)), cited("g", "Report", date(2022, 9, 26))
    answer = dataclasses.replace(ANSWER, also=(f, g, f, CITATION, f))
    lines = lines_at_60_columns(render_answer(answer, "en"))
    assert lines[lines.index("  also said in:") + 1 :] == [
        "    Trend · 2022-09-25 · On the margins",
        "    Report · 2022-09-26 · On the margins",
    ]
    numbered = render_answer(answer, "en", numbers=[1, 2, 3, 4, 5, 6]).plain
    assert [f"[{number}]" in numbered for number in range(1, 7)] == [True] * 6


LEFT_OUT = [
    ("en", "Left out because they have no date: 3 articles."),
    ("ru", "Не учтены, так как у них нет даты: 3 статьи."),
    ("az", "Tarixi olmadığı üçün nəzərə alınmayıb: 3 məqalə."),
    ("tr", "Tarihi olmadığı için dışarıda bırakıldı: 3 makale."),
]


@pytest.mark.parametrize(("language", "says"), LEFT_OUT)
def test_articles_left_out_for_want_of_a_date_are_spoken_of(seeded, language, says):
    removed = {"from": 1, "dated-only": 3}
    asked = dataclasses.replace(
        seeded.ask("Who chaired the CICA meeting?", always_answer=True),
        language=language,
        removed_by_filters=removed,
    )
    silent = dataclasses.replace(asked, state="no_answer", answers=())
    found = dataclasses.replace(
        seeded.search("CICA"), language=language, removed_by_filters=removed
    )
    nothing = dataclasses.replace(found, passages=())
    for shown in (
        render_result(asked),
        show_result(asked),
        render_result(silent),
        show_result(silent),
        render_search(found),
        render_search(nothing),
    ):
        assert shown.plain.splitlines().count(says) == 1


def test_nothing_is_said_where_no_undated_article_was_left_out(seeded):
    for removed in ({}, {"from": 2, "dated-only": 0}):
        found = dataclasses.replace(seeded.search("CICA"), removed_by_filters=removed)
        assert "no date:" not in render_search(found).plain


def test_a_copy_that_is_cited_is_not_named_again():
    answer = dataclasses.replace(COPIED, also=(cited("b", "Trend", date(2022, 9, 25)),))
    shown = render_answer(answer, "en", copies=COPIES).plain
    assert "Source of b" not in shown
    assert "Source of c" in shown


def test_a_passage_names_its_copies_and_every_one_on_demand():
    passage = Passage(
        "a", "a:0-9", 0, 9, "The chair", Scores(), "On the margins", "Azernews",
        date(2022, 9, 23), "en", ((0, 9),), duplicates=("b", "c", "d", "e"),
    )  # fmt: skip
    few = lines_at_60_columns(render_passage(passage, "en", copies=COPIES))
    assert few[0] == "Azernews · 2022-09-23 · On the margins"
    assert few[-1] == "    … and 1 more"
    every = lines_at_60_columns(render_passage(passage, "en", copies=COPIES, every_copy=True))
    assert every[-1] == "    e"
    assert len(every) == len(few)


@pytest.mark.parametrize("language", LANGUAGES)
def test_disagreement_stands_side_by_side_the_newest_first(seeded, language):
    answers = []
    for text, day in (("6", date(2024, 4, 1)), ("9", date(2024, 4, 3))):
        sentence = f"The quake in Agdam killed {text} people."
        start = sentence.index(text)
        citation = dataclasses.replace(
            cited(f"of {text}", f"Paper {text}", day),
            start=start,
            end=start + 1,
            quote=text,
            sentence=Sentence(0, len(sentence), sentence),
        )
        answers.append(Answer(text, 0.9, "high", citation, Scores()))
    ordered, disagreement = side_by_side(answers)
    result = dataclasses.replace(
        seeded.ask("Who chaired the CICA meeting?"),
        state="answered",
        answers=ordered,
        disagreement=disagreement,
        language=language,
    )
    lines = lines_at_60_columns(render_result(result))
    newest, older = lines.index("2024-04-03 – 9"), lines.index("2024-04-01 – 6")
    assert newest < older
    assert " ".join(lines[: newest - 1]) == reply("disagreement", language)
    assert lines[older + 1] == "  The quake in Agdam killed «6» people."


def test_newer_articles_are_named():
    newer = (
        NewerArticle("n", "What came of it", "Trend", date(2022, 10, 2)),
        NewerArticle("m", None, None, date(2022, 9, 30)),
    )
    answer = dataclasses.replace(ANSWER, newer=newer)
    lines = lines_at_60_columns(render_answer(answer, "en"))
    assert lines[-3:] == [
        "  newer articles on this:",
        "    Trend · 2022-10-02 · What came of it",
        "    no source given · 2022-09-30 · m",
    ]
