"""Sentences: where they end, in four languages and in odd texts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_support import ODD

from embeddings.text import (
    sentences,
)

SENTENCES: dict[str, tuple[str, list[str]]] = {
    "en initials": (
        "In his speech, J. Bayramov spoke. K. J. Smith left.",
        ["In his speech, J. Bayramov spoke.", "K. J. Smith left."],
    ),
    "en titles": ("Dr. Smith met Mr. Lee. He left.", ["Dr. Smith met Mr. Lee.", "He left."]),
    "en not an initial": ("This is plan B. He left.", ["This is plan B.", "He left."]),
    "en abbreviation at the end": ("He came to the U.S. The plan held.", None),
    "en glued": (
        "It serves stability.Azerbaijan's army grew.",
        ["It serves stability.", "Azerbaijan's army grew."],
    ),
    "en outlet": (
        "In Asia, News.Az reports. It said so.",
        ["In Asia, News.Az reports.", "It said so."],
    ),
    "en address": ("See www.Trend.Az/en now. Go.", ["See www.Trend.Az/en now.", "Go."]),
    "en quotation": ('"Fine," he said. "Go." He went.', None),
    "en number": (
        "No. 5 is alive. It rose 3.5 percent.",
        ["No. 5 is alive.", "It rose 3.5 percent."],
    ),
    "en stray brackets": ("He left (at last). Then... )", None),
    "ru initials": ("Пришёл И. И. Иванов. Он сел.", ["Пришёл И. И. Иванов.", "Он сел."]),
    "ru speech tag": (
        "«Нет!» — ответил министр. Он ушёл.",
        ["«Нет!» — ответил министр.", "Он ушёл."],
    ),
    "ru speech tag after a dash": (
        "— Да! — сказал он. Все ушли.",
        ["— Да! — сказал он.", "Все ушли."],
    ),
    "ru abbreviations": (
        "Улица им. Ленина, д. 5. Это 5 млн. руб. и т. д. по списку.",
        ["Улица им. Ленина, д. 5.", "Это 5 млн. руб. и т. д. по списку."],
    ),
    "ru city and year": (
        "В г. Баку тепло. Шёл 2020 г. и зима.",
        ["В г. Баку тепло.", "Шёл 2020 г. и зима."],
    ),
    "ru year before a new sentence": (
        "Встреча прошла в 2022 г. Потом министр уехал.",
        ["Встреча прошла в 2022 г.", "Потом министр уехал."],
    ),
    "ru year before a preposition": (
        "Договор подписан в 2022 г. В Баку ёлка. Конец.",
        ["Договор подписан в 2022 г.", "В Баку ёлка.", "Конец."],
    ),
    "ru year that goes on": (
        "В 1998 г. Москва решила иначе. Ещё раз.",
        ["В 1998 г. Москва решила иначе.", "Ещё раз."],
    ),
    "ru city with an initial": (
        "Был в г. В. Иванов, ёлка. Он сел.",
        ["Был в г. В. Иванов, ёлка.", "Он сел."],
    ),
    "ru and so on": (
        "Это ёлки, груши и т. д. Но это не всё и т. п. Однако он ушёл.",
        ["Это ёлки, груши и т. д.", "Но это не всё и т. п.", "Однако он ушёл."],
    ),
    "ru and so on, no spaces": (
        "Ёлки и т.д. Он заплатил 5 руб. Они ушли.",
        ["Ёлки и т.д.", "Он заплатил 5 руб.", "Они ушли."],
    ),
    "ru roubles and a noun": ("Ещё 5 млн руб. Министр доволен.", None),
    "az and so on": ("Alma və s. Sonra getdi.", ["Alma və s.", "Sonra getdi."]),
    "en clock before a weekday": (
        "The talks begin at 6 p.m. Monday in Baku. They end at 9 p.m. The doors close.",
        ["The talks begin at 6 p.m. Monday in Baku.", "They end at 9 p.m.", "The doors close."],
    ),
    "ru double initial": ("Пришёл Дж. Байрамов. Он сел.", ["Пришёл Дж. Байрамов.", "Он сел."]),
    "az initial": ("Bunu İ.Əliyev dedi. O getdi.", ["Bunu İ.Əliyev dedi.", "O getdi."]),
    "az initial with a space": (
        "Bunu C. Bayramov dedi. O getdi.",
        ["Bunu C. Bayramov dedi.", "O getdi."],
    ),
    "az titles": ("Prof. Dr. Əli gəldi və s. dedi.", ["Prof. Dr. Əli gəldi və s. dedi."]),
    "tr ordinal": ("Bu 3. dönem başladı. O gitti.", ["Bu 3. dönem başladı.", "O gitti."]),
    "tr ordinal before a name": (
        "Dün 29. Taraflar Konferansı başladı. O gitti.",
        ["Dün 29. Taraflar Konferansı başladı.", "O gitti."],
    ),
    "tr republic": ("T.C. Cumhurbaşkanı geldi. O gitti.", None),
    "heading": ("CICA\n\nThe talks began.", ["CICA", "The talks began."]),
    "heading on the next line": (
        "Organization\nThe talks began.",
        ["Organization", "The talks began."],
    ),
    "subscription line": (
        "Подписывайтесь на Sputnik в Дзен\nБАКУ, 25 сен — Sputnik.",
        ["Подписывайтесь на Sputnik в Дзен", "БАКУ, 25 сен — Sputnik."],
    ),
    "line that goes on": (
        "As part of his\nvisit to Baku. End.",
        ["As part of his\nvisit to Baku.", "End."],
    ),
    "wrapped lines": (
        "The minister of foreign affairs of the republic met with\n"
        "Bayramov and the secretary general of the organization in the\n"
        "city of Baku. They spoke.",
        None,
    ),
    "carriage returns": ("One is.\r\nTwo is.\r\rThree", ["One is.", "Two is.", "Three"]),
    "bullets": ("Three points\n- one\n- two", ["Three points", "- one", "- two"]),
    "list of headlines": (
        "Глава МИД Азербайджана встретился с сопредседателями и главой МИД Армении\n"
        "Азербайджану необходимо новое соглашение с ЕС на основе равного партнерства\n"
        "Джейхун Байрамов: открытие коммуникаций усилит роль Южного Кавказа",
        None,
    ),
    "emoji": ("Well done 👨‍👩‍👧! Next 🇦🇿.", ["Well done 👨‍👩‍👧!", "Next 🇦🇿."]),
    "only marks": ("...", ["..."]),
    "surrogate": ("One \ud800 is. Two is.", ["One \ud800 is.", "Two is."]),
    "nothing": (" \n\t ", []),
}
COUNTS = {
    "en abbreviation at the end": 2,
    "en quotation": 3,
    "en stray brackets": 2,
    "tr republic": 2,
    "ru roubles and a noun": 1,
    "wrapped lines": 2,
    "list of headlines": 3,
}


@pytest.mark.parametrize("name", SENTENCES)
def test_sentences(name: str) -> None:
    text, expected = SENTENCES[name]
    language = name[:2] if name[2:3] == " " else "ru" if "ё" in text or "Б" in text else "en"
    found = [text[start:end] for start, end in sentences(text, language)]
    if expected is None:
        assert len(found) == COUNTS[name], found
    else:
        assert found == expected


def test_a_text_in_lower_case_is_still_cut() -> None:
    assert len(sentences("he came. she left. they stayed.", "en")) == 3


def test_no_sentence_crosses_a_range() -> None:
    text = "one two three four"
    assert sentences(text, "en", within=[(0, 8), (8, 18)]) == [(0, 7), (8, 18)]


def test_ranges_beyond_the_text_are_clipped() -> None:
    assert sentences("One.", "en", within=[(-5, 2), (2, 99)]) == [(0, 2), (2, 4)]


@given(
    text=ODD,
    language=st.sampled_from(["en", "ru", "az", "tr", "ja", "und", "nonsense"]),
    cuts=st.sets(st.integers(0, 120), max_size=4),
)
@settings(deadline=None, max_examples=300)
def test_sentences_cover_what_they_are_asked_to_and_no_more(
    text: str, language: str, cuts: set[int]
) -> None:
    bounds = sorted(min(cut, len(text)) for cut in cuts)
    within = list(zip(bounds[::2], bounds[1::2], strict=False)) if cuts else None
    found = sentences(text, language, within=within)
    allowed = [(0, len(text))] if within is None else within
    position = 0
    for start, end in found:
        assert position <= start < end
        assert text[start:end] == text[start:end].strip()
        assert any(first <= start and end <= last for first, last in allowed)
        position = end
    held = {i for start, end in found for i in range(start, end)}
    asked = {i for first, last in allowed for i in range(first, last)}
    assert held >= {i for i in asked if not text[i].isspace()}


def test_a_megabyte_without_a_full_stop_takes_linear_time() -> None:
    began = time.process_time()
    found = sentences("слово word " * 100_000, "ru")
    assert found[0][0] == 0
    assert time.process_time() - began < 20
