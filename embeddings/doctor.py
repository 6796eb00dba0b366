"""Is the store sound, and what can be mended.

Everything that a store promises is looked at: the file's structure, each article against its
sha256, each chunk against its checksum, the counts of chunks, vectors and terms against each
other, articles that wait to be indexed, the index on disk, the space left. Mending never invents:
damaged chunks are dropped and their articles marked to be indexed again, the index is made anew
from the store.

This module must not know how findings are shown, nor of questions and answers.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from embeddings.database import INDEX
from embeddings.errors import StoreError
from embeddings.generations import check_index, open_generation
from embeddings.store import Store

__all__ = ["Finding", "Level", "check_store", "repair"]

Level = Literal["ok", "warning", "error"]
_LOW_BYTES = 64 << 20
_REPAIR = "Run `qa doctor --repair`."
_RESTORE = "Restore a backup, or index the articles into another --store."
_AGAIN = "Run `qa doctor --repair`, then index the article again."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: "ok"; "warning", the store can be used as it is; "error", something is lost or
            withheld until it is mended.
        what: one line.
        remedy: what to do; empty for "ok".
    """

    level: Level
    what: str
    remedy: str = ""


def check_store(path: str | Path) -> list[Finding]:
    """Look at everything; reads the whole store and writes nothing.

    Returns:
        At least one finding. A store that cannot even be opened is one error.
    """
    try:
        with Store.open(path) as store:
            findings = list(_findings(store))
    except StoreError as error:
        return [Finding("error", error.problem, error.remedy)]
    return findings


def repair(path: str | Path) -> list[Finding]:
    """Mend what can be mended from the store itself.

    Returns:
        What was done, one finding each; "ok" alone when there was nothing to do.

    Raises:
        StoreBusyError: another process is writing.
        StoreError: the store cannot be opened or written, or SQLite's own structure is damaged.
    """
    done: list[Finding] = []
    with Store.open(path) as store, store.writing():
        problems = store.problems()
        if problems:
            raise StoreError(f"the store at {store.path} is damaged ({problems[0]})", _RESTORE)
        texts = _damaged_articles(store)
        chunks = [each for each in store.articles_with_damaged_chunks() if each not in texts]
        if texts or chunks:
            origins = {each.id: each.origin for each in store.find_articles(limit=-1)}
            store.forget_chunks([*texts, *chunks])
            done += [
                Finding(
                    "error",
                    f"the text of article {article_id!r} is damaged; it is not searched",
                    f"Index {origins[article_id]} again.",
                )
                for article_id in texts
            ]
            done += [
                Finding(
                    "warning",
                    f"the chunks of article {article_id!r} were damaged and are dropped",
                    "Run `qa index --rebuild`.",
                )
                for article_id in chunks
            ]
        if store.encoder_identity and check_index(store):
            shutil.rmtree(store.path / INDEX, ignore_errors=True)
            count = open_generation(store).index.count
            done.append(Finding("ok", f"the index was made anew: {count} chunks"))
    return done if done else [Finding("ok", "nothing needed mending")]


def _damaged_articles(store: Store) -> list[str]:
    """Ids of the articles whose text does not fit its sha256."""
    return [each for each in store.article_ids() if not _is_whole(store, each)]


def _is_whole(store: Store, article_id: str) -> bool:
    try:
        store.article(article_id)
    except StoreError:
        return False
    return True


def _findings(store: Store) -> Iterator[Finding]:
    try:
        problems = store.problems()
        for problem in problems:
            yield Finding("error", f"the database is damaged: {problem}", _RESTORE)
        if problems:
            return
        counts = f"{store.article_count} articles, {store.chunk_count} chunks"
        yield Finding("ok", f"the store at {store.path} is sound: {counts}")
        for article_id in _damaged_articles(store):
            yield Finding("error", f"the text of article {article_id!r} is damaged", _AGAIN)
        for article_id in store.articles_with_damaged_chunks():
            yield Finding("error", f"a chunk of article {article_id!r} is damaged", _AGAIN)
    except StoreError as error:
        yield Finding("error", error.problem, error.remedy)
        return
    pending = len(store.article_ids(pending=True))
    if pending:
        what = f"{pending} articles wait to be indexed anew"
        yield Finding("warning", what, "Run `qa index --rebuild`.")
    if store.encoder_identity:
        problems = check_index(store)
        for problem in problems:
            yield Finding("warning", problem, _REPAIR)
        if not problems:
            yield Finding("ok", "the index fits the store")
    if store.read_only:
        yield Finding("warning", f"{store.path} is read-only", "Give yourself write permission.")
    free = shutil.disk_usage(store.path).free
    if free < _LOW_BYTES:
        what = f"{free >> 20} MiB are left on the device of {store.path}"
        yield Finding("warning", what, "Free some space.")
