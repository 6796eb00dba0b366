"""Fields: one article's record as a file or a request states it, whatever it calls its fields.

The names that other programs give the same thing ("headline", "datePublished") are known here
and nowhere else, and so is what may stand in each field. A value of the wrong type is an error
with the field's name; a field that is absent, null or empty is None.

This module must not know of files, their formats or what running text says.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from embeddings.boilerplate import Range
from embeddings.dates import parse_date
from embeddings.errors import ArticleError

__all__ = [
    "MAX_ID_CHARS",
    "Record",
    "normalise_newlines",
    "read_day",
    "read_id",
    "read_language",
    "record_from_fields",
]

MAX_ID_CHARS = 200
_FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "body", "content", "article", "articleBody", "article_body", "full_text"),
    "id": ("id", "_id", "article_id", "uuid", "guid"),
    "title": ("title", "headline", "name"),
    "source": ("source", "publisher", "outlet", "site", "sitename", "site_name", "agency"),
    "author": ("author", "authors", "byline", "creator"),
    "published_at": (
        *("published_at", "publishedAt", "published", "datePublished", "date_published"),
        *("publication_date", "pub_date", "pubDate", "publish_date", "date"),
    ),
    "language": ("language", "lang", "inLanguage", "language_code"),
    "url": ("url", "link", "canonical_url", "web_url"),
}
_LANGUAGE_NAMES = {
    **{"english": "en", "russian": "ru", "azerbaijani": "az", "azeri": "az", "turkish": "tr"},
    **{"русский": "ru", "английский": "en", "azərbaycan": "az", "türkçe": "tr"},
}
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_LANGUAGE_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of one article as its file states them; None where it does not.

    Attributes:
        text: the article's text, lines ended by line feeds.
        origin: absolute path of the file, with `:line` or `:number` where it holds several.
        excluded: ranges of the text that belong to the format, such as front matter.
    """

    text: str
    origin: str
    id: str | None = None
    title: str | None = None
    source: str | None = None
    author: str | None = None
    published_at: date | None = None
    language: str | None = None
    url: str | None = None
    excluded: tuple[Range, ...] = ()


def normalise_newlines(text: str) -> str:
    """Return the text without a byte-order mark and with every line ended by a line feed."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read_day(value: str, *, origin: str) -> date | None:
    """Read the day of a date field: ISO 8601, RFC 2822, or a date as people write it.

    Returns:
        The day as the field states it in its own time zone; None where day, month or year is
        missing ("25 сен"), for it is never guessed.

    Raises:
        ArticleError: it has the shape of an ISO date but names no day of the calendar.
    """
    value = value.strip()
    if match := _ISO_DAY.match(value):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            raise ArticleError(
                origin, f"the date {value[:40]!r} is not in the calendar", "Write YYYY-MM-DD"
            ) from None
    if re.match(r"[A-Z][a-z]{2}, \d", value):
        try:
            return email.utils.parsedate_to_datetime(value).date()
        except ValueError:
            return None
    return parse_date(value)


def record_from_fields(
    fields: Mapping[str, Any], *, origin: str, text: str | None = None
) -> Record:
    """Make a record of a mapping whose keys may be any of the names that are in use.

    Args:
        fields: as read from JSON or front matter; unknown keys are passed over.
        origin: what to name in errors.
        text: the text, where it does not stand in a field.

    Raises:
        ArticleError: there is no text, or a field has a value of the wrong type.
    """
    values: dict[str, tuple[str, Any]] = {}
    for field, names in _FIELD_NAMES.items():
        for name in names:
            if fields.get(name) is not None:
                values[field] = (name, fields[name])
                break
    if text is None:
        if "text" not in values:
            raise ArticleError(
                origin, "it has no field 'text'", "Name the text 'text', 'body' or 'content'"
            )
        text = normalise_newlines(_string(*values["text"], origin=origin))
    strings = {
        field: _string(*values[field], origin=origin).strip() or None
        for field in ("title", "url")
        if field in values
    }
    credits = {
        field: _names(*values[field], origin=origin)
        for field in ("source", "author")
        if field in values
    }
    day = values.get("published_at")
    language = values.get("language")
    return Record(
        text=text,
        origin=origin,
        id=read_id(values["id"][1], origin=origin) if "id" in values else None,
        title=strings.get("title"),
        url=strings.get("url"),
        source=credits.get("source"),
        author=credits.get("author"),
        published_at=_day(*day, origin=origin) if day is not None else None,
        language=(
            read_language(_string(*language, origin=origin), origin=origin)
            if language is not None
            else None
        ),
    )


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", bool: "true or false", int: "a number"}
    return kinds.get(type(value), "a number" if isinstance(value, float) else type(value).__name__)


def _string(name: str, value: object, *, origin: str) -> str:
    if not isinstance(value, str):
        raise ArticleError(
            origin, f"the field {name!r} is {_kind(value)}", "It must be text in quotation marks"
        )
    return value


def _names(name: str, value: object, *, origin: str) -> str | None:
    """Read a name, an object with a name (schema.org), or a list of either."""
    if isinstance(value, list):
        names = [_names(name, item, origin=origin) for item in value]
        return ", ".join(item for item in names if item) or None
    if isinstance(value, Mapping) and isinstance(value.get("name"), str):
        value = value["name"]
    return _string(name, value, origin=origin).strip() or None


def _day(name: str, value: object, *, origin: str) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise ArticleError(
            origin, f"the field {name!r} is {_kind(value)}", "It must be a date as YYYY-MM-DD"
        )
    return read_day(value, origin=origin)


def read_language(value: str, *, origin: str) -> str | None:
    """Return the ISO 639 code of a language field: "en-US" and "English" are both "en".

    Raises:
        ArticleError: it is neither a code nor a language's name known here.
    """
    value = value.strip()
    if not value:
        return None
    if code := _LANGUAGE_NAMES.get(value.lower()):
        return code
    if match := _LANGUAGE_CODE.fullmatch(value):
        return match[1].lower()
    raise ArticleError(
        origin, f"the language {value[:40]!r} is no ISO 639-1 code", "Write en, ru, az, tr or such"
    )


def read_id(value: object, *, origin: str) -> str:
    """Check an id: text or a whole number, printable, at most MAX_ID_CHARS characters.

    Raises:
        ArticleError: it is something else.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ArticleError(origin, f"the id is {_kind(value)}", "It must be text or a whole number")
    value = value.strip()
    if not value or len(value) > MAX_ID_CHARS or not value.isprintable():
        shown = value[:40] + ("…" if len(value) > 40 else "")
        raise ArticleError(
            origin,
            f"the id {shown!r} is empty, too long or not printable",
            f"Give 1 to {MAX_ID_CHARS} printable characters, or none to have one made",
        )
    return value
