from __future__ import annotations

import json
import subprocess
import sys

import pytest
from conftest import SEEDS
from support import CALIBRATION, FakeEncoder, FakeReader

from qa import cli


@pytest.fixture(autouse=True)
def _fakes(monkeypatch):
    monkeypatch.setattr("qa.service.load_encoder", lambda *_, **__: FakeEncoder())
    monkeypatch.setattr("qa.service.load_reader", lambda *_, **__: (FakeReader(), CALIBRATION))


@pytest.fixture
def qa(monkeypatch, capsys, store_path):
    """Runs a command line; returns (exit code, stdout, stderr)."""

    def run(*words, stdin="", store=True):
        import io

        argv = ["qa", *map(str, words)]
        if store:
            argv += ["--store", str(store_path)]
        monkeypatch.setattr(sys, "argv", argv)
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        out, err = capsys.readouterr()
        return leaving.value.code, out, err

    return run


@pytest.fixture
def indexed(qa):
    code, out, err = qa("index", SEEDS)
    assert (code, err) == (0, "")
    assert out.startswith("5 added, 0 changed, 0 unchanged, 0 failed; 5 articles")
    return qa


def test_a_misspelt_path_leaves_no_empty_store_behind(qa, store_path, tmp_path):
    code, out, err = qa("index", tmp_path / "artciles")
    assert (code, out) == (2, "")
    assert "there is no such file or folder" in err
    assert not store_path.exists()
    (tmp_path / "a.txt").write_text("Baku hosted the summit.", encoding="utf-8")
    assert qa("index", tmp_path / "a.txt", tmp_path / "artciles")[0] == 1
    assert qa("index", tmp_path / "artciles")[0] == 1  # the store is there, and stays as it was
    assert "1 articles" in qa("index", tmp_path / "a.txt")[1]


def test_indexing_twice_says_that_nothing_was_done(indexed):
    code, out, _ = indexed("index", SEEDS)
    assert code == 0
    assert out.startswith("0 added, 0 changed, 5 unchanged, 0 failed")


def test_one_bad_file_fails_alone_and_is_listed(indexed, tmp_path):
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "good.txt").write_text("The chair was Kazakhstan.", encoding="utf-8")
    (folder / "empty.txt").write_text("")
    (folder / "binary.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    code, out, err = indexed("index", folder)
    assert code == 1
    assert out.startswith("1 added, 0 changed, 0 unchanged, 2 failed; 6 articles")
    lines = err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("qa: not indexed: ") for line in lines)
    assert "empty.txt" in err
    assert "binary.txt" in err


def test_an_answer_is_printed_with_its_sentence_source_and_confidence(indexed):
    code, out, err = indexed("ask", "Who chaired the CICA meeting?")
    assert (code, err) == (0, "")
    assert "«" in out
    assert "confidence: " in out


def test_json_is_the_contract_and_verify_takes_it(indexed, tmp_path):
    _, out, _ = indexed("ask", "Who chaired the CICA meeting?", "--json")
    record = json.loads(out)
    assert record["state"] == "answered"
    saved = tmp_path / "answer.json"
    saved.write_text(out, encoding="utf-8")
    code, out, _ = indexed("verify", saved)
    assert code == 0
    assert "citations hold" in out
    record["answers"][0]["citation"]["quote"] = "Atlantis"
    code, out, _ = indexed("verify", "-", stdin=json.dumps(record))
    assert code == 1
    assert "does NOT hold" in out


def test_no_answer_is_no_failure(indexed):
    code, out, _ = indexed("ask", "Who?", "--language", "az")
    assert code == 0
    assert "language" in out


def test_search_prints_passages_and_json(indexed):
    code, out, _ = indexed("search", "OSCE Secretary General", "--top-k", "2")
    assert code == 0
    assert len(out.splitlines()) == 4  # where each is from, and what it says
    _, out, _ = indexed("search", "Who?", "--language", "az")
    assert out == "No article passes the filters; removed: language – 5 articles.\n"
    _, out, _ = indexed("search", "OSCE Secretary General", "--top-k", "2", "--json")
    assert len(json.loads(out)["passages"]) == 2


def test_chat_on_a_pipe_answers_line_by_line(indexed):
    code, out, _ = indexed("chat", stdin="Who chaired the CICA meeting?\n\nКто встретился?\n")
    assert code == 0
    assert out.count("? Who chaired the CICA meeting?") == 1
    assert out.count("? Кто встретился?") == 1


def test_chat_goes_on_after_a_question_that_cannot_be_asked(indexed):
    code, out, _ = indexed("chat", stdin="x" * 10_000 + "\nWho chaired the CICA meeting?\n")
    assert code == 1
    assert "10000 characters" in out
    assert "«" in out


def test_articles_are_listed_shown_and_deleted(indexed):
    _, out, _ = indexed("articles", "list", "--json")
    listed = json.loads(out)
    assert listed["total"] == 5
    first = listed["articles"][0]["id"]
    _, out, _ = indexed("articles", "list", "--limit", "2")
    assert "… 3 more; go on with --offset 2" in out
    code, out, _ = indexed("articles", "show", first)
    assert code == 0
    assert f"id: {first}" in out
    _, out, _ = indexed("articles", "show", first, "--json")
    assert json.loads(out)["text"] == (SEEDS / "000_f3622e533ebd1299.txt").read_text("utf-8")
    code, out, _ = indexed("articles", "delete", first)
    assert (code, out) == (0, f"deleted {first}\n")
    code, _, err = indexed("articles", "show", first)
    assert code == 1
    assert first in err


def test_deleting_is_all_or_none(indexed):
    _, out, _ = indexed("articles", "list", "--json")
    first = json.loads(out)["articles"][0]["id"]
    code, _, err = indexed("articles", "delete", first, "no-such-article")
    assert code == 1
    assert "no-such-article" in err
    assert indexed("articles", "show", first)[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(["ask"], 2, "question", id="no question"),
        pytest.param(["ask", ""], 2, "the question is empty", id="empty question"),
        pytest.param(["ask", "x" * 10_000], 2, "10000 characters", id="long question"),
        pytest.param(["ask", "Who?", "--language", "klingon"], 2, "klingon", id="language"),
        pytest.param(["ask", "Who?", "--from", "soon"], 2, "YYYY-MM-DD", id="date"),
        pytest.param(
            ["ask", "Who?", "--from", "2024-02-01", "--to", "2024-01-01"], 2, "later", id="dates"
        ),
        pytest.param(["ask", "Who?", "--top-k", "0"], 2, "top-k", id="top-k"),
        pytest.param(["ask", "Who?", "--no-such"], 2, "--no-such", id="option"),
        pytest.param(["index"], 2, "qa index PATH", id="no path"),
        pytest.param(["verify", "nowhere.json"], 2, "nowhere.json", id="saved answer"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(indexed, words, code, says):
    got, out, err = indexed(*words)
    assert (got, out) == (code, "")
    assert says in err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err


def test_a_path_that_does_not_exist_fails_alone(indexed):
    code, out, err = indexed("index", "nowhere.txt", SEEDS)
    assert code == 1
    assert "5 unchanged, 1 failed" in out
    assert len(err.splitlines()) == 1
    assert "nowhere.txt" in err


def test_files_of_other_kinds_are_counted(indexed, tmp_path):
    (tmp_path / "photo.png").write_bytes(b"x")
    (tmp_path / "a.txt").write_text("The chair was Kazakhstan.")
    code, _, err = indexed("index", tmp_path)
    assert code == 0
    assert "1 of other kinds (.png: 1)" in err
    assert "1 hidden" in err  # the store itself, which lies in the same folder


def test_an_unknown_command_is_one_line(qa):
    code, _, err = qa("aks", store=False)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "aks" in err


def test_no_store_is_one_line_and_exit_code_1(qa):
    code, _, err = qa("ask", "Who?")
    assert code == 1
    assert len(err.splitlines()) == 1
    assert "qa index" in err


def test_a_store_that_is_no_store_is_one_line(qa, store_path):
    store_path.write_text("hello")
    for words in (["ask", "Who?"], ["index", SEEDS], ["articles", "list"]):
        code, _, err = qa(*words)
        assert code == 1
        assert len(err.splitlines()) == 1


def test_help_names_every_command():
    shown = subprocess.run(
        [sys.executable, "-m", "qa.cli", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for command in ("index", "ask", "search", "chat", "verify", "articles"):
        assert f"  {command} " in shown


def test_help_does_not_import_models():
    script = (
        "import sys; import qa.cli; "
        "heavy = {'torch', 'numpy', 'faiss', 'openvino', 'sentence_transformers', 'fastapi'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
