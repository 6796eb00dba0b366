"""Questions for the writer of an article, and its byline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.bylines import asks_author, find_byline


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote the Azernews story about the meetings?",
        "Who is the author of the article on CICA?",
        "Кто автор статьи о встрече?",
        "Кем написан материал о саммите?",
        "Məqaləni kim yazıb?",
        "Bu barədə Azernews-da yazan müəllif kimdir?",
        "Haberi kim yazdı?",
        "Haberin yazarı kim?",
    ],
)
def test_questions_for_the_writer(question: str) -> None:
    assert asks_author(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote War and Peace?",
        "Кто автор романа «Война и мир»?",
        "Who wrote the law?",
        "What does the article say?",
        "What is the news?",
        "Who spoke?",
        "",
    ],
)
def test_other_questions(question: str) -> None:
    assert not asks_author(question)


def test_a_byline_is_found_where_it_stands() -> None:
    text = "By Ada Berg\n\nThe talks went on."
    assert find_byline(text, "Ada Berg") == (3, 11)
    assert find_byline(text, "Carl Dahl") is None
    assert find_byline(text, None) is None
    assert find_byline(text, "") is None


@given(st.text(max_size=40), st.text(min_size=1, max_size=10), st.text(max_size=40))
def test_what_is_found_is_the_name(before: str, author: str, after: str) -> None:
    text = before + author + after
    found = find_byline(text, author)
    assert found is not None
    assert text[slice(*found)] == author
