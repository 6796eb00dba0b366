"""A store of forty reports, and programs that use it in another process."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from support import FakeEncoder

from embeddings.articles import make_article
from embeddings.build import open_generation

ROOT = Path(__file__).parent.parent
ENCODER = FakeEncoder()


def articles(numbers):
    for number in numbers:
        text = f"Report {number} from Baku. Envoy {number % 7} met the minister. Rain fell."
        yield make_article(text=text, id=f"a{number:04}", language="en")


def answers(store):
    """What anyone would get: dense and lexical hits, with the text each one stands for."""
    generation = open_generation(store)
    questions = ENCODER.encode_questions(["envoy minister", "rain in Baku", "report 11"])
    dense = generation.index.search(questions, 12)
    lexical = store.lexical_search(["report", "11"], 12)
    rowids = [row for hits in dense for row, _ in hits] + [hit.rowid for hit in lexical]
    quotes = {}
    for row, stored in store.chunks_by_rowid(rowids).items():
        chunk = stored.chunk
        quotes[row] = store.article(chunk.article_id).text[chunk.start : chunk.end]
    return dense, lexical, quotes


def script(body: str, *arguments: object) -> list[str]:
    """A Python program that has the test's names, as a command line."""
    head = f"""
        import os, sys, time, resource
        sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
        from pathlib import Path
        import faiss, numpy as np
        from promises_support import ENCODER, answers, articles
        from embeddings.build import index_articles, open_generation
        from embeddings.errors import StoreBusyError, StoreError, StoreFullError
        from embeddings.generations import save_generation
        from embeddings.store import Store
        path = Path(sys.argv[1])
    """
    program = textwrap.dedent(head) + textwrap.dedent(body)
    return [sys.executable, "-c", program, *map(str, arguments)]


def run(body: str, *arguments: object) -> str:
    done = subprocess.run(script(body, *arguments), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
