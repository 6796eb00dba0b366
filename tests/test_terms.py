"""Words and terms of the lexical index."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_support import ODD

from embeddings.text import (
    is_shared,
    terms,
    words,
)

WORDS = {
    "apostrophe": ("Bayramov'un evi", ["Bayramov", "un", "evi"]),
    "hyphen": ("44-дневной COVID-19", ["44", "дневной", "COVID", "19"]),
    "number": ("1,234.5 and 22.09.2022.", ["1,234.5", "and", "22.09.2022"]),
    "letters and digits": ("COP29, 29th", ["COP29", "29", "th"]),
    "decomposed": ("cafe\u0301 й\u0306", ["cafe\u0301", "й\u0306"]),
    "soft hyphen": ("Azer\u00adbaijan", ["Azer\u00adbaijan"]),
    "underscore": ("a_b", ["a", "b"]),
    "emoji": ("👨‍👩‍👧 ok", ["ok"]),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "expected"), WORDS.values(), ids=WORDS.keys())
def test_words(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in words(text)] == expected


@given(ODD)
@settings(deadline=None, max_examples=200)
def test_words_are_ordered_and_hold_every_letter_and_digit(text: str) -> None:
    found = words(text)
    position = 0
    for start, end in found:
        assert position <= start < end <= len(text)
        position = end
    held = {i for start, end in found for i in range(start, end)}
    assert held >= {i for i, c in enumerate(text) if c.isalnum()}


SHARED = {
    "English stem": ("en", "meetings", "en", "meeting"),
    "Russian stem": ("ru", "министров", "ru", "министр"),
    "Azerbaijani case": ("az", "naziri", "az", "nazirinin"),
    "Azerbaijani in ASCII": ("az", "görüşdü", "az", "gorusdu"),
    "Turkish case": ("tr", "toplantısı", "tr", "toplantıya"),
    "capital İ": ("tr", "İstanbul", "tr", "istanbul'da"),
    "name, ru to az": ("ru", "Байрамовым", "az", "Bayramovun"),
    "name, en to ru": ("en", "Jeyhun", "ru", "Джейхуна"),
    "name, tr to en": ("tr", "Ceyhun", "en", "Jeyhun's"),
    "name in a lower-case question": ("az", "ceyhun bayramov", "en", "Jeyhun"),
    "month": ("en", "in April", "az", "aprelində"),
    "day and month": ("en", "on September 22", "ru", "22 сентября"),
    "numeric date": ("en", "2022-09-22", "ru", "22.09.2022"),
    "written and numeric day": ("ru", "22 сентября", "en", "2022-09-22"),
    "grouped number": ("en", "1,234,567", "ru", "1\u00a0234\u00a0567"),
    "decimal": ("en", "3.5", "ru", "3,5"),
    "ordinal": ("en", "29th", "az", "29-cu"),
    "compound": ("en", "COVID-19", "en", "covid19"),
    "abbreviation": ("en", "COP29", "ru", "COP29"),
    "office": ("en", "chaired", "az", "sədrlik"),
    "organisation, initials": ("en", "OSCE", "az", "ATƏT-in"),
    "organisation, name and initials": ("ru", "Организация Объединённых Наций", "tr", "BM'nin"),
}


@pytest.mark.parametrize(("a", "one", "b", "other"), SHARED.values(), ids=SHARED.keys())
def test_terms_meet(a: str, one: str, b: str, other: str) -> None:
    assert set(terms(one, a)) & set(terms(other, b))


def test_stop_words_are_left_out() -> None:
    assert terms("What did the minister of Armenia say", "en") == [
        *("minist", "=minister", "armenia", "=armenia", "say"),
    ]


@pytest.mark.parametrize(
    ("text", "language"), [("Who?", "en"), ("Кто он?", "ru"), ("Bu nə?", "az")]
)
def test_a_text_of_stop_words_keeps_them(text: str, language: str) -> None:
    assert terms(text, language)


def test_every_word_is_a_concept_or_has_a_form_without_script() -> None:
    found = terms("The minister of Naftalan met Bayramov", "en")
    shared = [term for term in found if is_shared(term)]
    assert shared == ["=minister", "~naftal", "=meet", "~bairam"]
    assert "=minister" in terms("Министры", "ru")
    assert "~minist" in terms("Ministerium", "de")


@pytest.mark.parametrize(
    ("term", "shared"),
    [("~bairam", True), ("=chair", True), ("@0922", True), ("2024", True), ("minist", False)],
)
def test_what_languages_share(term: str, shared: bool) -> None:
    assert is_shared(term) is shared


@pytest.mark.parametrize("text", ["", "  ", "!!!", "👍", "\u0301", "\ud800"])
def test_nothing_to_index(text: str) -> None:
    assert terms(text, "und") == []


def test_unspaced_scripts_are_pairs() -> None:
    assert terms("外務大臣", "ja") == ["外務", "務大", "大臣"]


@given(ODD, st.sampled_from(["en", "ru", "az", "tr", "de", "ja", "und", "xx"]))
@settings(deadline=None, max_examples=200)
def test_terms_are_words_without_spaces(text: str, language: str) -> None:
    for term in terms(text, language):
        assert term
        assert not any(character.isspace() for character in term)
