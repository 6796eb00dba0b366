"""What an explanation says of time and phrases."""

from __future__ import annotations

import pytest

from qa.render import render_explanation


@pytest.mark.parametrize(
    ("question", "ends", "shown"),
    [
        ("Who chaired CICA in 2024?", ("2024-01-01", "2024-12-31"), "2024-01-01 … 2024-12-31"),
        ("Who chaired CICA until 2020?", (None, True), "time: … 20"),
        ("Who chaired CICA since 2020?", (True, None), "2020-01-01 …;"),
    ],
    ids=["a year", "open before", "open behind"],
)
def test_an_open_end_is_none(seeded, question, ends, shown):
    explained = seeded.search(question, explain=True).explanation
    assert [end is not None for end in explained["period"].values()] == [
        end is not None for end in ends
    ]
    assert shown in render_explanation(explained).plain


def test_a_phrase_in_quotes_is_explained(seeded):
    explained = seeded.search('Who attended the "Non-Aligned Movement" meeting?', explain=True)
    shares = {one["phrase"] for one in explained.explanation["passages"]}
    assert max(shares) == 1.0
    plain = seeded.search("Who attended the Non-Aligned Movement meeting?", explain=True)
    assert {one["phrase"] for one in plain.explanation["passages"]} == {0.0}
