"""Articles from every format, from files and folders."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from articles_support import AZ, EN, RU, load, the_error

from embeddings.articles import Skipped, load_articles
from embeddings.errors import UsageError


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
