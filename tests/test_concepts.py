from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.concepts import may_be_name, phrase_concepts, word_concepts
from embeddings.fold import fold_text
from embeddings.terms import is_shared, terms
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
    "die": (("en", "killed"), ("ru", "погибли"), ("az", "ölüb"), ("tr", "öldürüldü")),
    "tuesday": (("en", "Tuesday"), ("ru", "вторник"), ("az", "çərşənbə axşamı"), ("tr", "salı")),
    "saturday": (("en", "Saturday"), ("ru", "субботу"), ("az", "şənbə"), ("tr", "cumartesi")),
}


@pytest.mark.parametrize("concept", SAME)
@pytest.mark.parametrize("column", range(4), ids=LANGUAGES)
def test_words_of_four_languages_meet(concept: str, column: int) -> None:
    language, word = SAME[concept][column]
    assert concept in {*word_concepts(word, language), *phrase_concepts(word.split(), language)}


# A stem of the table and an ending of its language.
INFLECTED = {
    "en": "wars winning golden largest organisations growth Germans buildings electricity healthy",
    "ru": "войнами российского родился заявлении победителями музыкантов французской крупнейшего "
    "голосования сокращению северокорейского энергетики итальянцы смертельной открыты",
    "az": "nazirliyinin görüşüblər müharibədən danışıqlarda seçiləcək əməkdaşlığın ölkəmizin "
    "imzalayıb açılıb işçilərin çinli neftin",
    "tr": "bakanlığının görüşecekler öldürülmüştür seçilecek ülkelerindeki yaralandı artırılabilir "
    "tutuklandılar petrolün yıllarda açıklandı",
}


@pytest.mark.parametrize(
    ("language", "word"),
    [(language, word) for language, listed in INFLECTED.items() for word in listed.split()],
)
def test_an_inflected_word_is_its_concept_and_no_name(language: str, word: str) -> None:
    assert word_concepts(word, language)
    assert not may_be_name(word, language)


# Names that begin like a word of the table, and their spellings elsewhere.
NAMES = """
Мирзиёев:ru Mirziyoyev:en Mirziyoyev:az
Serqey:az Сергей:ru Sergey:en
Çingiz:az Чингиз:ru Chingiz:en Cengiz:tr
Səfərov:az Сафаров:ru Safarov:en
Yıldırım:tr Йылдырым:ru Yildirim:en
Warsaw:en Варшава:ru Varşava:az Varşova:tr
Warren:en Warren:tr
Миронов:ru Mironov:en
Миронова:ru Mironova:en
Войнов:ru Voynov:en
Gaziantep:tr Газиантеп:ru Gaziantep:en
Выборг:ru Vyborg:en
Нефтчи:ru Neftchi:en Neftçi:az Neftçi:tr
Cinpin:az Цзиньпин:ru Jinping:en
Qarabağ:az Карабах:ru Karabakh:en Karabağ:tr
Венедиктов:ru Venediktov:en
Газпром:ru Gazprom:en Qazprom:az
Weston:en Weston:az
"""
PLACES_AND_LEADERS = """
Стамбуле:ru İstanbul:az Istanbul:en İstanbul'da:tr
Ереван:ru İrəvan:az Yerevan:en Erivan:tr
Гяндже:ru Gəncədə:az Ganja:en Gence:tr
Физули:ru Füzuli:az Fizuli:en Füzuli:tr
Нахичевань:ru Naxçıvanda:az Nakhchivan:en Nahçıvan:tr
Гутерриш:ru Quterreş:az Guterres:en Guterres:tr
Ленкорань:ru Lənkəran:az Lankaran:en
Тбилиси:ru Tiflis:tr Tbilisi:en
Мухаммед:ru Məhəmməd:az Muhammad:en Muhammed:tr
Шольц:ru Şolts:az Scholz:en
Кямаля:ru Kəmalə:az Kamala:en
Гюлер:ru Güler:tr Guler:en
Khrushchev:en Хрущев:ru
"""


@pytest.mark.parametrize("names", [*NAMES.split("\n")[1:-1], *PLACES_AND_LEADERS.split("\n")[1:-1]])
def test_a_name_meets_its_spellings(names: str) -> None:
    spellings = [spelling.split(":") for spelling in names.split()]
    shared = [
        {term for term in terms(word, language) if is_shared(term)} for word, language in spellings
    ]
    assert [names.split()[at] for at, each in enumerate(shared) if not shared[0] & each] == []


@pytest.mark.parametrize("names", NAMES.split("\n")[1:-1])
def test_a_name_is_no_word_of_the_news(names: str) -> None:
    words = {"peace", "world", "east", "west", "china", "visit", "year", "war", "gas", "oil"}
    words |= {"election", "vienna", "black"}
    for word, language in (spelling.split(":") for spelling in names.split()):
        assert not words & set(word_concepts(word, language)), word


@pytest.mark.parametrize(
    ("language", "word"), [("tr", "oldu"), ("az", "olub"), ("az", "ölkə"), ("az", "ölçü")]
)
def test_marks_tell_a_death_from_what_only_looks_so(language: str, word: str) -> None:
    assert "die" not in word_concepts(word, language)


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
            words = fold_text(form.replace("*", "").removeprefix("!")).split()
            found = word_concepts(words[0], language) if len(words) == 1 else ()
            assert found or phrase_concepts(words, language), (language, form)


@given(st.text(max_size=12), st.sampled_from([*LANGUAGES, "de"]))
@settings(deadline=None, max_examples=100)
def test_any_word_has_concepts_or_none(word: str, language: str) -> None:
    assert all(each and " " not in each for each in word_concepts(word, language))
    assert all(" " not in each for each in phrase_concepts(word.split(), language))
