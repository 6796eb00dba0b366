"""Web pages: the article of an HTML page, and what the page's head states about it.

trafilatura finds the text. The head's own statements (JSON-LD, OpenGraph, meta elements) give
the metadata. The day of publication is read here and not by trafilatura's helper, which also
takes days from copyright notices and addresses: a day is taken only where the page says that it
is the day of publication.

A page's address is never fetched. This module must not know of files or of running text.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from embeddings.errors import ArticleError
from embeddings.fields import Record, normalise_newlines, read_day

__all__ = ["read_html"]

_JSON_LD_DAY = re.compile(r'"datePublished"\s*:\s*"([^"\\]{4,40})"')
_DAY_PROPERTIES = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "datepublished",
    "og:published_time",
    "publishdate",
    "publish_date",
    "publish-date",
    "published_at",
    "pubdate",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date",
    "dc.date.issued",
    "dc.date.created",
    "dcterms.issued",
    "dcterms.created",
    "citation_publication_date",
    "mediator_published_time",
    "cxenseparse:recs:publishtime",
    "date",
)
_SUFFIX = re.compile(r"\s+[|·•—–-]\s+(?P<site>[^|·•—–]{2,40})$")


def read_html(html: str, *, origin: str) -> Record:
    """Extract the article of a page.

    Args:
        html: the decoded page.
        origin: what to name in errors.

    Raises:
        ArticleError: the page holds no article text.
    """
    remedy = "Save the article's own page, or give its text as .txt"
    if not html.strip():
        raise ArticleError(origin, "it has no text", remedy)
    from lxml.etree import LxmlError  # type: ignore[import-untyped,unused-ignore]
    from trafilatura import bare_extraction, load_html
    from trafilatura.metadata import extract_metadata

    try:
        tree = load_html(html)
        document = (
            bare_extraction(html, include_comments=False, include_tables=True, with_metadata=False)
            if tree is not None
            else None
        )
        head: Any = extract_metadata(tree) if tree is not None else None
        day = _published(tree, origin=origin) if tree is not None else None
    except (LxmlError, ValueError, RecursionError) as error:
        raise ArticleError(origin, f"its HTML cannot be read ({error})", remedy) from None
    text = getattr(document, "text", None)
    if not text or not text.strip():
        raise ArticleError(origin, "no article text was found in the page", remedy)
    source = _clean(head.sitename)
    return Record(
        text=normalise_newlines(text),
        origin=origin,
        title=_without_site(_clean(head.title), source),
        source=source,
        author=_clean(head.author),
        published_at=day,
        language=None,
        url=_clean(head.url),
    )


def _clean(value: str | None) -> str | None:
    return " ".join(value.split()) or None if value else None


def _without_site(title: str | None, site: str | None) -> str | None:
    """Cut " | Site" from a title where the page names that site."""
    match = _SUFFIX.search(title) if title and site else None
    if title and match and site and match["site"].casefold() in site.casefold():
        return title[: match.start()]
    return title


def _published(tree: Any, *, origin: str) -> date | None:
    """Return the day that the page states as the day of publication.

    A value that cannot be a date is passed over: a page's head is made by a program, and its
    mistake is no reason to refuse the article.
    """
    for value in _stated_days(tree):
        try:
            day = read_day(value, origin=origin)
        except ArticleError:
            continue
        if day is not None:
            return day
    return None


def _stated_days(tree: Any) -> list[str]:
    values: list[str] = []
    for script in tree.iterfind('.//script[@type="application/ld+json"]'):
        values.extend(_JSON_LD_DAY.findall(script.text or ""))
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        metas.setdefault(name.lower(), meta.get("content") or "")
    values.extend(metas[name] for name in _DAY_PROPERTIES if metas.get(name))
    values.extend(
        element.get("content") or element.get("datetime") or element.text or ""
        for element in tree.xpath('.//*[@itemprop="datePublished"]')
    )
    times = [element.get("datetime") for element in tree.iter("time") if element.get("datetime")]
    published = [e.get("datetime") for e in tree.xpath(".//time[@pubdate and @datetime]")]
    # several <time> elements date several things, and which is the article is not said
    values.extend(published or (times if len({value[:10] for value in times}) == 1 else []))
    return [value for value in values if value]
