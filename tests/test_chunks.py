"""Chunks: coverage, budgets, excluded ranges, overlap, headings, context."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.articles import Article
from embeddings.chunks import Chunk, chunk_article, passage_input, passage_terms_input
from embeddings.errors import UsageError
from embeddings.text import Range, sentences
from embeddings.tokens import count_tokens

NEWS = """Minister visits Baku

CICA

As part of his visit, the minister attended the meeting. He met many colleagues there.

He spoke about transport. The talks lasted two hours. They will go on in May.

Organization of Islamic Cooperation

In his address to the meeting, he thanked the members. He also spoke about peace."""


def article(
    text: str,
    *,
    excluded: tuple[Range, ...] = (),
    title: str | None = None,
    source: str | None = None,
    author: str | None = None,
    published_at: date | None = None,
    language: str = "en",
) -> Article:
    return Article(
        id="a1",
        text=text,
        sha256="",
        title=title,
        source=source,
        author=author,
        published_at=published_at,
        language=language,
        url=None,
        excluded=excluded,
        origin="api",
    )


def text_of(made: Article, chunk: Chunk) -> str:
    return made.text[chunk.start : chunk.end]


def covered(chunks: list[Chunk]) -> set[int]:
    return {i for chunk in chunks for start, end in chunk.sentences for i in range(start, end)}


# --- invariants ------------------------------------------------------------------------------

SENTENCE = st.sampled_from(
    [
        "Bayramov met Schmid in Baku.",
        "İ.Əliyev görüşdü, sonra getdi; heç nə demədi.",
        "Стороны обменялись мнениями о перспективах отношений.",
        "👨‍👩‍👧 e\u0301te\u0301 🇦🇿!",
        "A heading",
        "word " * 60 + ".",
        "x" * 300,
        "漢字" * 40 + "。",
    ]
)
TEXT = st.lists(
    st.tuples(SENTENCE, st.sampled_from([" ", "\n", "\n\n", "\u2028", "\t"])), max_size=25
).map(lambda parts: "".join(sentence + gap for sentence, gap in parts))


@st.composite
def articles(draw: st.DrawFn) -> Article:
    text = draw(st.one_of(TEXT, st.text(max_size=200)))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    excluded = tuple(zip(cuts[::2], cuts[1::2], strict=False))
    return article(text, excluded=excluded, title=draw(st.sampled_from([None, "A title"])))


@given(made=articles(), max_tokens=st.integers(8, 80), overlap=st.integers(0, 3))
@settings(deadline=None, max_examples=150)
def test_chunks_cover_all_that_is_not_excluded_and_nothing_else(
    made: Article, max_tokens: int, overlap: int
) -> None:
    chunks = chunk_article(made, max_tokens=max_tokens, overlap_sentences=overlap)
    hidden = {i for start, end in made.excluded for i in range(start, end)}
    shown = {i for i, c in enumerate(made.text) if not c.isspace()} - hidden
    assert covered(chunks) >= shown
    for chunk in chunks:
        assert not hidden & set(range(chunk.start, chunk.end))


@given(made=articles(), max_tokens=st.integers(8, 80), overlap=st.integers(0, 3))
@settings(deadline=None, max_examples=150)
def test_a_chunk_is_what_it_says(made: Article, max_tokens: int, overlap: int) -> None:
    chunks = chunk_article(made, max_tokens=max_tokens, overlap_sentences=overlap)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert [c.start for c in chunks] == sorted(c.start for c in chunks)
    for chunk in chunks:
        text = text_of(made, chunk)
        assert chunk.id == f"a1:{chunk.start}-{chunk.end}"
        assert text == text.strip()
        assert chunk.tokens == count_tokens(text)
        assert chunk.tokens <= max_tokens or len(text) == 1
        assert (chunk.sentences[0][0], chunk.sentences[-1][1]) == (chunk.start, chunk.end)
        assert all(start < end for start, end in chunk.sentences)
        assert all(a[1] <= b[0] for a, b in pairwise(chunk.sentences))


@given(made=articles(), most=st.integers(6, 120))
@settings(deadline=None, max_examples=100)
def test_the_encoders_limit_is_never_passed(made: Article, most: int) -> None:
    def limit(text: str) -> int:
        return len(text.encode("utf-8", "surrogatepass"))

    chunks = chunk_article(made, max_tokens=60, limit=limit, max_limit=most)
    for chunk in chunks:
        assert limit(passage_input(made, chunk)) <= most
    hidden = {i for start, end in made.excluded for i in range(start, end)}
    assert covered(chunks) >= {i for i, c in enumerate(made.text) if not c.isspace()} - hidden


# --- packing ---------------------------------------------------------------------------------


def test_sentences_stay_whole_when_they_fit() -> None:
    made = article(NEWS)
    whole = set(sentences(NEWS, "en"))
    for chunk in chunk_article(made, max_tokens=40):
        assert set(chunk.sentences) <= whole


def test_one_sentence_is_repeated() -> None:
    made = article("One is here. Two is here. Three is here. Four is here. Five is here.")
    first, second, *_ = chunk_article(made, max_tokens=12)
    assert first.sentences[-1] == second.sentences[0]


def test_no_overlap_when_none_is_asked_for() -> None:
    made = article("One is here. Two is here. Three is here. Four is here. Five is here.")
    chunks = chunk_article(made, max_tokens=12, overlap_sentences=0)
    assert all(a.end <= b.start for a, b in pairwise(chunks))


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    sentence = "the first part of it is rather long; " * 2 + "the second part goes on and on " * 3
    parts = chunk_article(article(sentence), max_tokens=24)
    assert len(parts) > 1
    assert text_of(article(sentence), parts[0]).endswith(";")


def test_a_long_word_is_cut_between_visible_characters() -> None:
    made = article("👨‍👩‍👧" * 60)
    chunks = chunk_article(made, max_tokens=40)
    assert len(chunks) > 1
    assert all(not text_of(made, chunk).startswith("\u200d") for chunk in chunks)


def test_a_section_starts_a_new_chunk() -> None:
    made = article(NEWS)
    starts = [text_of(made, chunk).split("\n")[0] for chunk in chunk_article(made, max_tokens=100)]
    assert "Organization of Islamic Cooperation" in starts


def test_overlap_does_not_cross_a_section() -> None:
    made = article(NEWS)
    for chunk in chunk_article(made, max_tokens=100, overlap_sentences=3):
        text = text_of(made, chunk)
        assert not ("They will go on" in text and "In his address" in text)


def test_a_chunk_stops_at_an_excluded_range() -> None:
    text = "One is here.\nRead also\nTwo is here."
    start = text.index("Read also")
    made = article(text, excluded=((start, start + len("Read also")),))
    assert [text_of(made, chunk) for chunk in chunk_article(made)] == [
        "One is here.",
        "Two is here.",
    ]


@pytest.mark.parametrize("text", ["", "  \n\n ", "\u2028"], ids=["empty", "spaces", "separator"])
def test_no_text_no_chunks(text: str) -> None:
    assert chunk_article(article(text)) == []


def test_everything_excluded_gives_no_chunks() -> None:
    assert chunk_article(article("One.", excluded=((0, 4),))) == []


# --- context ---------------------------------------------------------------------------------


def test_context_holds_title_heading_byline_and_the_sentence_before() -> None:
    made = article(
        NEWS,
        title="A minister in Baku",
        source="Azernews",
        author="Vugar Khalilov",
        published_at=date(2022, 9, 23),
    )
    last = chunk_article(made, max_tokens=16, overlap_sentences=0)[-1]
    assert text_of(made, last) == "He also spoke about peace."
    assert last.context == (
        "A minister in Baku. Organization of Islamic Cooperation. "
        "Vugar Khalilov, Azernews, 2022-09-23.\n"
        "In his address to the meeting, he thanked the members."
    )
    assert passage_terms_input(made, last) == f"{last.context}\nHe also spoke about peace."
    assert passage_input(made, last) == "He also spoke about peace."


def test_context_does_not_repeat_what_the_chunk_says() -> None:
    made = article(NEWS, title="Minister visits Baku")
    first = chunk_article(made, max_tokens=200)[0]
    assert first.context == ""
    assert passage_terms_input(made, first) == text_of(made, first)


def test_the_sentence_before_is_of_the_same_section() -> None:
    made = article(NEWS)
    chunk = next(
        c
        for c in chunk_article(made, max_tokens=30, overlap_sentences=0)
        if text_of(made, c).startswith("Organization")
    )
    assert chunk.context == ""


def test_a_byline_is_no_heading() -> None:
    text = "By Azernews\n\nThe minister arrived today. " + "He spoke at length about it. " * 8
    made = article(text, source="Azernews")
    last = chunk_article(made, max_tokens=40)[-1]
    assert "By Azernews" not in last.context


def test_a_list_of_lines_is_no_heading() -> None:
    text = "Apples\nPears\nPlums\nThe market opened. " + "It was full of people today. " * 8
    last = chunk_article(article(text), max_tokens=40)[-1]
    assert "Plums" not in last.context


def test_context_can_be_switched_off() -> None:
    made = article(NEWS, title="A minister in Baku")
    assert {chunk.context for chunk in chunk_article(made, context_tokens=0)} == {""}


@given(title=st.text(max_size=400), budget=st.integers(1, 80))
@settings(deadline=None, max_examples=60)
def test_context_keeps_its_budget(title: str, budget: int) -> None:
    made = article(NEWS, title=title, source="A source with a name")
    for chunk in chunk_article(made, max_tokens=16, context_tokens=budget):
        assert count_tokens(chunk.context) <= budget + 1


def test_context_costs_nothing_of_the_encoders_limit() -> None:
    made = article("He also spoke about peace.", title="A title of some length " * 3)
    (chunk,) = chunk_article(made, limit=len, max_limit=len(made.text))
    assert chunk.context
    assert len(passage_input(made, chunk)) == len(made.text)


# --- wrong use -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"max_tokens": 7},
        {"max_tokens": -1},
        {"overlap_sentences": -1},
        {"context_tokens": -1},
        {"limit": len},
        {"max_limit": 512},
    ],
    ids=str,
)
def test_wrong_budgets_are_named(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        chunk_article(article("One."), **options)  # type: ignore[arg-type]


def test_an_encoder_without_room_is_named() -> None:
    with pytest.raises(UsageError, match="not even one character"):
        chunk_article(article("One."), limit=lambda _: 99, max_limit=10)
