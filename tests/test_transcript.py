"""A saved conversation says what the screen says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from prompts import LANGUAGES, reply
from qa.models import NewerArticle
from qa.transcript import transcript_markdown

LATER = (
    NewerArticle("b", "A *bold* title", "Daily", date(2024, 5, 6)),
    NewerArticle("c", None, None, date(2024, 4, 3)),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_newer_articles_are_named_in_markdown(seeded, language):
    result = seeded.ask("Who chaired the CICA meeting?", language=language)
    first = replace(result.answers[0], newer=LATER)
    told = replace(result, answers=(first, *result.answers[1:]))
    written = transcript_markdown([told], language=language, copies={})
    heading = reply("label.newer", language)
    assert heading in written
    after = written.split(heading)[1]
    assert "\\*bold\\*" in after
    assert "Daily" in after
    assert after.index("Daily") < after.index("· c\n")


def test_without_newer_articles_there_is_no_heading(seeded):
    result = seeded.ask("Who chaired the CICA meeting?")
    plain = replace(result, answers=tuple(replace(one, newer=()) for one in result.answers))
    assert reply("label.newer", "en") not in transcript_markdown([plain], language="en", copies={})
