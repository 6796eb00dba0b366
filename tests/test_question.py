from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import QuestionError
from qa.question import checked_question


@given(st.text(max_size=60))
def test_what_is_let_through_is_text_within_the_limit_and_stays_as_it_is(text: str) -> None:
    try:
        question = checked_question(text, max_chars=20)
    except QuestionError:
        return
    assert question == text.strip()
    assert 1 <= len(question) <= 20
    assert question.encode()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (" \n\t\u00a0", "is empty"),
        ("x" * 21, "has 21 characters, more than 20"),
        ("who \ud800?", "half of a surrogate pair"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_remedy(text: str, says: str) -> None:
    with pytest.raises(QuestionError, match=says) as caught:
        checked_question(text, max_chars=20)
    assert caught.value.remedy


def test_the_limit_is_of_what_is_left_without_white_space() -> None:
    assert checked_question("  " + "x" * 20 + "\n", max_chars=20) == "x" * 20
