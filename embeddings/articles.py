"""Articles: what one is, how one is made from text, and how files become articles.

A file is read and decoded by `formats`, what the text says about itself is found by `metadata`,
what must never be indexed or quoted is found by `boilerplate`; this module joins the three into
an immutable `Article`. The text is kept as it came, except that a byte-order mark is removed and
every line ends in a line feed, so offsets into it are offsets into the decoded file.

It must not know of sentences, chunks, vectors, the store or questions.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from embeddings.errors import ArticleError

__all__ = ["Article", "Progress", "load_articles", "make_article"]

Progress = Callable[[int, int | None, str], None]


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
    excluded: tuple[tuple[int, int], ...]
    origin: str


def make_article(
    *,
    text: str,
    id: str | None = None,
    origin: str = "api",
    title: str | None = None,
    source: str | None = None,
    author: str | None = None,
    published_at: date | None = None,
    language: str | None = None,
    url: str | None = None,
) -> Article:
    """Make an article; what is not given is filled from the text where the text states it.

    Raises:
        ArticleError: the text is empty, is not valid Unicode, or a field has a wrong value.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ArticleError(origin, "it has no text", "Give an article with text or leave it out")
    try:
        sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
    except UnicodeEncodeError as error:
        raise ArticleError(
            origin, f"character {error.start} is half of a surrogate pair", "Repair the text"
        ) from None
    if language is None:
        from embeddings.text import detect_language

        language = detect_language(text)
    return Article(
        id=f"a{sha256[:16]}" if id is None else id,
        text=text,
        sha256=sha256,
        title=title,
        source=source,
        author=author,
        published_at=published_at,
        language=language,
        url=url,
        excluded=(),
        origin=origin,
    )


def _file_id(path: str) -> str:
    stem = unicodedata.normalize("NFKD", Path(path).stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40]
    return f"{slug or 'article'}-{hashlib.sha256(path.encode('utf-8')).hexdigest()[:8]}"


def load_articles(
    paths: Sequence[Path], *, progress: Progress | None = None
) -> Iterator[Article | ArticleError]:
    """Yield the articles of files and folders in sorted order; errors come as values.

    Args:
        paths: files, or folders that are searched recursively.
        progress: called with (files done, files in all, what is being read).
    """
    files: list[Path] = []
    for path in paths:
        found = sorted(path.rglob("*.txt")) if path.is_dir() else [path]
        files.extend(found)
    for done, path in enumerate(files):
        origin = os.path.abspath(path)
        if progress is not None:
            progress(done, len(files), origin)
        try:
            text = path.read_bytes().decode("utf-8-sig")
            yield make_article(text=text, id=_file_id(origin), origin=origin)
        except ArticleError as error:
            yield error
        except UnicodeDecodeError:
            yield ArticleError(origin, "it is not UTF-8 text", "Convert it to UTF-8")
        except OSError as error:
            yield ArticleError(origin, f"it cannot be read ({error.strerror})", "Check the path")
