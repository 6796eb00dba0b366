"""Bilingual dictionaries, and passages whose words they exchange while answers keep their place."""

from __future__ import annotations

import gzip
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.errors import UsageError
from qa.read.data_dictionary import read_dictionary, translate
from qa.read.data_lexicon import switch_passage

MUELLER = """council
   [kaunsl] _n.
   1) совет; консилиум; town council городской совет
   2) совещание
would
   [wud] _вспомогательный глагол, указывает на
ministry
   [ministri] _n. министерство
NASA
   [nasa] агентство
of
   [ov] предлог
"""
FREEDICT = """water /wɔːtə/
1. su.
council /kaʊnsəl/
1. meclis, divan.
bridge /brɪdʒ/
1. (den.) köprü üstü; bağ.
"""


SPOILT = bytearray(gzip.compress(MUELLER.encode()))
SPOILT[40:60] = bytes(20)


def dictionary(tmp_path, text, language):
    path = tmp_path / "words.dict.dz"
    path.write_bytes(gzip.compress(text.encode()))
    return read_dictionary(path, language)


def test_an_entry_gives_its_first_translation(tmp_path):
    assert dictionary(tmp_path, MUELLER, "ru") == {"council": "совет", "ministry": "министерство"}
    turkish = {"water": "su", "council": "meclis", "bridge": "köprü üstü"}
    assert dictionary(tmp_path, FREEDICT, "tr") == turkish


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"\xff\xfe\xff"), gzip.compress(b"a" * 99)[:-12], SPOILT]
)
def test_what_is_no_dictionary_is_named(tmp_path, content):
    path = tmp_path / "a.dict.dz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"a\.dict\.dz"):
        read_dictionary(path, "ru")
    with pytest.raises(UsageError, match="cannot be read"):
        read_dictionary(tmp_path / "missing", "ru")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("council", "совет"),
        ("councils", "совет"),
        ("ministries", "министерство"),
        ("opened", "открывать"),
        ("opening", "открывать"),
        ("moved", "двигать"),
        ("cats", None),
        ("as", None),
    ],
)
def test_forms_of_a_word_are_looked_up_as_the_word(word, expected):
    words = {"council": "совет", "ministry": "министерство", "open": "открывать", "move": "двигать"}
    assert translate(word, words) == expected


LEXICON = {"ru": {"council": "городской совет", "opened": "открыл", "bridge": "мост"}}
PASSAGE = "The council of Baku opened the old bridge in 1998."


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("council of Baku", "городской совет Baku"),
        ("Baku", "Baku"),
        ("the old bridge", "old мост"),
        ("1998", "1998"),
        ("The council", "The городской совет"),
    ],
)
def test_an_answer_is_found_where_its_words_went(answer, expected):
    start = PASSAGE.index(answer)
    made, ranges = switch_passage(
        PASSAGE, [(start, start + len(answer))], "ru", LEXICON, 1.0, random.Random(1)
    )
    assert [made[a:b] for a, b in ranges] == [expected]
    assert made == "The городской совет Baku открыл old мост в 1998."


def test_a_word_within_which_an_answer_ends_stays():
    start = PASSAGE.index("bridge")
    made, ranges = switch_passage(
        PASSAGE, [(start, start + 3)], "ru", LEXICON, 1.0, random.Random(1)
    )
    assert [made[a:b] for a, b in ranges] == ["bri"]
    assert "old bridge в" in made


def test_an_answer_of_which_nothing_is_left_is_dropped():
    start = PASSAGE.index("of Baku")
    _, ranges = switch_passage(PASSAGE, [(start, start + 2)], "ru", LEXICON, 1.0, random.Random(1))
    assert ranges == ()


WORDS = st.lists(st.sampled_from(["the", "council", "Baku", "1998", "opened,", "xyz"]), min_size=1)


@given(WORDS, st.data(), st.floats(0, 1), st.integers(0, 99))
def test_names_and_figures_of_an_answer_stay_what_they_are(words, data, rate, seed):
    text = " ".join(words)
    place = data.draw(st.integers(0, len(words) - 1))
    start = len(" ".join(words[:place])) + (place > 0)
    answer = (start, start + len(words[place].rstrip(",")))
    made, ranges = switch_passage(text, [answer], "ru", LEXICON, rate, random.Random(seed))
    if rate == 0:
        assert (made, ranges) == (text, (answer,))
    if words[place] in {"Baku", "1998", "xyz"}:
        assert [made[a:b] for a, b in ranges] == [words[place]]
    assert all(0 <= a < b <= len(made) for a, b in ranges)
