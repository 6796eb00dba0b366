from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.articles import Article, make_article
from qa.cite import cite, crosses_excluded, sentence_around
from qa.models import Passage, Scores

ODD = st.text(
    alphabet=st.one_of(
        st.sampled_from("aİıIéе́ёЁ😀\u200d\u0301\u00ad «»“”.\n"),
        st.characters(exclude_categories=["Cs", "Cc"]),
    ),
    min_size=1,
    max_size=80,
)


def passage_of(article: Article, start: int = 0, end: int | None = None) -> Passage:
    last = len(article.text) if end is None else end
    return Passage(
        article_id=article.id,
        chunk_id=f"{article.id}:{start}-{last}",
        start=start,
        end=last,
        text=article.text[start:last],
        scores=Scores(),
        title=article.title,
        source=article.source,
        published_at=article.published_at,
        language=article.language,
        sentences=((start, last),),
    )


@given(text=ODD.filter(str.strip), data=st.data())
def test_a_quote_is_the_articles_own_text_over_odd_unicode(text, data):
    article = make_article(text=text, id="a", language="en")
    length = len(article.text)
    start = data.draw(st.integers(0, length - 1))
    end = data.draw(st.integers(start + 1, length))
    citation = cite(article, passage_of(article), start, end)
    if citation is None:
        assert crosses_excluded(article, start, end)
    else:
        assert article.text[citation.start : citation.end] == citation.quote
        sentence = citation.sentence
        assert article.text[sentence.start : sentence.end] == sentence.text
        assert sentence.start <= citation.start < citation.end <= sentence.end


@given(
    data=st.data(),
    cuts=st.lists(st.integers(0, 40), unique=True, max_size=8).map(sorted),
)
def test_crossing_an_excluded_range_agrees_with_counting_every_code_point(data, cuts):
    excluded = tuple(zip(cuts[::2], cuts[1::2], strict=False))
    article = Article(
        id="a", text="x" * 41, sha256="", title=None, source=None, author=None,
        published_at=None, language="en", url=None, excluded=excluded, origin="api",
    )  # fmt: skip
    start = data.draw(st.integers(0, 39))
    end = data.draw(st.integers(start + 1, 40))
    banned = {point for first, last in excluded for point in range(first, last)}
    assert crosses_excluded(article, start, end) == bool(banned & set(range(start, end)))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(3, 3, id="empty"),
        pytest.param(5, 3, id="backwards"),
        pytest.param(0, 99, id="past the passage"),
        pytest.param(-1, 3, id="before the passage"),
    ],
)
def test_a_span_outside_its_passage_is_a_defect_of_the_reader(start, end):
    article = make_article(text="A sentence of some words.", id="a")
    with pytest.raises(ValueError, match="outside its passage"):
        cite(article, passage_of(article), start, end)


@pytest.mark.parametrize(
    ("published", "today", "age"),
    [
        pytest.param(date(2024, 4, 17), date(2024, 4, 20), 3, id="three days"),
        pytest.param(date(2024, 4, 17), date(2024, 4, 16), 0, id="dated tomorrow"),
        pytest.param(None, date(2024, 4, 16), None, id="undated"),
        pytest.param(date(2024, 4, 17), None, None, id="no day to count from"),
    ],
)
def test_the_age_of_a_source_is_whole_days(published, today, age):
    article = make_article(text="A sentence of some words.", id="a", published_at=published)
    citation = cite(article, passage_of(article), 2, 10, today=today)
    assert citation is not None
    assert citation.age_days == age


def test_a_span_over_two_sentences_gets_both():
    article = make_article(text="One two. Three four.", id="a")
    passage = passage_of(article)
    two = Passage(
        **{name: getattr(passage, name) for name in Passage.__slots__ if name != "sentences"},
        sentences=((0, 8), (9, 20)),
    )
    assert sentence_around(two, 4, 12) == (0, 20)
    assert sentence_around(two, 10, 12) == (9, 20)
