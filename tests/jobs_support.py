"""One process's jobs, which a test can stop between two batches."""

from __future__ import annotations

import threading
import time

from embeddings.articles import make_article
from embeddings.build import BuildReport
from embeddings.errors import ArticleError
from qa.api.jobs import Jobs


class Process:
    """One process's jobs over a folder and a store that outlive it.

    `hold()` stops it before its next batch, so that leaving it then is what a kill leaves.
    """

    def __init__(self, folder, store, *, fail=None, limit=16):
        self.store = store
        self.errors = []
        self.read_numbers = []
        self.batches = []
        self.free = threading.Event()
        self.free.set()
        self.began = threading.Event()
        self.fail = fail
        self.jobs = Jobs(
            folder, add=self.add, read=self.read, limit=limit, on_error=self.errors.append
        )

    def add(self, items):
        given = list(items)
        items = [item for item in given if not isinstance(item, ArticleError)]
        failed = tuple(item for item in given if isinstance(item, ArticleError))
        self.began.set()
        assert self.free.wait(20)
        if self.fail is not None:
            self.fail(items)
        known = [item.id in self.store for item in items]
        same = [self.store.get(item.id) == item.text for item in items]
        self.batches.append([item.id for item in items])
        self.store.update({item.id: item.text for item in items})
        changed = sum(known) - sum(same)
        return BuildReport(len(items) - sum(known), changed, sum(same), failed, 0, 0.0)

    def read(self, records, first):
        self.read_numbers.append(first)
        return [make_article(text=one["text"], id=one["id"], language="en") for one in records]

    def hold(self):
        self.free.clear()
        self.began.clear()

    def put(self, article_id, text):
        return self.jobs.now([{"id": article_id, "text": text}]).result(10)

    def delete(self, article_id):
        return self.jobs.remove(article_id, lambda: self.store.pop(article_id)).result(10)

    def over(self, job_id):
        until = time.monotonic() + 20
        while (job := self.jobs.get(job_id)).finished_at is None:
            assert time.monotonic() < until, job
            time.sleep(0.005)
        return job


def records(count, text="OLD"):
    return [{"id": f"n{number}", "text": f"{text} {number}."} for number in range(count)]


def stop_after(process, batches):
    """Let so many batches through, then end the process between two batches."""
    while len(process.batches) < batches:
        time.sleep(0.002)
    process.jobs.close()
