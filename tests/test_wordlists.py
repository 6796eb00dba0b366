"""Lists of words and phrases."""

import pytest

from qa.wordlists import Wordlist

LIST = Wordlist.of(["when", "Year*", "what date*", "в каком году", "nə vaxt*"])


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ("when was it", [1]),
        ("whenever", []),
        ("in which years", [3]),
        ("what dates", [2]),
        ("what other dates", []),
        ("и в каком году", [4]),
        ("в каком", []),
        ("nə vaxtdan when", [2, 3]),
        ("", []),
    ],
)
def test_what_stands_among_words(said: str, places: list[int]) -> None:
    assert list(LIST.behind(said.split())) == places
    assert LIST.is_in(said.split()) is bool(places)


def test_an_empty_list_is_in_nothing() -> None:
    assert not Wordlist.of([]).is_in(["when"])
