"""Bilingual dictionaries as word lists, for code-switching.

Reads dictionaries in the format of dictd: a text, gzip-compressed, in which an entry is a line
with the headword and indented or numbered lines with what it means (RFC 2229's reference
implementation; Debian has `mueller7-dict`, English to Russian, and `dict-freedict-eng-tur`).
An entry gives its first translation of one or two words. A dictionary is read when a reader is
trained, and no part of it is shipped.

This module must not know what the words are used for.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from pathlib import Path

from embeddings.errors import UsageError

__all__ = ["DICTIONARIES", "read_dictionary", "translate"]

DICTIONARIES = {"ru": "mueller7.dict.dz", "tr": "freedict-eng-tur.dict.dz"}
"""Names of the files by the language that they translate into."""

_HEADWORD = re.compile(r"^([a-z][a-z'-]*)(?:\s*/[^/]*/)?\s*$")
_SCRIPT = {"ru": "а-яё", "tr": "a-zçğıöşüâî"}
_ENDINGS = (
    *(("ies", "y"), ("es", ""), ("es", "e"), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e")),
    *(("ing", ""), ("ing", "e"), ("ly", "")),
)
"""Of a form, and what the headword has instead, tried in this order."""
_SHORTEST = 4
"""Letters; what is shorter is mostly grammar, and explained instead of translated."""
_ABOUT_GRAMMAR = re.compile(r"глагол|артикль|указывает|частица")


def read_dictionary(path: Path, language: str) -> dict[str, str]:
    """English words and their first translation, both in lower case.

    Args:
        path: a `.dict.dz` file.
        language: `ru` or `tr`.

    Raises:
        UsageError: the file cannot be read or is not compressed text.
    """
    try:
        text = gzip.decompress(path.read_bytes()).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UsageError(f"the dictionary {path} cannot be read: {error}") from None
    letters = _SCRIPT[language]
    # What stands in brackets or after an underscore says how a word is used; numbers count senses.
    meaning = re.compile(
        rf"(?<![{letters}-])[{letters}]{{2,}}(?: [{letters}]{{2,}})?(?=[,;.:]|\s*$)"
    )
    found: dict[str, str] = {}
    word = ""
    for line in text.splitlines():
        head = _HEADWORD.match(line)
        if head is not None:
            word = head[1] if len(head[1]) >= _SHORTEST else ""
        elif word and word not in found:
            bare = re.sub(r"\([^)]*\)|\[[^\]]*\]|_\S+|^\s*\d+[.)]", " ", line)
            first = meaning.search(bare)
            if first is not None and first[0] != word and not _ABOUT_GRAMMAR.search(first[0]):
                found[word] = first[0]
    return found


def translate(word: str, dictionary: Mapping[str, str]) -> str | None:
    """The translation of an English word in lower case, or of what it is a form of."""
    if word in dictionary:
        return dictionary[word]
    for ending, instead in _ENDINGS:
        stem = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(stem) >= _SHORTEST and stem in dictionary:
            return dictionary[stem]
    return None
