"""Every piece of wording and every template, as data files beside this module, with their loader.

    encoders.json   prefixes that encoders want before questions and passages, by model family
    concepts.txt    words of the news in four languages, a line for each thing that they name
    countries.txt   countries' names in four languages, a line for each
    replies.json    what the program says to a person about an answer, by key and language

This module must not know what any wording is used for. It imports nothing of the project.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["LANGUAGES", "load_json", "load_text", "reply"]

LANGUAGES = ("en", "ru", "az", "tr")
"""Languages that every reply exists in; a question in any other is answered in the first."""


@cache
def load_text(name: str) -> str:
    """The data file `name` (such as "replies.json"), decoded from UTF-8; cached.

    Raises:
        FileNotFoundError: no such data file; a defect of the program, not of its user.
    """
    return (files(__name__) / name).read_text(encoding="utf-8")


@cache
def load_json(name: str) -> Any:
    """The data file `name`, parsed; cached, so the value must not be changed by its caller."""
    return json.loads(load_text(name))


def reply(key: str, language: str, **values: object) -> str:
    """The reply `key` in `language`, its `{fields}` filled from `values`.

    Raises:
        KeyError: no such key, or a field without a value; a defect of the program.
    """
    wording = load_json("replies.json")[key]
    template: str = wording[language if language in LANGUAGES else LANGUAGES[0]]
    return template.format(**values)
