"""Countries by name: which one a word is a form of.

"Кыргызстана", "Qırğızıstana" and "Kırgızistan'a" are no other thing than "Кыргызстан": a country
is a place in any sentence, also where it stands first and its capital says nothing.

The names are data (`prompts/countries.txt`). This module must not know questions or conversations.
"""

from __future__ import annotations

from functools import cache

from prompts import LANGUAGES, load_text
from qa.chat.lexicon import has_ending, key_of

__all__ = ["country_of"]

_SHORTEST_STEM = 4  # letters; "Чад" and "Мали" without their vowels would begin too many words
_SHORTEST_IN_IA = 3  # "Индия": what hangs on it, "ии" or "ией", hangs on few other words
_RUSSIAN_VOWELS = "аеийоуыьэюя"


def country_of(text: str, language: str) -> str | None:
    """The dictionary form of the country that all of `text` names, in any case; None for no one."""
    if language not in LANGUAGES:
        return None
    key = " ".join(key_of(text).split())
    exact, stems = _countries(language)
    if key in exact:
        return exact[key]
    for cut in range(len(key) - 1, _SHORTEST_IN_IA - 1, -1):
        name = stems.get(key[:cut])
        if name is not None and has_ending(key[cut:], language):
            return name
    return None


@cache
def _countries(language: str) -> tuple[dict[str, str], dict[str, str]]:
    """Names by key, and by what their other cases begin with."""
    column = ("en", "ru", "az", "tr").index(language)
    exact: dict[str, str] = {}
    stems: dict[str, str] = {}
    for line in load_text("countries.txt").splitlines():
        if line.startswith("#"):
            continue
        for each in line.split("|")[column].split(","):
            name = each.strip()
            key = key_of(name)
            exact[key] = name
            stem = key.rstrip(_RUSSIAN_VOWELS) if language == "ru" else key
            shortest = _SHORTEST_IN_IA if key.endswith("ия") else _SHORTEST_STEM
            if language != "en" and len(stem) >= shortest:
                stems.setdefault(stem, name)
    return exact, stems
