"""Whether a name is a man's or a woman's, where its ending tells: "he" is not Anna Berg.

Surnames in -ov and -ova tell in all four languages, given names in -a nearly so. What neither
tells stays open; a wrong guess here would name the wrong person.

This module must not know questions or conversations.
"""

from __future__ import annotations

import re

from qa.chat.lexicon import key_of

__all__ = ["gender_of"]

_WOMAN = re.compile("(?:[oe]va|yeva|skaya|[оеё]ва|(?<=..)ина|ская|цкая|qizi|kizi|кызы)$")
_MAN = re.compile("(?:[oe]v|yev|skiy|sky|[оеё]в|(?<=..)ин|ский|цкий|oglu|оглу|оглы)$")
_OPEN = re.compile("[aа]$|я$")
# Given names of men that end as women's do.
_MEN = frozenset(
    {"ilya", "ilia", "illia", "nikita", "foma", "luka", "luca", "kuzma", "savva", "danila"}
    | {"nikola", "joshua", "mustafa", "musa", "isa", "rza", "riza", "murtuza", "ziya", "zia"}
    | {"yahya", "mirza", "aga", "agha", "zakariya", "misha", "sasha", "vanya", "petya", "dima"}
    | {"илья", "никита", "фома", "лука", "кузьма", "савва", "данила", "никола", "мустафа"}
    | {"муса", "иса", "рза", "муртуза", "зия", "яхья", "мирза", "ага", "миша", "саша", "ваня"}
    | {"петя", "дима"}
)


def gender_of(name: str) -> str:
    """ "m", "f", or "" where the name does not tell."""
    words = [key_of(word) for word in name.split()]
    if not words:
        return ""
    if _WOMAN.search(words[-1]):
        return "f"
    if _MAN.search(words[-1]):
        return "m"
    if len(words) < 2 or len(words[0]) < 3:
        return ""
    if words[0] in _MEN:
        return "m"
    return "f" if _OPEN.search(words[0]) else ""
