"""Test sets as BEIR folders and as tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from testset_support import EN, RU, lines, write

from embeddings.articles import make_article
from qa.errors import TestSetError
from qa.evaluate.cases import resolve
from qa.evaluate.testset_csv import COLUMNS, load_csv, own_records, write_own, write_template
from qa.evaluate.testsets import load_test_set

# -- BEIR ----------------------------------------------------------------------------------------


def beir(folder: Path, **changed: str) -> Path:
    files = {
        "corpus.jsonl": lines(
            {"_id": "d1", "title": "One", "text": EN}, {"_id": "d2", "title": "", "text": RU}
        ),
        "queries.jsonl": lines({"_id": "q1", "text": "Who chairs it?"}, {"_id": "q2", "text": "?"}),
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\nq2\td2\t0\n",
        **changed,
    }
    (folder / "qrels").mkdir(parents=True)
    for name, text in files.items():
        write(folder / name, text)
    return folder


def test_beir(tmp_path: Path) -> None:
    found = load_test_set(beir(tmp_path / "set"))
    (case,) = found.cases
    assert (found.kind, case.id, case.answerable) == ("beir", "q1", None)
    assert case.relevant == (("d1", 2), ("d2", 1))
    assert set(found.paragraphs) == {"d1", "d2"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"corpus.jsonl": lines({"_id": "d1", "text": EN})}, "names document d2"),
        ({"queries.jsonl": lines({"_id": "q2", "text": "?"})}, "names query q1"),
        ({"qrels/test.tsv": "q1\td1\thigh\n"}, "line 1 is not query, document"),
        ({"queries.jsonl": lines({"_id": "q1"})}, "line 1 lacks '_id' or 'text'"),
    ],
)
def test_broken_beir(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    with pytest.raises(TestSetError, match=message):
        load_test_set(beir(tmp_path / "set", **changed))


def test_a_folder_that_is_not_beir(tmp_path: Path) -> None:
    with pytest.raises(TestSetError, match=r"corpus\.jsonl cannot be read"):
        load_test_set(tmp_path)


# -- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_becomes_the_own_form(tmp_path: Path, mark: str) -> None:
    rows = [
        ["Question", "answer", "article", "language"],
        ["Who?", "Kazakhstan|Baku", "en", "en"],
        ["Почему?", "", "", "ru"],
    ]
    file = tmp_path / "t.csv"
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(mark.join(row) for row in rows).encode())
    article = make_article(text=EN, id="en", language="en")
    found = resolve(load_csv(file), [article])
    assert [case.answerable for case in found.cases] == [True, False]
    starts = [gold.start for gold in found.cases[0].answers]
    assert starts == [0, EN.rindex("Kazakhstan"), EN.index("Baku")]
    out = tmp_path / "own.jsonl"
    write_own(found, out)
    again = resolve(load_test_set(out), [article])
    assert again.cases == found.cases
    assert own_records(again) == own_records(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no column named question"),
        ("question,colour\nWho?,red\n", "has the column 'colour'"),
        ("question,question\nWho?,red\n", "one name twice"),
        ("question,answer\nWho?,Baku,Ganja\n", "line 2 has 3 columns and not 2"),
        ("question,answer\n,Baku\n", "row 2 has no question"),
        ("question,answer\n", "no question in it"),
        ('question,answer\n"Who?,Baku\n', "is not a table"),
        ("id,question\n1,Who?\n1,Why?\n", "has the id '1' twice"),
    ],
)
def test_broken_tables(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TestSetError, match=message):
        load_csv(write(tmp_path / "t.csv", text))


def test_templates(tmp_path: Path) -> None:
    write_template(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").strip() == ",".join(COLUMNS)
    write_template(tmp_path / "t.jsonl")
    with pytest.raises(TestSetError, match=r"line 1 has no question\. Fill it in"):
        load_test_set(tmp_path / "t.jsonl")
    with pytest.raises(TestSetError, match="is there already"):
        write_template(tmp_path / "t.csv")
    with pytest.raises(TestSetError, match=r"neither \.csv nor \.jsonl"):
        write_template(tmp_path / "t.xlsx")
    with pytest.raises(TestSetError, match="cannot be written"):
        write_template(tmp_path / "no folder" / "t.csv")
