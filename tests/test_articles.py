"""Articles: the seeds, and what holds for any text."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from articles_support import SEEDS, load, quotes
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.articles import Article, make_article
from embeddings.errors import ArticleError


@pytest.fixture(scope="module")
def seeds() -> list[Article]:
    articles, errors = load(SEEDS)
    assert errors == []
    return articles


def test_seeds_state_what_they_state(seeds: list[Article]) -> None:
    found = [(a.title, a.source, a.author, a.published_at, a.language, a.url) for a in seeds]
    assert found == [
        (None, "Azernews", "Vugar Khalilov", None, "en", None),
        (
            "Azerbaijan's Foreign Minister meets with OSCE Secretary General",
            *("Paralel.Az", None, None, "en", None),
        ),
        (None, "AzerNews", None, date(2024, 10, 23), "en", None),
        (
            "Джейхун Байрамов продолжает встречи на полях Генассамблеи ООН",
            *("Sputnik", None, None, "ru", None),
        ),
        (None, "News.Az", None, date(2024, 4, 17), "en", None),
    ]


def test_seeds_exclude_what_is_the_pages(seeds: list[Article]) -> None:
    assert [quotes(article) for article in seeds] == [
        [],
        [],
        [],
        [
            "Новости",
            "Подписывайтесь на Sputnik в Дзен",
            "Читайте также:",
            "Глава МИД Азербайджана встретился с сопредседателями МГ ОБСЕ и главой МИД Армении",
            "Азербайджану необходимо новое соглашение с ЕС на основе равноправного партнерства"
            " - МИД АР",
            "Джейхун Байрамов: открытие коммуникаций усилит роль Южного Кавказа",
        ],
        ["+ ↺ − 16 px", "News.Az"],
    ]


def test_seeds_are_kept_verbatim(seeds: list[Article]) -> None:
    for article in seeds:
        data = Path(article.origin).read_bytes()
        assert article.text.encode("utf-8") == data
        assert article.sha256 == hashlib.sha256(data).hexdigest()
        assert Path(article.origin).is_absolute()


def test_ids_are_readable_and_stay(seeds: list[Article]) -> None:
    assert seeds[0].id.startswith("000-f3622e533ebd1299-")
    assert [article.id for article in load(SEEDS)[0]] == [article.id for article in seeds]
    assert len({article.id for article in seeds}) == 5


TEXTS = st.text(
    st.one_of(st.sampled_from("\r\n \u0301İı\u200d👩🚀\u2028\x85.:—Аб12"), st.characters()),
    max_size=200,
)


@settings(deadline=None, max_examples=150)
@given(TEXTS)
def test_text_is_kept_and_ranges_hold(text: str) -> None:
    try:
        article = make_article(text=text)
    except ArticleError:
        return
    assert article.text == text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert article.sha256 == hashlib.sha256(article.text.encode()).hexdigest()
    assert article.id == f"a{article.sha256[:16]}"
    last = 0
    for start, end in article.excluded:
        assert last <= start < end <= len(article.text)
        last = end
    for value in (article.title, article.source, article.author):
        assert value is None or value in article.text


@settings(deadline=None, max_examples=60)
@given(text=TEXTS, name=st.sampled_from(["a.txt", "a.json", "a.jsonl"]))
def test_files_round_trip(text: str, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("round") / name
    data = text if name == "a.txt" else json.dumps({"text": text})
    path.write_bytes(data.encode("utf-8", "surrogatepass"))
    articles, errors = load(path)
    assert len(articles) + len(errors) == 1
    if articles:
        expected = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        assert articles[0].text == expected


@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=300), name=st.sampled_from(["a.txt", "a.md", "a.json", "a.jsonl"]))
def test_any_bytes_give_articles_or_errors(
    data: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bytes") / name
    path.write_bytes(data)
    load(path)
