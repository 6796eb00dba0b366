"""Turkish questions turned into near-Azerbaijani ones for training."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.read.data_azeri import azeri

CASES = {
    "question words": ("Nerede ve ne zaman doğmuştur?", "Harada və nə vaxt anadan olmuşdur?"),
    "a capital stays": ("Hangi ülkede yapılmıştır?", "Hansı ölkədə edilmişdir?"),
    "a name keeps its stem": ("Ekrem'den kim bahseder?", "Ekremdən kim bahsədər?"),
    "the apostrophe goes": ("Kahire’de kaç kişi var?", "Kahiredə neçə nəfər var?"),
    "initials stay": ("TÜBİTAK kim tarafından kuruldu?", "TÜBİTAK kim tərəfindən quruldu?"),
    "k and q": ("Bunu kullanarak çocuklara ne verdi?", "Bunu qullanaraq çocuqlara nə verdi?"),
    "years": ("1453 yılında ne oldu?", "1453 ilində nə oldu?"),
    "the present": ("Kim geliyor?", "Kim gəlir?"),
    "figures stay": ("3,5 milyon mu, 2008'de mi?", "3,5 milyon mu, 2008də mi?"),
}


@pytest.mark.parametrize(("turkish", "expected"), CASES.values(), ids=CASES.keys())
def test_a_question_is_turned(turkish: str, expected: str) -> None:
    assert azeri(turkish) == expected


@given(st.text(max_size=60))
def test_any_text_is_taken_and_figures_are_kept(text: str) -> None:
    made = azeri(text)
    assert [c for c in made if c.isdigit()] == [c for c in text if c.isdigit()]
