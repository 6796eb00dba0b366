"""Token counts and truncation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.errors import UsageError
from embeddings.tokens import count_tokens, truncate_tokens


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("hello world", 2), ("tiktoken is great!", 6), ("<|endoftext|>", 7)],
    ids=["empty", "two words", "published example", "special token is text"],
)
def test_counts_are_those_of_cl100k_base(text: str, count: int) -> None:
    assert count_tokens(text) == count


def test_lone_surrogates_are_counted() -> None:
    assert count_tokens("a\ud800b") > 0


@pytest.mark.parametrize("function", [count_tokens, lambda t, **k: truncate_tokens(t, 3, **k)])
def test_an_unknown_encoding_is_named(function: object) -> None:
    with pytest.raises(UsageError, match="'o200k_base' is not available offline"):
        function("some text that is long enough: é", encoding="o200k_base")  # type: ignore[operator]


ODD = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="aé\u0301👨\u200d👩🇦🇿漢İ\r\n ", max_size=80),
)


@given(text=ODD, most=st.integers(0, 30))
@settings(deadline=None, max_examples=200)
def test_truncation_gives_a_prefix_within_the_budget(text: str, most: int) -> None:
    prefix = truncate_tokens(text, most)
    assert text.startswith(prefix)
    assert count_tokens(prefix) <= most
    assert prefix == text or count_tokens(text) > most


@pytest.mark.parametrize(
    ("text", "most", "prefix"),
    [
        ("one two three", 2, "one two"),
        ("short", 100, "short"),
        ("anything", 0, ""),
        ("anything", -1, ""),
        ("а б", 1, "а"),
    ],
)
def test_truncation(text: str, most: int, prefix: str) -> None:
    assert truncate_tokens(text, most) == prefix


def test_truncation_does_not_part_a_family() -> None:
    family = "👨\u200d👩\u200d👧"
    for most in range(count_tokens(family), 2 * count_tokens(family)):
        assert truncate_tokens(family + family, most) in {family, family + family}
