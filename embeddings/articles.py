"""Articles: what one is, how one is made from text, and how files become articles.

A file's bytes become records in `formats` and `webpages`; what a text says about itself is found
by `metadata`, and what must never be indexed or quoted by `boilerplate`. This module joins them
into an immutable `Article`. The text is kept as it came, except that a byte-order mark is removed
and every line ends in a line feed, so offsets into it are offsets into the decoded file; the text
of a web page is what was extracted from it.

A field that is given wins over what the text says, and what neither says stays None. It must not
know of sentences, chunks, vectors, the store or questions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from embeddings.boilerplate import Range, find_boilerplate, leaves_words, merge
from embeddings.errors import ArticleError, UsageError
from embeddings.fields import Record, normalise_newlines, read_day, read_id, read_language
from embeddings.files import ArticleFiles, Skipped, absolute_path, find_article_files
from embeddings.formats import (
    MAX_ARTICLE_BYTES,
    MAX_JSON_BYTES,
    decode,
    read_json,
    read_json_lines,
    read_markdown,
)
from embeddings.metadata import Metadata, find_footer, find_metadata
from embeddings.text import detect_language, transliterate
from embeddings.webpages import read_html

__all__ = ["Article", "Progress", "Skipped", "load_articles", "make_article"]

Progress = Callable[[int, int | None, str], None]

_PROGRESS_RECORDS = 200
_MAX_FIELD_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Article:
    """One article, immutable. Offsets are `[start, end)` in code points of `text`.

    Attributes:
        id: unique in a store.
        text: as it came, after decoding and newline normalisation.
        sha256: hex digest of `text.encode("utf-8")`.
        title: the headline, or None where the article has none.
        source: who published it, or None where that is not stated.
        author: who wrote it, or None where that is not stated.
        published_at: day of publication, or None unless day, month and year are stated.
        language: ISO 639-1 code, or "und".
        url: where it was published, or None.
        excluded: ranges that are never indexed and never quoted; sorted, disjoint, in range.
        origin: absolute path of the file (with `:record` where it holds several), or "api".
    """

    id: str
    text: str
    sha256: str
    title: str | None
    source: str | None
    author: str | None
    published_at: date | None
    language: str
    url: str | None
    excluded: tuple[Range, ...]
    origin: str


def make_article(
    *,
    text: str,
    id: str | None = None,
    origin: str = "api",
    title: str | None = None,
    source: str | None = None,
    author: str | None = None,
    published_at: date | str | None = None,
    language: str | None = None,
    url: str | None = None,
    excluded: Sequence[Range] = (),
    max_bytes: int = MAX_ARTICLE_BYTES,
) -> Article:
    """Make an article; what is not given is filled from the text where the text states it.

    Args:
        text: the text; a byte-order mark is removed and newlines become line feeds.
        id: unique in a store; without one, "a" and the first 16 hex digits of the text's sha256.
        origin: where it came from, for people.
        title, source, author, url: as the article's publisher states them.
        published_at: a date, or text that names day, month and year.
        language: ISO 639-1 code such as "az"; "az-AZ" is accepted.
        excluded: ranges of the normalised text that are left out besides the boilerplate.
        max_bytes: the largest text in UTF-8 bytes.

    Raises:
        ArticleError: the text is empty, too large or not valid Unicode, or a field is wrong.
    """
    text, sha256 = _check_text(text, origin=origin, max_bytes=max_bytes)
    title, source, author, url = (
        _check_field(name, value, origin=origin)
        for name, value in (("title", title), ("source", source), ("author", author), ("url", url))
    )
    day = _check_day(published_at, origin=origin)
    code = read_language(language, origin=origin) if language is not None else None
    own = merge(excluded)
    if own and not leaves_words(text, own):
        raise ArticleError(origin, "it has no text", "Leave it out or give it its text again")
    taken = merge([*own, *find_boilerplate(text)])
    taken = taken if leaves_words(text, taken) else own
    found = find_metadata(text, taken)
    source = source if source is not None else _value(found.source)
    footer = find_footer(text, taken, source=source)
    wider = merge([*taken, footer]) if footer is not None else taken
    taken = wider if leaves_words(text, wider) else taken
    return Article(
        id=f"a{sha256[:16]}" if id is None else read_id(id, origin=origin),
        text=text,
        sha256=sha256,
        title=title if title is not None else _value(found.title),
        source=source,
        author=author if author is not None else _value(found.author),
        published_at=day if day is not None else _day(found),
        language=code if code is not None else detect_language(text),
        url=url,
        excluded=taken,
        origin=origin,
    )


def _value(found: object) -> str | None:
    value = getattr(found, "value", None)
    return value if isinstance(value, str) else None


def _day(found: Metadata) -> date | None:
    return found.published_at.value if found.published_at is not None else None


def _check_text(text: str, *, origin: str, max_bytes: int) -> tuple[str, str]:
    """Return the normalised text and its sha256, or raise ArticleError."""
    if not isinstance(text, str):
        raise ArticleError(origin, "its text is not text", "Give a string")
    text = normalise_newlines(text)
    if not text.strip():
        raise ArticleError(origin, "it has no text", "Leave it out or give it its text again")
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ArticleError(
            origin,
            f"character {error.start} is half of a surrogate pair and no character",
            'Repair the text; in JSON "\\ud83d\\ude00" is a pair and "\\ud83d" alone is not',
        ) from None
    if len(data) > max_bytes:
        raise ArticleError(
            origin,
            f"its text has {len(data):,} bytes and the largest article has {max_bytes:,}",
            "Split it into articles, or raise the largest article size",
        )
    if "\0" in text:
        raise ArticleError(
            origin, f"character {text.index(chr(0))} is NUL", "Remove NUL characters from the text"
        )
    return text, hashlib.sha256(data).hexdigest()


def _check_field(name: str, value: str | None, *, origin: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ArticleError(origin, f"its {name} is not text", "Give a string or leave it out")
    value = " ".join(value.split())
    if len(value) > _MAX_FIELD_CHARS:
        raise ArticleError(
            origin,
            f"its {name} has {len(value):,} characters and the limit is {_MAX_FIELD_CHARS:,}",
            "Give the article's text as the text",
        )
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ArticleError(origin, f"its {name} is not valid Unicode", f"Repair the {name}")
    return value or None


def _check_day(value: date | str | None, *, origin: str) -> date | None:
    if value is None:
        return None
    if isinstance(value, str):
        return read_day(value, origin=origin)
    if isinstance(value, datetime):
        return value.date()
    if not isinstance(value, date):
        raise ArticleError(origin, "its published_at is not a date", "Write it as YYYY-MM-DD")
    return value


def _file_id(origin: str, stem: str) -> str:
    """Return a readable id that stays the same as long as the file stays where it is."""
    # transliteration is for matching names and respells Latin letters too: "c" would become "j"
    latin = "".join(char if char.isascii() else transliterate(char) for char in stem)
    slug = re.sub(r"[^a-z0-9]+", "-", latin.lower()).strip("-")[:40].strip("-")
    digest = hashlib.sha256(origin.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{slug if slug else 'article'}-{digest[:8]}"


def _from_record(record: Record, path: Path, *, max_bytes: int) -> Article | ArticleError:
    try:
        return make_article(
            text=record.text,
            id=record.id if record.id is not None else _file_id(record.origin, path.stem),
            origin=record.origin,
            title=record.title,
            source=record.source,
            author=record.author,
            published_at=record.published_at,
            language=record.language,
            url=record.url,
            excluded=record.excluded,
            max_bytes=max_bytes,
        )
    except ArticleError as error:
        return error


def _read_file(path: Path, origin: str, *, max_bytes: int) -> Iterator[Record | ArticleError]:
    """Yield the records of one file.

    Raises:
        ArticleError: the file as a whole cannot be used.
        OSError: it cannot be read.
    """
    kind = path.suffix.lower()
    if kind in (".jsonl", ".ndjson"):
        with path.open("rb") as stream:
            # a line escapes each character in at most 6 bytes, and has other fields
            yield from read_json_lines(stream, origin=origin, max_line_bytes=8 * max_bytes)
        return
    limit = MAX_JSON_BYTES if kind == ".json" else max_bytes
    size = path.stat().st_size
    if size > limit:
        raise ArticleError(
            origin,
            f"the file has {size:,} bytes and the largest is {limit:,}",
            "Write it as .jsonl, one article a line"
            if kind == ".json"
            else "Split it into articles, or raise the largest article size",
        )
    text = decode(path.read_bytes(), origin=origin, declared=kind in (".html", ".htm", ".xhtml"))
    if kind == ".json":
        yield from read_json(text, origin=origin)
    elif kind in (".html", ".htm", ".xhtml"):
        yield read_html(text, origin=origin)
    elif kind in (".md", ".markdown"):
        yield read_markdown(text, origin=origin)
    else:
        yield Record(text=text, origin=origin)


def _articles_of(path: Path, origin: str, *, max_bytes: int) -> Iterator[Article | ArticleError]:
    try:
        for record in _read_file(path, origin, max_bytes=max_bytes):
            if isinstance(record, ArticleError):
                yield record
            else:
                yield _from_record(record, path, max_bytes=max_bytes)
    except ArticleError as error:
        yield error
    except OSError as error:
        yield ArticleError(
            origin,
            f"it cannot be read ({error.strerror or type(error).__name__})",
            "Check that the file is there and that you may read it",
        )


def load_articles(
    paths: Sequence[Path],
    *,
    progress: Progress | None = None,
    skipped: Callable[[Skipped], None] | None = None,
    max_bytes: int = MAX_ARTICLE_BYTES,
) -> Iterator[Article | ArticleError]:
    """Yield the articles of files and folders in sorted order; errors come as values.

    A file that is reached twice (named twice, or through a link) is read once. Of two records
    with one id the second is an error, so that nothing replaces another silently.

    Args:
        paths: files, or folders that are searched recursively. Hidden files and files of other
            kinds are passed over in folders; a file named here is read or is an error.
        progress: called with (files done, files in all, what is being read) once a file, and
            every 200 records of a file that holds many.
        skipped: called once, before the first article, with the count of what was passed over.
        max_bytes: the largest text of an article in UTF-8 bytes.

    Raises:
        UsageError: no path was given.
    """
    if not paths:
        raise UsageError("no file or folder was given", "Name at least one")
    return _load(paths, progress=progress, skipped=skipped, max_bytes=max_bytes)


def _load(
    paths: Sequence[Path],
    *,
    progress: Progress | None,
    skipped: Callable[[Skipped], None] | None,
    max_bytes: int,
) -> Iterator[Article | ArticleError]:
    found: ArticleFiles = find_article_files(paths, progress=progress)
    if skipped is not None:
        skipped(found.skipped)
    yield from found.errors
    seen: dict[str, str] = {}
    total = len(found.files)
    for done, path in enumerate(found.files):
        origin = absolute_path(path)
        if progress is not None:
            progress(done, total, origin)
        count = 0
        for item in _articles_of(path, origin, max_bytes=max_bytes):
            count += 1
            if progress is not None and count % _PROGRESS_RECORDS == 0:
                progress(done, total, f"{origin}: {count:,} records")
            if isinstance(item, Article) and item.id in seen:
                yield ArticleError(
                    item.origin,
                    f"its id {item.id!r} was already used by {seen[item.id]}",
                    "Give each article an id of its own",
                )
                continue
            if isinstance(item, Article):
                seen[item.id] = item.origin
            yield item
    if progress is not None and total:
        progress(total, total, "")
