"""In which order found passages are read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest
from test_cite import passage_of

from embeddings.articles import make_article
from qa.read.protocol import Reading, ScoredSpan
from qa.reading import read_passages

TEXTS = ("Azerbaijan met Turkey.", "Kazakhstan chaired CICA.", "Iran spoke.", "CICA met in Astana.")
ARTICLES = {f"a{n}": make_article(text=t, id=f"a{n}", language="en") for n, t in enumerate(TEXTS)}


class Recorder:
    """Gives every passage a span as long as the passage, and keeps the order it was given."""

    identity = "recorder"

    def __init__(self) -> None:
        self.given: list[str] = []

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        self.given = list(passages)
        return [Reading((ScoredSpan(0, len(text), 1.0),), 0.0) for text in passages]


def read(question: str, order: Sequence[int] = range(4)) -> tuple[Recorder, tuple[Reading, ...]]:
    reader = Recorder()
    passages = [passage_of(ARTICLES[f"a{n}"]) for n in order]
    return reader, read_passages(reader, question, passages, ARTICLES)


def test_articles_that_name_what_is_asked_about_are_read_first() -> None:
    reader, _ = read("Кто председательствовал в СВМДА?")
    assert reader.given == [TEXTS[1], TEXTS[3], TEXTS[0], TEXTS[2]]


def test_a_question_that_names_nothing_is_read_in_the_order_of_retrieval() -> None:
    reader, _ = read("who spoke?")
    assert reader.given == list(TEXTS)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_every_reading_is_of_its_own_passage_whatever_was_read_first(order) -> None:
    _, readings = read("Who chaired CICA?", order)
    assert [reading.spans[0].end for reading in readings] == [len(TEXTS[n]) for n in order]


def test_nothing_found_is_nothing_read() -> None:
    _, readings = read("Who chaired CICA?", ())
    assert readings == ()
