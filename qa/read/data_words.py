"""The word list of code-switching for one set of examples: kept in a file, made when missing.

This module must not know how words are exchanged, nor what is trained on them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from qa.read.data import Example
from qa.read.data_dictionary import DICTIONARIES, read_dictionary
from qa.read.data_lexicon import QUESTION_WORDS, build_lexicon, load_lexicon

__all__ = ["word_list"]


def word_list(
    path: Path, examples: Sequence[Example], *, encoder: Path, dictionaries: Path
) -> dict[str, dict[str, str]]:
    """Language to English word to the word in that language, read from `path`.

    Args:
        path: a JSON file; made when it is not there.
        examples: whose English questions are to be switched, and whose words are candidates.
        encoder: the encoder's folder; its space says which words are partners.
        dictionaries: folder of dictd's dictionaries; one that is missing is named and passed over.

    Raises:
        UsageError: the file or a dictionary cannot be read or is something else.
    """
    if not path.exists():
        texts = {
            language: list(
                dict.fromkeys(
                    text
                    for e in examples
                    if e.passage_language == language == e.question_language
                    for text in (e.question, e.passage)
                )
            )
            for language in QUESTION_WORDS
        }
        lexicon = build_lexicon(encoder, examples, texts)
        for language, file in DICTIONARIES.items():
            dictionary = dictionaries / file
            if dictionary.exists():
                lexicon[language] |= read_dictionary(dictionary, language)
            else:
                print(f"no dictionary {dictionary}: a smaller word list is used", flush=True)
        path.write_text(json.dumps(lexicon, ensure_ascii=False, indent=0), encoding="utf-8")
    return load_lexicon(path)
