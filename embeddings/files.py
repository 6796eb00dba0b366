"""Files: which files of the given paths hold articles, and what was passed over.

Folders are searched recursively in sorted order. Links are followed, and each folder and file is
visited once whatever leads to it, so a loop of links ends. This module must not know what is
inside a file.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from embeddings.errors import ArticleError

__all__ = ["EXTENSIONS", "ArticleFiles", "Skipped", "absolute_path", "find_article_files"]

EXTENSIONS = frozenset(
    {".txt", ".md", ".markdown", ".html", ".htm", ".xhtml", ".json", ".jsonl", ".ndjson"}
)
_KNOWN = ".txt, .md, .html, .json and .jsonl"
_SHOWN_KINDS = 5


@dataclass(frozen=True, slots=True)
class Skipped:
    """What a search passed over; `str()` is one line for people, "" when there is nothing.

    Attributes:
        hidden: files and folders whose name begins with a dot.
        other: how many files of each other extension, most first ("" for none).
    """

    hidden: int
    other: tuple[tuple[str, int], ...]

    def __bool__(self) -> bool:
        return bool(self.hidden or self.other)

    def __str__(self) -> str:
        parts = []
        if self.other:
            count = sum(number for _, number in self.other)
            kinds = [f"{kind or 'no extension'}: {n}" for kind, n in self.other[:_SHOWN_KINDS]]
            more = ", …" if len(self.other) > _SHOWN_KINDS else ""
            parts.append(f"{count} of other kinds ({', '.join(kinds)}{more})")
        if self.hidden:
            parts.append(f"{self.hidden} hidden")
        return f"Skipped {' and '.join(parts)}" if parts else ""


# A store kept among the articles: what is in it is an index, not articles.
_STORE_FILE = "store.db"


@dataclass(frozen=True, slots=True)
class ArticleFiles:
    """The files to read, in order, with what was passed over and what could not be searched."""

    files: tuple[Path, ...]
    skipped: Skipped
    errors: tuple[ArticleError, ...]


@dataclass(slots=True)
class _Search:
    files: list[Path] = field(default_factory=list)
    errors: list[ArticleError] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    met: int = 0  # article files met, also those that were met before
    seen: set[tuple[int, int]] = field(default_factory=set)

    def is_new(self, status: os.stat_result) -> bool:
        """Note a file or folder by its device and inode; say whether it is met first."""
        key = (status.st_dev, status.st_ino)
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def fail(self, path: Path, error: OSError) -> None:
        """Note that a path cannot be read, in words a person understands."""
        origin = absolute_path(path)
        if isinstance(error, FileNotFoundError) and not path.is_symlink():
            problem, remedy = "there is no such file or folder", "Check the spelling of the path"
        elif isinstance(error, FileNotFoundError):
            problem, remedy = "it is a link that leads nowhere", "Repair or remove the link"
        else:
            problem = f"it cannot be read ({error.strerror or type(error).__name__})"
            remedy = "Check that you may read it"
        self.errors.append(ArticleError(origin, problem, remedy))


def absolute_path(path: Path) -> str:
    """Return the path in full. A link keeps its own name, which is the one a person knows."""
    return os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow links


def find_article_files(
    paths: Sequence[Path], *, progress: Callable[[int, int | None, str], None] | None = None
) -> ArticleFiles:
    """Find the article files of files and folders.

    Args:
        paths: files and folders. A file named here must be of a known kind; in folders other
            kinds and hidden names are passed over and counted.
        progress: called with (0, None, folder) for each folder that is searched.
    """
    search = _Search()
    for path in paths:
        try:
            status = path.stat()
        except (OSError, ValueError) as error:
            failure = error if isinstance(error, OSError) else OSError(0, str(error))
            search.fail(path, failure)
            continue
        if stat.S_ISDIR(status.st_mode):
            met, failed = search.met, len(search.errors)
            _search_folder(path, search, progress)
            if met == search.met and failed == len(search.errors):
                search.errors.append(_no_articles(path, search))
        elif path.suffix.lower() not in EXTENSIONS:
            search.errors.append(
                ArticleError(
                    absolute_path(path),
                    f"files of the kind {path.suffix or 'without extension'} are not read",
                    f"Convert it to one of {_KNOWN}",
                )
            )
        else:
            _add_file(path, status, search)
    skipped = Skipped(
        search.hidden, tuple(sorted(search.other.items(), key=lambda item: (-item[1], item[0])))
    )
    return ArticleFiles(tuple(search.files), skipped, tuple(search.errors))


def _no_articles(path: Path, search: _Search) -> ArticleError:
    others = sum(search.other.values())
    problem = "the folder holds no articles"
    if others or search.hidden:
        problem += f", only files of other kinds or hidden ones ({others + search.hidden})"
    return ArticleError(absolute_path(path), problem, f"Put {_KNOWN} files there")


def _add_file(path: Path, status: os.stat_result, search: _Search) -> None:
    if not stat.S_ISREG(status.st_mode):
        # reading a pipe or a device could wait for ever
        search.errors.append(
            ArticleError(absolute_path(path), "it is no regular file", "Give a file of text")
        )
        return
    search.met += 1
    if search.is_new(status):
        search.files.append(path)


def _search_folder(
    root: Path, search: _Search, progress: Callable[[int, int | None, str], None] | None
) -> None:
    folders = [root]
    while folders:
        folder = folders.pop()
        if progress is not None:
            progress(0, None, os.fspath(folder))
        try:
            if not search.is_new(folder.stat()):
                search.met += 1
                continue
            names = sorted(path.name for path in folder.iterdir())
        except OSError as error:
            search.fail(folder, error)
            continue
        if _STORE_FILE in names and folder != root:
            search.hidden += 1
            continue
        inner: list[Path] = []
        for name in names:
            path = folder / name
            if name.startswith("."):
                search.hidden += 1
                continue
            try:
                status = path.stat()
            except OSError as error:
                search.fail(path, error)
                continue
            if stat.S_ISDIR(status.st_mode):
                inner.append(path)
            elif path.suffix.lower() not in EXTENSIONS:
                search.other[path.suffix.lower()] += 1
            else:
                _add_file(path, status, search)
        folders.extend(reversed(inner))
