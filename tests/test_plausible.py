"""Whether a span can be what the question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts import LANGUAGES, load_json, load_text
from qa.plausible import Expectation

KINDS = {
    "en when": ("When does COP29 take place?", {"date"}),
    "en how many": ("How many documents are expected?", {"many"}),
    "en number": ("How far is it?", {"number"}),
    "en city": ("In which city is it held?", {"local"}),
    "ru city": ("В каком городе проходит встреча?", {"local"}),
    "az city": ("Görüş hansı şəhərdə olub?", {"local"}),
    "tr city": ("Toplantı hangi şehirde yapıldı?", {"local"}),
    "en country": ("Which country chaired the meeting?", {"country"}),
    "en who": ("By whom was it chaired?", {"who"}),
    "ru year": ("С какого года действует процесс?", {"date"}),
    "ru number": ("Сколько документов ожидают?", {"many"}),
    "ru country": ("Какая страна вела встречу?", {"country"}),
    "ru who": ("Кого принял министр?", {"who"}),
    "az when": ("Görüş nə vaxt olub?", {"date"}),
    "az year is no number": ("Neçənci ildən fəaliyyət göstərir?", {"date"}),
    "az number": ("Neçə sənəd qəbul olunub?", {"many"}),
    "az country": ("Hansı ölkə sədrlik edirdi?", {"country"}),
    "az like is not whom": ("Dost kimi nə dedi?", set()),
    "tr when": ("Toplantı ne zaman yapıldı?", {"date"}),
    "tr capitals": ("KAÇ BELGE VAR?", {"many"}),
    "tr country": ("Hangi ülke başkanlık etti?", {"country"}),
    "when that joins": ("Which country chaired when the ministers met?", {"country"}),
    "ru when that joins": ("Кто вёл встречу, когда министры собрались?", {"who"}),
    "when that asks": ("Since when has it been held?", {"date"}),
    "two at once": ("Who won, and when?", set()),
    "anything": ("What did he say?", set()),
}


@pytest.mark.parametrize(("question", "kinds"), KINDS.values(), ids=KINDS.keys())
def test_the_kind_that_a_question_wants(question: str, kinds: set[str]) -> None:
    assert set(Expectation.of(question).kinds) == kinds


MISFITS = {
    "a date has a figure": ("When?", "22 September", set()),
    "or a month": ("Когда?", "в сентябре", set()),
    "or a word of time": ("Ne zaman?", "savaştan sonra", set()),
    "a name is no date": ("When?", "the presidency of Baku", {"date"}),
    "a number alone is no date": ("On what dates?", "76", {"date"}),
    "nor is a day without its month": ("Какого числа?", "29-го", {"date"}),
    "in Azerbaijani": ("Ayın neçəsində?", "12-ci", {"date"}),
    "something counted is no date": ("On what dates?", "29th session", {"date"}),
    "but a day of a month is": ("On what dates?", "the 29th of May", set()),
    "and a counted year": ("Hansı tarixdə?", "2024-cü ildə", set()),
    "a country is no city": ("In which city?", "Azerbaijan", {"local"}),
    "nor a company": ("Какая компания?", "Казахстан", {"local"}),
    "a continent is no city": ("Hansı şəhərdə?", "Asia", {"local"}),
    "nor in Russian": ("В каком городе?", "Азии", {"local"}),
    "a city": ("In which city?", "Baku, Azerbaijan", set()),
    "a company": ("Which company?", "Azerbaijan Airlines of the Caspian", set()),
    "a decade is one": ("When?", "60s", set()),
    "a time of day": ("Saat kaçta?", "5:30", set()),
    "with its half": ("What time?", "5pm", set()),
    "a century has a number alone": ("In which century?", "19th", set()),
    "a number in words": ("Сколько?", "тридцать", set()),
    "a Roman number": ("How many?", "XIV", set()),
    "a name is no number": ("Neçə?", "Bayramov", {"many"}),
    "a country has a capital": ("Which country?", "Kazakhstan", set()),
    "a country among words": ("Hangi ülke?", "the Republic of Azerbaijan", set()),
    "a country in a case": ("Какая страна?", "Соединёнными Штатами", set()),
    "a country with a suffix": ("Hansı ölkə?", "Qazaxıstanın", set()),
    "a country's short name": ("Which country?", "США", set()),
    "a continent": ("Which country?", "Asia", {"country"}),
    "an organisation": ("Hangi ülke?", "Non-Aligned Movement", {"country"}),
    "half of a country's name": ("Which country?", "Saudi", {"country"}),
    "a common word is no country": ("Which country?", "presidency", {"country"}),
    "a name": ("Кто?", "Байрамов", set()),
    "a script without capitals": ("Who?", "バイラモフ", set()),
    "no name": ("Кто?", "встреча", {"who"}),
    "the question's own word": ("Whom did Bayramov meet?", "Bayramov", {"repeats"}),
    "in another script": ("С кем встретился Байрамов?", "Bayramov", {"repeats"}),
    "the same person": ("С кем встретился Байрамов?", "Jeyhun Bayramov", {"named"}),
    "by an initial": ("Bayramov kiminlə görüşüb?", "J. Bayramov", {"named"}),
    "another of that first name": ("Whom did Jeyhun meet?", "Jeyhun Hajibeyov", set()),
    "no question for a person": ("What is Bayramov called?", "Jeyhun Bayramov", set()),
    "more than a name": ("Who is Bayramov?", "the foreign minister, Jeyhun Bayramov", set()),
    "a choice names its answers": ("Baku or Astana?", "Astana", set()),
}


@pytest.mark.parametrize(("question", "span", "why"), MISFITS.values(), ids=MISFITS.keys())
def test_why_a_span_can_hardly_be_the_answer(question: str, span: str, why: set[str]) -> None:
    expected = Expectation.of(question)
    assert set(expected.misfits(span)) == why
    assert (expected.penalty(span) > 0) == bool(why)


def test_countries_are_not_looked_up_in_a_language_without_a_list() -> None:
    expected = Expectation.of("Which country?")
    assert expected.misfits("Griechenland", "de") == frozenset()
    assert expected.misfits("Griechenland", "en") == {"country"}
    assert expected.misfits("ausgerechnet", "de") == {"country"}


def test_every_country_is_one_in_every_language() -> None:
    lines = [one for one in load_text("countries.txt").splitlines() if not one.startswith("#")]
    assert len(lines) > 200
    for line in lines:
        columns = line.split(" | ")
        assert len(columns) == len(LANGUAGES)
        for name in (name.strip() for column in columns for name in column.split(",")):
            assert Expectation.of("Which country?").misfits(name) == frozenset(), name


def test_every_kind_is_asked_for_in_every_language() -> None:
    for by_language in load_json("answer_kinds.json")["asked"].values():
        assert set(by_language) == set(LANGUAGES)


@given(st.text(max_size=60), st.text(max_size=40))
def test_any_text_is_judged_the_same_twice(question: str, span: str) -> None:
    expected = Expectation.of(question)
    assert expected.misfits(span) == Expectation.of(question).misfits(span)
    assert expected.penalty(span) >= 0.0
