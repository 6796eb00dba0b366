"""Another one of a series than the question asks about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.series import Series

CASES = {
    "another code": ("How many came to COP28?", "COP29 takes place in Baku.", "en", True),
    "the same code": ("How many came to COP29?", "COP29 takes place in Baku.", "en", False),
    "both": ("How many came to COP28?", "After COP28 comes COP29.", "en", False),
    "in another script": ("Где пройдёт КОП28?", "КОП29 пройдёт в Баку.", "ru", True),
    "with a hyphen": ("When was COP-28?", "COP 29, or COP29, is in Baku.", "en", True),
    "no such series": ("How many came to COP28?", "The G20 met.", "en", False),
    "another session": ("Who led the 79th session?", "the 77th UN session met", "en", True),
    "the same session": ("Who led the 77th session?", "the 77th UN session met", "en", False),
    "in another language": ("Кто вёл 79-ю сессию?", "the 77th UN session met", "en", True),
    "in Turkish": ("79. oturuma kim başkanlık etti?", "the 77th session met", "en", True),
    "in Azerbaijani": ("79-cu sessiyaya kim sədrlik edib?", "77-я сессия открылась", "ru", True),
    "of something else": ("Who led the 79th session?", "the 77th anniversary", "en", False),
    "nothing numbered": ("Who spoke?", "COP29 takes place in Baku.", "en", False),
    "a number alone": ("Who spoke in 2028?", "It was in 2029.", "en", False),
}


@pytest.mark.parametrize(("question", "text", "language", "another"), CASES.values(), ids=CASES)
def test_an_article_on_another_of_the_series(question, text, language, another) -> None:
    assert Series.of(question).is_of_another(text, language) is another


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_text_is_never_of_another_than_itself(question: str, text: str) -> None:
    assert not Series.of(text).is_of_another(text + " ", "en")
    assert Series.of(question).is_of_another("", "en") is False
