"""Loading articles in the tests of their formats and metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from embeddings.articles import Article, load_articles
from embeddings.errors import ArticleError

SEEDS = Path(__file__).parent.parent / "seeds"
EN = "The foreign minister held talks with his counterpart in the capital, the ministry said."
RU = "Министр иностранных дел провел переговоры с коллегой в столице, сообщили в ведомстве."
AZ = "Xarici işlər naziri paytaxtda həmkarı ilə danışıqlar aparıb, nazirlikdən bildirilib."
TR = "Dışişleri bakanı başkentte mevkidaşıyla görüşmeler yaptı, bakanlıktan açıklama geldi."


def load(*paths: Path, **options: Any) -> tuple[list[Article], list[ArticleError]]:
    items = list(load_articles(paths, **options))
    articles = [item for item in items if isinstance(item, Article)]
    return articles, [item for item in items if isinstance(item, ArticleError)]


def the_error(path: Path, **options: Any) -> str:
    articles, errors = load(path, **options)
    assert articles == []
    assert len(errors) == 1
    assert "\n" not in str(errors[0])
    return str(errors[0])


def quotes(article: Article) -> list[str]:
    return [article.text[start:end] for start, end in article.excluded]
