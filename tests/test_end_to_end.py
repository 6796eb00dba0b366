"""The whole path with the real models, over the seeds."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from conftest import SEEDS

from qa.service import Service
from qa.settings import load_settings

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    store = tmp_path_factory.mktemp("real") / "store"
    with Service.open(load_settings(store=store), create=True) as service:
        report = service.index([SEEDS])
        assert (report.added, report.failed) == (5, ())
        yield service


def stem_of(article) -> str:
    return article.origin.rsplit("/", 1)[-1].removesuffix(".txt")


@pytest.mark.parametrize(
    ("stem", "title", "source", "author", "published", "language"),
    [
        ("000_f3622e533ebd1299", None, "Azernews", "Vugar Khalilov", None, "en"),
        (
            "001_0bdbd934490dc287",
            "Azerbaijan's Foreign Minister meets with OSCE Secretary General",
            "Paralel.Az",
            None,
            None,
            "en",
        ),
        ("002_ee892e8bcfa1019d", None, "AzerNews", None, "2024-10-23", "en"),
        (
            "003_85deb69a06af6b7d",
            "Джейхун Байрамов продолжает встречи на полях Генассамблеи ООН",
            "Sputnik",
            None,
            None,
            "ru",
        ),
        ("004_0d5f2c2ab07d43d7", None, "News.Az", None, "2024-04-17", "en"),
    ],
)
def test_the_seeds_say_about_themselves_what_they_say(
    real, stem, title, source, author, published, language
):
    (article,) = [
        real.article(item.id)
        for item in real.store.find_articles()
        if stem_of(real.article(item.id)) == stem
    ]
    day = None if article.published_at is None else article.published_at.isoformat()
    found = (article.title, article.source, article.author, day, article.language)
    assert found == (title, source, author, published, language)


QUESTIONS = [
    pytest.param("Who is the OSCE Secretary General?", "en", "001", id="en asks en"),
    pytest.param("Кто такой Руслан Казакбаев?", "ru", "003", id="ru asks ru"),
    pytest.param("Кто является генеральным секретарём ОБСЕ?", "ru", "001", id="ru asks en"),
    pytest.param("Kayrat Sarıbay kimi təbrik edib?", "az", "004", id="az asks en"),
    pytest.param("Peter Maurer hangi kuruluşun başkanı?", "tr", "003", id="tr asks ru"),
]


@pytest.mark.parametrize(("question", "language", "number"), QUESTIONS)
def test_the_right_article_is_among_the_nearest_passages(real, question, language, number):
    result = real.search(question)
    assert result.language == language
    assert number in {stem_of(real.article(passage.article_id))[:3] for passage in result.passages}


@pytest.mark.parametrize(("question", "language", "number"), QUESTIONS)
def test_every_citation_can_be_checked(real, question, language, number):
    result = real.ask(question, always_answer=True)
    assert result.answers
    saved = json.loads(json.dumps(result.to_dict()))
    assert real.verify(saved).ok


@pytest.mark.parametrize(
    "never",
    [
        "Новости",
        "Подписывайтесь",
        "Читайте также",
        "новое соглашение с ЕС",
        "открытие коммуникаций усилит",
        "сопредседателями МГ ОБСЕ",
        "− 16 px",
    ],
)
def test_what_is_around_an_article_is_never_indexed(real, never):
    for passage in real.search(never, top_k=100).passages:
        assert never not in passage.text


def test_answering_does_not_import_torch(real):
    script = (
        "import sys; from qa.service import Service; from qa.settings import load_settings\n"
        f"with Service.open(load_settings(store={str(real.settings.store)!r})) as service:\n"
        "    service.ask('Who chaired the CICA meeting?')\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ)
