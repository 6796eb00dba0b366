from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from prompts import LANGUAGES, load_json, load_text, reply
from qa.commands import COMMANDS
from qa.wording import age_in_words, counted

ROOT = Path(__file__).parent.parent
REPLIES = load_json("replies.json")
FIELDS = {
    "answers": 3, "articles": 5, "command": "/x", "count": 2, "event": "e", "file": "talk.md",
    "filters": "from", "given": "g", "number": 7, "question": "Who?", "reason": "full",
    "source": "Sputnik", "store": "/store", "topic": "t",
}  # fmt: skip


def fields_of(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("key", REPLIES)
def test_no_language_misses_a_reply_and_each_renders_with_the_same_fields(key):
    wording = REPLIES[key]
    assert set(wording) == set(LANGUAGES)
    assert len({frozenset(fields_of(text)) for text in wording.values()}) == 1
    for language in LANGUAGES:
        shown = reply(key, language, **FIELDS)
        assert shown.strip()
        assert "{" not in shown


@pytest.mark.parametrize("key", REPLIES)
def test_russian_is_in_cyrillic_and_the_others_are_not(key):
    if key == "chat.yes":
        return  # what may be typed, in either alphabet
    for language in ("en", "az", "tr"):
        assert not re.search("[а-яё]", REPLIES[key][language], re.IGNORECASE)
    plain = re.sub(r"\{\w+\}|/\w+|Ctrl-\w|\.md|\.json|\bN\b|\b\w{2}\b", "", REPLIES[key]["ru"])
    assert not plain.strip(" .,…") or re.search("[а-яё]", plain, re.IGNORECASE)


def test_another_language_is_answered_in_the_first():
    assert reply("no_articles", "de") == reply("no_articles", "en")


def test_a_missing_field_is_a_defect_that_shows():
    with pytest.raises(KeyError):
        reply("answered", "en")
    with pytest.raises(KeyError):
        reply("no such reply", "en")


def test_every_command_has_its_line_of_help():
    assert {f"help.{command[1:]}" for command in COMMANDS} <= set(REPLIES)
    taken = {key for key in REPLIES if key.startswith("takes.")}
    assert {f"takes.{takes}" for takes in COMMANDS.values() if takes} == taken


def test_every_reply_is_used():
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "qa").rglob("*") if path.is_file()
        and path.suffix in {".py", ".js"}
    )  # fmt: skip
    made = ("bucket.", "age.", "count.", "help.", "label.", "takes.")
    reasons = {"not_in_articles", "no_articles", "filtered_out"}
    for key in REPLIES:
        assert f'"{key}"' in code or f"'{key}'" in code or key.startswith(made) or key in reasons


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_grounded_prompt_asks_to_cite_and_to_refuse(language):
    grounded = load_json("grounded.json")
    assert "[1]" in grounded["instructions"][language]
    assert "{question}" in grounded["question"][language]
    assert len(grounded["instructions"][language]) > 200


def test_every_data_file_of_json_can_be_read():
    for path in (ROOT / "prompts").glob("*.json"):
        load_json(path.name)
        assert load_text(path.name).endswith("\n")


@pytest.mark.parametrize(
    ("days", "language", "said"),
    [
        (0, "en", "today"),
        (1, "en", "1 day ago"),
        (2, "en", "2 days ago"),
        (1, "ru", "1 день назад"),
        (2, "ru", "2 дня назад"),
        (5, "ru", "5 дней назад"),
        (11, "ru", "11 дней назад"),
        (21, "ru", "21 день назад"),
        (1096, "ru", "3 года назад"),
        (1827, "ru", "5 лет назад"),
        (100, "az", "3 ay əvvəl"),
        (800, "tr", "2 yıl önce"),
        (800, "de", "2 years ago"),
    ],
)
def test_ages_are_said_by_each_languages_rules(days, language, said):
    assert age_in_words(days, language) == said


@pytest.mark.parametrize(
    ("thing", "count", "language", "said"),
    [
        ("article", 0, "en", "0 articles"),
        ("article", 1, "en", "1 article"),
        ("report", 2, "en", "2 independent reports"),
        ("article", 21, "ru", "21 статья"),
        ("article", 12, "ru", "12 статей"),
        ("report", 3, "ru", "3 независимых источника"),
        ("report", 2, "az", "2 müstəqil mənbə"),
        ("article", 6, "tr", "6 makale"),
        ("article", 6, "de", "6 articles"),
    ],
)
def test_counts_are_said_by_each_languages_rules(thing, count, language, said):
    assert counted(thing, count, language) == said
