from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support import FakeEncoder

from qa.read.sentence import SentenceReader

PASSAGES = [
    "The weather was fine. Nobody asked about it.",
    "The meeting took place in Astana, Kazakhstan was its chair, and tea was served.",
]


def test_the_best_span_lies_in_the_sentence_that_shares_the_questions_words():
    readings = SentenceReader(FakeEncoder()).read("Who was chair of the meeting?", PASSAGES)
    assert len(readings) == 2
    best = max(
        ((span.score, passage, span) for passage, r in enumerate(readings) for span in r.spans),
        key=lambda item: item[:2],
    )
    assert best[1] == 1


def test_a_clause_that_only_repeats_the_question_is_no_answer():
    text = "the chair of the meeting, Kazakhstan"
    (reading,) = SentenceReader(FakeEncoder()).read("the chair of the meeting", [text])
    span = reading.spans[0]
    assert "Kazakhstan" in text[span.start : span.end]


@given(st.lists(st.text(max_size=120), max_size=4), st.text(min_size=1, max_size=40))
def test_spans_lie_in_their_passages_and_come_best_first(passages, question):
    readings = SentenceReader(FakeEncoder()).read(question, passages)
    assert len(readings) == len(passages)
    for text, reading in zip(passages, readings, strict=True):
        scores = [span.score for span in reading.spans]
        assert scores == sorted(scores, reverse=True)
        for span in reading.spans:
            assert 0 <= span.start < span.end <= len(text)
            assert text[span.start : span.end].strip()
