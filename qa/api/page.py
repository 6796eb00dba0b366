"""The web page at `/` and its files, as they ship in the package `qa.web`.

This module must not know what the page shows.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.exceptions import HTTPException
from starlette.responses import Response

from prompts import load_json

__all__ = ["PAGE_POLICY", "router"]

router = APIRouter(include_in_schema=False)

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "app.js": ("app.js", "text/javascript; charset=utf-8"),
    "panel.js": ("panel.js", "text/javascript; charset=utf-8"),
    "render.js": ("render.js", "text/javascript; charset=utf-8"),
    "style.css": ("style.css", "text/css; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
    "words.json": ("", "application/json"),
}


@router.get("/")
async def page(if_none_match: Annotated[str, Header()] = "") -> Response:
    """Reply with the page."""
    return _reply("", if_none_match)


@router.get("/page/{name}")
async def page_file(name: str, if_none_match: Annotated[str, Header()] = "") -> Response:
    """Reply with one of the page's files."""
    if name not in _FILES or not name:
        raise HTTPException(404)
    return _reply(name, if_none_match)


def _reply(name: str, known: str) -> Response:
    body, tag = _file(name)
    headers = {
        "Content-Security-Policy": PAGE_POLICY,
        "Cache-Control": "no-cache",
        "ETag": tag,
    }
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=_FILES[name][1], headers=headers)


@cache
def _file(name: str) -> tuple[bytes, str]:
    file = _FILES[name][0]
    if file:
        body = (files("qa.web") / file).read_bytes()
    else:
        body = json.dumps(load_json("page.json"), ensure_ascii=False).encode("utf-8")
    return body, f'"{hashlib.sha256(body).hexdigest()[:24]}"'
