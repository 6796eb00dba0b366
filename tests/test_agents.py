"""Who did it, where the passage says by whom: the doer is the answer, and nobody else in it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.plausible import Expectation

TEXT = (
    "Bayramov attended the meeting in New York. Addressing the meeting, chaired by Kazakhstan,"
    " Bayramov thanked all."
)


def span_of(part: str, text: str = TEXT) -> tuple[int, int]:
    start = text.rindex(part)
    return start, start + len(part)


ASKED = {
    "en": "Who chaired the meeting?",
    "en another word": "Who presided over the meeting?",
    "en country": "Which country has chaired the meeting?",
    "ru": "Кто председательствовал на встрече?",
    "ru country": "Какая страна вела встречу?",
    "az": "Görüşə kim sədrlik edib?",
    "tr": "Toplantıya kim başkanlık etti?",
    "tr country": "Toplantıya hangi ülke başkanlık etti?",
}


@pytest.mark.parametrize("question", ASKED.values(), ids=ASKED.keys())
def test_the_doer_is_named_in_any_language_asked(question: str) -> None:
    deed = Expectation.of(question).deed
    assert [TEXT[a:b] for a, b in deed.doers(TEXT, "en")] == ["Kazakhstan"]
    assert deed.is_anothers(TEXT, span_of("Bayramov"), "en")
    assert deed.is_anothers(TEXT, (0, 8), "en")
    assert not deed.is_anothers(TEXT, span_of("Kazakhstan"), "en")
    assert not deed.is_anothers(TEXT, span_of("chaired by Kazakhstan"), "en")


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("Who attended the meeting?", id="another deed"),
        pytest.param("Who met the chairman?", id="a noun"),
        pytest.param("When was the meeting chaired?", id="no who"),
        pytest.param("Who thanked the group chaired by Kazakhstan?", id="the doer is named"),
        pytest.param("Who chaired the meeting together with Kazakhstan?", id="who did it with him"),
    ],
)
def test_other_questions_are_left_alone(question: str) -> None:
    deed = Expectation.of(question).deed
    assert not deed.is_anothers(TEXT, span_of("Bayramov"), "en")


def test_who_does_it_in_the_active_may_be_meant_too() -> None:
    text = "The forum was chaired by Ada Berg. Carl Dahl chaired the meeting. Eva Falk spoke."
    deed = Expectation.of("Who chaired the meeting?").deed
    assert not deed.is_anothers(text, span_of("Carl Dahl", text), "en")
    assert deed.is_anothers(text, span_of("Eva Falk", text), "en")


def test_only_english_passages_are_judged() -> None:
    deed = Expectation.of("Who chaired the meeting?").deed
    assert deed.doers(TEXT, "ru") == ()
    assert not deed.is_anothers(TEXT, span_of("Bayramov"), "ru")


def test_the_doer_is_as_sure_as_who_was_taken_for_him() -> None:
    expected = Expectation.of("Who chaired the meeting?")
    spans = [(span_of("Bayramov"), 4.0), (span_of("Kazakhstan"), -3.0)]
    assert expected.margins(TEXT, spans, "en") == [-1.0, 4.0]
    surer = [(span_of("Bayramov"), 4.0), (span_of("Kazakhstan"), 6.0)]
    assert expected.margins(TEXT, surer, "en") == [-1.0, 6.0]
    alone = [(span_of("Kazakhstan"), -3.0)]
    assert expected.margins(TEXT, alone, "en") == [-3.0]


@given(
    st.text(alphabet="Who chaired by Ada, Berg. met", max_size=80),
    st.sampled_from(sorted(ASKED.values())),
    st.lists(st.tuples(st.integers(0, 80), st.integers(1, 9), st.floats(-9, 9)), max_size=4),
)
def test_every_span_gets_a_finite_worth(text, question, drawn) -> None:
    spans = [((a, min(a + n, len(text))), m) for a, n, m in drawn if a < len(text)]
    worth = Expectation.of(question).margins(text, spans, "en")
    assert len(worth) == len(spans)
    assert all(map(math.isfinite, worth))


def test_a_doer_whom_the_reader_overlooks_is_read_too() -> None:
    expected = Expectation.of("Who chaired the meeting?")
    spans = [(span_of("Bayramov"), 4.0)]
    told = expected.with_told(TEXT, spans, "en")
    assert [place for place, _ in told] == [span_of("Bayramov"), span_of("Kazakhstan")]
    assert expected.margins(TEXT, told, "en") == [-1.0, 4.0]
    assert expected.with_told(TEXT, told, "en") == told


def test_a_doer_without_a_name_is_not_read() -> None:
    text = "The forum was chaired by a minister, and Ada Berg spoke."
    expected = Expectation.of("Who chaired the forum?")
    assert expected.with_told(text, [], "en") == []


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("chaired by the Republic of Kazakhstan in May", "Republic of Kazakhstan"),
        ("chaired by Ada Berg and Carl Dahl at noon", "Ada Berg and Carl Dahl"),
        ("chaired by Kazakhstan and attended by many", "Kazakhstan"),
    ],
)
def test_of_a_doer_only_the_name_is_taken(told: str, name: str) -> None:
    deed = Expectation.of("Who chaired the meeting?").deed
    assert [told[slice(*place)] for place in deed.names(told, "en")] == [name]
