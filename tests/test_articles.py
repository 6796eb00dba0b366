"""Articles: the seeds, metadata of many outlets, every format, and every kind of bad input."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.articles import Article, Skipped, load_articles, make_article
from embeddings.errors import ArticleError, UsageError

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


@pytest.fixture(scope="module")
def seeds() -> list[Article]:
    articles, errors = load(SEEDS)
    assert errors == []
    return articles


# --- the seeds -------------------------------------------------------------------------------


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


# --- metadata in the text --------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    title: str | None = None
    source: str | None = None
    author: str | None = None
    day: date | None = None


CASES = [
    # English
    Case(
        "Reuters",
        f"Minister holds talks in Ankara\nBy Nailia Bagirova\n"
        f"BAKU, May 3 (Reuters) - {EN}\n(Reporting by Nailia Bagirova; Editing by Mark Heinrich)",
        *("Minister holds talks in Ankara", "Reuters", "Nailia Bagirova"),
    ),
    Case(
        "Reuters with a year",
        f"MOSCOW, May 3, 2024 (Reuters) - {EN}",
        source="Reuters",
        day=date(2024, 5, 3),
    ),
    Case(
        "AP",
        f"Minister holds talks in Ankara\n\nBy JOHN SMITH\n\nWASHINGTON (AP) — {EN}",
        *("Minister holds talks in Ankara", "AP", "JOHN SMITH"),
    ),
    Case("Xinhua", f"BEIJING, April 12 (Xinhua) -- {EN}", source="Xinhua"),
    Case(
        "MENAFN by way of another",
        f"date 2023-01-31 (MENAFN- Trend News Agency) {EN}",
        source="Trend News Agency",
        day=date(2023, 1, 31),
    ),
    Case(
        "Trend English",
        f"Minister holds talks in Ankara\n\nBAKU, Azerbaijan, October 23. "
        f"{EN[:-1]}, Trend reports.",
        *("Minister holds talks in Ankara", "Trend"),
    ),
    Case(
        "Report English",
        f"Minister holds talks in Ankara\n{EN[:-1]}, Report informs, citing the ministry.",
        *("Minister holds talks in Ankara", "Report"),
    ),
    Case(
        "site byline with date",
        f"Minister holds talks in Ankara\nBy Jane Doe | 17 April 2024\n{EN}",
        *("Minister holds talks in Ankara", None, "Jane Doe"),
    ),
    Case(
        "published label and an update",
        f"Minister holds talks in Ankara\nPublished: 17 April 2024, 14:30\n{EN}",
        *("Minister holds talks in Ankara", None, None, date(2024, 4, 17)),
    ),
    Case(
        "only updated",
        f"Minister holds talks\nUpdated: 17 April 2024\n{EN}",
        "Minister holds talks",
    ),
    Case(
        "two authors",
        f"By Jane Doe and John Smith\n{EN}",
        author="Jane Doe and John Smith",
    ),
    Case("organisation's byline", f"By Daily Sabah\n{EN}", source="Daily Sabah"),
    Case(
        "a year in the headline",
        f"Премию 2012 года получил писатель\nЖером Феррари.\n{RU}",
        "Премию 2012 года получил писатель",
    ),
    Case("a line that leads on", f"The minister named three points:\n{EN}"),
    Case(
        "foreign agency only quoted",
        f"Minister holds talks\n{EN[:-1]}, Reuters reports.",
        "Minister holds talks",
    ),
    Case(
        "day in the news is no date",
        f"Minister holds talks\nOn 5 May 2024 {EN}",
        "Minister holds talks",
    ),
    # Russian
    Case(
        "TASS",
        f"Министр провел переговоры в Анкаре\n\nМОСКВА, 3 мая. /ТАСС/. {RU}",
        *("Министр провел переговоры в Анкаре", "ТАСС"),
    ),
    Case(
        "TASS correspondent",
        f"АНКАРА, 3 мая 2024 года. /Корр. ТАСС Иван Петров/. {RU}",
        *(None, "ТАСС", "Иван Петров", date(2024, 5, 3)),
    ),
    Case(
        "RIA with author",
        f"Министр провел переговоры в Анкаре\nМОСКВА, 3 мая — РИА Новости, Мария Иванова. {RU}",
        *("Министр провел переговоры в Анкаре", "РИА Новости", "Мария Иванова"),
    ),
    Case(
        "Interfax",
        f"Министр провел переговоры в Анкаре\nМосква. 3 мая. INTERFAX.RU - {RU}",
        *("Министр провел переговоры в Анкаре", "INTERFAX.RU"),
    ),
    Case("Trend in Russian", f"БАКУ /Trend/ - {RU}", source="Trend"),
    Case(
        "Sputnik after a standfirst",
        f"Министр провел переговоры\n\n{RU}\nБАКУ, 25 сен — Sputnik. {RU}",
        *("Министр провел переговоры", "Sputnik"),
    ),
    Case(
        "date line above",
        f"17.04.2024, 14:30\nМинистр провел переговоры в Анкаре\n{RU}",
        *("Министр провел переговоры в Анкаре", None, None, date(2024, 4, 17)),
    ),
    Case("author label below", f"{RU}\n{RU}\nАвтор: Иван Петров", author="Иван Петров"),
    Case("source label below", f"{RU}\n{RU}\nИсточник: Day.Az", source="Day.Az"),
    Case(
        "caption with a date",
        f"Министр провел переговоры\nДжейхун Байрамов, 26 марта 2017 года\n{RU}",
        "Министр провел переговоры",
    ),
    Case(
        "caption of a date",
        f"Министр вышел из дома\n15 апреля 2013 года\n{RU}",
        "Министр вышел из дома",
    ),
    Case("parenthesis of a person", f"Иван Петров (Россия) - {RU}"),
    # Azerbaijani
    Case(
        "AZƏRTAC",
        f"Nazir Ankarada danışıqlar aparıb\n\nBakı, 23 oktyabr, AZƏRTAC\n\n{AZ}",
        *("Nazir Ankarada danışıqlar aparıb", "AZƏRTAC"),
    ),
    Case(
        "APA citing another",
        f"Nazir Ankarada danışıqlar aparıb\n{AZ[:-1]}, APA TASS-a istinadən xəbər verir.",
        *("Nazir Ankarada danışıqlar aparıb", "APA"),
    ),
    Case("Report in Azerbaijani", f"Bakı. 5 may. REPORT.AZ/ {AZ}", source="REPORT.AZ"),
    Case("Trend in Azerbaijani", f"Bakı. Trend: {AZ}", source="Trend"),
    Case(
        "site, date and author",
        f"Nazir Ankarada danışıqlar aparıb\n12 aprel 2024, 10:15\n{AZ[:-1]}, Oxu.Az xəbər verir.\n"
        "Müəllif: Leyla Məmmədova",
        *("Nazir Ankarada danışıqlar aparıb", "Oxu.Az", "Leyla Məmmədova", date(2024, 4, 12)),
    ),
    Case("foreign agency in Azerbaijani", f"{AZ[:-1]}, bu barədə TASS xəbər verir."),
    # Turkish
    Case(
        "Anadolu",
        f"Bakan başkentte görüştü\nANKARA (AA) - {TR}",
        *("Bakan başkentte görüştü", "AA"),
    ),
    Case(
        "DHA",
        f"Mehmet YILMAZ/ANKARA, (DHA)- {TR}",
        source="DHA",
        author="Mehmet YILMAZ",
    ),
    Case(
        "Hürriyet",
        f"Bakan başkentte görüştü\nOluşturulma Tarihi: 17 Nisan 2024 10:15\n{TR}\nHaber: Ali Veli",
        *("Bakan başkentte görüştü", None, "Ali Veli", date(2024, 4, 17)),
    ),
    Case("organisation in parentheses", f"Avrupa Birliği (AB) - {TR}"),
    Case("footer", f"{TR}\n{TR}\nhaber7.com", source="haber7.com"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_metadata_of_the_text(case: Case) -> None:
    article = make_article(text=case.text)
    found = (article.title, article.source, article.author, article.published_at)
    assert found == (case.title, case.source, case.author, case.day)


def test_bylines_and_date_lines_may_be_quoted() -> None:
    text = f"By Vugar Khalilov\n17 April 2024, 14:30\n{EN}\nNews.Az"
    article = make_article(text=text)
    assert quotes(article) == ["News.Az"]


def test_what_is_given_wins() -> None:
    article = make_article(
        text=f"A headline of the text\nBy Jane Doe\n17 April 2024, 14:30\n{EN}\nAzernews",
        id="given",
        title="Title",
        source="Azernews",
        author="Author",
        published_at="2020-01-02T23:59:00+04:00",
        language="en-GB",
        url="https://example.org/1",
    )
    assert (article.id, article.title, article.author) == ("given", "Title", "Author")
    assert (article.published_at, article.language) == (date(2020, 1, 2), "en")
    assert article.url == "https://example.org/1"
    assert quotes(article) == ["Azernews"]


def test_a_text_of_boilerplate_only_keeps_it() -> None:
    assert make_article(text="News.Az").excluded == ()
    assert quotes(make_article(text="Реклама\n\nNews.Az")) == ["Реклама"]


# --- formats ---------------------------------------------------------------------------------


def test_markdown_with_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    text = (
        "---\ntitle: 'Nazir: danışıqlar'\nauthors: [Leyla Məmmədova, Ali Veli]\ndate: 2024-04-17\n"
        f"lang: az\nlink: https://example.org\n---\n\n# Başqa başlıq\n\n{AZ}\n"
    )
    path.write_text(text, encoding="utf-8")
    [article], [] = load(path)
    assert article.text == text
    assert (article.title, article.author) == ("Nazir: danışıqlar", "Leyla Məmmədova, Ali Veli")
    assert (article.published_at, article.language) == (date(2024, 4, 17), "az")
    start, end = article.excluded[0]
    assert (start, text[end:].lstrip()) == (0, f"# Başqa başlıq\n\n{AZ}\n")


def test_markdown_without_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"# Minister holds talks\n\n{EN}\n", encoding="utf-8")
    [article], [] = load(path)
    assert article.title == "Minister holds talks"
    path.write_text(f"---\nA rule above {EN}\n---\n{EN}", encoding="utf-8")
    assert len(load(path)[0]) == 1


HTML = f"""<!DOCTYPE html><html lang="az"><head><meta charset="utf-8">
<title>Nazir Ankaraya gedib | Report.az</title>
<link rel="canonical" href="https://report.az/xarici-siyaset/nazir/">
<meta property="og:site_name" content="Report.az">
<meta name="author" content="Leyla Məmmədova">
<script type="application/ld+json">{{"datePublished": "2024-03-05T23:30:00+04:00"}}</script></head>
<body><nav><a href="/">Ana səhifə</a> <a href="/s">Siyasət</a></nav>
<article><h1>Nazir Ankaraya gedib</h1><p>{AZ}</p><p>{AZ} Tərəflər əməkdaşlığı müzakirə ediblər.</p>
<p>Görüşdə regional təhlükəsizlik məsələləri də müzakirə olunub.</p></article>
<footer>© 2019 Report. Bütün hüquqlar qorunur</footer></body></html>"""


def test_web_page(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(HTML, encoding="utf-8")
    [article], [] = load(path)
    assert article.title == "Nazir Ankaraya gedib"
    assert (article.source, article.author) == ("Report.az", "Leyla Məmmədova")
    assert (article.published_at, article.language) == (date(2024, 3, 5), "az")
    assert article.url is not None
    assert article.url.startswith("https://report.az/")
    assert AZ in article.text
    assert "Ana səhifə" not in article.text


def test_web_page_without_dates_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.htm"
    path.write_text(HTML.replace("datePublished", "dateModified"), encoding="utf-8")
    assert load(path)[0][0].published_at is None


def test_web_page_in_a_declared_character_set(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    page = f"<html><head><meta charset=windows-1251></head><body><p>{RU}</p><p>{RU}</p></body>"
    path.write_bytes(page.encode("cp1251"))
    assert RU in load(path)[0][0].text
    path.write_bytes(page.replace("windows-1251", "klingon-8").encode("cp1251"))
    assert "unknown character set 'klingon-8'" in the_error(path)


@pytest.mark.parametrize("wrap", [lambda r: r, lambda r: {"articles": r}], ids=["list", "object"])
def test_json_lists(tmp_path: Path, wrap: Any) -> None:
    path = tmp_path / "a.json"
    records = [
        {"id": 7, "headline": "T", "body": EN, "publisher": {"name": "P"}, "datePublished": None},
        {"text": f"{RU}\r\n{RU}", "author": ["A B", {"name": "C D"}], "date": "17.04.2024"},
    ]
    path.write_text(json.dumps(wrap(records)), encoding="utf-8")
    [first, second], [] = load(path)
    assert (first.id, first.title, first.source, first.published_at) == ("7", "T", "P", None)
    assert first.origin == f"{path}:1"
    assert second.text == f"{RU}\n{RU}"
    assert (second.author, second.published_at) == ("A B, C D", date(2024, 4, 17))


def test_json_object_is_one_article(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"text": EN}), encoding="utf-8")
    [article], [] = load(path)
    assert article.origin == str(path)


def test_json_lines_go_on_after_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"id": f"r{n}", "text": f"{EN} {n}"}) for n in range(1, 10)]
    lines[6] = '{"id": "r7", "text": '
    lines[2] = ""
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    articles, errors = load(path)
    assert [article.id for article in articles] == ["r1", "r2", "r4", "r5", "r6", "r8", "r9"]
    assert [str(error).startswith(f"{path}:7: it is not JSON") for error in errors] == [True]
    assert articles[-1].origin == f"{path}:9"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_with_newlines(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(f"İlk sətir\r\n\r\n{AZ}\rson".encode(encoding))
    [article], [] = load(path)
    assert article.text == f"İlk sətir\n\n{AZ}\nson"


# --- files and folders -----------------------------------------------------------------------


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    for name in ("b/2.txt", "a.txt", "b/1.TXT", "c/x.jpg", "c/README", ".hidden/3.txt", ".4.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name} {EN}", encoding="utf-8")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "b" / "again.txt").symlink_to(tmp_path / "a.txt")
    told: list[Skipped] = []
    calls: list[tuple[int, int | None]] = []
    articles, errors = load(
        tmp_path,
        tmp_path / "a.txt",
        tmp_path,
        skipped=told.append,
        progress=lambda done, total, _: calls.append((done, total)),
    )
    assert errors == []
    names = [Path(article.origin).relative_to(tmp_path).as_posix() for article in articles]
    assert names == ["a.txt", "b/1.TXT", "b/2.txt"]
    assert str(told[0]) == "Skipped 2 of other kinds (no extension: 1, .jpg: 1) and 2 hidden"
    assert [call for call in calls if call[1] is not None] == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(EN, encoding="utf-8")
    assert len(load(path, path)[0]) == 1


def test_nothing_is_told_as_skipped_when_nothing_is() -> None:
    assert not Skipped(0, ())
    assert str(Skipped(0, ())) == ""


def test_no_path_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        load_articles([])


# --- bad input -------------------------------------------------------------------------------

BAD_FILES: list[tuple[str, bytes, str]] = [
    ("a.txt", b"", "the file is empty"),
    ("a.txt", b" \r\n\t\n", "it has no text"),
    ("a.txt", b"\xef\xbb\xbf", "it has no text"),
    ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00", "it is a PNG image, not text"),
    ("a.md", b"%PDF-1.7\n...", "it is a PDF document"),
    ("a.txt", b"text\0text", "byte 4 is NUL"),
    ("a.txt", bytes(range(1, 9)) * 20, "control characters"),
    ("a.txt", RU.encode("cp1251"), "iconv -f windows-1251 -t utf-8"),
    ("a.txt", TR.encode("cp1254"), "iconv -f windows-1254 -t utf-8"),
    ("a.txt", RU.encode("utf-16-le"), "UTF-16 without a byte-order mark"),
    ("a.txt", RU.encode()[:-2], "it ends inside a UTF-8 character"),
    ("a.txt", b"\xff\xfea", "it is not valid utf-16"),
    ("a.md", b"---\ntitle: [\n---\ntext", "its front matter is not YAML"),
    ("a.md", b"---\ntitle: {a: b}\n---\ntext", "the field 'title' is an object"),
    ("a.md", b"---\ntitle: only\n---\n", "it has no text"),
    ("a.md", b"---\na: " + b"[" * 5000 + b"\n---\ntext", "its front matter is"),
    ("a.md", b"---\na: " + b"- " * 3900 + b"b\n---\ntext", "its front matter is"),
    ("a.html", b"<html><body></body></html>", "no article text was found"),
    ("a.html", b"   ", "it has no text"),
    ("a.json", b"{", "it is not JSON"),
    ("a.json", b"[]", "its list of articles is empty"),
    ("a.json", b"3", "neither an object nor a list"),
    ("a.json", b"[" * 100_000, "nested too deeply"),
    ("a.json", b'{"text": ' + b"9" * 5000 + b"}", "thousands of digits"),
    ("a.json", b'{"title": "no text"}', "it has no field 'text'"),
    ("a.json", b'{"text": "a \\ud800 b"}', "character 2 is half of a surrogate pair"),
    ("a.json", b'{"text": "a", "title": "\\udc00"}', "its title is not valid Unicode"),
    ("a.json", b'{"text": "a\\u0000"}', "character 1 is NUL"),
    ("a.json", b'{"text": ["a"]}', "the field 'text' is a list"),
    ("a.json", b'{"text": 5}', "the field 'text' is a number"),
    ("a.json", b'{"text": "a", "title": true}', "the field 'title' is true or false"),
    ("a.json", b'{"text": "a", "date": 1713312000}', "the field 'date' is a number"),
    ("a.json", b'{"text": "a", "date": "2024-02-30"}', "'2024-02-30' is not in the calendar"),
    ("a.json", b'{"text": "a", "author": [1]}', "the field 'author' is a number"),
    ("a.json", b'{"text": "a", "lang": "Klingon language"}', "is no ISO 639-1 code"),
    ("a.json", b'{"text": "a", "id": 1.5}', "the id is a number"),
    ("a.json", b'{"text": "a", "id": ""}', "is empty, too long or not printable"),
    ("a.json", b'{"text": "a", "id": "x\\ny"}', "is empty, too long or not printable"),
    ("a.jsonl", b"[1]\n", ":1: it is not an object"),
    ("a.jsonl", b'{"text": "\xcf\xf0"}\n', ":1: byte 0xcf at 10 is not UTF-8"),
    ("a.pdf", b"text", "files of the kind .pdf are not read"),
    ("a", b"text", "files of the kind without extension are not read"),
]


@pytest.mark.parametrize(("name", "data", "problem"), BAD_FILES, ids=lambda v: str(v)[:30])
def test_bad_files(tmp_path: Path, name: str, data: bytes, problem: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    message = the_error(path)
    assert message.startswith(str(path))
    assert problem in message
    assert ". " in message, "a remedy follows the problem"


def test_the_rest_of_a_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_bytes(b"")
    (tmp_path / "2.txt").write_text(EN, encoding="utf-8")
    (tmp_path / "3.txt").write_bytes(b"\xcf\xf0\xe8")
    articles, errors = load(tmp_path / "missing.txt", tmp_path)
    assert [Path(article.origin).name for article in articles] == ["2.txt"]
    assert [Path(error.origin).name for error in errors] == ["missing.txt", "1.txt", "3.txt"]


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    assert "50,000,000 bytes and the largest is 10,000,000" in the_error(path)


def test_a_large_record_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"text": "a" * 1500}, {"text": "b" * 20_000}, {"id": "c", "text": EN}]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    articles, errors = load(path, max_bytes=1000)
    assert [article.id for article in articles] == ["c"]
    assert "1,500 bytes and the largest article has 1,000" in str(errors[0])
    assert ":2: the line is over 8,000 bytes" in str(errors[1])


def test_ids_that_repeat_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"id": "x", "text": EN}, {"id": "x", "text": RU}]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    articles, errors = load(path)
    assert [article.text for article in articles] == [EN]
    assert str(errors[0]).startswith(f"{path}:2: its id 'x' was already used by {path}:1")


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    assert "there is no such file or folder" in the_error(tmp_path / "missing")
    (tmp_path / "link.txt").symlink_to(tmp_path / "missing")
    assert "a link that leads nowhere" in the_error(tmp_path / "link.txt")
    assert "a link that leads nowhere" in the_error(tmp_path)
    assert "it cannot be read" in the_error(Path("a\0b"))


def test_folders_without_articles(tmp_path: Path) -> None:
    assert "the folder holds no articles" in the_error(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"")
    assert "only files of other kinds or hidden ones (1)" in the_error(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert "it is no regular file" in the_error(tmp_path)


def test_what_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not bind the root user, so the system's refusal is played here."""
    (tmp_path / "a.txt").write_text(EN, encoding="utf-8")
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked" / "b.txt").write_text(EN, encoding="utf-8")
    list_folder, read = Path.iterdir, Path.read_bytes

    def refuse_list(self: Path) -> Iterator[Path]:
        if self.name == "locked":
            raise PermissionError(13, "Permission denied")
        return list_folder(self)

    def refuse_read(self: Path) -> bytes:
        if self.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        return read(self)

    monkeypatch.setattr(Path, "iterdir", refuse_list)
    monkeypatch.setattr(Path, "read_bytes", refuse_read)
    articles, errors = load(tmp_path)
    assert articles == []
    assert [(Path(error.origin).name, "Permission denied" in str(error)) for error in errors] == [
        ("locked", True),
        ("a.txt", True),
    ]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"text": ""}, "it has no text"),
        ({"text": "\ufeff \n"}, "it has no text"),
        ({"text": "a\ud800"}, "half of a surrogate pair"),
        ({"text": "a", "id": "x" * 201}, "too long"),
        ({"text": "a", "id": " "}, "is empty"),
        ({"text": "a", "title": "t" * 2001}, "its title has 2,001 characters"),
        ({"text": "a", "source": 3}, "its source is not text"),
        ({"text": "a", "published_at": 3}, "its published_at is not a date"),
        ({"text": "a", "language": "x"}, "is no ISO 639-1 code"),
        ({"text": b"a"}, "its text is not text"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_fields(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ArticleError, match=problem):
        make_article(**fields)


@pytest.mark.parametrize(
    "text",
    ["Aa " + "Aa-Aa " * 1000, "+" + " " * 300_000 + "x", "AA, " * 40, "." + '"' * 300_000 + "x"],
    ids=["hyphens", "spaces", "places", "quotes"],
)
def test_hostile_texts_end_soon(text: str) -> None:
    """A pattern with two ways to match the same characters would not return from these."""
    assert make_article(text=f"{text}\n{EN}").text.endswith(EN)


# --- invariants ------------------------------------------------------------------------------

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
