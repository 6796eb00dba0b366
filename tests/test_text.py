"""Folding, transliteration and names across scripts."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_support import ODD

from embeddings.text import (
    fold,
    fold_text,
    name_forms,
    transliterate,
    without_surrogates,
)

SAME = {
    "dotted capital": ("İSTANBUL", "istanbul"),
    "dotless": ("ISTANBUL", "ıstanbul"),
    "Python's lower of İ": ("İ".lower() + "stanbul", "İstanbul"),
    "decomposed İ": ("I\u0307stanbul", "istanbul"),
    "ё": ("Ёлка Артём", "елка артем"),
    "decomposed ё": ("е\u0308лка", "елка"),
    "й composed and not": ("Байрамов", unicodedata.normalize("NFD", "Байрамов")),
    "ç composed and not": ("Çavuşoğlu", unicodedata.normalize("NFD", "Çavuşoğlu")),
    "Hangul composed and not": ("한국", unicodedata.normalize("NFD", "한국")),
    "stress mark": ("за\u0301мок", "замок"),
    "apostrophes": ("Bayramov’un", "Bayramov'un"),
    "quotes": ("«Да» „nein“ “yes”", '"да" "nein" "yes"'),
    "dashes": ("2020–2024 — so", "2020-2024 - so"),
    "soft hyphen": ("Azer\u00adbaijan", "azerbaijan"),
    "zero width": ("Azer\u200bbaijan\ufeff", "azerbaijan"),
    "spaces": ("1\u00a0234\u202f567", "1 234 567"),
    "full width": ("ＯＳＣＥ", "osce"),
    "ligature": ("ﬁnance", "finance"),
    "sharp s": ("Straße", "STRASSE"),
    "final sigma": ("Χρίστος", "ΧΡΊΣΤΟΣ"),
}
DIFFERENT = {
    "й and и": ("май", "маи"),
    "ş and s": ("şam", "sam"),
    "ə and e": ("ələ", "ele"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME.keys())
def test_fold_joins(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_fold_keeps_apart(one: str, other: str) -> None:
    assert fold_text(one) != fold_text(other)


@given(ODD)
@settings(deadline=None, max_examples=300)
def test_fold_offsets_never_move(text: str) -> None:
    folded = fold(text)
    assert len(folded.offsets) == len(folded.text) + 1
    assert folded.offsets[-1] == len(text)
    assert all(0 <= a <= b for a, b in zip(folded.offsets, folded.offsets[1:], strict=False))
    assert fold_text(text) == folded.text


@given(ODD)
@settings(deadline=None, max_examples=300)
def test_fold_does_not_see_normal_forms(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert fold_text(composed) == fold_text(unicodedata.normalize("NFD", text))


@given(st.text(alphabet="abcİIıəğşçöüёйЯ ", max_size=40), st.data())
@settings(deadline=None, max_examples=150)
def test_a_folded_match_is_found_in_the_original(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    needle = fold_text(text[start:end])
    folded = fold(text)
    place = folded.text.find(needle)
    assert place >= 0
    found = text[folded.offsets[place] : folded.offsets[place + len(needle)]]
    assert fold_text(found) == needle


def test_many_marks_on_one_letter_take_linear_time() -> None:
    text = "a" + "\u0301\u0316" * 100_000
    began = time.process_time()
    assert len(fold(text).offsets) == len(fold(text).text) + 1
    transliterate(text)
    assert time.process_time() - began < 20


def test_surrogates_are_replaced_one_for_one() -> None:
    assert without_surrogates("a\ud800b\udfffc") == "a\ufffdb\ufffdc"
    assert fold_text("\ud800İ") == "\ud800i"


TRANSLITERATED = {
    "bayramov": "Байрамов Bayramov Bayramow BAYRAMOV",
    "jeyhun": "Ceyhun Jeyhun Djeyhun",
    "aliyev": "Aliyev",
    "chavushoglu": "Çavuşoğlu Чавушоглу",
    "khankendi": "Xankəndi Ханкенди Khankendi",
    "pashinyan": "Пашинян Pashinyan Paşinyan",
}


@pytest.mark.parametrize(("plain", "spellings"), TRANSLITERATED.items(), ids=TRANSLITERATED.keys())
def test_transliterate(plain: str, spellings: str) -> None:
    assert {transliterate(spelling) for spelling in spellings.split()} == {plain}


def test_transliterate_keeps_other_scripts() -> None:
    assert transliterate("東京 é") == "東京 e"


SAME_NAMES = """
Байрамов Bayramov Bayramow Bayramova Байрамова Байрамовым Байрамову Bayramovun Bayramovdan
Джейхун Ceyhun Jeyhun Djeykhun Джейхуна Джейхуном Ceyhunun Ceyhunla
Алиев Əliyev Aliyev Eliyev Алиевым Алиева Əliyevin Əliyeva
Хаджиев Гаджиев Hacıyev Hajiyev Haciyev Хаджиевым Hacıyevin
Гасанов Həsənov Hasanov Hesenov
Гейдар Heydər Heydar Гейдара
Гусейнов Hüseynov Huseynov Huseinov
Мамедов Məmmədov Mammadov Mamedov
Ильхам İlham Ilham Ильхамом İlhamın
Зеленский Zelensky Zelenskiy Zelenskyy Зеленского Зеленским
Казакбаев Kazakbayev Kazakbaev Казакбаевым
Сарыбай Sarybay Sarıbay
Кайрат Kairat Kayrat Qayrat
Шмид Schmid Şmid
Чавушоглу Çavuşoğlu Cavusoglu Chavushoglu
Пашинян Paşinyan Pashinyan Pasinyan Пашиняна
Эрдоган Erdoğan Erdogan Ərdoğan Эрдоганом
Азербайджан Azərbaycan Azerbaijan Azerbaycan Азербайджана
Карабах Qarabağ Karabakh Garabagh Карабаха
Баку Bakı Bakü Baku
Ханкенди Xankəndi Khankendi
Макрон Makron Macron
Мария Maria Mariya Марии
Ереван Yerevan
""".strip().splitlines()


@pytest.mark.parametrize("names", SAME_NAMES, ids=lambda names: names.split()[0])
def test_spellings_of_a_name_meet(names: str) -> None:
    first, *others = names.split()
    forms = set(name_forms(first))
    apart = [other for other in others if not forms & set(name_forms(other))]
    assert apart == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bayramov", "Aliyev"),
        ("Ceyhun", "Hikmət"),
        ("Байрамов", "Мирзоян"),
        ("Baku", "Tbilisi"),
        ("Mammadov", "Mammadyarov"),
        ("Schmid", "Smirnov"),
    ],
)
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert not set(name_forms(one)) & set(name_forms(other))


@pytest.mark.parametrize("word", ["", "a", "42", "漢字", "U.", "👍"])
def test_what_is_no_name_has_no_form(word: str) -> None:
    assert name_forms(word) == ()
