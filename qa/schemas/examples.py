"""Examples of replies for OpenAPI: one small article, and what is told of it.

They are true: `tests/test_schemas.py` holds each against its model, its quotes against the
article's text and its sha256, and its fields against the server's own reply.

This module must not know how a reply comes about.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ARTICLE",
    "ARTICLES",
    "ASK",
    "CHAT",
    "CONTEXT",
    "EMBEDDINGS",
    "JOB",
    "MODEL",
    "MODELS",
    "SEARCH",
    "UPLOAD",
    "VERIFY",
]

_TEXT = "Bayramov met Kazakbayev in New York on Thursday."
_QUESTION = "Whom did Bayramov meet?"
_MARKS: dict[str, Any] = {
    "query_id": "891675d935504935b67433d28ed034d5",
    "question": _QUESTION,
    "language": "en",
}
_VERSION = "5-c1e6ce52"
_ABOUT: dict[str, Any] = {
    "title": "Minister meets his colleague",
    "source": "Example Agency",
    "author": None,
    "published_at": "2022-09-22",
    "language": "en",
    "url": None,
}
_SHA256 = "c94406aceeb6a8f96091bd9807389f79d4a637d23d5d805eb5608444612e27f6"
_SCORES: dict[str, Any] = {
    "dense": 0.8571,
    "lexical": 6.12,
    "time": None,
    "fused": 0.9104,
    "reader": 7.4,
}
_CITATION: dict[str, Any] = {
    "article_id": "kmo-2022-09-22",
    **_ABOUT,
    "sha256": _SHA256,
    "start": 13,
    "end": 23,
    "quote": "Kazakbayev",
    "sentence": {"start": 0, "end": 48, "text": _TEXT},
    "duplicates": [],
    "age_days": 791,
}
_PASSAGE: dict[str, Any] = {
    "article_id": "kmo-2022-09-22",
    "chunk_id": "kmo-2022-09-22:0-48",
    "title": _ABOUT["title"],
    "source": _ABOUT["source"],
    "published_at": _ABOUT["published_at"],
    "language": "en",
    "start": 0,
    "end": 48,
    "text": _TEXT,
    "duplicates": [],
    "scores": _SCORES,
}
_UNREAD: dict[str, Any] = {**_PASSAGE, "scores": {**_SCORES, "reader": None}}
_FOUND: dict[str, Any] = {
    "removed_by_filters": {},
    "offset_unit": "code_points",
    "index_version": _VERSION,
}

ASK: dict[str, Any] = {
    **_MARKS,
    "rewritten_question": None,
    "state": "answered",
    "no_answer_reason": None,
    "message": "Example Agency answers this; the quote below is verbatim.",
    "answers": [
        {
            "text": "Kazakbayev",
            "confidence": 0.8312,
            "confidence_bucket": "high",
            "citation": _CITATION,
            "also": [],
            "articles": 1,
            "independent_reports": 1,
            "newer": [],
            "scores": _SCORES,
        }
    ],
    "disagreement": False,
    "passages": [_PASSAGE],
    "best_confidence": 0.8312,
    **_FOUND,
    "timings_ms": {"encode": 8.91, "retrieve": 2.21, "read": 40.12, "total": 51.6},
}
SEARCH: dict[str, Any] = {
    **_MARKS,
    "passages": [_UNREAD],
    **_FOUND,
    "timings_ms": {"encode": 8.91, "retrieve": 2.21, "read": 0.0, "total": 11.3},
}
CONTEXT: dict[str, Any] = {
    **_MARKS,
    "prompt": "Answer the question from the numbered passages below and from nothing else. …\n\n"
    '<passage number="1">\nExample Agency · 2022-09-22 · Minister meets his colleague\n'
    f"{_TEXT}\n</passage>\n\nQuestion: {_QUESTION}",
    "tokens": 142,
    "max_tokens": 2000,
    "encoding": "cl100k_base",
    "passages": [{**_UNREAD, "number": 1, "truncated": False}],
    "left_out": 0,
    "index_version": _VERSION,
}
VERIFY: dict[str, Any] = {
    "ok": True,
    "checks": [
        {
            "article_id": "kmo-2022-09-22",
            "start": 13,
            "end": 23,
            "quote": "Kazakbayev",
            "ok": True,
            "problem": "",
        }
    ],
}
_SUMMARY: dict[str, Any] = {"id": "kmo-2022-09-22", "sha256": _SHA256, **_ABOUT}
ARTICLE: dict[str, Any] = {**_SUMMARY, "text": _TEXT, "excluded": []}
ARTICLES: dict[str, Any] = {
    "total": 1,
    "offset": 0,
    "limit": 50,
    "next_offset": None,
    "articles": [_SUMMARY],
}
UPLOAD: dict[str, Any] = {
    "added": 1,
    "changed": 0,
    "unchanged": 0,
    "ids": ["kmo-2022-09-22"],
    "failed": [],
}
JOB: dict[str, Any] = {
    "id": "20241121-9f1c2ab4d0e7",
    "state": "done",
    "articles": 1,
    "done": 1,
    "created_at": "2024-11-21T09:30:00+00:00",
    "finished_at": "2024-11-21T09:30:02+00:00",
    "result": UPLOAD,
    "error": None,
}
MODEL: dict[str, Any] = {"id": "menbe", "object": "model", "created": 0, "owned_by": "menbe"}
MODELS: dict[str, Any] = {"object": "list", "data": [MODEL, {**MODEL, "id": "menbe-embeddings"}]}
_SAID = f"Kazakbayev\n\n“{_TEXT}” — Example Agency, 2022-09-22 [1]"
CHAT: dict[str, Any] = {
    "id": "chatcmpl-8bd694e7958249d9907e9a7e6952ec66",
    "object": "chat.completion",
    "created": 1732181400,
    "model": "menbe",
    "system_fingerprint": None,
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": _SAID,
                "refusal": None,
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {
                            "start_index": 12,
                            "end_index": len(_SAID),
                            "title": _ABOUT["title"],
                            "url": "http://127.0.0.1:8080/v1/articles/kmo-2022-09-22",
                        },
                    }
                ],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 8, "completion_tokens": 35, "total_tokens": 43},
    "citations": [_CITATION],
    "rewritten_question": None,
}
EMBEDDINGS: dict[str, Any] = {
    "object": "list",
    "model": "menbe-embeddings",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.0312, -0.0527, 0.0148]}],
    "usage": {"prompt_tokens": 4, "total_tokens": 4},
}
