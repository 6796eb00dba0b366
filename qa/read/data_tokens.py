"""Token ids of texts with the code points each token covers; every text is encoded once.

This module must not know questions, passages or windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embeddings.errors import WeightsError

__all__ = ["IntArray", "TokenTable", "Tokens"]

Range = tuple[int, int]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token ids of one text with the code-point range of each: all of shape `(n,)`."""

    ids: IntArray
    starts: IntArray
    ends: IntArray


class TokenTable:
    """Tokens of texts, each text encoded once. The cache is this object's own.

    Raises:
        WeightsError: there is no such tokenizer.
    """

    def __init__(self, tokenizer_file: Path) -> None:
        from tokenizers import Tokenizer

        if not tokenizer_file.is_file():  # else the library raises a bare Exception
            raise WeightsError(
                f"there is no tokenizer {tokenizer_file}",
                "Name the unpacked encoder's folder with --encoder",
            )
        self._tokenizer: Any = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._cache: dict[str, Tokens] = {}

    def add(self, texts: Sequence[str]) -> None:
        """Encode what is new among `texts`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._cache]
        for begin in range(0, len(new), 512):
            part = new[begin : begin + 512]
            encodings = self._tokenizer.encode_batch(part, add_special_tokens=False)
            for text, encoding in zip(part, encodings, strict=True):
                self._cache[text] = _tokens(text, encoding.ids, encoding.offsets)

    def __getitem__(self, text: str) -> Tokens:
        if text not in self._cache:
            self.add([text])
        return self._cache[text]


def _tokens(text: str, ids: Sequence[int], offsets: Sequence[Range]) -> Tokens:
    starts, ends = [], []
    for start, end in offsets:
        # The tokenizer counts the space before a word to its first token.
        while start < end and text[start].isspace():
            start += 1
        starts.append(start)
        ends.append(max(start, end))
    as_array = [np.array(values, dtype=np.int64) for values in (ids, starts, ends)]
    return Tokens(*as_array)
