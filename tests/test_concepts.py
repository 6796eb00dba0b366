from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.concepts import phrase_concepts, word_concepts
from embeddings.fold import fold_text
from prompts import load_text

LINES = [
    line for line in load_text("concepts.txt").splitlines() if line and not line.startswith("#")
]
LANGUAGES = ("en", "ru", "az", "tr")
SAME = {
    "chair": (("en", "chaired"), ("ru", "возглавила"), ("az", "sədrlik"), ("tr", "başkanlık")),
    "minister": (("en", "ministers"), ("ru", "министром"), ("az", "nazirin"), ("tr", "bakanı")),
    "osce": (("en", "OSCE"), ("ru", "ОБСЕ"), ("az", "ATƏT"), ("tr", "AGİT")),
    "germany": (("en", "German"), ("ru", "немецкий"), ("az", "Almaniyada"), ("tr", "Almanya")),
    "meet": (("en", "met"), ("ru", "встретился"), ("az", "gorusub"), ("tr", "GÖRÜŞTÜ")),
}


@pytest.mark.parametrize("concept", SAME)
@pytest.mark.parametrize("column", range(4), ids=LANGUAGES)
def test_words_of_four_languages_meet(concept: str, column: int) -> None:
    language, word = SAME[concept][column]
    assert concept in word_concepts(word, language)


@pytest.mark.parametrize(
    ("language", "words", "concept"),
    [
        ("en", ["the", "united", "nations"], "un"),
        ("ru", ["организацией", "объединенных", "наций"], "un"),
        ("az", ["birləşmiş", "millətlər", "təşkilatı"], "un"),
        ("tr", ["güvenlik", "konseyinin"], "security-council"),
    ],
)
def test_phrases_are_one_concept(language: str, words: list[str], concept: str) -> None:
    assert concept in phrase_concepts(words, language)


def test_the_longest_form_decides() -> None:
    assert word_concepts("австралии", "ru") == ("australia",)
    assert word_concepts("австрии", "ru") == ("austria",)


@pytest.mark.parametrize("language", ["de", "und", ""])
def test_other_languages_have_none(language: str) -> None:
    assert word_concepts("minister", language) == ()
    assert phrase_concepts(["united", "nations"], language) == []


def test_every_line_has_four_columns_and_a_name_of_its_own() -> None:
    assert all(len(line.split("|")) == len(LANGUAGES) for line in LINES)
    names = Counter(line.split(",")[0].split("|")[0].strip() for line in LINES)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("|")[0][:24].strip())
def test_every_form_of_a_line_is_found(line: str) -> None:
    for language, column in zip(LANGUAGES, line.split("|"), strict=True):
        for form in filter(None, (each.strip() for each in column.split(","))):
            assert form.count("*") <= len(form.split()), form
            words = fold_text(form.replace("*", "")).split()
            found = word_concepts(words[0], language) if len(words) == 1 else ()
            assert found or phrase_concepts(words, language), (language, form)


@given(st.text(max_size=12), st.sampled_from([*LANGUAGES, "de"]))
@settings(deadline=None, max_examples=100)
def test_any_word_has_concepts_or_none(word: str, language: str) -> None:
    assert all(each and " " not in each for each in word_concepts(word, language))
    assert all(" " not in each for each in phrase_concepts(word.split(), language))
