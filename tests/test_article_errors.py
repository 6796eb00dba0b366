"""Every kind of bad input is one clear error."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from articles_support import EN, RU, TR, load, the_error

from embeddings.articles import make_article
from embeddings.errors import ArticleError

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
