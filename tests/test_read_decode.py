"""From scores to spans: trimming, overlaps, and the head that scores them."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from read_support import WIDTH, head_weights

from embeddings.errors import WeightsError
from qa.read.decode import MAX_SPAN_TOKENS, SpanHead, drop_overlaps, trim_span


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        pytest.param("in Baku, then", "Baku,", "Baku", id="comma"),
        pytest.param("in Baku, then", "ak", "Baku", id="inside a word"),
        pytest.param("Ankara'da oldu", "Ankara", "Ankara", id="apostrophe ends a word"),
        pytest.param("Ankara'da oldu", "d", "da", id="suffix is a word"),
        pytest.param("(BBC) said", "(BBC)", "BBC", id="brackets around"),
        pytest.param("the BBC (London) said", "BBC (London)", "BBC (London)", id="brackets inside"),
        pytest.param("the BBC (London) said", "BBC (London", "BBC (London", id="bracket cut"),
        pytest.param("the (BBC said", "(BBC", "BBC", id="bracket open"),
        pytest.param("«Спартак» — «Краснодар» вчера", "«Спартак» — «Краснодар»",
                     "«Спартак» — «Краснодар»", id="two quotes"),
        pytest.param("в «Спартаке» сказали", "«Спартаке»", "Спартаке", id="quotes around"),
        pytest.param('say "yes" now', '"yes"', "yes", id="straight quotes"),
        pytest.param('say "yes" now', '"yes', "yes", id="straight quote open"),
        pytest.param("in the U.S. today", "U.S.", "U.S.", id="abbreviation"),
        pytest.param("cost $5 million.", "$5 million.", "$5 million", id="currency"),
        pytest.param("Это было в 1999 году.", "в 1999 году", "1999", id="ru year"),
        pytest.param("Это было 2 мая 1999 года.", "2 мая 1999 года", "2 мая 1999 года", id="date"),
        pytest.param("Bu 1999 yılında oldu.", "1999 yılında", "1999", id="tr year"),
        pytest.param("В 1990-х годах.", "1990-х годах", "1990-х годах", id="ru decade"),
        pytest.param("Встреча во 2 квартале", "во 2 квартале", "2 квартале", id="ru number"),
        pytest.param("It met on 22 September.", "on 22 September", "22 September", id="en date"),
        pytest.param("It met in September.", "in September", "in September", id="no figure"),
        pytest.param("with 1990 on", "with 1990", "with 1990", id="another preposition"),
        pytest.param("up 7% now", "7%", "7%", id="percent"),
        pytest.param("cafe\u0301s here", "cafe", "cafe\u0301s", id="combining mark"),
        pytest.param("one — two", "—", None, id="nothing left"),
        pytest.param("7-10 days", "7-10", "7-10", id="range"),
    ],
)  # fmt: skip
def test_trim_span(text, span, expected):
    start = text.index(span)
    found = trim_span(text, start, start + len(span))
    assert (text[slice(*found)] if found else None) == expected


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=30), st.integers(0, 30), st.integers(0, 30))
@example("a'b", 0, 1)
@example('"', 0, 1)
def test_trimmed_spans_stay_in_the_text_and_cut_no_word(text, one, two):
    start, end = sorted((min(one, len(text)), min(two, len(text))))
    found = trim_span(text, start, end)
    if found is None:
        return
    begin, stop = found
    assert 0 <= begin < stop <= len(text)
    assert any(c.isalnum() for c in text[begin:stop])
    for place in (begin, stop):
        if 0 < place < len(text):
            assert not (text[place - 1].isalnum() and text[place].isalnum())
    assert trim_span(text, begin, stop) == found


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5), st.floats(-5, 5)), max_size=12))
def test_kept_spans_do_not_overlap_and_are_in_order(rows):
    spans = [(start, start + width, score) for start, width, score in rows]
    kept = drop_overlaps(spans, 4)
    assert len(kept) <= 4
    assert [s[2] for s in kept] == sorted((s[2] for s in kept), reverse=True)
    taken = [place for start, end, _ in kept for place in range(start, end)]
    assert len(taken) == len(set(taken))
    if spans:
        assert kept[0][2] == max(s[2] for s in spans)


def test_head_agrees_with_the_torch_module():
    torch = pytest.importorskip("torch")
    from qa.read.model import _PAIR, Head, Output, span_scores

    weights = head_weights(pair=_PAIR)
    module = Head(WIDTH)
    module.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
    states = np.random.default_rng(5).normal(size=(1, 60, WIDTH)).astype(np.float32)
    passage = np.zeros((1, 60), np.int64)
    passage[0, 5:59] = 1
    with torch.no_grad():
        output = Output(*module(torch.from_numpy(states), torch.from_numpy(passage)))
        scores = span_scores(output)[0]
    spans, every = SpanHead.of(weights, WIDTH).best(states[0], (5, 59))
    null = float(output.null[0])
    best = int(scores.argmax())
    assert (spans[0].first, spans[0].last) == divmod(best, 60)
    for span in spans:
        assert span.score == pytest.approx(float(scores[span.first, span.last]) - null, abs=1e-3)
        assert 5 <= span.first <= span.last < 59
        assert span.last - span.first < MAX_SPAN_TOKENS
    assert every == pytest.approx(float(scores.flatten().logsumexp(0)) - null, abs=1e-3)


@pytest.mark.parametrize("name", ["edges.weight", "pair.bias", "null_hidden.weight", "null.bias"])
def test_a_head_without_a_tensor_or_of_another_width_is_refused(name):
    weights = head_weights()
    del weights[name]
    with pytest.raises(WeightsError, match=name.split(".")[0]):
        SpanHead.of(weights, WIDTH)
    with pytest.raises(WeightsError):
        SpanHead.of(head_weights(), WIDTH + 1)


def test_head_of_an_empty_passage_finds_nothing():
    spans, every = SpanHead.of(head_weights(), WIDTH).best(np.ones((4, WIDTH), np.float32), (3, 3))
    assert spans == []
    assert every == -np.inf
