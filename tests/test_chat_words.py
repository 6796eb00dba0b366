"""The words of a conversation: names and their kinds, cases, countries, keys and lists."""

from __future__ import annotations

import pytest

from prompts import LANGUAGES, load_json
from qa.chat.cases import base_form, compound, with_case
from qa.chat.countries import country_of
from qa.chat.gender import gender_of
from qa.chat.lexicon import key_of, lexicon, split
from qa.chat.mentions import find_names


@pytest.mark.parametrize(
    ("name", "case", "language", "kind", "form"),
    [
        ("Bayramov", "gen", "az", "person", "Bayramovun"),
        ("Bayramov", "ins", "tr", "person", "Bayramov'la"),
        ("Bakı", "gen", "az", "place", "Bakının"),
        ("Ankara", "loc", "tr", "place", "Ankara'da"),
        ("ATƏT", "gen", "az", "org", "ATƏT-in"),
        ("COP29", "loc", "az", "org", "COP29-da"),
        ("CICA toplantısı", "loc", "tr", "compound", "CICA toplantısında"),
        ("görüş", "abl", "az", "noun", "görüşdən"),
        ("Байрамов", "ins", "ru", "person", "Байрамовым"),
        ("Руслан Казакбаев", "gen", "ru", "person", "Руслана Казакбаева"),
        ("Казахстан", "gen", "ru", "place", "Казахстана"),
        ("Турция", "loc", "ru", "place", "Турции"),
        ("Kazakhstan", "gen", "ru", "place", "Kazakhstan"),
        ("Bayramov", "gen", "en", "person", "Bayramov's"),
    ],
)
def test_names_take_the_case_of_what_they_replace(name, case, language, kind, form):
    assert with_case(name, case, language, kind=kind) == form


@pytest.mark.parametrize(
    ("word", "form"),
    [("görüş", "görüşü"), ("toplantı", "toplantısı"), ("danışıqlar", "danışıqları")],
)
def test_a_described_noun_takes_the_possessive(word, form):
    assert compound(word) == form


@pytest.mark.parametrize(
    ("name", "language", "attested", "base"),
    [
        ("Русланом Казакбаевым", "ru", "", "Руслан Казакбаев"),
        ("Кыргызстана", "ru", "", "Кыргызстан"),
        ("Байрамова", "ru", "Байрамов", "Байрамов"),
        ("Байрамова", "ru", "", "Байрамова"),
        ("Bayramovun", "az", "", "Bayramov"),
        ("Pakistanın", "az", "", "Pakistan"),
        ("Kazakistan", "tr", "", "Kazakistan"),
        ("Berlin", "tr", "", "Berlin"),
        ("Osloda", "az", "Oslo", "Oslo"),
    ],
)
def test_a_name_is_given_back_its_dictionary_form(name, language, attested, base):
    known = frozenset({key_of(attested)}) if attested else frozenset()
    assert base_form(name, language, known) == base


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("OSCE Secretary General Helga Schmid spoke.", ["OSCE:org", "Helga Schmid:person"]),
        (
            "He met Minister Jeyhun Bayramov in Istanbul.",
            ["Jeyhun Bayramov:person", "Istanbul:place"],
        ),
        ("The meeting of the Security Council ended.", ["Security Council:org"]),
        ("It was on September 22, at COP29.", ["COP29:org"]),
        ("Addressing the meeting, he spoke.", []),
        ("They spoke at the Assembly UN.", ["Assembly UN:org"]),
    ],
)
def test_names_are_found_with_their_kind(text, names):
    words = lexicon("en")
    assert words is not None
    assert [f"{name.base}:{name.kind}" for name in find_names(text, words)] == names


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        ("az", "Kərimov Gəncədə kiminlə görüşüb?", ["Kərimov:person", "Gəncə:place"]),
        ("az", "Əliyev Moskvaya gedib?", ["Əliyev:person", "Moskvaya:name"]),
        ("az", "Kərimov Nyu-Yorkda kimdir?", ["Kərimov:person", "Nyu-York:place"]),
        ("az", "Heydər Əliyev Fondu nə edib?", ["Heydər Əliyev Fondu:org"]),
        ("az", "Avropa Şurasında kim çıxış edib?", ["Avropa Şurası:org"]),
        ("tr", "Erdoğan Ankara'da kiminle görüştü?", ["Erdoğan:name", "Ankara:place"]),
        ("tr", "Hakan Fidan Berlin'de mi?", ["Hakan Fidan:person", "Berlin:place"]),
        ("tr", "New York'ta ne oldu?", ["New York:place"]),
        ("tr", "Norveç'in Constitution metni", ["Norveç:place", "Constitution:name"]),
        ("tr", "Suudi Arabistan'da ne oldu?", ["Suudi Arabistan:place"]),
        ("ru", "Кто был в Индии?", ["Индия:place"]),
        ("ru", "Где сессия Генассамблеи ООН?", ["Генассамблеи ООН:org"]),
        ("ru", "Где АННА БЕРГ?", ["АННА БЕРГ:person"]),
    ],
)
def test_names_that_only_stand_side_by_side_are_two(language, text, names):
    words = lexicon(language)
    assert words is not None
    assert [f"{name.base}:{name.kind}" for name in find_names(text, words)] == names


@pytest.mark.parametrize(
    ("name", "gender"),
    [
        ("Karimov", "m"),
        ("Захарова", "f"),
        ("Anna Berg", "f"),
        ("Мария Шмид", "f"),
        ("Mustafa Kemal", "m"),
        ("Nikita Petrov", "m"),
        ("Peter Maurer", ""),
        ("Berg", ""),
        ("Путин", "m"),
    ],
)
def test_a_name_tells_a_man_or_a_woman_or_neither(name, gender):
    assert gender_of(name) == gender


@pytest.mark.parametrize(
    ("text", "language", "country"),
    [
        ("Кыргызстана", "ru", "Кыргызстан"),
        ("Турцией", "ru", "Турция"),
        ("Qırğızıstana", "az", "Qırğızıstan"),
        ("Малиновка", "ru", None),
        ("Maliyyə", "az", None),
        ("Norwegian", "en", None),
        ("Norwegen", "de", None),
    ],
)
def test_a_country_is_known_in_any_case(text, language, country):
    assert country_of(text, language) == country


def test_every_language_has_every_list_and_no_phrase_is_empty():
    lists = load_json("followups.json")
    assert set(lists) == set(LANGUAGES)
    assert len({frozenset(each) for each in lists.values()}) == 1
    for language in LANGUAGES:
        words = lexicon(language)
        assert words is not None
        assert all(phrase for phrase, _ in words.questions)
        assert all(words.about)
        assert all(words.more)
        assert {noun.kind for noun in words.nouns} == {"event", "person", "group", "place", "org"}


def test_a_key_is_the_same_however_it_is_typed():
    assert key_of("Kiminlə") == key_of("KİMİNLE") == "kiminle"
    assert [word.key for word in split("Kim, nə vaxt?")] == ["kim", "ne", "vaxt"]
