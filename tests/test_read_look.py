"""The second look at the best spans: what is looked at, and what becomes of the scores."""

from functools import partial
from math import inf

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from read_support import FakeNetwork, reader_for, save_letters

from embeddings.runtime import TextTokenizer
from qa.read.cut import Stretch
from qa.read.decode import MAX_SPAN_TOKENS, TokenSpan
from qa.read.look import SecondLook, WindowSpans, choose_looks, look_window, merge_looks
from qa.read.span import WINDOW_TOKENS, ReadBudget

always = partial(SecondLook, clear=inf, hopeless=-inf)
"""A second look however clear or hopeless the first answer is."""

BUDGET = ReadBudget(first_tokens=40, further_tokens=80, stretch_tokens=30, clear=9.0, doubtful=2.0)
AROUND = len("▁who") + 4
"""Tokens of the question "who" and the marks around it and the passage."""


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    save_letters(folder)
    return TextTokenizer(folder / "tokenizer.json")


def reading(window: tuple[int, int], *spans: tuple[int, int, float], passage: int = 0):
    return WindowSpans(Stretch(passage, *window), [TokenSpan(*span) for span in spans])


def chosen(first, look, *, counts=(200, 200), most=128, stands=lambda _n, _s: True):
    found = choose_looks(first, counts, look, most_tokens=most, stands=stands)
    return [(window.passage, window.first, window.last) for window in found]


@st.composite
def placed(draw):
    """A span of a passage, the tokens of its window, and the most that a window may have."""
    count = draw(st.integers(1, 300))
    first = draw(st.integers(0, count - 1))
    last = draw(st.integers(first, min(count - 1, first + MAX_SPAN_TOKENS - 1)))
    return TokenSpan(first, last, 0.0), count, draw(st.integers(1, 200)), draw(st.integers(1, 200))


@given(placed())
def test_the_window_holds_its_span_and_keeps_its_length(case):
    span, count, tokens, most = case
    size = span.last - span.first + 1
    begin, end = look_window(span, count, tokens, most)
    assert 0 <= begin < end <= count
    assert end - begin == min(max(tokens, size), most, count)
    if size <= most:
        assert begin <= span.first
        assert span.last < end
    if begin > 0 and end < count:
        assert abs((span.first - begin) - (end - 1 - span.last)) <= 1


@pytest.mark.parametrize(
    ("span", "count", "tokens", "most", "window"),
    [
        ((100, 101), 300, 10, 128, (96, 106)),
        ((1, 2), 300, 10, 128, (0, 10)),
        ((298, 299), 300, 10, 128, (290, 300)),
        ((2, 3), 7, 10, 128, (0, 7)),
        ((10, 39), 300, 10, 128, (10, 40)),
        ((10, 39), 300, 300, 20, (15, 35)),
    ],
    ids=["middle", "beginning", "end", "short passage", "long span", "span too long"],
)
def test_windows(span, count, tokens, most, window):
    assert look_window(TokenSpan(*span, 0.0), count, tokens, most) == window


def test_the_best_spans_of_all_passages_are_chosen_and_none_beside_a_better_one():
    first = [
        reading((0, 128), (50, 51, 9.0), (50, 52, 8.0), (20, 20, 5.0)),
        reading((0, 128), (60, 60, 7.0), (90, 90, 6.0), passage=1),
    ]
    look = always(spans=3, tokens=10)
    assert chosen(first, look) == [(0, 46, 56), (1, 56, 66), (1, 86, 96)]
    assert chosen(first, always(spans=1, tokens=10)) == [(0, 46, 56)]
    assert chosen(first, always(spans=0)) == []
    assert chosen([], look) == []


def test_equal_spans_are_taken_in_their_order():
    first = [reading((0, 128), *((at, at, 4.0) for at in (90, 30, 60)))]
    look = always(spans=2, tokens=10)
    assert chosen(first, look) == [(0, 26, 36), (0, 56, 66)]
    assert chosen(first * 2, look) == [(0, 26, 36), (0, 56, 66)]


def test_what_cannot_be_an_answer_is_not_looked_at():
    first = [reading((0, 128), (50, 51, 9.0), (20, 20, 5.0))]
    look = always(spans=1, tokens=10)
    assert chosen(first, look, stands=lambda _n, span: span.score < 6) == [(0, 16, 26)]


def test_a_clear_answer_needs_no_second_look():
    clear = [reading((0, 128), (50, 51, 4.0), (20, 20, 3.9))]
    doubtful = [reading((0, 128), (50, 51, 3.9), (20, 20, 3.8))]
    look = SecondLook(spans=2, tokens=10, clear=4.0)
    assert chosen(clear, look) == []
    assert chosen(doubtful, look) == [(0, 46, 56), (0, 16, 26)]


def test_what_is_hopeless_is_not_looked_at_again():
    first = [reading((0, 128), (50, 51, 1.0), (20, 20, -4.1), (90, 90, -6.0))]
    look = SecondLook(spans=3, tokens=10, hopeless=-4.0)
    assert chosen(first, look) == [(0, 46, 56)]


def test_no_window_is_read_twice():
    short = [reading((0, 40), (3, 4, 9.0), (20, 20, 5.0))]
    assert chosen(short, always(), counts=(40,)) == []
    near = [reading((0, 128), (3, 3, 9.0), (5, 5, 8.0))]
    assert chosen(near, always(spans=2, tokens=20)) == [(0, 0, 20)]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ([], {(10, 11): 8.0, (40, 40): 2.0}),
        ([reading((0, 20), (10, 11, 4.0))], {(10, 11): 6.0, (40, 40): 2.0}),
        # Left out by the second reading: a point below the last that it kept.
        ([reading((0, 20), (5, 5, 1.0))], {(5, 5): 1.0, (10, 11): 4.0, (40, 40): 2.0}),
        ([reading((0, 20), (10, 11, 4.0)), reading((5, 25), (10, 11, 0.0))],
         {(10, 11): 4.0, (40, 40): 2.0}),
        # Outside of what was read before, there is nothing to take a mean with.
        ([reading((90, 110), (99, 101, 3.0))],
         {(10, 11): 8.0, (40, 40): 2.0, (99, 101): 3.0}),
        ([reading((0, 11), (5, 5, 1.0))], {(5, 5): 1.0, (10, 11): 8.0, (40, 40): 2.0}),
        ([reading((0, 20))], {(10, 11): 8.0, (40, 40): 2.0}),
    ],
    ids=["nothing", "both", "one only", "three", "unread before", "cut span", "nothing kept"],
)  # fmt: skip
def test_scores_become_the_mean_of_the_readings(second, expected):
    first = [reading((0, 100), (10, 11, 8.0), (40, 40, 2.0))]
    merged = merge_looks(first, second)
    assert {(s.first, s.last): s.score for s in merged[0]} == pytest.approx(expected)


def test_windows_of_the_first_reading_count_as_one():
    first = [reading((0, 30), (10, 10, 8.0)), reading((5, 35), (10, 10, 6.0), (20, 20, 7.0))]
    merged = merge_looks(first, [reading((0, 20), (10, 10, 2.0))])
    assert [(s.first, s.score) for s in merged[0] if s.first == 10] == [(10, 5.0)]


@st.composite
def readings(draw):
    """Readings of two passages, each with spans inside its window."""
    made = []
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, 12))
        end = draw(st.integers(begin + 1, 16))
        at = st.integers(begin, end - 1)
        rows = draw(st.dictionaries(st.tuples(at, at), st.floats(-9, 9), max_size=4))
        spans = [TokenSpan(a, b, score) for (a, b), score in rows.items() if a <= b]
        made.append(WindowSpans(Stretch(draw(st.integers(0, 1)), begin, end), spans))
    return made


def by_place(sets):
    found = {}
    for one in sets:
        for span in one.spans:
            found.setdefault((one.window.passage, span.first, span.last), []).append(span.score)
    return found


@given(readings(), readings())
def test_merging_invents_nothing_loses_nothing_and_stays_between_the_readings(first, second):
    merged = merge_looks(first, second)
    scores = {}
    for number, spans in merged.items():
        for span in spans:
            scores.setdefault((number, span.first, span.last), []).append(span.score)
    before, every = by_place(first), by_place([*first, *second])
    assert scores.keys() == every.keys()
    lowest = min((score for found in every.values() for score in found), default=0.0)
    for place, found in scores.items():
        inside = any(
            one.window.passage == place[0]
            and one.window.first <= place[1]
            and place[2] < one.window.last
            for one in second
        )
        if not inside:
            assert found == before[place]
        else:
            assert len(found) == 1
            highest = max(score for some in every.values() for score in some)
            assert lowest - 1 - 1e-9 <= found[0] <= highest + 1e-9


@given(readings(), readings())
def test_the_order_of_the_readings_does_not_matter(first, second):
    def sorted_spans(*sets):
        return {
            number: sorted((s.first, s.last, s.score) for s in spans)
            for number, spans in merge_looks(*sets).items()
        }

    assert sorted_spans(first, second) == sorted_spans(first[::-1], second[::-1])


@given(readings())
def test_the_same_again_changes_no_score(first):
    assume(len({(one.window.passage) for one in first}) == len(first))
    for number, spans in merge_looks(first, first).items():
        (same,) = (one for one in first if one.window.passage == number)
        assert sorted((s.first, s.last, s.score) for s in spans) == sorted(
            (s.first, s.last, s.score) for s in same.spans
        )


class CloseNetwork(FakeNetwork):
    """Thinks half as much of everything in a window of fewer than 80 tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = 0

    def run(self, embeddings, mask):
        self.runs += 1
        super().run(embeddings, mask)
        sizes = mask.sum(axis=1)
        return [embeddings * np.where(sizes < 80, 0.5, 1.0)[:, None, None].astype(np.float32)]


LONG = "ab " * 25 + "x d y" + " ba" * 20 + " x y" + " ca" * 40


def test_the_readers_best_spans_are_read_again_around_them(tokenizer):
    plain, network = CloseNetwork(), CloseNetwork()
    (once,) = reader_for(tokenizer, plain).read("who", [LONG])
    (twice,) = reader_for(tokenizer, network, look=always()).read("who", [LONG])
    assert once.spans[0].score == pytest.approx(10.0)
    assert twice.spans[0].score == pytest.approx(7.5)
    assert LONG[twice.spans[0].start : twice.spans[0].end] in {"x d y", "x y"}
    assert network.lengths == [*plain.lengths, 64 + AROUND, 64 + AROUND]
    assert network.runs == plain.runs + 1


def test_a_passage_that_is_not_looked_at_again_keeps_its_scores(tokenizer):
    texts = [LONG, LONG, "fa. " * 60]
    look = always(spans=1, tokens=20)
    before = reader_for(tokenizer, CloseNetwork()).read("who", texts)
    first, *others = reader_for(tokenizer, CloseNetwork(), look=look).read("who", texts)
    assert others == before[1:]
    assert [span.score for span in first.spans[:2]] == pytest.approx([10.0, 7.5])
    assert LONG[first.spans[0].start : first.spans[0].end] == "x y"


def test_a_stretch_is_looked_at_beyond_its_ends(tokenizer):
    plain, network = FakeNetwork(), FakeNetwork()
    texts = ["cold dad. " * 9 + "who was x d y then. " + "bad cab. " * 9, "fa. " * 60]
    reader_for(tokenizer, plain, budget=BUDGET).read("who", texts)
    (found, _) = reader_for(tokenizer, network, budget=BUDGET, look=always(spans=1)).read(
        "who", texts
    )
    assert texts[0][found.spans[0].start : found.spans[0].end] == "x d y"
    assert max(plain.lengths) <= 40 + AROUND
    assert network.lengths == [*plain.lengths, 64 + AROUND]


@pytest.mark.parametrize(
    "passages",
    [[], [""], ["a x y b"], ["x y " * 10, ""], ["  \n "]],
    ids=["none", "empty", "short", "short and empty", "spaces"],
)
def test_where_nothing_new_is_to_be_seen_nothing_is_read_again(tokenizer, passages):
    plain, network = FakeNetwork(), FakeNetwork()
    readings = reader_for(tokenizer, network, look=always()).read("who", passages)
    assert readings == reader_for(tokenizer, plain).read("who", passages)
    assert network.lengths == plain.lengths


def test_a_span_longer_than_its_window_is_read_alone(tokenizer):
    network = CloseNetwork()
    passage = "ab " * 40 + "x" + "d" * 30 + "y" + " ba" * 40
    look = always(spans=1, tokens=16)
    (found,) = reader_for(tokenizer, network, look=look).read("who", [passage])
    assert passage[found.spans[0].start : found.spans[0].end] == "x" + "d" * 30 + "y"
    assert network.lengths[-1] == 32 + AROUND


def test_a_window_is_never_longer_than_those_of_the_first_reading(tokenizer):
    network = FakeNetwork()
    look = always(spans=1, tokens=10_000)
    reader_for(tokenizer, network, look=look).read("who", [LONG * 3])
    assert max(network.lengths) == WINDOW_TOKENS + AROUND


PARTS = st.sampled_from(["x", "y", "ab ", " ", "d. ", "\n\n", "İ", "\U0001f600", "ba " * 30])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(PARTS, max_size=20).map("".join), max_size=4),
    st.builds(always, spans=st.integers(0, 4), tokens=st.integers(1, 140)),
    st.sampled_from([None, BUDGET]),
)
@example([LONG, "", "x"], always(), None)
def test_quotes_stay_in_their_passages(tokenizer, passages, look, budget):
    network = CloseNetwork()
    found = reader_for(tokenizer, network, budget=budget, look=look).read("who", passages)
    plain = CloseNetwork()
    before = reader_for(tokenizer, plain, budget=budget).read("who", passages)
    assert len(found) == len(passages)
    assert network.lengths[: len(plain.lengths)] == plain.lengths
    assert len(network.lengths) <= len(plain.lengths) + look.spans
    if look.spans == 0:
        assert found == before
    for passage, reading in zip(passages, found, strict=True):
        scores = [span.score for span in reading.spans]
        assert scores == sorted(scores, reverse=True)
        for span in reading.spans:
            assert 0 <= span.start < span.end <= len(passage)
            assert passage[span.start : span.end].strip() == passage[span.start : span.end]
