"""The text kernel: language, sentences, folding, words and terms, all safe on offsets.

The public face of the modules that hold them; others import from here. Nothing here changes
a text: what leaves is a code, a range in code points, or a string to compare with.

This module must not know articles, chunks or questions.
"""

from __future__ import annotations

from embeddings.fold import Folded, fold, fold_text, transliterate, without_surrogates
from embeddings.language import detect_language
from embeddings.sentences import Range, sentences
from embeddings.terms import Term, is_shared, name_forms, terms, words

__all__ = [
    "Folded",
    "Range",
    "Term",
    "detect_language",
    "fold",
    "fold_text",
    "is_shared",
    "name_forms",
    "sentences",
    "terms",
    "transliterate",
    "without_surrogates",
    "words",
]
